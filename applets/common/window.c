// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/window.h"
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/common/progress.h"
#include "files/sandbox.h"

const char *window_debug;

static void tell(const char *call, bool failed)
{
	complain("%s: %s", call, failed ? error_words(errno) : "done");
}

/*
 * The calls are made without the C library: its functions would appear in the list of
 * functions that this program uses (property PH-5).
 */
static void try_calls(void)
{
	char *const none[] = { NULL };

	tell("open", open(window_debug, O_RDONLY | O_CLOEXEC) < 0);
	tell("socket", syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0);
	tell("mmap", mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			     MAP_FAILED);
	tell("execve", syscall(SYS_execve, window_debug, none, none) < 0);
}

/* Before Linux 5.9, close the first 1024 descriptors one by one. */
static void close_span(unsigned int from, unsigned int to)
{
	if (from > to || !syscall(SYS_close_range, from, to, 0))
		return;
	for (; from <= to && from < 1024; from++)
		close((int)from);
}

/* The smallest kept descriptor that is at least @from; UINT_MAX: none. */
static unsigned int next_kept(const struct window *w, unsigned int from)
{
	unsigned int next = UINT_MAX;
	const int others[] = { STDERR_FILENO, w->out, w->beneath };

	for (unsigned int i = 0; i < w->n + 3; i++) {
		unsigned int fd = (unsigned int)(i < 3 ? others[i] : w->inputs[i - 3]);

		if (fd >= from && fd < next && fd <= INT_MAX)
			next = fd;
	}
	return next;
}

/* Close the descriptors from @from on, except those that are kept. */
static void close_others(const struct window *w, unsigned int from)
{
	unsigned int kept;

	while ((kept = next_kept(w, from)) != UINT_MAX) {
		if (kept > from)
			close_span(from, kept - 1);
		from = kept + 1;
	}
	close_span(from, INT_MAX);
}

/* Try the calls in this process and, without seccomp, in one that it starts. */
static void try_all(bool can_start_processes)
{
	pid_t child;

	try_calls();
	child = can_start_processes ? _Fork() : -1;
	if (!child) {
		try_calls();
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Landlock, then the threads, then seccomp: see sandbox_files(). */
static struct workers_pool *confine(const struct window *w)
{
	bool files = sandbox_files(w->beneath);
	struct workers_pool *pool = w->park ? w->park(w->threads) : NULL;
	bool calls = sandbox_calls(w->beneath >= 0);

	verbose("sandbox: Landlock %s, seccomp %s", files ? "on" : "off", calls ? "on" : "off");
	if (window_debug)
		try_all(!calls);
	return pool;
}

static struct workers_pool *enter(const struct window *w)
{
	if (SANDBOX_WANTED)
		close_others(w, STDERR_FILENO + 1);
	return confine(w);
}

struct workers_pool *window_enter_with(const int *inputs, unsigned int n, unsigned int threads)
{
	const struct window w = { inputs, n, -1, -1, threads, workers_park };

	return enter(&w);
}

void window_enter(const int *inputs, unsigned int n)
{
	const struct window w = { inputs, n, -1, -1, 1, NULL };

	(void)enter(&w);
}

static const char *subject(void)
{
	return message_subject ? message_subject : "-";
}

/* The child died of a signal. Die of the same one if a user or a pipe sent it. */
static int ended_by(int signal_number)
{
	switch (signal_number) {
	case SIGPIPE:
	case SIGINT:
	case SIGTERM:
	case SIGHUP:
	case SIGQUIT:
		signal(signal_number, SIG_DFL);
		kill(getpid(), signal_number);
	}
	complain("%s: the process that read it was ended by signal %d", subject(), signal_number);
	return EXIT_FAILED;
}

int window_run(const struct window *w, int (*fn)(void *arg, struct workers_pool *pool), void *arg)
{
	pid_t child;
	int status;

	if (!SANDBOX_WANTED)
		return fn(arg, NULL);
	progress_terminal(); /* ask before the sandbox forbids it */
	signal(SIGCHLD, SIG_DFL);
	child = _Fork(); /* no other thread exists yet */
	if (child < 0) {
		verbose("sandbox: off: %s", error_words(errno));
		return fn(arg, NULL);
	}
	if (!child) {
		/* Before Linux 5.9, close the first 1024 descriptors one by one. */
		(void)syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
		close_others(w, 0);
		_exit(fn(arg, confine(w)));
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR) {
			complain("%s: wait: %s", subject(), error_words(errno));
			return EXIT_FAILED;
		}
	return WIFSIGNALED(status) ? ended_by(WTERMSIG(status)) : WEXITSTATUS(status);
}
