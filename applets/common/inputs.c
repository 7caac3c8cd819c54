// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/inputs.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "applets/applet.h"

#define LATER INT_MIN
#define SPARE 16 /* descriptors that stay free for everything else */

static int open_name(const char *name)
{
	int fd;

	if (!strcmp(name, "-"))
		return STDIN_FILENO;
	do
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int inputs_open(struct inputs *in, char *const *names, struct error *err)
{
	struct rlimit most = { .rlim_cur = SPARE };
	unsigned int n = 0;

	while (names[n])
		n++;
	*in = (struct inputs){ .names = names,
			       .fd = malloc((n + 1) * sizeof(*in->fd)),
			       .all = true };
	if (!in->fd)
		return error_nomem(err);
	in->n = n;
	(void)getrlimit(RLIMIT_NOFILE, &most);
	for (unsigned int i = 0; i < n; i++) {
		int fd = in->all ? open_name(names[i]) : LATER;

		if (fd > STDIN_FILENO && (rlim_t)fd + SPARE > most.rlim_cur) {
			close(fd);
			fd = -EMFILE;
		}
		if (fd == -EMFILE || fd == -ENFILE) {
			verbose("sandbox: off: not as many descriptors as inputs");
			fd = LATER;
			in->all = false;
		}
		in->fd[i] = fd;
	}
	return 0;
}

int inputs_take(struct inputs *in, unsigned int i, struct error *err)
{
	int fd = in->fd[i] == LATER ? open_name(in->names[i]) : in->fd[i];

	in->fd[i] = LATER;
	if (fd >= 0)
		return fd;
	errno = -fd;
	return error_sys(err, "%s: open", in->names[i]);
}

void inputs_close(struct inputs *in)
{
	for (unsigned int i = 0; i < in->n; i++)
		if (in->fd[i] > STDIN_FILENO)
			close(in->fd[i]);
	free(in->fd);
	*in = (struct inputs){ 0 };
}
