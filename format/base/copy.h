/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memcpy() for names, values and other short strings of any length. musl's
 * takes three times as long there (performance 6).
 */
#ifndef CFS_BASE_COPY_H
#define CFS_BASE_COPY_H

#include "core/port.h"

static inline void copy_short(void *to, const void *from, size_t len)
{
	const u8 *s = from;
	u8 *d = to;

	if (len >= 256) {
		memcpy(d, s, len);
	} else if (len >= 8) {
		size_t i = 0;

		for (; i + 8 < len; i += 8)
			memcpy(d + i, s + i, 8);
		memcpy(d + len - 8, s + len - 8, 8);
	} else if (len >= 4) {
		memcpy(d, s, 4);
		memcpy(d + len - 4, s + len - 4, 4);
	} else {
		for (; len; len--)
			*d++ = *s++;
	}
}

#endif
