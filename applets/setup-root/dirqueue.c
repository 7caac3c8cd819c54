// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/dirqueue.h"
#include <errno.h>
#include <fcntl.h>
#include "files/beneath.h"

int dirqueue_add(struct dirqueue *q, const char *dir, const char *name)
{
	if (strlen(dir) + strlen(name) + 2 > DIRQUEUE_PATH) {
		errno = ENAMETOOLONG;
		return -1;
	}
	buf_str(&q->paths, dir);
	if (name[0])
		buf_byte(&q->paths, '/');
	buf_str(&q->paths, name);
	buf_byte(&q->paths, '\0');
	errno = ENOMEM;
	return q->paths.failed ? -1 : 0;
}

bool dirqueue_take(struct dirqueue *q, char path[DIRQUEUE_PATH])
{
	size_t len;

	if (q->next == q->paths.len)
		return false;
	len = strlen(q->paths.p + q->next) + 1;
	memcpy(path, q->paths.p + q->next, len);
	q->next += len;
	return true;
}

bool dirqueue_take_last(struct dirqueue *q, char path[DIRQUEUE_PATH])
{
	const char *p = q->paths.p;
	size_t at = q->paths.len;

	if (!at)
		return false;
	for (at--; at && p[at - 1]; at--)
		;
	memcpy(path, p + at, q->paths.len - at);
	q->paths.len = at;
	return true;
}

void dirqueue_release(struct dirqueue *q)
{
	buf_release(&q->paths);
	q->next = 0;
}

int dirqueue_open(int top, const char *path)
{
	const char *name = path[0] ? path : ".";

	return beneath_open(top, name, strlen(name), O_RDONLY | O_DIRECTORY);
}
