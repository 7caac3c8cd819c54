/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GVariant framing, as far as OSTree's objects need it (ostree 3.1). Only normal form is
 * accepted: offsets in order and inside, padding zero, offsets of the smallest width,
 * no byte left over. Nothing is copied or allocated: the results are parts of the span
 * that was passed. Functions return 0, or -1 and a text without a position.
 */
#ifndef CFS_SOURCE_OSTREE_GVARIANT_H
#define CFS_SOURCE_OSTREE_GVARIANT_H

#include "base/buf.h"
#include "base/error.h"
#include "core/span.h"

/* A member of a tuple: its alignment, and its size, 0 if that varies. */
struct gvariant_member {
	u8 align, size;
};

/* Cut a tuple that has a member of varying size into its @n members. */
int gvariant_tuple(struct cfs_span s, const struct gvariant_member *member, unsigned int n,
		   struct cfs_span *out, struct error *err);

/* An array of elements whose size varies. */
struct gvariant_array {
	struct cfs_span s;
	u64 n;     /* elements */
	u64 table; /* where the offsets begin */
	u8 width;  /* bytes of an offset */
	u8 align;  /* of the elements */
};

/* Check the whole framing, so that any element may be taken afterwards. O(n). */
int gvariant_array(struct gvariant_array *a, struct cfs_span s, unsigned int align,
		   struct error *err);

/* Element @i, below n, of a checked array. */
struct cfs_span gvariant_element(const struct gvariant_array *a, u64 i);

/* Check a string: UTF-8 and one NUL at its end. The NUL is not counted in @out. */
int gvariant_string(struct cfs_span s, struct cfs_span *out, struct error *err);

/* Check a byte string with a NUL at its end, which need not be UTF-8. */
int gvariant_bytestring(struct cfs_span s, struct cfs_span *out, struct error *err);

/* A variant's value and its type, not empty, without NUL. */
int gvariant_variant(struct cfs_span s, struct cfs_span *value, struct cfs_span *type,
		     struct error *err);

/* Big endian integers, as OSTree stores them, of spans that are long enough. */
u32 gvariant_be32(const u8 *p);
u64 gvariant_be64(const u8 *p);
void gvariant_put_be32(struct buf *b, u32 v);

/* The width of the @n offsets behind @body bytes. */
unsigned int gvariant_width(u64 body, u64 n);

/* Add one offset of that width. */
void gvariant_put_offset(struct buf *b, unsigned int width, u64 v);

#endif
