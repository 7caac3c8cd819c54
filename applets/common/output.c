// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/output.h"
#include <unistd.h>
#include "files/io.h"
#include "base/text.h"

#define OUTPUT_SIZE ((size_t)64 << 10)

static int put(struct output *out, struct error *err)
{
	if (out->line.failed)
		return error_nomem(err);
	if (io_write(1, out->line.p, out->line.len))
		return error_sys(err, "-: write");
	out->line.len = 0;
	return 0;
}

int output_poll(struct output *out, struct error *err)
{
	return out->line.len < OUTPUT_SIZE && !out->line.failed ? 0 : put(out, err);
}

/*
 * Some file systems report errors only on close. The descriptor stays closed, because no
 * output may follow.
 */
static int end(struct error *err)
{
	return close(1) ? error_sys(err, "-: close") : 0;
}

int output_end(struct output *out, struct error *err)
{
	int rc = put(out, err);

	buf_release(&out->line);
	return rc ? rc : end(err);
}

int output_text(const char *text, size_t len, struct error *err)
{
	return io_write(1, text, len) ? error_sys(err, "-: write") : end(err);
}

static void put_key(struct json *j, const char *key, const char *behind)
{
	if (j->more)
		buf_byte(j->b, ',');
	j->more = true;
	buf_byte(j->b, '"');
	buf_str(j->b, key);
	buf_str(j->b, behind);
	buf_str(j->b, "\":");
}

void json_open(struct json *j, struct buf *b)
{
	j->b = b;
	j->more = false;
	buf_byte(b, '{');
}

void json_close(struct json *j)
{
	buf_str(j->b, "}\n");
}

void json_open_in(struct json *inner, struct json *j, const char *key)
{
	json_key(j, key);
	json_open(inner, j->b);
}

void json_close_in(struct json *inner)
{
	buf_byte(inner->b, '}');
}

void json_key(struct json *j, const char *key)
{
	put_key(j, key, "");
}

void json_bytes(struct json *j, const char *key, const void *s, size_t len)
{
	if (!text_is_utf8(s, len)) {
		put_key(j, key, "_hex");
		buf_byte(j->b, '"');
		buf_hex(j->b, s, len);
		buf_byte(j->b, '"');
		return;
	}
	put_key(j, key, "");
	buf_json(j->b, s, len);
}

void json_string(struct json *j, const char *key, const char *s)
{
	json_bytes(j, key, s, strlen(s));
}

void json_number(struct json *j, const char *key, u64 v)
{
	const char *quote = v > (u64)1 << 53 ? "\"" : "";

	put_key(j, key, "");
	buf_str(j->b, quote);
	buf_dec(j->b, v);
	buf_str(j->b, quote);
}

void json_bool(struct json *j, const char *key, bool v)
{
	put_key(j, key, "");
	buf_str(j->b, v ? "true" : "false");
}

void json_hex(struct json *j, const char *key, const void *data, size_t len)
{
	put_key(j, key, "");
	buf_byte(j->b, '"');
	buf_hex(j->b, data, len);
	buf_byte(j->b, '"');
}

void json_time(struct json *j, const char *key, s64 sec, u32 nsec)
{
	char digits[9];

	for (int i = 8; i >= 0; i--, nsec /= 10)
		digits[i] = (char)('0' + nsec % 10);
	put_key(j, key, "");
	buf_byte(j->b, '"');
	buf_sdec(j->b, sec);
	buf_byte(j->b, '.');
	buf_add(j->b, digits, sizeof(digits));
	buf_byte(j->b, '"');
}
