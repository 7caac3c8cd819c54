// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/layer.h"

#include "files/input.h"
#include "source/tar/header.h"

struct blob {
	struct oci_layer *layer;
	const struct oci_bytes *bytes;
	struct error err; /* of reading */
	bool failed;
};

static ssize_t read_raw(void *arg, void *to, size_t len)
{
	struct blob *b = arg;
	u64 left = b->bytes->limit - b->layer->size;
	ssize_t n;

	if (len > left)
		len = (size_t)left;
	n = len ? b->bytes->read(b->bytes->arg, to, len, &b->err) : 0;
	if (n < 0) {
		b->failed = true;
		errno = EIO;
		return -1;
	}
	oci_hash_add(&b->layer->blob, to, (size_t)n);
	b->layer->size += (u64)n;
	return n;
}

static void see_plain(void *arg, const void *data, size_t len)
{
	oci_hash_add(arg, data, len);
}

/* The rest of the blob: its digest counts even if the stream in it is faulty. */
static int drain(struct blob *b)
{
	u8 rest[4096];
	ssize_t n;

	do
		n = read_raw(b, rest, sizeof(rest));
	while (n > 0);
	return n < 0 ? -1 : 0;
}

int oci_layer_read(struct oci_layer *layer, struct tar *tar, const char *name,
		   const struct oci_bytes *bytes, unsigned int blob, unsigned int plain,
		   struct arena *arena, struct error *err)
{
	struct blob b = { .layer = layer, .bytes = bytes };
	const size_t skip = strlen(name) + 2; /* the text of a fault begins with the name */
	struct input in;
	int rc;

	*layer = (struct oci_layer){ 0 };
	oci_hash_init(&layer->blob, blob);
	oci_hash_init(&layer->plain, plain);
	rc = input_open_raw(&in, read_raw, &b, name, err);
	if (!rc) {
		in.see = see_plain;
		in.see_arg = &layer->plain;
		rc = tar_read(tar, &in, name, &layer->members, err);
	}
	if (rc && !b.failed && err->code != ENOMEM) {
		const char *text = strlen(err->text) > skip ? err->text + skip : err->text;

		layer->fault = arena_copy(arena, text, strlen(text));
		rc = layer->fault ? 0 : error_nomem(err);
	}
	if ((!rc && drain(&b)) || b.failed) {
		*err = b.err;
		return -1;
	}
	return rc;
}

bool oci_looks_like_layer(const u8 *start, size_t len)
{
	if (len >= 2 && start[0] == 0x1f && start[1] == 0x8b)
		return true;
	if (len >= 4 && !memcmp(start, "\x28\xb5\x2f\xfd", 4))
		return true;
	if (len >= 4 && (start[0] & 0xf0) == 0x50 && !memcmp(start + 1, "\x2a\x4d\x18", 3))
		return true;
	return len >= TAR_BLOCK && (tar_is_zero(start) || tar_checksum_is_right(start));
}
