// SPDX-License-Identifier: GPL-2.0-only
#include "source/dir/dirs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/grow.h"

void dirs_init(struct dirs *d, size_t keep)
{
	*d = (struct dirs){ .keep = keep < 2 ? 2 : keep };
}

void dirs_release(struct dirs *d)
{
	for (size_t i = d->first_open; i < d->n; i++)
		close(d->v[i].fd);
	free(d->v);
	*d = (struct dirs){ 0 };
}

int dirs_enter(struct dirs *d, int fd, const struct stat *st, struct node *node)
{
	if (grow(&d->v, d->n, &d->cap, sizeof(*d->v), 64)) {
		close(fd);
		return -1;
	}
	d->v[d->n++] = (struct dirs_level){ node, &node->dir.first, fd, st->st_dev, st->st_ino };
	if (d->n - d->first_open > d->keep) {
		close(d->v[d->first_open].fd);
		d->v[d->first_open++].fd = -1;
	}
	return 0;
}

/* 0: v[n - 2] is open; else as dirs_leave(). */
static int reopen_parent(struct dirs *d)
{
	struct dirs_level *up = &d->v[d->n - 2];
	struct stat st;

	if (up->fd >= 0)
		return 0;
	up->fd = openat(d->v[d->n - 1].fd, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (up->fd < 0)
		return -1;
	d->first_open = d->n - 2;
	if (fstat(up->fd, &st))
		return -1;
	return st.st_dev == up->dev && st.st_ino == up->ino ? 0 : 1;
}

int dirs_leave(struct dirs *d)
{
	if (d->n > 1) {
		int rc = reopen_parent(d);

		if (rc)
			return rc;
	}
	close(d->v[--d->n].fd);
	if (d->n == 0)
		d->first_open = 0;
	return 0;
}

struct dirs_level *dirs_top(struct dirs *d)
{
	return d->n ? &d->v[d->n - 1] : NULL;
}

/* An entry as getdents64() writes it; musl and glibc declare different structs for it. */
struct entry_head {
	u64 ino;
	s64 off;
	u16 reclen;
	u8 type;
} __attribute__((packed));

static int add_names(const u8 *p, size_t len, struct buf *names)
{
	struct entry_head head;

	for (; len >= sizeof(head); p += head.reclen, len -= head.reclen) {
		const char *name = (const char *)p + sizeof(head);
		size_t n;

		memcpy(&head, p, sizeof(head));
		if (head.reclen <= sizeof(head) || head.reclen > len)
			break;
		n = strnlen(name, head.reclen - sizeof(head));
		if (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.')))
			continue;
		if (n == 0 || n > 255 || memchr(name, '/', n)) {
			errno = EUCLEAN;
			return -1;
		}
		buf_byte(names, (char)head.type);
		buf_byte(names, (char)n);
		buf_add(names, name, n);
	}
	if (names->failed)
		errno = ENOMEM;
	return names->failed ? -1 : 0;
}

int dirs_names(int fd, void *room, size_t size, struct buf *names)
{
	names->len = 0;
	for (;;) {
		long n = syscall(SYS_getdents64, fd, room, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		if (add_names(room, (size_t)n, names))
			return -1;
	}
}

void dirs_list_init(struct dirs_list *list)
{
	memset(list, 0, sizeof(*list));
	list->workers = (struct workers)WORKERS_INIT;
}

void dirs_list_release(struct dirs_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		close(list->v[i].fd);
}

bool dirs_list_wants(struct dirs_list *list)
{
	return atomic_load_explicit(&list->idle, memory_order_relaxed) >
	       atomic_load_explicit(&list->n, memory_order_relaxed);
}

bool dirs_list_give(struct dirs_list *list, const struct dirs_item *item)
{
	bool room;

	pthread_mutex_lock(&list->workers.lock);
	room = list->n < DIRS_WAITING;
	if (room) {
		list->v[list->n++] = *item;
		pthread_cond_broadcast(&list->workers.changed);
	}
	pthread_mutex_unlock(&list->workers.lock);
	return room;
}

bool dirs_list_take(struct dirs_list *list, struct dirs_item *item)
{
	struct workers *w = &list->workers;
	bool got;

	pthread_mutex_lock(&w->lock);
	list->idle++;
	while (!workers_stop(w) && !list->n && list->busy)
		workers_wait(w);
	list->idle--;
	got = !workers_stop(w) && list->n;
	if (got) {
		*item = list->v[--list->n];
		list->busy++;
	} else {
		/* The list is empty and no thread is left that could add to it. */
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return got;
}

void dirs_list_done(struct dirs_list *list)
{
	pthread_mutex_lock(&list->workers.lock);
	list->busy--;
	pthread_mutex_unlock(&list->workers.lock);
}
