/* SPDX-License-Identifier: GPL-2.0-only */
/* Moments as YYYY-MM-DDTHH:MM:SSZ, of 1970 and later. */
#ifndef CFS_SIGNATURE_DATE_H
#define CFS_SIGNATURE_DATE_H

#include "core/port.h"

#define DATE_LEN 20

/* Exactly that form, a real date, seconds to 59; false for anything else. */
bool date_parse(const char *s, size_t len, u64 *seconds);

/* The form of a moment up to the year 9999, terminated; later ones show as its last second. */
void date_print(char to[DATE_LEN + 1], u64 seconds);

#endif
