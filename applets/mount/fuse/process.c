// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/process.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/fuse/detach.h"
#include "applets/mount/fuse/mapping.h"
#include "base/text.h"
#include "files/io.h"
#include "files/sandbox.h"

#define FAILURES_MAX 10u /* workers in a row that answer nothing */
#define WORKER_FAILED 1  /* a worker's exit status when it cannot go on */

/* ---- the worker ----------------------------------------------------------- */

static int server_open(struct fuse_server *s, const struct fuse_serve_args *args, struct error *err)
{
	const u8 *bytes = mapping_open(args->image, args->image_len);

	*s = (struct fuse_server){
		.view = args->view,
		.initial_ns = args->initial_ns,
		.acl = args->acl,
		.idmap = args->idmap,
	};
	if (!bytes)
		return error_sys(err, "%s: mmap", args->image_name);
	if (image_open_bytes(&s->img, bytes, args->image_len, err))
		return error_in(err, "%s", args->image_name);
	if (opened_init(&s->objects, args->dirs, args->level, kept_new()) || !s->objects.kept)
		return error_nomem(err);
	return 0;
}

static int serve(const struct fuse_serve_args *args, struct fuse_shared *shared,
		 void (*ready)(void *arg), void *arg, struct error *err)
{
	struct fuse_server s;

	if (server_open(&s, args, err))
		return -1;
	sandbox_enter_server(args->dirs->fd, args->dirs->n);
	return fuse_serve(&s, args->dev, shared, ready, arg, err);
}

int fuse_process_here(const struct fuse_serve_args *args, struct error *err)
{
	struct fuse_shared *shared = fuse_shared_new();

	return shared ? serve(args, shared, NULL, NULL, err) : error_nomem(err);
}

/* ---- the supervisor ------------------------------------------------------- */

struct supervisor {
	const struct fuse_serve_args *args;
	struct fuse_shared *shared;
	int ready; /* the write end of the parent's pipe; -1: the parent was told */
};

static void tell_ready(void *arg)
{
	struct supervisor *v = arg;

	if (v->ready >= 0) {
		(void)io_write(v->ready, "", 1);
		close(v->ready);
		v->ready = -1;
	}
}

_Noreturn static void worker(struct supervisor *v, pid_t parent)
{
	struct error err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	if (serve(v->args, v->shared, tell_ready, v, &err)) {
		if (v->args->foreground)
			fail(&err);
		_exit(WORKER_FAILED);
	}
	_exit(0);
}

/* The worker's status: 0 if it has ended because the mount has. */
static int run_worker(struct supervisor *v)
{
	pid_t self = getpid(), pid = fork();
	int status;

	if (pid == 0)
		worker(v, self);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* The first worker of a series starts at once, and each further one after a second. */
static void supervise(struct supervisor *v)
{
	unsigned int failures = 0;
	int status;

	for (;;) {
		const unsigned int before = atomic_load(&v->shared->answered);

		if (failures > 1)
			nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
		status = run_worker(v);
		/* The mount has ended, or this worker could not even start. */
		if (status == 0 || (WIFEXITED(status) && !v->shared->session.minor))
			return;
		fuse_settle(v->args->dev, v->shared);
		/* A dead worker cannot tell the parent that it answered INIT, so the supervisor does. */
		if (v->shared->session.minor)
			tell_ready(v);
		failures = atomic_load(&v->shared->answered) == before ? failures + 1 : 1;
		if (failures >= FAILURES_MAX)
			return;
	}
}

/* Point the standard streams to /dev/null, except stderr with foreground. */
static void quiet_streams(const struct fuse_serve_args *args)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fd = fcntl(args->image, F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < (args->foreground ? 2 : 3); i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/*
 * Close everything but what the server needs. Close-on-exec does not help, because
 * there is no exec; an open pipe of the caller would keep its reader waiting.
 */
static void close_others(const struct fuse_serve_args *args, int ready)
{
	int keep[BASEDIRS_MAX + 3];
	unsigned int n = 0;

	keep[n++] = args->dev;
	keep[n++] = args->image;
	keep[n++] = ready;
	for (unsigned int i = 0; i < args->dirs->n; i++)
		keep[n++] = args->dirs->fd[i];
	close_all_but(keep, n);
}

/* Overwrite the arguments of the process, which may hold a password. */
static void rename_arguments(const char *name)
{
	memset(program_args, 0, program_args_len);
	for (size_t i = 0; name[i] && i + 1 < program_args_len; i++)
		program_args[i] = name[i];
}

/* If the name begins with "@", systemd does not kill the process at shutdown. */
static void name_process(bool spared)
{
	int fd;

	prctl(PR_SET_NAME, "cfs-fuse");
	rename_arguments(spared ? "@cfs-fuse" : "cfs-fuse");
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)io_write(fd, "-1000", 5);
		close(fd);
	}
}

_Noreturn static void supervisor(const struct fuse_serve_args *args, int ready)
{
	struct supervisor v = { .args = args, .shared = fuse_shared_new(), .ready = ready };
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE };
	sigset_t none;

	setsid();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	name_process(args->initial_ns && geteuid() == 0);
	quiet_streams(args);
	close_others(args, ready);
	if (!v.shared || chdir("/") || detach_namespace())
		_exit(WORKER_FAILED);
	supervise(&v);
	_exit(0);
}

/* A byte from the pipe means that INIT was answered; the end of the pipe, that it will not be. */
static int wait_ready(int fd, struct error *err)
{
	char c;
	ssize_t n;

	do
		n = read(fd, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : error_set(err, EIO, "fuse: the server did not start");
}

pid_t fuse_process_start(const struct fuse_serve_args *args, struct error *err)
{
	int pipefd[2], rc;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return error_sys(err, "fuse: pipe");
	pid = fork();
	if (pid == 0) {
		close(pipefd[0]);
		supervisor(args, pipefd[1]);
	}
	close(pipefd[1]);
	if (pid < 0) {
		close(pipefd[0]);
		return error_sys(err, "fuse: fork");
	}
	rc = wait_ready(pipefd[0], err);
	close(pipefd[0]);
	return rc ? -1 : pid;
}
