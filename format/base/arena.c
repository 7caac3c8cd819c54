// SPDX-License-Identifier: GPL-2.0-only
#include "base/arena.h"
#include <stdlib.h>
#include "base/text.h"

#define CHUNK_MIN ((size_t)256 << 10)
#define CHUNK_MAX ((size_t)32 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
};

void arena_release(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
	*a = (struct arena){ 0 };
}

/*
 * A chunk for @len bytes. What is larger than a quarter of the usual size gets
 * a chunk of its own, behind the one in use, whose rest stays usable.
 */
static char *chunk_new(struct arena *a, size_t len)
{
	size_t usual = a->next ? a->next : CHUNK_MIN;
	bool own = len > usual / 4;
	size_t size = own ? len : usual;
	struct arena_chunk *c;

	if (size > SIZE_MAX - sizeof(*c))
		return NULL;
	c = malloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	c->size = size;
	if (own && a->chunks) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		c->next = a->chunks;
		a->chunks = c;
	}
	if (own)
		return (char *)(c + 1);
	a->lo = (char *)(c + 1);
	a->hi = a->lo + size;
	a->next = usual < CHUNK_MAX ? usual * 2 : usual;
	return a->lo;
}

void *arena_alloc(struct arena *a, size_t len)
{
	size_t need = (len + 7) & ~(size_t)7;
	char *p = a->lo;

	if (need < len)
		return NULL;
	if (need > (size_t)(a->hi - a->lo)) {
		p = chunk_new(a, need);
		if (!p)
			return NULL;
	}
	if (p == a->lo)
		a->lo += need;
	a->used += need;
	return memset(p, 0, need);
}

void *arena_bytes(struct arena *a, size_t len)
{
	if (len > (size_t)(a->hi - a->lo)) {
		char *p = chunk_new(a, len);

		if (!p || p != a->lo) {
			a->used += p ? len : 0;
			return p;
		}
	}
	a->hi -= len;
	a->used += len;
	return a->hi;
}

char *arena_copy(struct arena *a, const void *data, size_t len)
{
	char *p = len < SIZE_MAX ? arena_bytes(a, len + 1) : NULL;

	if (p) {
		text_copy(p, data, len);
		p[len] = 0;
	}
	return p;
}

void arena_join(struct arena *to, struct arena *from)
{
	struct arena_chunk **end = &to->chunks;

	while (*end)
		end = &(*end)->next;
	*end = from->chunks;
	to->used += from->used;
	*from = (struct arena){ 0 };
}
