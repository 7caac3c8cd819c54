// SPDX-License-Identifier: GPL-2.0-only
/* The order of names, and the blocks of a directory. */
#include "core/decode.h"

#define CFS_NAMEOFF offsetof(struct erofs_dirent, nameoff)

/*
 * Load eight bytes as a number with the first byte highest, so that numbers compare like the
 * bytes.
 */
static inline u64 cfs_word(const u8 *p)
{
	return (u64)p[0] << 56 | (u64)p[1] << 48 | (u64)p[2] << 40 | (u64)p[3] << 32 |
	       (u64)p[4] << 24 | (u64)p[5] << 16 | (u64)p[6] << 8 | (u64)p[7];
}

/* Whether one of the eight bytes is zero. */
static inline bool cfs_word_has_zero(u64 w)
{
	return (w - 0x0101010101010101u) & ~w & 0x8080808080808080u;
}

/*
 * Every lookup and listing compares names, so this compares eight bytes at a time. The last
 * word overlaps the one before it.
 */
int cfs_name_order(const u8 *a, u32 alen, const u8 *b, u32 blen)
{
	u32 n = alen < blen ? alen : blen, i;

	if (n >= 8) {
		for (i = 0;; i = n - i >= 16 ? i + 8 : n - 8) {
			u64 x = cfs_word(a + i), y = cfs_word(b + i);

			if (x != y)
				return x < y ? -1 : 1;
			if (i == n - 8)
				break;
		}
	} else {
		for (i = 0; i < n; i++)
			if (a[i] != b[i])
				return a[i] < b[i] ? -1 : 1;
	}
	return alen < blen ? -1 : alen > blen;
}

/* Whether a name has a NUL or a slash. */
static inline bool cfs_name_is_bad(const u8 *name, u32 len)
{
	u32 i;

	if (len >= 8) {
		for (i = 0;; i = len - i >= 16 ? i + 8 : len - 8) {
			u64 w = cfs_word(name + i);

			if (cfs_word_has_zero(w) || cfs_word_has_zero(w ^ 0x2f2f2f2f2f2f2f2fu))
				return true;
			if (i == len - 8)
				return false;
		}
	}
	for (i = 0; i < len; i++)
		if (!name[i] || name[i] == '/')
			return true;
	return false;
}

int cfs_dirblock_open(struct cfs_dirblock *block, struct cfs_span bytes, struct cfs_fault *f)
{
	struct erofs_dirent first;
	u32 off;

	if (!cfs_span_load(bytes, 0, &first))
		return cfs_refuse(f, 0, "directory block shorter than one entry");
	off = get16(first.nameoff);
	if (!off || off % sizeof(first))
		return cfs_refuse(f, 8, "first name offset is not a whole number of entries");
	if (!cfs_inside(off, 1, bytes.len))
		return cfs_refuse(f, 8, "first name beyond its block");
	block->bytes = bytes;
	block->count = off / (u32)sizeof(first);
	return 0;
}

/*
 * The end of the name at @off of entry @i. A name ends where the next one begins. The last one
 * ends at the end of a tail, or at the first NUL of a block.
 */
static cfs_hot_inline int cfs_dirent_end(const struct cfs_dirblock *block, u32 i, u32 off, u32 *end,
					 struct cfs_fault *f)
{
	const u64 at = (u64)i * sizeof(struct erofs_dirent);
	const u32 len = (u32)block->bytes.len;
	le16 next;

	if (i + 1 < block->count) {
		if (!cfs_span_load(block->bytes, at + sizeof(struct erofs_dirent) + CFS_NAMEOFF,
				   &next))
			return cfs_refuse(f, at, "directory entry beyond its block");
		*end = get16(next);
	} else {
		*end = len;
		if (off < len && len == EROFS_BLKSZ)
			*end = off + (u32)strnlen((const char *)block->bytes.p + off, len - off);
		if (*end == off)
			return cfs_refuse(f, at, "empty name");
	}
	if (off < block->count * sizeof(struct erofs_dirent) || off >= *end)
		return cfs_refuse(f, at, "name offsets do not grow");
	if (*end > len)
		return cfs_refuse(f, at, "name beyond its block");
	return 0;
}

/* Load entry @i and check only the place of its name. */
static cfs_hot_inline int cfs_dirent_load(const struct cfs_dirblock *block, u32 i,
					  struct cfs_dirent *e, struct cfs_fault *f)
{
	const u64 at = (u64)i * sizeof(struct erofs_dirent);
	struct erofs_dirent d;
	u32 off, end;
	int rc;

	if (!cfs_span_load(block->bytes, at, &d))
		return cfs_refuse(f, at, "directory entry beyond its block");
	off = get16(d.nameoff);
	rc = cfs_dirent_end(block, i, off, &end, f);
	if (rc)
		return rc;
	e->nid = get64(d.nid);
	e->type = d.file_type;
	e->len = end - off;
	e->name = cfs_span_at(block->bytes, off, e->len);
	return 0;
}

static int cfs_dirent_type_check(const struct cfs_dirent *e, u32 i, struct cfs_fault *f)
{
	if (e->type == EROFS_FT_UNKNOWN || e->type >= EROFS_FT_MAX)
		return cfs_refuse(f, (u64)i * sizeof(struct erofs_dirent),
				  "unknown type in a directory entry");
	return 0;
}

int cfs_dirblock_entry(const struct cfs_dirblock *block, u32 i, const struct cfs_dirent *prev,
		       struct cfs_dirent *e, struct cfs_fault *f)
{
	const u64 at = (u64)i * sizeof(struct erofs_dirent);
	int rc = cfs_dirent_load(block, i, e, f);

	if (rc)
		return rc;
	if (e->len > EROFS_NAME_LEN)
		return cfs_refuse(f, at, "name of more than 255 bytes");
	if (cfs_name_is_bad(e->name, e->len))
		return cfs_refuse(f, (u64)(e->name - block->bytes.p), "name with a slash or NUL");
	rc = cfs_dirent_type_check(e, i, f);
	if (rc)
		return rc;
	if (prev && cfs_name_order(prev->name, prev->len, e->name, e->len) >= 0)
		return cfs_refuse(f, at, "names not in ascending order");
	return 0;
}

int cfs_dirblock_order(const struct cfs_dirblock *block, u32 i, const void *name, u32 len,
		       struct cfs_dirent *e, int *order, struct cfs_fault *f)
{
	int rc = cfs_dirent_load(block, i, e, f);

	if (rc)
		return rc;
	*order = cfs_name_order(e->name, e->len, name, len);
	return *order ? 0 : cfs_dirent_type_check(e, i, f);
}

int cfs_dirblock_find(const struct cfs_dirblock *block, const void *name, u32 len,
		      struct cfs_dirent *e, u32 *i, struct cfs_fault *f)
{
	u32 lo = 0, hi = block->count;

	while (lo < hi) {
		int order, rc;

		*i = lo + (hi - lo) / 2;
		rc = cfs_dirblock_order(block, *i, name, len, e, &order, f);
		if (rc || !order)
			return rc;
		if (order < 0)
			lo = *i + 1;
		else
			hi = *i;
	}
	*i = lo;
	return -ENOENT;
}
