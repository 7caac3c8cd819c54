/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own words for a failed mount (mount 9): the messages of the
 * context descriptor, and what the file systems put into the kernel log only.
 */
#ifndef CFS_MOUNT_KMSG_H
#define CFS_MOUNT_KMSG_H

#include <stdbool.h>

#define KMSG_LINES 3
#define KMSG_LINE 400

struct kmsg {
	int fd; /* /dev/kmsg; -1: not there, or not for us */
	unsigned int n;
	char line[KMSG_LINES][KMSG_LINE];
};

/* Forget what was said so far; @dev: a /dev of our own, or -1. */
void kmsg_mark(struct kmsg *k, int dev);

/* Take what a context descriptor says. */
void kmsg_take_context(struct kmsg *k, int fs);

/* Take what the log says since kmsg_mark(). */
void kmsg_take_log(struct kmsg *k);

/* Whether a line has this text. */
bool kmsg_has(const struct kmsg *k, const char *text);

/* strstr(), without the 1300 bytes that the C library's takes. */
const char *kmsg_find(const char *text, const char *what);

void kmsg_print(const struct kmsg *k);
void kmsg_close(struct kmsg *k);

#endif
