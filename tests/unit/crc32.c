// SPDX-License-Identifier: GPL-2.0-only
/* base/crc32.c against its definition, bit by bit, and the check value of the RFC's CRC. */
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

void unit_crc32(void)
{
	u8 data[600];

	CHECK(crc32(0, (const u8 *)"123456789", 9) == 0xcbf43926, "the check value");
	CHECK(crc32(0, NULL, 0) == 0, "the start value");
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * i + i / 7);
	for (unsigned int len = 0; len <= sizeof(data); len++)
		CHECK(crc32(crc32(0, data, len / 3), data + len / 3, len - len / 3) == by_bits(data, len), "%u bytes in two pieces", len);
}
