/* SPDX-License-Identifier: GPL-2.0-only */
/* Read a blob as a layer, and remember what it turned out to be (OCI 4). */
#ifndef CFS_SOURCE_OCI_LAYER_H
#define CFS_SOURCE_OCI_LAYER_H

#include "source/oci/digest.h"
#include "source/tar/tar.h"

/* The bytes of a blob. Up to @len, fewer only at the end; -1 and a text. */
struct oci_bytes {
	ssize_t (*read)(void *arg, void *to, size_t len, struct error *err);
	void *arg;
	u64 limit; /* never read more than this many */
};

struct oci_layer {
	struct tar_members members;
	u64 size;              /* of the blob */
	struct oci_hash blob;  /* the hash of its bytes */
	struct oci_hash plain; /* that of all its bytes after decompression */
	const char *fault;     /* what is wrong with the stream, NULL: nothing; in the arena */
};

/*
 * Read all bytes of a blob. @blob and @plain: the algorithms as for oci_hash_init(). A stream
 * that is faulty is read to its end, and layer->fault says what is wrong. -1 and a text only if
 * the bytes cannot be read, or without memory.
 */
int oci_layer_read(struct oci_layer *layer, struct tar *tar, const char *name,
		   const struct oci_bytes *bytes, unsigned int blob, unsigned int plain,
		   struct arena *arena, struct error *err);

/* Whether a blob that begins so is read as a layer: gzip, zstd, a tar header or zeros. */
bool oci_looks_like_layer(const u8 *start, size_t len);

#endif
