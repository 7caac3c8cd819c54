// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver kill NAME KIND ROUNDS|calls COMMAND... - kill -9 at a random time, or
 * before each system call, and the run again (ST-1, ST-9, WI-1, WI-11, VE-6).
 * KIND:named is the same where no file can be without a name (O_TMPFILE).
 *
 * driver judge DIR KIND STATUS - what a run that ended with STATUS has left in
 * DIR (-: here); -1: it was cut off.
 *
 * driver reset - KIND x - what stands there before a run.
 *
 * driver cut - N COMMAND... - kill -9 before system call number N, counted from 0. Exit
 * status 3: there were fewer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "driver.h"
#include "trace.h"
#include "world.h"

struct kills {
	struct world world;
	unsigned int at; /* calls */
	unsigned int rounds, killed, finished, left, lost, wrong, debris, rerun, shown;
};

static void bad(struct kills *k, unsigned int *count, const char *what, const char *more)
{
	++*count;
	if (k->shown++ < 40)
		printf("bad round %u: %s: %s\n", k->rounds, what, more);
}

void forbid_unnamed(void)
{
	const unsigned int flag = O_TMPFILE & ~O_DIRECTORY;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		printf("bad driver: seccomp: %s\n", strerror(errno));
		exit(2);
	}
}

static void judge(struct kills *k, int status)
{
	struct world_state s;
	struct blob output = k->world.output;

	k->world.output.p = NULL; /* it may be cut */
	world_look(&k->world, &s);
	if (WIFSIGNALED(status))
		k->killed++;
	else
		k->finished++;
	if (s.lost)
		bad(k, &k->lost, "older image", s.what);
	if (s.wrong)
		bad(k, &k->wrong, "object", s.what);
	k->left += s.debris > 0;
	status = plain_run(k->world.argv, OUT, ERR, 0, SECONDS);
	/* What was repaired before is no line of the second run. */
	if (k->world.kind != WORLD_REPAIR)
		k->world.output = output;
	world_look(&k->world, &s);
	k->world.output = output;
	if (status)
		bad(k, &k->rerun, "the run after it", "fails");
	else if (s.debris)
		bad(k, &k->debris, "the run after it", s.what);
	else if (!s.complete)
		bad(k, &k->wrong, "the run after it", s.what);
}

static struct trace_act on_enter(void *arg, const struct trace_call *c)
{
	struct kills *k = arg;

	return (struct trace_act){ c->at == k->at ? TRACE_KILL : TRACE_GO, 0 };
}

/* Before each call. */
static void at_calls(struct kills *k)
{
	struct trace tr = { .arg = k, .enter = on_enter, .seconds = SECONDS };
	unsigned int calls;

	k->at = (unsigned int)-1;
	world_reset(&k->world);
	trace_run(&tr, k->world.argv, OUT, ERR);
	calls = tr.calls;
	for (k->at = 0; k->at < calls; k->at++) {
		world_reset(&k->world);
		k->rounds++;
		judge(k, trace_run(&tr, k->world.argv, OUT, ERR));
	}
}

static unsigned int usec_since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned int)((now.tv_sec - t->tv_sec) * 1000000 +
			      (now.tv_nsec - t->tv_nsec) / 1000);
}

/* At random times, over the time that a run takes just now. */
static void at_times(struct kills *k, unsigned int rounds)
{
	unsigned int usual = 1000;
	struct timespec t;

	srand(1);
	while (k->rounds < rounds) {
		if (k->rounds % 50 == 0) {
			world_reset(&k->world);
			clock_gettime(CLOCK_MONOTONIC, &t);
			plain_run(k->world.argv, OUT, ERR, 0, SECONDS);
			usual = usec_since(&t);
		}
		world_reset(&k->world);
		k->rounds++;
		judge(k, plain_run(k->world.argv, OUT, ERR, 1 + (unsigned int)rand() % usual,
				   SECONDS));
	}
}

int kill_main(const char *name, const char *kind, unsigned int rounds, bool named, char **argv)
{
	struct kills k = { 0 };

	if (named)
		forbid_unnamed();
	world_load(&k.world, kind, argv);
	if (rounds)
		at_times(&k, rounds);
	else
		at_calls(&k);
	printf("result %s rounds=%u killed=%u finished=%u left=%u lost=%u wrong=%u debris=%u rerun=%u\n",
	       name, k.rounds, k.killed, k.finished, k.left, k.lost, k.wrong, k.debris, k.rerun);
	return k.shown != 0;
}

int judge_main(const char *dir, const char *kind, int status)
{
	struct world_state s;
	struct world w;

	world_find(&w, kind);
	if (strcmp(dir, "-") && chdir(dir))
		return 2;
	world_look(&w, &s);
	if (status ? s.lost || s.wrong || (status > 0 && s.debris) : !s.complete) {
		printf("%s\n", s.what);
		return 1;
	}
	return 0;
}

int reset_main(const char *kind)
{
	struct world w;

	world_find(&w, kind);
	world_reset(&w);
	return 0;
}

int cut_main(unsigned int at, char **argv)
{
	struct kills k = { .at = at };
	struct trace tr = { .arg = &k, .enter = on_enter, .seconds = SECONDS };

	return WIFSIGNALED(trace_run(&tr, argv, OUT, ERR)) ? 0 : 3;
}
