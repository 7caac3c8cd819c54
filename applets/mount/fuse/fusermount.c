// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/fusermount.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/text.h"

static bool try_directory(const char *dir, size_t len, char path[FUSERMOUNT_PATH])
{
	static const char *const names[] = { "fusermount3", "fusermount" };

	for (size_t i = 0; len && i < sizeof(names) / sizeof(*names); i++) {
		text_format(path, FUSERMOUNT_PATH, "%.*s/%s", (int)len, dir, names[i]);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

bool fusermount_find(char path[FUSERMOUNT_PATH])
{
	const char *dir = getenv("PATH");

	while (dir && *dir) {
		size_t len = strcspn(dir, ":");

		if (len < FUSERMOUNT_PATH / 2 && try_directory(dir, len, path))
			return true;
		dir += len + (dir[len] == ':');
	}
	return try_directory("/usr/bin", 8, path) || try_directory("/bin", 4, path);
}

/* In the child: run the helper, which finds its socket by an environment variable. */
_Noreturn static void run(const char *helper, char *const argv[], int sock)
{
	char number[24];
	int fd = sock < 0 ? -1 : dup(sock); /* without close-on-exec */

	if (fd >= 0) {
		text_format(number, sizeof(number), "%d", fd);
		setenv("_FUSE_COMMFD", number, 1);
	}
	execv(helper, argv);
	_exit(127);
}

/* Receive the byte that carries the descriptor. -1: the helper has failed. */
static int receive(int sock)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec v = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *head;
	ssize_t n;
	int fd = -1;

	do {
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	head = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int fusermount_mount(const char *helper, const char *options, const char *target, struct error *err)
{
	char *const argv[] = { (char *)(uintptr_t)helper,  (char *)(uintptr_t) "-o",
			       (char *)(uintptr_t)options, (char *)(uintptr_t) "--",
			       (char *)(uintptr_t)target,  NULL };
	int pair[2], fd;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return error_sys(err, "fusermount3: socket");
	pid = fork();
	if (pid == 0)
		run(helper, argv, pair[1]);
	close(pair[1]);
	fd = pid < 0 ? -1 : receive(pair[0]);
	close(pair[0]);
	if (pid < 0)
		return error_sys(err, "fusermount3: fork");
	reap(pid);
	return fd < 0 ? error_set(err, EIO, "fusermount3: failed") : fd;
}

void fusermount_unmount(const char *helper, const char *target)
{
	char *const argv[] = { (char *)(uintptr_t)helper, (char *)(uintptr_t) "-u",
			       (char *)(uintptr_t) "-z",  (char *)(uintptr_t) "--",
			       (char *)(uintptr_t)target, NULL };
	pid_t pid = fork();

	if (pid == 0)
		run(helper, argv, -1);
	if (pid > 0)
		reap(pid);
}
