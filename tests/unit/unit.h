/* SPDX-License-Identifier: GPL-2.0-only */
/* What unit tests are made of: unit_NAME() in tests/unit/NAME.c, and CHECK(). */
#ifndef CFS_TESTS_UNIT_H
#define CFS_TESTS_UNIT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The table made from the file names; name NULL at the end. */
struct unit_test {
	const char *name;
	void (*run)(void);
};
extern const struct unit_test unit_tests[];

/* Whether the long loops are wanted. */
extern bool unit_long;

/*
 * How far the short form goes from one position to the next when it damages each: the sanitizers
 * make everything several times as slow.
 */
#ifdef CFS_SAN
#define UNIT_STEP (unit_long ? 1u : 7u)
#else
#define UNIT_STEP 1u
#endif

/* Note a check of the running test; what failed is printed with file and line. */
void unit_check(bool good, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* CHECK(condition, "what is checked %s", ...) */
#define CHECK(cond, ...) unit_check((cond), __FILE__, __LINE__, __VA_ARGS__)

#endif
