// SPDX-License-Identifier: GPL-2.0-only
#include "verity/verity_inside.h"

#include <linux/fsverity.h>
#include "verity/sha256.h"

#define HASHES (VERITY_BLOCK / SHA256_SIZE) /* in a block */
#define RANGE_LEVEL 2
static_assert(VERITY_RANGE == (u64)VERITY_BLOCK * HASHES * HASHES,
	      "a range has one hash of that level");

/*
 * zero_hash[0] is the hash of a block of zeros, zero_hash[n + 1] that of a
 * block of zero_hash[n]: what a hole contributes to each level.
 */
/* clang-format off */
static const u8 zero_hash[VERITY_LEVELS][SHA256_SIZE] = {
	{ 0xad, 0x7f, 0xac, 0xb2, 0x58, 0x6f, 0xc6, 0xe9,
	  0x66, 0xc0, 0x04, 0xd7, 0xd1, 0xd1, 0x6b, 0x02,
	  0x4f, 0x58, 0x05, 0xff, 0x7c, 0xb4, 0x7c, 0x7a,
	  0x85, 0xda, 0xbd, 0x8b, 0x48, 0x89, 0x2c, 0xa7 },
	{ 0xb2, 0x4a, 0x5d, 0xfc, 0x70, 0x87, 0xb0, 0x9c,
	  0x73, 0x78, 0xbb, 0x91, 0x00, 0xb5, 0xea, 0x91,
	  0x3f, 0x28, 0x3d, 0xa2, 0xc8, 0xca, 0x05, 0x29,
	  0x7f, 0x39, 0x45, 0x7c, 0xbd, 0xd6, 0x51, 0xd4 },
	{ 0x45, 0xd6, 0x5d, 0x6f, 0x9e, 0x5a, 0x96, 0x2f,
	  0x4d, 0x80, 0xb5, 0xf1, 0xbd, 0x7a, 0x91, 0x81,
	  0x52, 0x25, 0x1c, 0x27, 0xbd, 0xad, 0x8c, 0x5f,
	  0x52, 0xb5, 0x90, 0xc1, 0x29, 0x83, 0x33, 0x72 },
	{ 0x49, 0x93, 0x6c, 0x34, 0x4f, 0x6a, 0xa7, 0x58,
	  0x58, 0xa7, 0x64, 0x50, 0x76, 0x4e, 0x66, 0x60,
	  0x75, 0xad, 0x1c, 0x7f, 0x47, 0xa5, 0x85, 0x81,
	  0x11, 0xf8, 0xb6, 0xc6, 0xa3, 0x43, 0x57, 0x40 },
	{ 0x75, 0xee, 0x77, 0x60, 0x10, 0x45, 0xa9, 0x1d,
	  0xb3, 0x90, 0xde, 0xde, 0x1e, 0xcd, 0x3e, 0x65,
	  0x45, 0x52, 0xed, 0xb9, 0x6c, 0xa3, 0x59, 0xa9,
	  0x10, 0x3e, 0xc2, 0x1e, 0x8f, 0x56, 0x3f, 0x9e },
	{ 0x98, 0xc9, 0x9f, 0xb0, 0xe1, 0x38, 0x96, 0x5f,
	  0xc4, 0x48, 0x17, 0x32, 0x7a, 0x1e, 0x8f, 0x88,
	  0xb3, 0x62, 0x8c, 0x85, 0x3d, 0x58, 0x53, 0x81,
	  0x03, 0x22, 0xf5, 0x27, 0x9a, 0x47, 0x94, 0x8f },
	{ 0x99, 0x21, 0x7b, 0x1c, 0xb1, 0x15, 0x4f, 0x12,
	  0xd5, 0x3e, 0xb5, 0x5c, 0xfd, 0xff, 0xa4, 0x79,
	  0xb5, 0x54, 0xfb, 0x68, 0x1a, 0x52, 0xcd, 0xea,
	  0x75, 0xdc, 0x39, 0xc8, 0xa0, 0xdc, 0x3e, 0x89 },
	{ 0x98, 0x4c, 0x46, 0x8c, 0x03, 0x6b, 0x3b, 0x4b,
	  0xeb, 0xad, 0xb7, 0x0f, 0x3a, 0x9f, 0x29, 0x74,
	  0x85, 0x5e, 0x59, 0x1e, 0xb3, 0x98, 0xa6, 0xd8,
	  0x68, 0x95, 0x73, 0xc2, 0xfb, 0x2e, 0x7e, 0xed },
	{ 0xaf, 0x20, 0x79, 0x16, 0xfa, 0x3a, 0x81, 0x75,
	  0xce, 0xdd, 0x28, 0xaf, 0x75, 0xd1, 0x32, 0xd2,
	  0x3a, 0xc6, 0x9a, 0xd6, 0x04, 0x83, 0x97, 0x1c,
	  0x0f, 0xb0, 0x00, 0xfd, 0x31, 0xf6, 0xb4, 0x4a },
};
/* clang-format on */

static void describe(struct descriptor *d, u64 size, const u8 root[SHA256_SIZE])
{
	memset(d, 0, sizeof(*d));
	d->version = 1;
	d->hash_algorithm = FS_VERITY_HASH_ALG_SHA256;
	d->log_blocksize = 12;
	d->data_size = put64(size);
	memcpy(d->root_hash, root, SHA256_SIZE);
}

void verity_init(struct verity *v)
{
	v->size = 0;
	v->used = 0;
	memset(v->fill, 0, sizeof(v->fill));
}

/*
 * A level's block is full: its hash goes up, which may fill the next. A level
 * above the last one would need more than 2^64 bytes.
 */
static void carry(struct verity *v, unsigned int i)
{
	for (; v->fill[i] == VERITY_BLOCK; i++) {
		sha256_one(v->level[i], VERITY_BLOCK, v->level[i + 1] + v->fill[i + 1]);
		v->fill[i] = 0;
		v->fill[i + 1] += SHA256_SIZE;
	}
}

static void push(struct verity *v, unsigned int i, const u8 hash[SHA256_SIZE])
{
	memcpy(v->level[i] + v->fill[i], hash, SHA256_SIZE);
	v->fill[i] += SHA256_SIZE;
	carry(v, i);
}

static bool is_zero(const u8 *block)
{
	u64 any = 0, words[8];

	for (size_t i = 0; i < VERITY_BLOCK && !any; i += sizeof(words)) {
		memcpy(words, block + i, sizeof(words));
		any = words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] |
		      words[7];
	}
	return !any;
}

/* The hashes of @count blocks; one of zeros need not be computed. */
static void hash_blocks(const u8 *data, size_t count, u8 *out)
{
	while (count) {
		size_t n = 0;

		while (n < count && !is_zero(data + n * VERITY_BLOCK))
			n++;
		sha256_many(data, VERITY_BLOCK, n, out);
		for (; n < count && is_zero(data + n * VERITY_BLOCK); n++)
			memcpy(out + n * SHA256_SIZE, zero_hash[0], SHA256_SIZE);
		data += n * VERITY_BLOCK;
		out += n * SHA256_SIZE;
		count -= n;
	}
}

static void push_blocks(struct verity *v, const u8 *data, size_t count)
{
	while (count) {
		size_t n = HASHES - v->fill[0] / SHA256_SIZE;

		if (n > count)
			n = count;
		hash_blocks(data, n, v->level[0] + v->fill[0]);
		v->fill[0] += (u32)n * SHA256_SIZE;
		carry(v, 0);
		data += n * VERITY_BLOCK;
		count -= n;
	}
}

/* Start with what completes an unfinished block. Returns how much of @len that is. */
static size_t add_partial(struct verity *v, const void *data, size_t len)
{
	size_t n = VERITY_BLOCK - v->used;

	if (n > len)
		n = len;
	if (data)
		memcpy(v->block + v->used, data, n);
	else
		memset(v->block + v->used, 0, n);
	v->used += (u32)n;
	if (v->used == VERITY_BLOCK) {
		push_blocks(v, v->block, 1);
		v->used = 0;
	}
	return n;
}

void verity_add(struct verity *v, const void *data, size_t len)
{
	const u8 *p = data;
	size_t n;

	v->size += len;
	if (v->used && len) {
		n = add_partial(v, p, len);
		p += n;
		len -= n;
	}
	n = len / VERITY_BLOCK;
	push_blocks(v, p, n);
	p += n * VERITY_BLOCK;
	len -= n * VERITY_BLOCK;
	if (len)
		add_partial(v, p, len);
}

/* @count blocks of zeros: whole subtrees of them wherever one starts here. */
static void push_zeros(struct verity *v, u64 count)
{
	while (count) {
		unsigned int i = 0;
		u64 blocks = 1; /* below one hash of level i */

		while (i + 1 < VERITY_LEVELS && v->fill[i] == 0 && count / HASHES >= blocks) {
			blocks *= HASHES;
			i++;
		}
		push(v, i, zero_hash[i]);
		count -= blocks;
	}
}

void verity_add_zero(struct verity *v, u64 len)
{
	v->size += len;
	if (v->used && len)
		len -= add_partial(v, NULL, len < VERITY_BLOCK ? (size_t)len : VERITY_BLOCK);
	push_zeros(v, len / VERITY_BLOCK);
	if (len % VERITY_BLOCK)
		add_partial(v, NULL, (size_t)(len % VERITY_BLOCK));
}

static bool is_top(const struct verity *v, unsigned int i)
{
	while (++i < VERITY_LEVELS)
		if (v->fill[i])
			return false;
	return true;
}

/* The root hash: the one that is alone on the topmost level in use. */
static const u8 *root_of(struct verity *v)
{
	unsigned int i = 0;

	if (v->used)
		add_partial(v, NULL, VERITY_BLOCK);
	while (i + 1 < VERITY_LEVELS && !(v->fill[i] == SHA256_SIZE && is_top(v, i))) {
		if (v->fill[i]) {
			memset(v->level[i] + v->fill[i], 0, VERITY_BLOCK - v->fill[i]);
			v->fill[i] = VERITY_BLOCK;
			carry(v, i);
		}
		i++;
	}
	return v->level[i];
}

void verity_end(struct verity *v, struct cfs_digest *digest)
{
	static const u8 none[SHA256_SIZE];
	struct descriptor d;

	describe(&d, v->size, v->size ? root_of(v) : none);
	sha256_one(&d, sizeof(d), digest->b);
}

/* How much of its block is not padding; what is hashed as a whole already has more blocks. */
static size_t top_used(const struct verity_top *t)
{
	return (size_t)(t->size <= VERITY_BLOCK
				? t->size
				: (t->size + VERITY_BLOCK - 1) / VERITY_BLOCK * SHA256_SIZE);
}

void verity_leave(struct verity *v, struct verity_top *top, struct cfs_digest *digest)
{
	top->size = v->size > VERITY_BLOCK && v->size <= (HASHES - 1) * VERITY_BLOCK ? v->size : 0;
	top->digest = digest;
	if (!top->size) {
		verity_end(v, digest);
		return;
	}
	if (v->used)
		add_partial(v, NULL, VERITY_BLOCK);
	memcpy(top->block, v->level[0], v->fill[0]);
}

static void pad(struct verity_top *t)
{
	size_t used = top_used(t);

	memset(t->block + used, 0, VERITY_BLOCK - used);
}

void verity_tops(struct verity_top *a, struct verity_top *b)
{
	u8 root[2][SHA256_SIZE];
	struct descriptor d[2];

	pad(a);
	pad(b);
	sha256_two(a->block, b->block, VERITY_BLOCK, root[0], root[1]);
	describe(&d[0], a->size, root[0]);
	describe(&d[1], b->size, root[1]);
	sha256_two(&d[0], &d[1], sizeof(d[0]), a->digest->b, b->digest->b);
}

void verity_memory(struct verity *v, const void *data, size_t len, struct cfs_digest *digest)
{
	verity_init(v);
	verity_add(v, data, len);
	verity_end(v, digest);
}

const u8 *verity_range(const struct verity *v)
{
	return v->level[RANGE_LEVEL];
}

void verity_add_range(struct verity *v, const u8 *hash)
{
	v->size += VERITY_RANGE;
	push(v, RANGE_LEVEL, hash);
}
