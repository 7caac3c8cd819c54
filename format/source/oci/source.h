/* SPDX-License-Identifier: GPL-2.0-only */
/* Where an image comes from: a layout directory, or an archive (OCI 1). */
#ifndef CFS_SOURCE_OCI_SOURCE_H
#define CFS_SOURCE_OCI_SOURCE_H

#include "source/oci/archive.h"
#include "source/oci/document.h"

/* Returned for content that is not what was announced: another size or digest. */
#define OCI_WRONG 1

struct oci_source {
	const char *path; /* for messages */
	int dir;          /* of a layout; -1: an archive */
	bool is_docker;
	struct oci_archive archive;
	struct tar *tar; /* reads the layers */
	struct arena arena;
};

/*
 * Begin with an open directory, file or pipe. @tar reads the layers, and those of a pipe at once.
 * -1 and a text that begins with the path. Release it in any case.
 */
int oci_source_open(struct oci_source *s, int fd, const char *path, bool piped, struct tar *tar,
		    struct notes *notes, struct error *err);
void oci_source_release(struct oci_source *s);

/*
 * The bytes of a document with this name in the layout or the archive, at most 4 MiB. -1 and a
 * text that begins with the name; err->code is ENOENT if it is not there.
 */
int oci_fetch(struct oci_source *s, const char *name, struct buf *b, struct error *err);

/* The blob of a descriptor; compares size and digest. 0, OCI_WRONG, or -1, with a text. */
int oci_fetch_blob(struct oci_source *s, const struct oci_descriptor *d, struct buf *b,
		   struct error *err);

/* The name of a blob, terminated. Returns @to. */
#define OCI_BLOB_NAME (13 + CFS_HEX_MAX + 1)
const char *oci_blob_name(char to[OCI_BLOB_NAME], const struct cfs_digest *digest);

/*
 * Read the layer with this name. @blob and @plain: the algorithms as for oci_hash_init(). The
 * result stays as long as the source. NULL and a text; err->code is ENOENT if it is not there.
 */
struct oci_layer *oci_source_layer(struct oci_source *s, const char *name, u64 limit,
				   unsigned int blob, unsigned int plain, struct error *err);

/* Where the file of a name lies in an archive, so that layers can be read in that order. */
u64 oci_source_offset(const struct oci_source *s, const char *name);

#endif
