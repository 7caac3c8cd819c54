/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of a POSIX ACL, as SCHILY.acl.* records hold it (tar 3.1). */
#ifndef CFS_SOURCE_TAR_ACL_H
#define CFS_SOURCE_TAR_ACL_H

#include "base/error.h"

/* Finds the numbers of users and groups. */
struct tar_ids {
	/* The number of @name; false: the name is unknown. NULL: no name is known. */
	bool (*find)(void *arg, bool is_group, const char *name, size_t len, u32 *id);
	void *arg;
};

struct tar_acl {
	size_t len; /* bytes of the extended attribute */
	u32 mode;   /* the permission bits of an inode that has this ACL */
	u32 group; /* the bits of the owning group, which may differ from those of the mask in the mode */
	bool is_mode;     /* it grants what those bits grant and nothing else */
	bool has_names;   /* at least one user or group is given by name alone */
	const char *name; /* the first such name that is unknown; NULL: none */
	size_t name_len;
	bool name_is_group;
};

/* How many bytes tar_acl_parse() may write for a text of @len bytes. */
#define TAR_ACL_ROOM(len) (4 + 2 * (size_t)(len) + 8)

/*
 * Parse an ACL into the form that the attributes system.posix_acl_* have. An
 * unknown name is not an error: see @acl->name. -1 and a text.
 */
int tar_acl_parse(struct tar_acl *acl, const char *text, size_t len, const struct tar_ids *ids,
		  void *to, struct error *err);

#endif
