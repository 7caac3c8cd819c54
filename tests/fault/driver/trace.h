/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program under ptrace: each of its system calls is shown before and after,
 * and can be made to fail, to move fewer bytes, or to be its last. x86-64 only.
 */
#ifndef CFS_TESTS_FAULT_TRACE_H
#define CFS_TESTS_FAULT_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct trace_call {
	pid_t tid;
	long nr;
	uint64_t a[6];
	int64_t ret;     /* when it has returned */
	unsigned int at; /* from 0, counted from the first one after the C library's start-up */
	unsigned int k;  /* from 0, among those with this number */
};

enum trace_what {
	TRACE_GO,
	TRACE_FAIL,  /* it is not made, and returns -error */
	TRACE_SHORT, /* a read or write of half the bytes */
	TRACE_KILL,  /* SIGKILL before it is made */
};

struct trace_act {
	enum trace_what what;
	int error;
};

struct trace {
	void *arg;
	struct trace_act (*enter)(void *arg, const struct trace_call *c);
	void (*leave)(void *arg, const struct trace_call *c); /* may be NULL */
	unsigned int seconds;                                 /* then it is killed */
	bool hung;                                            /* it was */
	unsigned int calls;                                   /* how many there were */
};

/* Run it; stdout and stderr go to files. What waitpid() tells. */
int trace_run(struct trace *t, char *const argv[], const char *out, const char *err);

/* The same without tracing; killed after @usec microseconds if that is not 0. */
int plain_run(char *const argv[], const char *out, const char *err, unsigned int usec,
	      unsigned int seconds);

/* Whether TRACE_SHORT makes a difference. */
bool trace_can_short(const struct trace_call *c);

/* A string of the program, and what a descriptor of it is. False: no such thing. */
bool trace_string(pid_t tid, uint64_t addr, char *to, size_t size);
struct stat;
bool trace_fstat(pid_t tid, int fd, struct stat *st);

/* The name of a system call, or its number. */
const char *trace_name(long nr);

#endif
