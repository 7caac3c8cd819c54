// SPDX-License-Identifier: GPL-2.0-only
/* base/crc32.c against the definitions, bit by bit, and the check values of the RFCs. */
#include <zlib.h>
#include "core/port.h"
#include "tests/unit/unit.h"

static u32 by_bits(const u8 *p, size_t len)
{
	u32 c = 0xffffffff;

	while (len--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
	}
	return ~c;
}

/* The sums themselves, their remainders taken once. */
static u32 by_sums(const u8 *p, size_t len)
{
	u64 a = 1, b = 0;

	for (size_t i = 0; i < len; i++) {
		a += p[i];
		b += a;
	}
	return (u32)(b % 65521 << 16 | a % 65521);
}

void unit_files_crc32(void)
{
	u8 data[600];

	CHECK(crc32(0, (const u8 *)"123456789", 9) == 0xcbf43926, "the check value");
	CHECK(crc32(0, NULL, 0) == 0, "the start value");
	CHECK(adler32(1, (const u8 *)"Wikipedia", 9) == 0x11e60398, "Adler-32 of a known word");
	CHECK(adler32(0, NULL, 0) == 1, "its start value");
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * i + i / 7);
	for (unsigned int len = 0; len <= sizeof(data); len++)
		CHECK(crc32(crc32(0, data, len / 3), data + len / 3, len - len / 3) ==
			      by_bits(data, len),
		      "%u bytes in two pieces", len);
	memset(data, 0xff, sizeof(data));
	for (unsigned int len = 0; len <= sizeof(data); len++)
		CHECK(adler32(adler32(1, data, len / 3), data + len / 3, len - len / 3) ==
			      by_sums(data, len),
		      "the sums of %u bytes", len);
}
