/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An error is an errno value and a text in the caller's frame, so that reporting never
 * allocates. Notes are warnings that the caller prints later.
 */
#ifndef CFS_BASE_ERROR_H
#define CFS_BASE_ERROR_H

#include <pthread.h>
#include "base/buf.h"

struct error {
	int code;
	char text[4608]; /* a path of PATH_MAX and what is wrong with it */
};

/*
 * The text names an object and says what is wrong with it, in lower case, without a full
 * stop. Returns -1.
 */
int error_set(struct error *err, int code, const char *fmt, ...)
	__attribute__((cold, format(printf, 3, 4)));

/* Report a failed call: like error_set() with errno, and append ": " and the words for errno. */
int error_sys(struct error *err, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));

/* Put "fmt: " before the text that is there. Returns -1. */
int error_in(struct error *err, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));

/* -1 with "out of memory". */
int error_nomem(struct error *err) __attribute__((cold));

/* The usual text for an errno value, or one of the program's own where the C library has none. */
const char *error_words(int code);

/*
 * Warnings as NUL terminated texts, one behind the other. Any thread may add one. Above a
 * limit, or without memory, texts are only counted.
 */
struct notes {
	pthread_mutex_t lock;
	struct buf text;
	unsigned int lost;
};

void notes_init(struct notes *notes);
void notes_release(struct notes *notes);
void notes_add(struct notes *notes, const char *fmt, ...)
	__attribute__((cold, format(printf, 2, 3)));

#endif
