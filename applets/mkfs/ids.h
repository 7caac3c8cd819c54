/* SPDX-License-Identifier: GPL-2.0-only */
/* The numbers of users and groups, as /etc/passwd and /etc/group of this machine list them. */
#ifndef CFS_APPLETS_MKFS_IDS_H
#define CFS_APPLETS_MKFS_IDS_H

#include "base/buf.h"

struct ids {
	struct buf users, groups; /* the files, each ended by a newline */
};

/* Read both lists; a list that cannot be read knows no name. They are not read again later. */
void ids_load(struct ids *ids);
void ids_release(struct ids *ids);

/* The number that the lists of @arg, a struct ids, give for a name. false: it is in none. */
bool ids_find(void *arg, bool is_group, const char *name, size_t len, u32 *id);

#endif
