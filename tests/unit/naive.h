/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 and SHA-512 as FIPS 180-4 writes them, and the fs-verity digest as
 * format/verity/README.md writes it: slow, whole in memory, and independent of format/.
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

/* clang-format off */
static const uint64_t naive_k512[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
	0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
	0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
	0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
	0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
	0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
	0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
	0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
	0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
	0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
	0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
	0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
	0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
	0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};
/* clang-format on */

static inline uint64_t naive_rot64(uint64_t x, int n)
{
	return x >> n | x << (64 - n);
}

static inline void naive_round512(uint64_t h[8], const uint8_t *p)
{
	uint64_t w[80], v[8];

	for (int i = 0; i < 16; i++) {
		w[i] = 0;
		for (int j = 0; j < 8; j++)
			w[i] = w[i] << 8 | p[8 * i + j];
	}
	for (int i = 16; i < 80; i++) {
		uint64_t a = w[i - 15], b = w[i - 2];

		w[i] = (naive_rot64(b, 19) ^ naive_rot64(b, 61) ^ b >> 6) + w[i - 7] +
		       (naive_rot64(a, 1) ^ naive_rot64(a, 8) ^ a >> 7) + w[i - 16];
	}
	memcpy(v, h, sizeof(v));
	for (int i = 0; i < 80; i++) {
		uint64_t t1 =
			v[7] +
			(naive_rot64(v[4], 14) ^ naive_rot64(v[4], 18) ^ naive_rot64(v[4], 41)) +
			((v[4] & v[5]) ^ (~v[4] & v[6])) + naive_k512[i] + w[i];
		uint64_t t2 =
			(naive_rot64(v[0], 28) ^ naive_rot64(v[0], 34) ^ naive_rot64(v[0], 39)) +
			((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

static inline void naive_sha512(const void *data, size_t len, uint8_t out[64])
{
	uint64_t h[8] = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
			  0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
			  0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 };
	const uint8_t *p = data;
	uint8_t tail[256] = { 0 };
	size_t rest = len % 128, end = rest < 112 ? 128 : 256;

	for (size_t i = 0; i + 128 <= len; i += 128)
		naive_round512(h, p + i);
	if (rest)
		memcpy(tail, p + len - rest, rest);
	tail[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		tail[end - 1 - i] = (uint8_t)((uint64_t)len * 8 >> 8 * i);
	naive_round512(h, tail);
	if (end == 256)
		naive_round512(h, tail + 128);
	for (size_t i = 0; i < 64; i++)
		out[i] = (uint8_t)(h[i / 8] >> (56 - 8 * (i % 8)));
}

/* fs-verity's numbers: 1 is SHA-256, 2 is SHA-512. */
static inline size_t naive_size(int algorithm)
{
	return algorithm == 2 ? 64 : 32;
}

static inline void naive_hash(int algorithm, const void *data, size_t len, uint8_t *out)
{
	if (algorithm == 2)
		naive_sha512(data, len, out);
	else
		naive_sha256(data, len, out);
}

static inline void naive_descriptor(int algorithm, uint64_t size, const uint8_t *root, uint8_t *out)
{
	uint8_t d[256] = { 1, (uint8_t)algorithm, 12 };

	for (size_t i = 0; i < 8; i++)
		d[8 + i] = (uint8_t)(size >> 8 * i);
	memcpy(d + 16, root, naive_size(algorithm));
	naive_hash(algorithm, d, sizeof(d), out);
}

/* Hashes of the blocks of @len bytes, padded with zeros; allocated. */
static inline uint8_t *naive_level(int algorithm, const uint8_t *p, size_t len, size_t *hashes)
{
	size_t n = (len + 4095) / 4096, size = naive_size(algorithm);
	uint8_t *out = malloc(n * size);

	for (size_t i = 0; i < n; i++) {
		uint8_t block[4096] = { 0 };
		size_t part = len - i * 4096 < 4096 ? len - i * 4096 : 4096;

		memcpy(block, p + i * 4096, part);
		naive_hash(algorithm, block, sizeof(block), out + size * i);
	}
	*hashes = n;
	return out;
}

static inline void naive_verity_of(int algorithm, const void *data, size_t len, uint8_t *out)
{
	uint8_t root[64] = { 0 }, *level, *up;
	size_t n, size = naive_size(algorithm);

	if (len) {
		level = naive_level(algorithm, data, len, &n);
		while (n > 1) {
			up = naive_level(algorithm, level, n * size, &n);
			free(level);
			level = up;
		}
		memcpy(root, level, size);
		free(level);
	}
	naive_descriptor(algorithm, len, root, out);
}

static inline void naive_verity(const void *data, size_t len, uint8_t out[32])
{
	naive_verity_of(1, data, len, out);
}

/* Of @size zeros, without having them: a level is n hashes that are equal but for the last. */
static inline void naive_verity_zeros(int algorithm, uint64_t size, uint8_t *out)
{
	uint8_t block[4096] = { 0 }, most[64], last[64];
	uint64_t n = size / 4096 + (size % 4096 != 0);
	size_t hash = naive_size(algorithm), hashes = 4096 / hash;

	if (!n) {
		naive_verity_of(algorithm, NULL, 0, out);
		return;
	}
	naive_hash(algorithm, block, sizeof(block), most);
	memcpy(last, most, hash);
	while (n > 1) {
		uint64_t blocks = (n + hashes - 1) / hashes;
		size_t k = (size_t)(n - (blocks - 1) * hashes);
		uint8_t full[64];

		for (size_t i = 0; i < hashes; i++)
			memcpy(block + hash * i, most, hash);
		naive_hash(algorithm, block, sizeof(block), full);
		memcpy(block + hash * (k - 1), last, hash);
		memset(block + hash * k, 0, sizeof(block) - hash * k);
		naive_hash(algorithm, block, sizeof(block), last);
		memcpy(most, full, hash);
		n = blocks;
	}
	naive_descriptor(algorithm, size, last, out);
}

#endif
