// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "driver.h"

/* driver bytes - COUNT SEED: the same ones at every run. */
static int bytes_main(unsigned long count, uint64_t seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15 + 1;

	while (count--) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		putchar((int)(x >> 32 & 255));
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool all;

	if (argc == 5 && !strcmp(argv[1], "bytes"))
		return bytes_main(strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 6)
		return 2;
	all = !strcmp(argv[4], "long");
	if (!strcmp(argv[1], "sweep"))
		return sweep_main(argv[2], argv[3], all, argv + 5);
	return 2;
}
