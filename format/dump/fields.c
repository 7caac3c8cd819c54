// SPDX-License-Identifier: GPL-2.0-only
/* Splitting a line of a dump, unescaping, numbers (dump format 1 to 3). */
#include "base/text.h"
#include "core/backing.h"
#include "dump/dump_inside.h"

static const char *const field_names[FIELDS] = { "PATH",    "SIZE",    "MODE",  "NLINK",
						 "UID",     "GID",     "RDEV",  "MTIME",
						 "PAYLOAD", "CONTENT", "DIGEST" };

int dump_bad(struct parser *p, const char *text)
{
	return error_set(p->err, EINVAL, "%s", text);
}

int dump_bad_field(struct parser *p, int f, const char *text)
{
	const struct field *v = &p->field[f];

	return error_set(p->err, EINVAL, "%s \"%.*s%s\" %s", field_names[f],
			 v->len > 40 ? 40 : (int)v->len, v->len ? v->s : "",
			 v->len > 40 ? "..." : "", text);
}

/* 0x80 in each of the eight bytes that is at most a space, or is a backslash. */
static u64 specials(const char *p)
{
	const u64 low = CFS_BYTES * 0x7f;
	u64 x, y, above, other;
	le64 text;

	memcpy(&text, p, sizeof(text));
	x = get64(text);
	y = x ^ CFS_BYTES * '\\';
	above = (x & low) + CFS_BYTES * (0x7f - ' ');
	other = (y & low) + low;
	return ~((above | x) & (other | y)) & ~low;
}

/* Handle a byte that specials() found. */
static void note_special(struct parser *p, int *f, char *at)
{
	struct field *v = *f < FIELDS ? &p->field[*f] : &p->xattrs;

	if (*at == '\\')
		v->escaped = true;
	else if (!*at)
		p->has_nul = true;
	if (*at != ' ' || *f == FIELDS)
		return;
	v->len = (size_t)(at - v->s);
	v = ++*f < FIELDS ? &p->field[*f] : &p->xattrs;
	*v = (struct field){ .s = at + 1 };
}

char *dump_split(struct parser *p, char *s, char *end)
{
	char *stop = NULL;
	int f = PATH;

	p->has_nul = false;
	p->xattrs = (struct field){ 0 };
	p->field[PATH] = (struct field){ .s = s };
	for (char *at = s; !stop; at += 8) {
		u64 m = at < end ? specials(at) : 0;

		if (at >= end)
			stop = end;
		for (; m && !stop; m &= m - 1) {
			char *q = at + __builtin_ctzll(m) / 8;

			if (q >= end || *q == '\n')
				stop = q < end ? q : end;
			else
				note_special(p, &f, q);
		}
	}
	if (f == FIELDS)
		p->xattrs.len = (size_t)(stop - p->xattrs.s);
	else
		p->field[f].len = (size_t)(stop - p->field[f].s);
	while (f < DIGEST)
		p->field[++f] = (struct field){ .s = stop };
	return stop;
}

int dump_unescape(struct parser *p, struct field *v, const char *what)
{
	ssize_t len;

	if (!v->escaped)
		return 0;
	len = text_unescape(v->s, v->s, v->len);
	if (len < 0)
		return error_set(p->err, EINVAL, "%s has a bad escape", what);
	v->len = (size_t)len;
	return 0;
}

int dump_unescape_cut(struct parser *p, struct field *v, const char *what)
{
	size_t len;

	if (!v->escaped) /* lines with a NUL byte were refused before */
		return 0;
	if (dump_unescape(p, v, what))
		return -1;
	len = strnlen(v->s, v->len);
	if (len < v->len && p->strict)
		return error_set(p->err, EINVAL, "%s is cut short by \\x00", what);
	v->len = len;
	return 0;
}

int dump_number(struct parser *p, int f, u64 max, u64 *out)
{
	const struct field *v = &p->field[f];
	u64 any;

	if (v->len == 1 && *v->s >= '0' && *v->s <= '9') { /* most fields have no escape */
		*out = (u64)(*v->s - '0');
		return 0;
	}
	if (text_number(v->s, v->len, 10, max, out))
		return 0;
	if (text_number(v->s, v->len, 10, UINT64_MAX, &any))
		return dump_bad_field(p, f, "is too large");
	return dump_bad_field(p, f, "is not a decimal number that fits");
}

int dump_number32(struct parser *p, int f, u32 *out)
{
	u64 v;

	if (dump_number(p, f, UINT32_MAX, &v))
		return -1;
	*out = (u32)v;
	return 0;
}

int dump_mode(struct parser *p, u32 *mode, bool *is_link)
{
	struct field *v = &p->field[MODE];
	u64 n;

	*is_link = v->len && *v->s == '@';
	if (!text_number(v->s + *is_link, v->len - *is_link, 8, UINT32_MAX, &n))
		return dump_bad_field(p, MODE, "is not an octal number that fits");
	if (!cfs_ftype((u32)n))
		return dump_bad_field(p, MODE, "has no known file type");
	*mode = (u32)n;
	return 0;
}

int dump_mtime(struct parser *p, struct node *node)
{
	const struct field *v = &p->field[MTIME];
	size_t len = 0;
	u64 nsec;

	while (len < v->len && v->s[len] != '.')
		len++;
	if (len == v->len)
		return dump_bad_field(p, MTIME, "has no '.'");
	if (!text_signed(v->s, len, &node->mtime) ||
	    !text_number(v->s + len + 1, v->len - len - 1, 10, UINT32_MAX, &nsec))
		return dump_bad_field(p, MTIME, "is not SECONDS.NANOSECONDS");
	if (p->strict && nsec >= 1000000000)
		return dump_bad_field(p, MTIME, "has 10^9 nanoseconds or more");
	node->mtime_nsec = (u32)nsec;
	return 0;
}
