// SPDX-License-Identifier: GPL-2.0-only
#include "source/ostree/gvariant.h"
#include "base/text.h"

/* The width of all offsets in a container of @len bytes. */
static unsigned int width_in(u64 len)
{
	if (len <= 0xff)
		return 1;
	if (len <= 0xffff)
		return 2;
	return len <= 0xffffffff ? 4 : 8;
}

unsigned int gvariant_width(u64 body, u64 n)
{
	static const u64 most[] = { 0xff, 0xffff, 0xffffffff };
	unsigned int width = 1;

	for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++, width *= 2)
		if (body <= most[i] && n <= (most[i] - body) / width)
			break;
	return width;
}

/* Read the offset at @at, which the caller has checked to be inside. */
static u64 offset_at(struct cfs_span s, u64 at, unsigned int width)
{
	u64 v = 0;

	for (unsigned int i = 0; i < width; i++)
		v |= (u64)s.p[at + i] << (8 * i);
	return v;
}

void gvariant_put_offset(struct buf *b, unsigned int width, u64 v)
{
	for (unsigned int i = 0; i < width; i++)
		buf_byte(b, (char)(v >> (8 * i)));
}

/* Advance *@pos to the next multiple of @align. The bytes skipped must exist and be zero. */
static int skip_padding(struct cfs_span s, u64 end, u64 *pos, unsigned int align, struct error *err)
{
	u64 to = cfs_align(*pos, align);

	if (to > end)
		return error_set(err, EBADMSG, "ends within its padding");
	for (; *pos < to; ++*pos)
		if (s.p[*pos])
			return error_set(err, EBADMSG, "the padding is not zero");
	return 0;
}

int gvariant_tuple(struct cfs_span s, const struct gvariant_member *member, unsigned int n,
		   struct cfs_span *out, struct error *err)
{
	unsigned int width = width_in(s.len), offsets = 0, used = 0;
	u64 pos = 0, body;

	for (unsigned int i = 0; i + 1 < n; i++)
		offsets += !member[i].size;
	if (s.len / width < offsets)
		return error_set(err, EBADMSG, "too short for its offsets");
	body = s.len - (u64)offsets * width;
	if (offsets && gvariant_width(body, offsets) != width)
		return error_set(err, EBADMSG, "offsets are wider than necessary");
	for (unsigned int i = 0; i < n; i++) {
		u64 end = body;

		if (skip_padding(s, body, &pos, member[i].align, err))
			return -1;
		if (member[i].size) {
			if (member[i].size > body - pos)
				return error_set(err, EBADMSG, "too short");
			end = pos + member[i].size;
		} else if (i + 1 < n) {
			end = offset_at(s, s.len - (u64)++used * width, width);
		}
		if (end < pos || end > body)
			return error_set(err, EBADMSG, "offset out of order or outside");
		out[i] = cfs_span_cut(s, pos, end - pos);
		pos = end;
	}
	return pos == body ? 0 : error_set(err, EBADMSG, "bytes are left over");
}

int gvariant_array(struct gvariant_array *a, struct cfs_span s, unsigned int align,
		   struct error *err)
{
	unsigned int width = width_in(s.len);
	u64 pos = 0;

	*a = (struct gvariant_array){ .s = s, .width = (u8)width, .align = (u8)align };
	if (!s.len)
		return 0;
	if (s.len < width)
		return error_set(err, EBADMSG, "array too short for an offset");
	a->table = offset_at(s, s.len - width, width);
	if (a->table > s.len - width || (s.len - a->table) % width)
		return error_set(err, EBADMSG, "array offset out of order or outside");
	a->n = (s.len - a->table) / width;
	if (gvariant_width(a->table, a->n) != width)
		return error_set(err, EBADMSG, "array offsets are wider than necessary");
	for (u64 i = 0; i < a->n; i++) {
		u64 end = offset_at(s, a->table + i * width, width);

		if (skip_padding(s, a->table, &pos, align, err))
			return -1;
		if (end < pos || end > a->table)
			return error_set(err, EBADMSG, "array offset out of order or outside");
		pos = end;
	}
	return 0;
}

struct cfs_span gvariant_element(const struct gvariant_array *a, u64 i)
{
	u64 start =
		i ? cfs_align(offset_at(a->s, a->table + (i - 1) * a->width, a->width), a->align)
		  : 0;

	return cfs_span_cut(a->s, start,
			    offset_at(a->s, a->table + i * a->width, a->width) - start);
}

int gvariant_bytestring(struct cfs_span s, struct cfs_span *out, struct error *err)
{
	if (!s.len || s.p[s.len - 1])
		return error_set(err, EBADMSG, "string without a NUL at its end");
	if (memchr(s.p, 0, s.len - 1))
		return error_set(err, EBADMSG, "string with a NUL within");
	*out = (struct cfs_span){ s.p, s.len - 1 };
	return 0;
}

int gvariant_string(struct cfs_span s, struct cfs_span *out, struct error *err)
{
	if (gvariant_bytestring(s, out, err))
		return -1;
	return text_is_utf8(out->p, out->len) ? 0 : error_set(err, EBADMSG, "string is not UTF-8");
}

int gvariant_variant(struct cfs_span s, struct cfs_span *value, struct cfs_span *type,
		     struct error *err)
{
	const u8 *nul = s.len ? memrchr(s.p, 0, s.len) : NULL;

	if (!nul || nul == s.p + s.len - 1)
		return error_set(err, EBADMSG, "variant without a type");
	*value = (struct cfs_span){ s.p, (u64)(nul - s.p) };
	*type = (struct cfs_span){ nul + 1, s.len - value->len - 1 };
	return 0;
}

u32 gvariant_be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

u64 gvariant_be64(const u8 *p)
{
	return (u64)gvariant_be32(p) << 32 | gvariant_be32(p + 4);
}

void gvariant_put_be32(struct buf *b, u32 v)
{
	const u8 bytes[] = { (u8)(v >> 24), (u8)(v >> 16), (u8)(v >> 8), (u8)v };

	buf_add(b, bytes, sizeof(bytes));
}
