// SPDX-License-Identifier: GPL-2.0-only
#include "base/hash.h"
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/random.h>

void hash_key_init(struct hash_key *key)
{
	ssize_t n;

	do
		n = getrandom(key, sizeof(*key), GRND_NONBLOCK);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(*key)) {
		/*
		 * Before the pool is ready, and on a kernel without the call, use the 16 random
		 * bytes that the kernel put on the stack.
		 */
		const void *random = (const void *)getauxval(AT_RANDOM);

		memset(key, 0x5c, sizeof(*key));
		if (random)
			memcpy(key, random, sizeof(*key));
	}
}

/* Both halves of a product: each bit of the result depends on all bits of both. */
static u64 fold(u64 a, u64 b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 p = (unsigned __int128)a * b;

	return (u64)p ^ (u64)(p >> 64);
#else
	u64 lo = (a & 0xffffffff) * (b & 0xffffffff), hi = (a >> 32) * (b >> 32);
	u64 m1 = (a >> 32) * (b & 0xffffffff), m2 = (a & 0xffffffff) * (b >> 32);

	return lo ^ hi ^ (m1 << 32 | m1 >> 32) ^ (m2 << 32 | m2 >> 32);
#endif
}

u64 hash_bytes(const struct hash_key *key, u64 seed, const void *data, size_t len)
{
	const u8 *p = data;
	u64 h = seed ^ key->k[0], w;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&w, p, 8);
		h = fold(h ^ w, key->k[1] | 1);
	}
	w = 0;
	if (left)
		memcpy(&w, p, left);
	h = fold(h ^ w, key->k[1] | 1);
	return fold(h ^ len, key->k[0] | 1);
}

void table_release(struct table *t)
{
	free(t->item);
	free(t->tag);
	*t = (struct table){ 0 };
}

/*
 * A slot keeps the upper half of the hash, so a table can grow without its items; 0 marks
 * a free slot. A failed lookup touches only these tags.
 */
static u32 tag_of(u64 hash)
{
	u32 tag = (u32)(hash >> 32);

	return tag ? tag : 1;
}

static size_t slot(const struct table *t, u32 tag)
{
	return tag & (t->size - 1);
}

void *table_find(const struct table *t, u64 hash, bool (*same)(const void *item, const void *want),
		 const void *want)
{
	u32 tag = tag_of(hash);

	if (!t->size)
		return NULL;
	for (size_t i = slot(t, tag); t->tag[i]; i = (i + 1) & (t->size - 1))
		if (t->tag[i] == tag && same(t->item[i], want))
			return t->item[i];
	return NULL;
}

static void put(struct table *t, u32 tag, void *item)
{
	size_t i = slot(t, tag);

	while (t->tag[i])
		i = (i + 1) & (t->size - 1);
	t->item[i] = item;
	t->tag[i] = tag;
}

static int grow(struct table *t)
{
	struct table n = { .size = t->size ? t->size * 2 : 64, .used = t->used };

	n.item = calloc(n.size, sizeof(*n.item));
	n.tag = calloc(n.size, sizeof(*n.tag));
	if (!n.item || !n.tag) {
		table_release(&n);
		return -1;
	}
	for (size_t i = 0; i < t->size; i++)
		if (t->tag[i])
			put(&n, t->tag[i], t->item[i]);
	table_release(t);
	*t = n;
	return 0;
}

int table_add(struct table *t, u64 hash, void *item)
{
	if (t->used >= t->size / 4 * 3 && grow(t))
		return -1;
	put(t, tag_of(hash), item);
	t->used++;
	return 0;
}
