// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a fuzz target is without a fuzzer: replay [-m SIZE] FILE... runs it on
 * each file; with -m also on every prefix of those up to that size and on every
 * change of one byte, or, where the target has a mutator of its own, on what that
 * makes of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/port.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
	__attribute__((weak));

#define MUTANTS 300

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

/* Each mutant is made of the one before, ten times; then the file comes again. */
static void mutate_own(const u8 *data, size_t size)
{
	static u8 mutant[1 << 20];
	size_t len = size;

	for (unsigned int i = 0; i < MUTANTS; i++) {
		if (i % 10 == 0) {
			memcpy(mutant, data, size);
			len = size;
		}
		len = LLVMFuzzerCustomMutator(mutant, len, sizeof(mutant), i * 2654435761u);
		run(mutant, len);
	}
}

int main(int argc, char **argv)
{
	static u8 data[1 << 20];
	int first = argc > 2 && !strcmp(argv[1], "-m") ? 3 : 1;
	size_t every = first == 3 ? strtoul(argv[2], NULL, 10) : 0;

	for (int i = first; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t size = f ? fread(data, 1, sizeof(data), f) : 0;

		if (!f || ferror(f)) {
			perror(argv[i]);
			return 1;
		}
		fclose(f);
		run(data, size);
		if (every && LLVMFuzzerCustomMutator)
			mutate_own(data, size);
		else if (size <= every)
			mutate(data, size);
	}
	return 0;
}
