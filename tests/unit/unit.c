// SPDX-License-Identifier: GPL-2.0-only
/* Runs the unit tests, or those that are named, and prints TAP: a test is one line. */
#include "tests/unit/unit.h"
#include <stdarg.h>

bool unit_long;

static unsigned int checks, failures;

void unit_check(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	checks++;
	if (good)
		return;
	if (failures++ > 20)
		return;
	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static bool is_wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	unsigned int n = 0, bad = 0;

	(void)argc;
	unit_long = getenv("CFS_LONG") && *getenv("CFS_LONG");
	for (const struct unit_test *t = unit_tests; t->name; t++) {
		if (!is_wanted(t->name, argv + 1))
			continue;
		checks = failures = 0;
		t->run();
		/* A test that checks nothing cannot fail, which is a failure. */
		bad += failures || !checks;
		printf("%sok %u - %s (%u checks)\n", failures || !checks ? "not " : "", ++n,
		       t->name, checks);
		fflush(stdout);
	}
	printf("1..%u\n", n);
	return bad || !n;
}
