// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mkfs/ids.h"

#include <fcntl.h>
#include <unistd.h>
#include "base/text.h"
#include "files/io.h"

#define LIST_MAX ((size_t)4 << 20) /* bytes of a list that are looked at */

static void load(struct buf *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && b->len < LIST_MAX && buf_room(b, 4096)) {
		n = io_read(fd, b->p + b->len, 4096);
		if (n > 0)
			b->len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	buf_byte(b, '\n');
	if (b->failed)
		b->len = 0;
}

void ids_load(struct ids *ids)
{
	*ids = (struct ids){ 0 };
	load(&ids->users, "/etc/passwd");
	load(&ids->groups, "/etc/group");
}

void ids_release(struct ids *ids)
{
	buf_release(&ids->users);
	buf_release(&ids->groups);
}

/* "NAME:PASSWORD:NUMBER:..." */
static bool line_is(const char *line, const char *end, const char *name, size_t len, u32 *id)
{
	const char *number, *stop;
	u64 v;

	if ((size_t)(end - line) <= len || line[len] != ':' || memcmp(line, name, len))
		return false;
	number = memchr(line + len + 1, ':', (size_t)(end - line) - len - 1);
	if (!number++)
		return false;
	stop = memchr(number, ':', (size_t)(end - number));
	if (!stop || !text_number(number, (size_t)(stop - number), 10, UINT32_MAX - 1, &v))
		return false;
	*id = (u32)v;
	return true;
}

bool ids_find(void *arg, bool is_group, const char *name, size_t len, u32 *id)
{
	const struct ids *ids = arg;
	const struct buf *b = is_group ? &ids->groups : &ids->users;
	const char *line = b->p, *end = b->p + b->len, *stop;

	for (; line < end; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			break;
		if (line_is(line, stop, name, len, id))
			return true;
	}
	return false;
}
