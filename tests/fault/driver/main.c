// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
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

/* driver fsize - BYTES COMMAND...: with RLIMIT_FSIZE. */
static int fsize_main(rlim_t bytes, char **argv)
{
	const struct rlimit r = { bytes, bytes };

	if (setrlimit(RLIMIT_FSIZE, &r))
		return 126;
	execv(argv[0], argv);
	return 127;
}

int main(int argc, char **argv)
{
	const char *command = argc > 4 ? argv[1] : "", *name = argv[2];
	char kind[32], *colon;
	bool all;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5 && !strcmp(command, "bytes"))
		return bytes_main(strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	if (argc == 5 && !strcmp(command, "judge"))
		return judge_main(name, argv[3], atoi(argv[4]));
	if (argc == 5 && !strcmp(command, "reset"))
		return reset_main(argv[3]);
	if (argc > 4 && !strcmp(command, "fsize"))
		return fsize_main(strtoul(argv[3], NULL, 10), argv + 4);
	if (argc > 4 && !strcmp(command, "cut"))
		return cut_main((unsigned int)strtoul(argv[3], NULL, 10), argv + 4);
	if (argc < 6)
		return 2;
	all = !strcmp(argv[4], "long");
	snprintf(kind, sizeof(kind), "%s", argv[3]);
	colon = strchr(kind, ':');
	if (colon)
		*colon = 0;
	if (!strcmp(command, "sweep"))
		return sweep_main(name, kind, all, argv + 5);
	if (!strcmp(command, "change"))
		return change_main(name, kind, all, argv + 5);
	if (!strcmp(command, "order"))
		return order_main(name, kind, colon != NULL, argv + 5);
	if (!strcmp(command, "kill"))
		return kill_main(name, kind, (unsigned int)atoi(argv[4]), colon != NULL, argv + 5);
	return 2;
}
