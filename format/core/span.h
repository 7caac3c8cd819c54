/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes with an end, little endian integers, and faults. All bounds of core/ are decided here
 * (RI-2).
 */
#ifndef CFS_CORE_SPAN_H
#define CFS_CORE_SPAN_H

#include "core/port.h"

/* An integer as it is stored on disk: no alignment, no padding, no host byte order. */
typedef struct {
	u8 b[2];
} le16;
typedef struct {
	u8 b[4];
} le32;
typedef struct {
	u8 b[8];
} le64;

static inline u16 get16(le16 v)
{
	return (u16)(v.b[0] | v.b[1] << 8);
}

static inline u32 get32(le32 v)
{
	return (u32)v.b[0] | (u32)v.b[1] << 8 | (u32)v.b[2] << 16 | (u32)v.b[3] << 24;
}

static inline u64 get64(le64 v)
{
	return (u64)v.b[0] | (u64)v.b[1] << 8 | (u64)v.b[2] << 16 | (u64)v.b[3] << 24 |
	       (u64)v.b[4] << 32 | (u64)v.b[5] << 40 | (u64)v.b[6] << 48 | (u64)v.b[7] << 56;
}

static inline le16 put16(u16 v)
{
	return (le16){ { (u8)v, (u8)(v >> 8) } };
}

static inline le32 put32(u32 v)
{
	return (le32){ { (u8)v, (u8)(v >> 8), (u8)(v >> 16), (u8)(v >> 24) } };
}

static inline le64 put64(u64 v)
{
	return (le64){ { (u8)v, (u8)(v >> 8), (u8)(v >> 16), (u8)(v >> 24), (u8)(v >> 32),
			 (u8)(v >> 40), (u8)(v >> 48), (u8)(v >> 56) } };
}

/* Round @x up to a multiple of @n, a power of two. */
static inline u64 cfs_align(u64 x, u64 n)
{
	return (x + n - 1) & ~(n - 1);
}

/* @len readable bytes at @p. */
struct cfs_span {
	const u8 *p;
	u64 len;
};

/* A fault: a constant text, and the offset in the span. */
struct cfs_fault {
	const char *what;
	u64 off;
};

/* Record a fault unless @f is NULL, and return -EUCLEAN. */
static inline int cfs_refuse(struct cfs_fault *f, u64 off, const char *what)
{
	if (f) {
		f->what = what;
		f->off = off;
	}
	return -EUCLEAN;
}

/* The same for valid bytes that this program does not support: -EOPNOTSUPP. */
static inline int cfs_decline(struct cfs_fault *f, u64 off, const char *what)
{
	cfs_refuse(f, off, what);
	return -EOPNOTSUPP;
}

/* Whether the @len bytes at @off lie inside the first @total. No input can make this wrap. */
static inline bool cfs_inside(u64 off, u64 len, u64 total)
{
	return off <= total && len <= total - off;
}

/*
 * The address of the @len bytes at @off, or NULL unless all of them lie inside @s. The test
 * subtracts only the smaller from the larger, so no @off or @len from an image can make it
 * wrap.
 */
static inline const void *cfs_span_at(struct cfs_span s, u64 off, u64 len)
{
	return cfs_inside(off, len, s.len) ? s.p + off : NULL;
}

/* The part of @s that cfs_span_at() finds; p is NULL if there is none. */
static inline struct cfs_span cfs_span_cut(struct cfs_span s, u64 off, u64 len)
{
	const u8 *p = cfs_span_at(s, off, len);

	return (struct cfs_span){ p, p ? len : 0 };
}

/* Copy the @len bytes at @off of @s to @to; false unless all of them are inside. */
static inline bool cfs_span_copy(struct cfs_span s, u64 off, void *to, size_t len)
{
	const void *p = cfs_span_at(s, off, len);

	if (!p)
		return false;
	memcpy(to, p, len);
	return true;
}

/*
 * Copy the struct at @off of @s to *@to. The copy is read once, because the bytes may change
 * under us.
 */
#define cfs_span_load(s, off, to) cfs_span_copy(s, off, to, sizeof(*(to)))

#endif
