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

/* Raw calls: the C library's would look as if the program used them (PH-5). */
static void try_calls(void)
{
	char *const none[] = { NULL };

	tell("open", open(window_debug, O_RDONLY | O_CLOEXEC) < 0);
	tell("socket", syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0);
	tell("mmap", mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			     MAP_FAILED);
	tell("execve", syscall(SYS_execve, window_debug, none, none) < 0);
}

void window_enter(int beneath)
{
	struct sandbox s = sandbox_enter(beneath);

	verbose("sandbox: Landlock %s, seccomp %s", s.landlock ? "on" : "off",
		s.seccomp ? "on" : "off");
	if (window_debug)
		try_calls();
}

static void enter_thread(void *arg)
{
	const int *beneath = arg;

	(void)sandbox_enter(*beneath);
}

struct workers_pool *window_enter_with(int beneath, unsigned int threads)
{
	struct workers_pool *pool = workers_park(threads, enter_thread, &beneath);

	window_enter(beneath);
	return pool;
}

/* Before Linux 5.9 one by one, as far as descriptors usually go. */
static void close_span(unsigned int from, unsigned int to)
{
	if (from > to || !syscall(SYS_close_range, from, to, 0))
		return;
	for (; from <= to && from < 1024; from++)
		close((int)from);
}

/* The smallest descriptor from @from on that is kept; UINT_MAX: none. */
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

static void close_others(const struct window *w)
{
	unsigned int from = 0, kept;

	while ((kept = next_kept(w, from)) != UINT_MAX) {
		if (kept)
			close_span(from, kept - 1);
		from = kept + 1;
	}
	close_span(from, INT_MAX);
}

static const char *subject(void)
{
	return message_subject ? message_subject : "-";
}

/* A signal ended the child. If it was one that a user sends, end the parent by it as well. */
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
	progress_terminal(); /* cannot be asked inside */
	signal(SIGCHLD, SIG_DFL);
	child = _Fork(); /* there is one thread */
	if (child < 0) {
		verbose("sandbox: off: %s", error_words(errno));
		return fn(arg, NULL);
	}
	if (!child) {
		struct workers_pool *pool;

		/* If the parent dies, exit as well. */
		(void)syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
		close_others(w);
		pool = window_enter_with(w->beneath, w->threads);
		_exit(fn(arg, pool));
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR) {
			complain("%s: wait: %s", subject(), error_words(errno));
			return EXIT_FAILED;
		}
	return WIFSIGNALED(status) ? ended_by(WTERMSIG(status)) : WEXITSTATUS(status);
}
