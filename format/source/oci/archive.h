/* SPDX-License-Identifier: GPL-2.0-only */
/* The members of an OCI or docker archive, from a file or from a pipe (OCI 1). */
#ifndef CFS_SOURCE_OCI_ARCHIVE_H
#define CFS_SOURCE_OCI_ARCHIVE_H

#include "base/hash.h"
#include "files/input.h"
#include "source/oci/layer.h"

struct oci_member {
	const char *name; /* without ".", empty components and slashes at the ends */
	size_t name_len;
	bool is_file;
	const char *target; /* of a symbolic link, terminated; NULL: it is none */
	u64 offset, size;
	/* From a pipe, of a file: */
	struct oci_layer *layer; /* it was read as a layer; NULL: it was not */
	char *bytes;             /* it was kept; NULL: it was not */
	struct cfs_digest digest;
};

struct oci_archive {
	const char *path;
	int fd;          /* borrowed */
	bool piped;      /* everything was read once; nothing is read later */
	struct tar *tar; /* reads the layers of a pipe; NULL: they are passed over */
	struct arena arena;
	struct table members; /* the last one of each name */
	struct hash_key key;
	u64 kept; /* bytes */
	/* A file that is read again: */
	struct input in;
	bool in_is_open;
	u64 at; /* bytes of it that were read */
};

/*
 * Read an archive, and from a pipe with @tar all that may be needed. -1 and a text that begins
 * with the path. Release it in any case.
 */
int oci_archive_open(struct oci_archive *a, int fd, const char *path, bool piped, struct tar *tar,
		     struct notes *notes, struct error *err);
void oci_archive_release(struct oci_archive *a);

/* The member of a name, NULL: there is none. */
struct oci_member *oci_archive_find(const struct oci_archive *a, const char *name, size_t len);

/* The file that a symbolic link leads to, once and inside the archive; NULL: none. */
struct oci_member *oci_archive_follow(const struct oci_archive *a, const struct oci_member *m);

/* All bytes of a file from an archive that is no pipe, in order from its beginning. */
struct oci_member_reader {
	struct oci_archive *archive;
	u64 offset, left;
};
ssize_t oci_member_read(void *reader, void *to, size_t len, struct error *err);

#endif
