// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/job.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/sysnr.h"
#include "base/text.h"

void job_init(struct job *j, const struct optlist *opt)
{
	memset(j, 0, sizeof(*j));
	j->opt = opt;
	j->target = j->ns = j->upper = j->work = j->idmap = j->mount = j->dev = -1;
	j->names.proc = j->names.cwd = j->log.fd = -1;
	imagefd_init(&j->image);
}

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void job_names_end(struct job *j)
{
	struct fdnames *n = &j->names;

	if (n->cwd >= 0)
		(void)!fchdir(n->cwd);
	drop(&n->cwd);
	drop(&n->proc);
	n->ready = false;
}

void job_release(struct job *j)
{
	job_names_end(j);
	drop(&j->target);
	drop(&j->ns);
	drop(&j->upper);
	drop(&j->work);
	drop(&j->idmap);
	drop(&j->mount);
	drop(&j->dev);
	imagefd_close(&j->image);
	basedirs_close(&j->dirs);
	kmsg_close(&j->log);
	free(j->statement);
	j->statement = NULL;
}

int job_fail(struct job *j, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vformat(j->err.text, sizeof(j->err.text), fmt, ap);
	va_end(ap);
	j->status = status;
	return -1;
}

int job_sys(struct job *j, const char *fmt, ...)
{
	int code = errno;
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	text_vformat(j->err.text, sizeof(j->err.text), fmt, ap);
	va_end(ap);
	len = strlen(j->err.text);
	text_format(j->err.text + len, sizeof(j->err.text) - len, ": %s", error_words(code));
	j->err.code = code;
	j->status = code == ENOMEM ? MOUNT_SYSTEM : MOUNT_FAILED;
	return -1;
}

int job_denied(struct job *j, const char *what)
{
	if (errno == EPERM)
		return job_fail(j, MOUNT_USAGE, "must be root");
	return job_sys(j, "%s", what);
}

int job_report(struct job *j)
{
	fail(&j->err);
	if (j->status != MOUNT_USAGE)
		kmsg_print(&j->log);
	return j->status ? j->status : MOUNT_INTERNAL;
}

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
}

int job_hold_signals(struct job *j)
{
	sigset_t set;

	ending_signals(&set);
	return sigprocmask(SIG_BLOCK, &set, NULL) ? job_sys(j, "signals") : 0;
}

int job_interrupted(struct job *j)
{
	sigset_t set, pending;

	ending_signals(&set);
	if (sigpending(&pending))
		return job_sys(j, "signals");
	for (int sig = 1; sig < 32; sig++) {
		struct sigaction how;

		if (sigismember(&set, sig) != 1 || sigismember(&pending, sig) != 1)
			continue;
		/* One that is ignored, as nohup makes SIGHUP, would not have ended us. */
		if (sigaction(sig, NULL, &how) || how.sa_handler != SIG_IGN)
			return job_fail(j, MOUNT_INTERRUPTED, "interrupted");
	}
	return 0;
}

int job_wait(struct job *j, int fd)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	sigset_t set;
	int rc, n;

	ending_signals(&set);
	p[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (p[1].fd < 0)
		return job_sys(j, "signals");
	do {
		n = poll(p, 2, -1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		rc = job_sys(j, "poll");
	else
		rc = p[1].revents ? job_interrupted(j) : 0;
	close(p[1].fd);
	return rc;
}

/* Whether /proc is what its name says, and shows this process. */
static bool has_proc(const struct job *j)
{
	struct statfs st;

	return !(j->opt->debug & DEBUG_NOPROC) && !statfs("/proc/self/fd/", &st) &&
	       st.f_type == PROC_MAGIC;
}

/* A file system without a source, mounted for nobody else to see: its descriptor. */
static int private_mount(struct job *j, const char *type)
{
	int fs = sys_fsopen(type), fd = -1;

	if (fs < 0)
		return -1;
	if (!sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = sys_fsmount(fs, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID);
	if (fd < 0) {
		int code = errno;

		kmsg_take_context(&j->log, fs);
		errno = code;
	}
	close(fs);
	return fd;
}

int job_names(struct job *j)
{
	struct fdnames *n = &j->names;

	if (n->ready)
		return 0;
	if (has_proc(j)) {
		n->prefix = "/proc/self/fd/";
		n->ready = true;
		return 0;
	}
	n->proc = private_mount(j, "proc");
	if (n->proc < 0)
		return job_denied(j, "/proc: not mounted, and no procfs of our own; mount /proc");
	n->cwd = openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fchdir(n->proc))
		return job_sys(j, "procfs of our own: chdir");
	n->prefix = "self/fd/";
	n->ready = true;
	verbose("/proc is not mounted: a procfs of our own");
	return 0;
}

const char *job_fdname(const struct job *j, char room[FDNAME_ROOM], int fd)
{
	text_format(room, FDNAME_ROOM, "%s%d", j->names.prefix, fd);
	return room;
}

int job_enter_fds(struct job *j)
{
	struct fdnames *n = &j->names;
	int fd = openat(n->proc >= 0 ? n->proc : AT_FDCWD, n->prefix,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return job_sys(j, "%s: open", n->prefix);
	if (n->cwd < 0)
		n->cwd = openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = fchdir(fd) ? job_sys(j, "%s: chdir", n->prefix) : 0;
	close(fd);
	if (!rc)
		n->prefix = "";
	return rc;
}

int job_open_dev(struct job *j, const char *name, int flags)
{
	char path[64];

	if (j->dev < 0 && !(j->opt->debug & DEBUG_NODEV)) {
		int fd;

		text_format(path, sizeof(path), "/dev/%s", name);
		fd = openat(AT_FDCWD, path, flags | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	if (j->dev < 0)
		j->dev = private_mount(j, "devtmpfs");
	return j->dev < 0 ? -1 : openat(j->dev, name, flags | O_CLOEXEC);
}
