// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/foreground.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Use the protocol of sd_notify(3). A failure is ignored. */
static void notify_ready(void)
{
	static const char ready[] = "READY=1";
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@') /* the abstract namespace */
		to.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL, (struct sockaddr *)&to,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

int foreground_wait(pid_t pid, void (*unmount)(void *arg), void *arg, struct error *err)
{
	bool asked = false;
	sigset_t set;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	notify_ready();
	while (waitpid(pid, &status, WNOHANG) == 0) {
		int sig;

		/* If the child ended before sigwait(), SIGCHLD is pending. */
		if (sigwait(&set, &sig) || sig == SIGCHLD || asked)
			continue;
		asked = true;
		unmount(arg);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return asked ? 0 : error_set(err, EIO, "fuse: the server ended");
}
