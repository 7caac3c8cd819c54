/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 as FIPS 180-4 writes it, and the fs-verity digest as image-format 12
 * writes it: slow, whole in memory, and independent of format/.
 */
#ifndef CFS_TESTS_NAIVE_H
#define CFS_TESTS_NAIVE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const uint32_t naive_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static inline uint32_t naive_rot(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static inline void naive_round(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = (naive_rot(b, 17) ^ naive_rot(b, 19) ^ b >> 10) + w[i - 7] +
		       (naive_rot(a, 7) ^ naive_rot(a, 18) ^ a >> 3) + w[i - 16];
	}
	memcpy(v, h, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = v[7] +
			      (naive_rot(v[4], 6) ^ naive_rot(v[4], 11) ^ naive_rot(v[4], 25)) +
			      ((v[4] & v[5]) ^ (~v[4] & v[6])) + naive_k[i] + w[i];
		uint32_t t2 = (naive_rot(v[0], 2) ^ naive_rot(v[0], 13) ^ naive_rot(v[0], 22)) +
			      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

static inline void naive_sha256(const void *data, size_t len, uint8_t out[32])
{
	uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	const uint8_t *p = data;
	uint8_t tail[128] = { 0 };
	size_t rest = len % 64, end = rest < 56 ? 64 : 128;

	for (size_t i = 0; i + 64 <= len; i += 64)
		naive_round(h, p + i);
	if (rest)
		memcpy(tail, p + len - rest, rest);
	tail[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		tail[end - 1 - i] = (uint8_t)((uint64_t)len * 8 >> 8 * i);
	naive_round(h, tail);
	if (end == 128)
		naive_round(h, tail + 64);
	for (size_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static inline void naive_descriptor(uint64_t size, const uint8_t root[32], uint8_t out[32])
{
	uint8_t d[256] = { 1, 1, 12 };

	for (size_t i = 0; i < 8; i++)
		d[8 + i] = (uint8_t)(size >> 8 * i);
	memcpy(d + 16, root, 32);
	naive_sha256(d, sizeof(d), out);
}

/* Hashes of the blocks of @len bytes, padded with zeros; allocated. */
static inline uint8_t *naive_level(const uint8_t *p, size_t len, size_t *hashes)
{
	size_t n = (len + 4095) / 4096;
	uint8_t *out = malloc(n * 32);

	for (size_t i = 0; i < n; i++) {
		uint8_t block[4096] = { 0 };
		size_t part = len - i * 4096 < 4096 ? len - i * 4096 : 4096;

		memcpy(block, p + i * 4096, part);
		naive_sha256(block, sizeof(block), out + 32 * i);
	}
	*hashes = n;
	return out;
}

static inline void naive_verity(const void *data, size_t len, uint8_t out[32])
{
	uint8_t root[32] = { 0 }, *level, *up;
	size_t n;

	if (len) {
		level = naive_level(data, len, &n);
		while (n > 1) {
			up = naive_level(level, n * 32, &n);
			free(level);
			level = up;
		}
		memcpy(root, level, 32);
		free(level);
	}
	naive_descriptor(len, root, out);
}

/* Of @size zeros, without having them: a level is n hashes that are equal but for the last. */
static inline void naive_verity_zeros(uint64_t size, uint8_t out[32])
{
	uint8_t block[4096] = { 0 }, most[32], last[32];
	uint64_t n = size / 4096 + (size % 4096 != 0);

	if (!n) {
		naive_verity(NULL, 0, out);
		return;
	}
	naive_sha256(block, sizeof(block), most);
	memcpy(last, most, 32);
	while (n > 1) {
		uint64_t blocks = (n + 127) / 128;
		size_t k = (size_t)(n - (blocks - 1) * 128);
		uint8_t full[32];

		for (size_t i = 0; i < 128; i++)
			memcpy(block + 32 * i, most, 32);
		naive_sha256(block, sizeof(block), full);
		memcpy(block + 32 * (k - 1), last, 32);
		memset(block + 32 * k, 0, sizeof(block) - 32 * k);
		naive_sha256(block, sizeof(block), last);
		memcpy(most, full, 32);
		n = blocks;
	}
	naive_descriptor(size, last, out);
}

#endif
