/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of the driver; each prints "bad ..." lines and one "result ..." line. */
#ifndef CFS_TESTS_FAULT_DRIVER_H
#define CFS_TESTS_FAULT_DRIVER_H

#include <stdbool.h>

int sweep_main(const char *name, const char *kind, bool all, char **argv);
int kill_main(const char *name, const char *kind, unsigned int rounds, bool named, char **argv);
int order_main(const char *name, const char *kind, bool named, char **argv);
int reset_main(const char *kind);
int cut_main(unsigned int at, char **argv);
int judge_main(const char *dir, const char *kind, int status);
int change_main(const char *name, const char *kind, bool all, char **argv);

/* openat() with O_TMPFILE fails for this process and all that it starts. */
void forbid_unnamed(void);

#endif
