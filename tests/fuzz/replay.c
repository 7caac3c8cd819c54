// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a fuzz target is without a fuzzer: replay [-m] FILE... runs it on each
 * file; with -m also on every prefix of it and on every change of one byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/port.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* On bytes that end where their memory ends. */
static void run(const u8 *data, size_t size)
{
	u8 *exact = malloc(size + !size);

	if (!exact)
		exit(1);
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void mutate(u8 *data, size_t size)
{
	for (size_t len = 0; len < size; len++)
		run(data, len);
	for (size_t at = 0; at < size; at++) {
		u8 was = data[at];

		for (unsigned int v = 0; v < 256; v++) {
			data[at] = (u8)v;
			run(data, size);
		}
		data[at] = was;
	}
}

int main(int argc, char **argv)
{
	static u8 data[1 << 20];
	int first = argc > 1 && !strcmp(argv[1], "-m") ? 2 : 1;

	for (int i = first; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t size = f ? fread(data, 1, sizeof(data), f) : 0;

		if (!f || ferror(f)) {
			perror(argv[i]);
			return 1;
		}
		fclose(f);
		run(data, size);
		if (first == 2)
			mutate(data, size);
	}
	return 0;
}
