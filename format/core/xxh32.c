// SPDX-License-Identifier: GPL-2.0-only
#include "core/xxh32.h"
#include "core/span.h"

#define P1 2654435761u
#define P2 2246822519u
#define P3 3266489917u
#define P4 668265263u
#define P5 374761393u

static u32 rol(u32 v, unsigned int n)
{
	return v << n | v >> (32 - n);
}

static u32 word_at(const u8 *p)
{
	le32 v;

	memcpy(&v, p, sizeof(v));
	return get32(v);
}

u32 cfs_xxh32(const void *data, size_t len, u32 seed)
{
	const u8 *p = data;
	size_t left = len, i;
	u32 h = seed + P5;

	if (left >= 16) {
		u32 v[4] = { seed + P1 + P2, seed + P2, seed, seed - P1 };

		for (; left >= 16; left -= 16, p += 16)
			for (i = 0; i < 4; i++)
				v[i] = rol(v[i] + word_at(p + 4 * i) * P2, 13) * P1;
		h = rol(v[0], 1) + rol(v[1], 7) + rol(v[2], 12) + rol(v[3], 18);
	}
	h += (u32)len;
	for (; left >= 4; left -= 4, p += 4)
		h = rol(h + word_at(p) * P3, 17) * P4;
	for (; left; left--, p++)
		h = rol(h + *p * P5, 11) * P1;
	h ^= h >> 15;
	h *= P2;
	h ^= h >> 13;
	h *= P3;
	return h ^ h >> 16;
}
