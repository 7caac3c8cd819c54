/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries that differ in the same way, and the phrases of the summary that say
 * how many they are and where (diff 5). A group takes the same memory however
 * many entries it has.
 */
#ifndef CFS_APPLETS_DIFF_GROUP_H
#define CFS_APPLETS_DIFF_GROUP_H

#include "applets/diff/entry.h"
#include "applets/diff/merge.h"

#define GROUP_SHOWN 3 /* entries whose paths are all printed */

struct group {
	u64 count;
	struct spot first[GROUP_SHOWN];
	struct spot last;   /* the deepest directory above all is that above the first and this */
	unsigned int types; /* a bit for each type of an entry on either side */
};

/* Add the entry of a pair; another call for the same pair changes nothing. */
void group_add(struct group *g, const struct pair *p);

/* Add the entries of another group, none of which is in @g. */
void group_join(struct group *g, const struct group *from);

/* The state with which groups are printed. */
struct phrase {
	const struct image *img; /* of both sides */
	struct buf *out;
	struct buf path, last; /* scratch */
	struct error *err;
	bool failed; /* err is set */
};

void phrase_release(struct phrase *ph);

/* "1 file", "2 names": NOUN. */
void phrase_noun(struct phrase *ph, const struct group *g);

/* "NOUN ONE" or "NOUN MANY", by the number of entries: "1 file has", "2 files have". */
void phrase_verb(struct phrase *ph, const struct group *g, const char *one, const char *many);

/* ": WHERE" and a newline. */
void phrase_where(struct phrase *ph, const struct group *g);

/* WHERE of more than three entries. */
void phrase_range(struct phrase *ph, const struct group *g);

/* The path of a name with the escapes of a summary. */
void phrase_path(struct phrase *ph, const struct spot *spot);

/* Bytes with the escapes of a dump, but that a space is a space. */
void phrase_bytes(struct phrase *ph, const void *s, size_t len);

/* Groups by key: the first 64 keys that come are counted apart, other entries in one group. */
#define GROUPS_MAX 64
#define GROUPS_SHOWN 8

struct keyed {
	u64 key;
	struct group g;
	u32 mode[SIDES]; /* of the first entry; used for modes only */
	bool modes;      /* there is another mode */
};

struct groups {
	struct keyed v[GROUPS_MAX];
	unsigned int n, hit; /* hit: the last one found */
	struct group other;
};

/* The group of a key that has an entry of its own, or NULL. */
struct keyed *groups_add(struct groups *gs, u64 key, const struct pair *p);

/*
 * Sort by number of entries, most first, then by key, and put all but the first
 * eight into gs->other; gs->n is what is left.
 */
void groups_close(struct groups *gs);

#endif
