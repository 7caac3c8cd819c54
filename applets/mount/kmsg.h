/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's reasons for a failed mount (mount 9): the messages of a context
 * descriptor, and those that file systems write only to the kernel log.
 */
#ifndef CFS_MOUNT_KMSG_H
#define CFS_MOUNT_KMSG_H

#include <stdbool.h>

#define KMSG_LINES 3
#define KMSG_LINE 400

struct kmsg {
	int fd; /* /dev/kmsg; -1: not open, or it cannot be opened */
	unsigned int n;
	char line[KMSG_LINES][KMSG_LINE];
};

/* Forget earlier messages. @dev: a detached devtmpfs in the place of /dev, or -1. */
void kmsg_mark(struct kmsg *k, int dev);

/* Add the messages of a context descriptor. */
void kmsg_take_context(struct kmsg *k, int fs);

/* Add the messages of the kernel log since kmsg_mark(). */
void kmsg_take_log(struct kmsg *k);

/* Whether a message contains this text. */
bool kmsg_has(const struct kmsg *k, const char *text);

/* Like strstr(), whose implementation in the C library takes 1300 bytes. */
const char *kmsg_find(const char *text, const char *what);

void kmsg_print(const struct kmsg *k);
void kmsg_close(struct kmsg *k);

#endif
