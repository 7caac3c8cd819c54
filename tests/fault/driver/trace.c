// SPDX-License-Identifier: GPL-2.0-only
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "written for x86-64"
#endif

#define NUMBERS 512
#define THREADS 64

struct thread {
	pid_t tid;
	bool failing; /* the call it is in was taken away */
	int error;
	struct trace_call call;
};

struct run {
	struct trace *t;
	bool started;
	pid_t first;
	unsigned int of[NUMBERS];
	struct thread threads[THREADS];
};

static volatile sig_atomic_t alarmed;

static void on_alarm(int sig)
{
	(void)sig;
	alarmed = 1;
}

static void watch(unsigned int seconds)
{
	struct sigaction sa = { .sa_handler = on_alarm };

	alarmed = 0;
	sigaction(SIGALRM, &sa, NULL);
	alarm(seconds);
}

static void to_file(const char *name, int fd)
{
	int to = name ? open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644) : open("/dev/null", O_RDWR);

	if (to < 0 || dup2(to, fd) < 0)
		_exit(126);
	close(to);
}

static void child(char *const argv[], const char *out, const char *err)
{
	to_file(NULL, 0);
	to_file(out, 1);
	to_file(err, 2);
	alarm(0);
	umask(077); /* modes must not come from here */
	execv(argv[0], argv);
	_exit(127);
}

static struct thread *thread_of(struct run *r, pid_t tid)
{
	struct thread *free = NULL;

	for (int i = 0; i < THREADS; i++) {
		if (r->threads[i].tid == tid)
			return &r->threads[i];
		if (!r->threads[i].tid && !free)
			free = &r->threads[i];
	}
	if (!free)
		abort();
	*free = (struct thread){ .tid = tid };
	return free;
}

/* Which argument of the call @nr is its count of bytes. */
static int count_at(uint64_t nr)
{
	if (nr == SYS_getrandom)
		return 1;
	return nr == SYS_readlinkat ? 3 : 2;
}

static void poke(pid_t tid, size_t off, uint64_t value)
{
	ptrace(PTRACE_POKEUSER, tid, off, value);
}

#define REG(name) offsetof(struct user_regs_struct, name)

bool trace_can_short(const struct trace_call *c)
{
	switch (c->nr) {
	case SYS_read:
	case SYS_write:
	case SYS_pread64:
	case SYS_pwrite64:
	case SYS_getrandom:
	case SYS_readlinkat:
		break;
	default:
		return false;
	}
	return c->a[count_at(c->nr)] > 1;
}

/* Half of the count of a call that is about to be made. */
static void shorten(pid_t tid, const struct trace_call *c)
{
	if (c->nr == SYS_getrandom)
		poke(tid, REG(rsi), c->a[1] / 2);
	else if (c->nr == SYS_readlinkat)
		poke(tid, REG(r10), 1);
	else
		poke(tid, REG(rdx), c->a[2] / 2);
}

static void entered(struct run *r, struct thread *th, const struct __ptrace_syscall_info *info)
{
	struct trace_call *c = &th->call;
	struct trace_act act;

	*c = (struct trace_call){ .tid = th->tid, .nr = (long)info->entry.nr };
	for (int i = 0; i < 6; i++)
		c->a[i] = info->entry.args[i];
	th->failing = false;
	if (!r->started)
		return;
	c->at = r->t->calls++;
	c->k = c->nr >= 0 && c->nr < NUMBERS ? r->of[c->nr]++ : 0;
	act = r->t->enter(r->t->arg, c);
	if (act.what == TRACE_KILL)
		kill(r->first, SIGKILL);
	if (act.what == TRACE_SHORT && trace_can_short(c))
		shorten(th->tid, c);
	if (act.what == TRACE_FAIL) {
		th->failing = true;
		th->error = act.error;
		poke(th->tid, REG(orig_rax), (uint64_t)-1);
	}
}

static void left(struct run *r, struct thread *th, const struct __ptrace_syscall_info *info)
{
	th->call.ret = info->exit.rval;
	if (th->failing) {
		th->call.ret = -th->error;
		poke(th->tid, REG(rax), (uint64_t)-th->error);
	}
	if (!r->started) {
		r->started = th->call.nr == SYS_set_tid_address;
		return;
	}
	if (r->t->leave)
		r->t->leave(r->t->arg, &th->call);
	th->failing = false;
}

static void system_call(struct run *r, pid_t tid)
{
	struct thread *th = thread_of(r, tid);
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		entered(r, th, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		left(r, th, &info);
}

/* One report of waitpid(). The signal that the thread gets. */
static int stopped(struct run *r, pid_t tid, int status)
{
	int sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80)) {
		system_call(r, tid);
		return 0;
	}
	if (sig == SIGTRAP && status >> 16)
		return 0;
	return sig == SIGSTOP ? 0 : sig;
}

int trace_run(struct trace *t, char *const argv[], const char *out, const char *err)
{
	struct run r = { .t = t };
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
	int status, result = 0;

	t->calls = 0;
	t->hung = false;
	r.first = fork();
	if (r.first == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		child(argv, out, err);
	}
	if (r.first < 0 || waitpid(r.first, &status, __WALL) != r.first || !WIFSTOPPED(status))
		abort();
	ptrace(PTRACE_SETOPTIONS, r.first, NULL, options);
	ptrace(PTRACE_SYSCALL, r.first, NULL, 0);
	watch(t->seconds);
	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == EINTR && alarmed) {
			t->hung = true;
			kill(r.first, SIGKILL);
			continue;
		}
		if (tid < 0)
			break;
		if (WIFSTOPPED(status))
			ptrace(PTRACE_SYSCALL, tid, NULL, stopped(&r, tid, status));
		else if (tid == r.first)
			result = status;
	}
	alarm(0);
	return result;
}

int plain_run(char *const argv[], const char *out, const char *err, unsigned int usec,
	      unsigned int seconds)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		child(argv, out, err);
	if (usec) {
		usleep(usec);
		kill(pid, SIGKILL);
	}
	watch(seconds);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		if (alarmed)
			kill(pid, SIGKILL);
	alarm(0);
	return status;
}

bool trace_string(pid_t tid, uint64_t addr, char *to, size_t size)
{
	size_t used = 0;

	while (used < size) {
		/* Not across a page that may be missing. */
		size_t n = 4096 - (addr + used) % 4096;
		struct iovec here, there;

		if (n > size - used)
			n = size - used;
		here = (struct iovec){ to + used, n };
		there = (struct iovec){ (void *)(uintptr_t)(addr + used), n };
		if (process_vm_readv(tid, &here, 1, &there, 1, 0) != (ssize_t)n)
			return false;
		if (memchr(to + used, 0, n))
			return true;
		used += n;
	}
	return false;
}

bool trace_fstat(pid_t tid, int fd, struct stat *st)
{
	char path[64];

	if (fd == AT_FDCWD)
		snprintf(path, sizeof(path), "/proc/%d/cwd", (int)tid);
	else
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)tid, fd);
	return stat(path, st) == 0;
}

const char *trace_name(long nr)
{
	/* clang-format off */
	static const struct { long nr; const char *name; } names[] = {
		{ SYS_read, "read" }, { SYS_write, "write" }, { SYS_open, "open" }, { SYS_close, "close" },
		{ SYS_stat, "stat" }, { SYS_fstat, "fstat" }, { SYS_lstat, "lstat" }, { SYS_lseek, "lseek" },
		{ SYS_mmap, "mmap" }, { SYS_mprotect, "mprotect" }, { SYS_munmap, "munmap" }, { SYS_brk, "brk" },
		{ SYS_rt_sigaction, "rt_sigaction" }, { SYS_rt_sigprocmask, "rt_sigprocmask" },
		{ SYS_ioctl, "ioctl" }, { SYS_pread64, "pread64" }, { SYS_pwrite64, "pwrite64" },
		{ SYS_readv, "readv" }, { SYS_writev, "writev" }, { SYS_access, "access" },
		{ SYS_mremap, "mremap" }, { SYS_madvise, "madvise" }, { SYS_dup, "dup" },
		{ SYS_nanosleep, "nanosleep" }, { SYS_clone, "clone" }, { SYS_uname, "uname" },
		{ SYS_fcntl, "fcntl" }, { SYS_flock, "flock" }, { SYS_fsync, "fsync" },
		{ SYS_fdatasync, "fdatasync" }, { SYS_ftruncate, "ftruncate" }, { SYS_mkdir, "mkdir" },
		{ SYS_readlink, "readlink" }, { SYS_fchmod, "fchmod" }, { SYS_fchown, "fchown" },
		{ SYS_umask, "umask" }, { SYS_prctl, "prctl" }, { SYS_listxattr, "listxattr" },
		{ SYS_getxattr, "getxattr" }, { SYS_flistxattr, "flistxattr" }, { SYS_fgetxattr, "fgetxattr" },
		{ SYS_futex, "futex" }, { SYS_getdents64, "getdents64" }, { SYS_clock_gettime, "clock_gettime" },
		{ SYS_exit_group, "exit_group" }, { SYS_openat, "openat" }, { SYS_mkdirat, "mkdirat" },
		{ SYS_newfstatat, "newfstatat" }, { SYS_unlinkat, "unlinkat" }, { SYS_renameat, "renameat" },
		{ SYS_renameat2, "renameat2" }, { SYS_linkat, "linkat" }, { SYS_readlinkat, "readlinkat" },
		{ SYS_prlimit64, "prlimit64" }, { SYS_syncfs, "syncfs" }, { SYS_getrandom, "getrandom" },
		{ SYS_copy_file_range, "copy_file_range" }, { SYS_statx, "statx" }, { SYS_seccomp, "seccomp" },
		{ SYS_sched_getaffinity, "sched_getaffinity" }, { SYS_openat2, "openat2" },
		{ SYS_wait4, "wait4" }, { SYS_geteuid, "geteuid" }, { SYS_getpid, "getpid" },
	};
	/* clang-format on */
	static char number[24];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].nr == nr)
			return names[i].name;
	snprintf(number, sizeof(number), "call-%ld", nr);
	return number;
}
