// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/kmsg.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "applets/applet.h"

void kmsg_mark(struct kmsg *k, int dev)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;

	k->n = 0;
	if (k->fd < 0)
		k->fd = dev >= 0 ? openat(dev, "kmsg", flags)
				 : openat(AT_FDCWD, "/dev/kmsg", flags);
	if (k->fd >= 0)
		(void)lseek(k->fd, 0, SEEK_END);
}

static void add(struct kmsg *k, const char *text, size_t len)
{
	if (k->n == KMSG_LINES || !len)
		return;
	if (len >= KMSG_LINE)
		len = KMSG_LINE - 1;
	memcpy(k->line[k->n], text, len);
	k->line[k->n][len] = '\0';
	/* The context and the log often have the same message. */
	for (unsigned int i = 0; i < k->n; i++)
		if (!strcmp(k->line[i], k->line[k->n]))
			return;
	k->n++;
}

/* Each read gives one message: a letter (e, w or i), a space, the text. */
void kmsg_take_context(struct kmsg *k, int fs)
{
	char text[1024];

	for (int i = 0; i < 32; i++) {
		ssize_t n = read(fs, text, sizeof(text));

		if (n <= 0)
			return;
		if (text[n - 1] == '\n')
			n--;
		if (n > 2 && text[1] == ' ' && text[0] != 'i')
			add(k, text + 2, (size_t)n - 2);
	}
}

static bool is_ours(const char *s)
{
	static const char *const names[] = { "overlayfs:", "erofs", "composefs", "loop" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(s, names[i], strlen(names[i])))
			return true;
	return false;
}

/* A record is "priority,number,time,flags;text" and a line for each of its properties. */
void kmsg_take_log(struct kmsg *k)
{
	char record[2048];

	for (int i = 0; i < 256 && k->fd >= 0; i++) {
		ssize_t n = read(k->fd, record, sizeof(record) - 1);
		char *text;

		if (n < 0 && errno == EPIPE)
			continue; /* records were overwritten; the next read continues after them */
		if (n <= 0)
			return;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text || !is_ours(++text))
			continue;
		add(k, text, strcspn(text, "\n"));
	}
}

const char *kmsg_find(const char *text, const char *what)
{
	size_t len = strlen(what);

	for (; *text; text++)
		if (!strncmp(text, what, len))
			return text;
	return NULL;
}

bool kmsg_has(const struct kmsg *k, const char *text)
{
	for (unsigned int i = 0; i < k->n; i++)
		if (kmsg_find(k->line[i], text))
			return true;
	return false;
}

void kmsg_print(const struct kmsg *k)
{
	for (unsigned int i = 0; i < k->n; i++)
		complain("kernel: %s", k->line[i]);
}

void kmsg_close(struct kmsg *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}
