/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects below a directory. They are reached through no symbolic link and no "..", and
 * checked before they are trusted (ST-5, ST-6).
 */
#ifndef CFS_STORE_OBJECT_H
#define CFS_STORE_OBJECT_H

#include "base/error.h"
#include "verity/verity.h"

#define OBJECT_PATH (CFS_OBJECT_NAME_MAX + 1) /* xx/yyyy... with a NUL */

void object_path(char path[OBJECT_PATH], const struct cfs_digest *digest);

/*
 * Whether content with @digest may stand under @path. A path that ends like the
 * name of an object, 2 hex digits, a slash and 62 or 126 more, is reserved for
 * the content that has this digest, however the path is spelled.
 */
bool object_path_fits(const char *path, size_t len, const struct cfs_digest *digest);

enum object_state {
	OBJECT_MISSING,
	OBJECT_GOOD,
	OBJECT_BAD, /* something else has the name, or the content has another digest */
};

struct object {
	enum object_state state;
	const char *what; /* the fault of a bad object */
	int fd;           /* of a good object, read-only; the caller closes it */
	bool verity;      /* the good object has fs-verity */
};

/*
 * Check that the object exists, is a regular file of @size bytes without write permission
 * for others, and has the digest. The kernel measures the digest where fs-verity is on;
 * otherwise the content is hashed. -1 and a text without the object's name if the check
 * cannot be made, and for a directory in its place.
 */
int object_check(int dir, struct verity_work *work, const struct cfs_digest *digest, u64 size,
		 struct object *object, struct error *err);

/*
 * Open the directory of an object, which is made if it is missing (mode 0755,
 * whatever the umask). -1 and errno.
 */
int object_directory(int dir, const char xx[2]);

#endif
