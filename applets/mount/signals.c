// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/signals.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "applets/mount/status.h"

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
}

int signals_hold(struct error *err)
{
	sigset_t set;

	ending_signals(&set);
	return sigprocmask(SIG_BLOCK, &set, NULL) ? error_sys(err, "signals") : 0;
}

int signals_check(struct error *err)
{
	sigset_t set, pending;

	ending_signals(&set);
	if (sigpending(&pending))
		return error_sys(err, "signals");
	for (int sig = 1; sig < 32; sig++) {
		struct sigaction how;

		if (sigismember(&set, sig) != 1 || sigismember(&pending, sig) != 1)
			continue;
		/* An ignored signal does not end a process: nohup ignores SIGHUP. */
		if (sigaction(sig, NULL, &how) || how.sa_handler != SIG_IGN)
			return error_set(err, FAULT_INTERRUPTED, "interrupted");
	}
	return 0;
}

int signals_wait(int fd, struct error *err)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	sigset_t set;
	int rc, n;

	ending_signals(&set);
	p[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (p[1].fd < 0)
		return error_sys(err, "signals");
	do {
		n = poll(p, 2, -1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		rc = error_sys(err, "poll");
	else
		rc = p[1].revents ? signals_check(err) : 0;
	close(p[1].fd);
	return rc;
}
