/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding equal things: a keyed hash and an open-addressing table of pointers.
 * The key is random, so that no input is slow (RT-8); it decides
 * nothing that reaches an output.
 */
#ifndef CFS_BASE_HASH_H
#define CFS_BASE_HASH_H

#include "core/port.h"

struct hash_key {
	u64 k[2];
};

void hash_key_init(struct hash_key *key);
u64 hash_bytes(const struct hash_key *key, u64 seed, const void *data, size_t len);

struct table {
	void **item;
	u32 *tag;
	size_t size, used; /* size is a power of two, or 0 */
};

void table_release(struct table *t);

/*
 * The item with this hash for which @same returns true, or NULL.
 */
void *table_find(const struct table *t, u64 hash, bool (*same)(const void *item, const void *want),
		 const void *want);

/* Add an item that is not there. -1 without memory. */
int table_add(struct table *t, u64 hash, void *item);

#endif
