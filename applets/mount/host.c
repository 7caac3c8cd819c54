// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/host.h"
#include <fcntl.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/status.h"
#include "applets/mount/sysnr.h"
#include "base/text.h"

void host_init(struct host *h)
{
	*h = (struct host){ .names = { .proc = -1, .cwd = -1 }, .dev = -1, .log.fd = -1 };
}

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void host_names_end(struct host *h)
{
	struct fdnames *n = &h->names;

	if (n->cwd >= 0)
		(void)!fchdir(n->cwd);
	drop(&n->cwd);
	drop(&n->proc);
	n->ready = false;
}

void host_close(struct host *h)
{
	host_names_end(h);
	drop(&h->dev);
	kmsg_close(&h->log);
}

/* Whether /proc is a procfs and shows this process. */
static bool has_proc(const struct host *h)
{
	struct statfs st;

	return !h->ignore_proc && !statfs("/proc/self/fd/", &st) && st.f_type == PROC_MAGIC;
}

/* A detached mount of a file system that needs no source: its descriptor, or -1 and errno. */
static int private_mount(struct host *h, const char *type)
{
	int fs = sys_fsopen(type), fd = -1;

	if (fs < 0)
		return -1;
	if (!sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = sys_fsmount(fs, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID);
	if (fd < 0) {
		int code = errno;

		kmsg_take_context(&h->log, fs);
		errno = code;
	}
	close(fs);
	return fd;
}

int host_names(struct host *h, struct error *err)
{
	struct fdnames *n = &h->names;

	if (n->ready)
		return 0;
	if (has_proc(h)) {
		n->prefix = "/proc/self/fd/";
		n->ready = true;
		return 0;
	}
	n->proc = private_mount(h, "proc");
	if (n->proc < 0)
		return status_denied(
			err, "/proc: not mounted, and a procfs cannot be made here: mount /proc");
	n->cwd = openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fchdir(n->proc))
		return error_sys(err, "detached procfs: chdir");
	n->prefix = "self/fd/";
	n->ready = true;
	verbose("/proc is not mounted: using a detached procfs");
	return 0;
}

const char *host_fdname(const struct host *h, char room[FDNAME_ROOM], int fd)
{
	text_format(room, FDNAME_ROOM, "%s%d", h->names.prefix, fd);
	return room;
}

int host_enter_fds(struct host *h, struct error *err)
{
	struct fdnames *n = &h->names;
	int fd = openat(n->proc >= 0 ? n->proc : AT_FDCWD, n->prefix,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return error_sys(err, "%s: open", n->prefix);
	if (n->cwd < 0)
		n->cwd = openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = fchdir(fd) ? error_sys(err, "%s: chdir", n->prefix) : 0;
	close(fd);
	if (!rc)
		n->prefix = "";
	return rc;
}

int host_open_dev(struct host *h, const char *name, int flags)
{
	char path[64];

	if (h->dev < 0 && !h->ignore_dev) {
		int fd;

		text_format(path, sizeof(path), "/dev/%s", name);
		fd = openat(AT_FDCWD, path, flags | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	if (h->dev < 0)
		h->dev = private_mount(h, "devtmpfs");
	return h->dev < 0 ? -1 : openat(h->dev, name, flags | O_CLOEXEC);
}

void host_log_mark(struct host *h)
{
	kmsg_mark(&h->log, h->dev);
}

void host_log_take(struct host *h, int fs)
{
	int code = errno;

	kmsg_take_context(&h->log, fs);
	kmsg_take_log(&h->log);
	errno = code;
}

int host_report(const struct host *h, const struct error *err)
{
	int status = status_of(err);

	fail(err);
	if (status != MOUNT_USAGE)
		kmsg_print(&h->log);
	return status;
}
