// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/kept.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/hash.h"
#include "files/io.h"

#define KEPT_TOTAL ((size_t)16 << 20) /* bytes of all kept hashes */
#define KEPT_OBJECT                                                                                \
	((u64)8 << 20) /* of one object; if they would be larger, a coarser level is kept */
#define KEPT_FINE ((u64)64 << 20) /* size of an object up to which a hash for each block is kept */
#define KEPT_INLINE ((u64)128 << 10) /* an object up to this size is hashed without a helper */
#define KEPT_BUCKETS 1024u

/* The hashes of the units of one object, in order. */
struct kept {
	struct kept *next;          /* in its bucket */
	struct kept *older, *newer; /* by use */
	struct cfs_digest digest;
	u64 size;
	size_t bytes; /* of hash */
	u8 hash[];
};

struct kept_hashes {
	pthread_mutex_t lock;
	struct hash_key key;
	size_t total;
	struct kept *bucket[KEPT_BUCKETS];
	struct kept *oldest, *newest;
};

/* How the blocks of an object are grouped: a unit is all that one kept hash covers. */
struct units {
	unsigned int level; /* of the hash tree: 0 has one hash for each block */
	u64 bytes;          /* in a unit */
	u64 count;
	u32 hash; /* bytes of a hash */
};

static struct units units_of(const struct kept_object *o)
{
	struct units u = { .bytes = VERITY_BLOCK, .hash = cfs_digest_size(o->digest->algorithm) };
	const u64 hashes = VERITY_BLOCK / u.hash; /* in a block of the tree */

	if (o->size > KEPT_FINE) {
		u.bytes *= hashes;
		u.level = 1;
	}
	while ((o->size - 1) / u.bytes + 1 > KEPT_OBJECT / u.hash) {
		u.bytes *= hashes;
		u.level++;
	}
	u.count = (o->size - 1) / u.bytes + 1;
	return u;
}

struct kept_hashes *kept_new(void)
{
	struct kept_hashes *k = calloc(1, sizeof(*k));

	if (k) {
		pthread_mutex_init(&k->lock, NULL);
		hash_key_init(&k->key);
	}
	return k;
}

static void unlink_use(struct kept_hashes *k, struct kept *e)
{
	*(e->older ? &e->older->newer : &k->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &k->newest) = e->older;
	e->older = e->newer = NULL;
}

static void link_newest(struct kept_hashes *k, struct kept *e)
{
	e->older = k->newest;
	*(k->newest ? &k->newest->newer : &k->oldest) = e;
	k->newest = e;
}

static struct kept **bucket_of(struct kept_hashes *k, const struct cfs_digest *digest)
{
	u64 h = hash_bytes(&k->key, digest->algorithm, digest->b,
			   cfs_digest_size(digest->algorithm));

	return &k->bucket[h % KEPT_BUCKETS];
}

static void drop_oldest(struct kept_hashes *k)
{
	struct kept *e = k->oldest;
	struct kept **at = bucket_of(k, &e->digest);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	unlink_use(k, e);
	k->total -= sizeof(*e) + e->bytes;
	free(e);
}

void kept_free(struct kept_hashes *k)
{
	if (!k)
		return;
	while (k->oldest)
		drop_oldest(k);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* Called with the lock. */
static struct kept *lookup(struct kept_hashes *k, const struct kept_object *o)
{
	struct kept *e = *bucket_of(k, o->digest);

	while (e && !(e->size == o->size && cfs_digest_equal(&e->digest, o->digest)))
		e = e->next;
	if (e) {
		unlink_use(k, e);
		link_newest(k, e);
	}
	return e;
}

bool kept_has(struct kept_hashes *k, const struct kept_object *o)
{
	bool has;

	pthread_mutex_lock(&k->lock);
	has = lookup(k, o);
	pthread_mutex_unlock(&k->lock);
	return has;
}

/* Add @e, or free it if another thread has added the same object. */
static void insert(struct kept_hashes *k, const struct kept_object *o, struct kept *e)
{
	struct kept **at;

	pthread_mutex_lock(&k->lock);
	if (lookup(k, o)) {
		free(e);
	} else {
		k->total += sizeof(*e) + e->bytes;
		while (k->total > KEPT_TOTAL && k->oldest)
			drop_oldest(k);
		at = bucket_of(k, o->digest);
		e->next = *at;
		*at = e;
		link_newest(k, e);
	}
	pthread_mutex_unlock(&k->lock);
}

/* Read all of [@off, @off + @len). EIO: there are fewer bytes; EAGAIN: they are not in memory. */
static int read_all(const struct kept_object *o, u8 *to, size_t len, u64 off)
{
	ssize_t n = o->may_wait ? io_pread(o->fd, to, len, off) : io_pread_now(o->fd, to, len, off);

	if (n == (ssize_t)len)
		return 0;
	return o->may_wait ? EIO : EAGAIN;
}

/*
 * Write the hash of unit @i to @hash, and the bytes of the unit that lie in
 * [@off, @off + @len) of the object to @to.
 */
static int hash_unit(const struct kept_object *o, const struct units *u, struct kept_scratch *s,
		     u64 i, u64 off, u32 len, u8 *to, u8 *hash)
{
	const u64 start = i * u->bytes, left = o->size - start;
	const u64 end = start + (left < u->bytes ? left : u->bytes);

	verity_init(&s->unit, o->digest->algorithm);
	for (u64 at = start; at < end; at += VERITY_READ) {
		const size_t n = end - at < VERITY_READ ? (size_t)(end - at) : VERITY_READ;
		const u64 from = off > at ? off : at;
		const u64 until = off + len < at + n ? off + len : at + n;
		int rc = read_all(o, s->buf, n, at);

		if (rc)
			return rc;
		verity_add(&s->unit, s->buf, n);
		if (from < until)
			memcpy(to + (from - off), s->buf + (from - at), (size_t)(until - from));
	}
	memcpy(hash, verity_unit(&s->unit, u->level), u->hash);
	return 0;
}

static int hash_object(const struct kept_object *o, const struct units *u, struct kept_scratch *s,
		       u8 *hash)
{
	struct cfs_digest digest = { 0 };

	verity_init(&s->tree, o->digest->algorithm);
	for (u64 i = 0; i < u->count; i++, hash += u->hash) {
		const u64 left = o->size - i * u->bytes;
		int rc = hash_unit(o, u, s, i, 0, 0, NULL, hash);

		if (rc)
			return rc;
		verity_add_unit(&s->tree, u->level, hash, left < u->bytes ? left : u->bytes);
	}
	verity_end(&s->tree, &digest);
	return cfs_digest_equal(&digest, o->digest) ? 0 : EIO;
}

int kept_ensure(struct kept_hashes *k, const struct kept_object *o, struct kept_scratch *s)
{
	const struct units u = units_of(o);
	struct kept *e;
	int rc;

	if (kept_has(k, o))
		return 0;
	if (!o->may_wait && o->size > KEPT_INLINE)
		return EAGAIN;
	e = malloc(sizeof(*e) + (size_t)u.count * u.hash);
	if (!e)
		return ENOMEM;
	*e = (struct kept){ .digest = *o->digest, .size = o->size };
	e->bytes = (size_t)u.count * u.hash;
	rc = hash_object(o, &u, s, e->hash);
	if (rc)
		free(e);
	else
		insert(k, o, e);
	return rc;
}

/* Copy the kept hashes of units @first to @first + @n - 1. False: they were dropped meanwhile. */
static bool copy_hashes(struct kept_hashes *k, const struct kept_object *o, const struct units *u,
			u64 first, u64 n, u8 *to)
{
	struct kept *e;

	pthread_mutex_lock(&k->lock);
	e = lookup(k, o);
	if (e)
		memcpy(to, e->hash + first * u->hash, (size_t)n * u->hash);
	pthread_mutex_unlock(&k->lock);
	return e;
}

int kept_read(struct kept_hashes *k, const struct kept_object *o, struct kept_scratch *s, u64 off,
	      u32 len, u8 *to)
{
	const struct units u = units_of(o);
	const u64 first = off / u.bytes, n = len ? (off + len - 1) / u.bytes - first + 1 : 0;
	u8 hash[CFS_DIGEST_MAX];
	u8 *known = malloc((size_t)n * u.hash + 1);
	int rc = known ? 0 : ENOMEM;

	while (!rc && !copy_hashes(k, o, &u, first, n, known))
		rc = kept_ensure(k, o, s);
	for (u64 i = 0; i < n && !rc; i++) {
		rc = hash_unit(o, &u, s, first + i, off, len, to, hash);
		if (!rc && memcmp(hash, known + i * u.hash, u.hash))
			rc = EIO;
	}
	free(known);
	return rc;
}
