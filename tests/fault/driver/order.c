// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver order NAME KIND short COMMAND... - the order of writes, syncs and names
 * in a run, against the model of format/store/README.md 3.1: data that was not synced and
 * names whose directory was not synced may vanish at any instant. Then there is
 * never (a) a final name with unsynced data, (b) an image whose objects are
 * unsynced, data or names, (c) exit 0 with anything unsynced. (ST-3, ST-10, WI-2)
 *
 * What stands in the store before counts as unsynced: an earlier run may have
 * been killed in between.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "driver.h"
#include "trace.h"
#include "world.h"

struct inode {
	ino_t ino;
	bool dirty;     /* data or attributes are not synced */
	bool temporary; /* a directory of temporary files */
	bool final;     /* it has a final name */
};

struct name {
	ino_t dir, ino;
	char s[80];
	bool dirty; /* the directory was not synced since */
	bool ours;  /* given by this run */
};

struct order {
	bool repair;
	struct inode *inodes;
	struct name *names;
	size_t ninodes, nnames;
	unsigned int finals, syncs, data, early, late, shown;
	bool ended;
};

static void bad(struct order *o, unsigned int *count, const char *what, const char *more)
{
	++*count;
	if (o->shown++ < 40)
		printf("bad %s: %s\n", what, more);
}

static struct inode *inode_of(struct order *o, ino_t ino)
{
	for (size_t i = 0; i < o->ninodes; i++)
		if (o->inodes[i].ino == ino)
			return &o->inodes[i];
	o->inodes = realloc(o->inodes, (o->ninodes + 1) * sizeof(*o->inodes));
	o->inodes[o->ninodes] = (struct inode){ .ino = ino };
	return &o->inodes[o->ninodes++];
}

static void remove_name(struct order *o, ino_t dir, const char *s)
{
	for (size_t i = 0; i < o->nnames; i++)
		if (o->names[i].dir == dir && !strcmp(o->names[i].s, s))
			o->names[i--] = o->names[--o->nnames];
}

static bool is_temporary(struct order *o, ino_t dir, const char *s)
{
	return !strncmp(s, ".cfs-tmp", 8) || inode_of(o, dir)->temporary;
}

/* ---- the state that has to be durable ------------------------------------------ */

static const struct name *name_for(const struct order *o, ino_t ino)
{
	for (size_t i = 0; i < o->nnames; i++)
		if (o->names[i].ino == ino)
			return &o->names[i];
	return NULL;
}

/* Everything, or in a repair what this run has named, and the way there. */
static void check_all(struct order *o, unsigned int *count, const char *when)
{
	for (size_t i = 0; i < o->nnames; i++) {
		const struct name *n = &o->names[i];

		if (is_temporary(o, n->dir, n->s) || (o->repair && !n->ours))
			continue;
		if (inode_of(o, n->ino)->dirty)
			bad(o, count, when, n->s);
		for (const struct name *up = n; up; up = name_for(o, up->dir))
			if (up->dirty)
				bad(o, count, when, up->s);
	}
}

static void give_name(struct order *o, ino_t dir, const char *s, const struct stat *st, bool ours)
{
	bool temporary = is_temporary(o, dir, s);
	struct inode *inode = inode_of(o, st->st_ino);

	if (ours && S_ISREG(st->st_mode) && !temporary) {
		o->finals++;
		if (inode->dirty)
			bad(o, &o->data, "a final name with unsynced data", s);
		if (!strcmp(s, "out.img"))
			check_all(o, &o->early, "unsynced when the image gets its name");
		inode->final = true;
	}
	if (S_ISDIR(st->st_mode) && temporary)
		inode->temporary = true;
	remove_name(o, dir, s);
	o->names = realloc(o->names, (o->nnames + 1) * sizeof(*o->names));
	o->names[o->nnames] = (struct name){ dir, st->st_ino, "", true, ours };
	snprintf(o->names[o->nnames++].s, sizeof(o->names->s), "%.79s", s);
}

/* ---- the calls -------------------------------------------------------------------- */

static void dirty(struct order *o, const struct trace_call *c, int fd)
{
	struct inode *inode;
	struct stat st;

	if (!trace_fstat(c->tid, fd, &st) || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return;
	inode = inode_of(o, st.st_ino);
	if (inode->final && S_ISREG(st.st_mode))
		bad(o, &o->data, "a file with a final name is written", trace_name(c->nr));
	inode->dirty = true;
}

static void sync_one(struct order *o, const struct trace_call *c)
{
	struct stat st;

	o->syncs++;
	if (!trace_fstat(c->tid, (int)c->a[0], &st))
		return;
	inode_of(o, st.st_ino)->dirty = false;
	for (size_t i = 0; i < o->nnames; i++)
		if (o->names[i].dir == st.st_ino)
			o->names[i].dirty = false;
}

static void sync_all(struct order *o)
{
	o->syncs++;
	for (size_t i = 0; i < o->ninodes; i++)
		o->inodes[i].dirty = false;
	for (size_t i = 0; i < o->nnames; i++)
		o->names[i].dirty = false;
}

/* A name that was given relative to a descriptor, or to the working directory. */
static void named(struct order *o, const struct trace_call *c, int at, uint64_t where)
{
	char s[512], path[600], *slash;
	struct stat dir, st;

	if (!trace_string(c->tid, where, s, sizeof(s)))
		return;
	if (at == AT_FDCWD)
		snprintf(path, sizeof(path), "/proc/%d/cwd/%s", (int)c->tid, s);
	else
		snprintf(path, sizeof(path), "/proc/%d/fd/%d/%s", (int)c->tid, at, s);
	if (lstat(path, &st))
		return;
	slash = strrchr(path, '/');
	*slash = 0;
	if (stat(path, &dir))
		return;
	give_name(o, dir.st_ino, slash + 1, &st, true);
}

static void unnamed(struct order *o, const struct trace_call *c, int at, uint64_t where)
{
	char s[512];
	struct stat dir;

	if (trace_string(c->tid, where, s, sizeof(s)) && trace_fstat(c->tid, at, &dir))
		remove_name(o, dir.st_ino, s);
}

static struct trace_act on_enter(void *arg, const struct trace_call *c)
{
	struct order *o = arg;

	if (c->nr == SYS_exit_group && c->a[0] == 0 && !o->ended) {
		o->ended = true;
		check_all(o, &o->late, "unsynced at exit 0");
	}
	return (struct trace_act){ TRACE_GO, 0 };
}

static void on_leave(void *arg, const struct trace_call *c)
{
	struct order *o = arg;

	if (c->ret < 0)
		return;
	switch (c->nr) {
	case SYS_write:
	case SYS_pwrite64:
	case SYS_writev:
	case SYS_ftruncate:
	case SYS_fchmod:
	case SYS_fchown:
		dirty(o, c, (int)c->a[0]);
		break;
	case SYS_copy_file_range:
		dirty(o, c, (int)c->a[2]);
		break;
	case SYS_ioctl:
		if (c->a[1] == FICLONE || c->a[1] == FS_IOC_ENABLE_VERITY)
			dirty(o, c, (int)c->a[0]);
		break;
	case SYS_fsync:
	case SYS_fdatasync:
		sync_one(o, c);
		break;
	case SYS_syncfs:
		sync_all(o);
		break;
	case SYS_mkdir:
		named(o, c, AT_FDCWD, c->a[0]);
		break;
	case SYS_mkdirat:
		named(o, c, (int)c->a[0], c->a[1]);
		break;
	case SYS_openat:
		if (c->a[2] & O_CREAT)
			named(o, c, (int)c->a[0], c->a[1]);
		break;
	case SYS_linkat:
		named(o, c, (int)c->a[2], c->a[3]);
		break;
	case SYS_renameat:
	case SYS_renameat2:
		unnamed(o, c, (int)c->a[0], c->a[1]);
		named(o, c, (int)c->a[2], c->a[3]);
		break;
	case SYS_unlinkat:
		unnamed(o, c, (int)c->a[0], c->a[1]);
		break;
	default:
		break;
	}
}

/* What is there before is unsynced. */
static void add_stale(struct order *o, const char *path, ino_t parent, const char *name)
{
	struct stat st;
	struct dirent *e;
	char below[512];
	DIR *d;

	if (lstat(path, &st))
		return;
	give_name(o, parent, name, &st, false);
	inode_of(o, st.st_ino)->dirty = true;
	d = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
	while (d && (e = readdir(d))) {
		snprintf(below, sizeof(below), "%.200s/%.255s", path, e->d_name);
		if (e->d_name[0] != '.')
			add_stale(o, below, st.st_ino, e->d_name);
	}
	if (d)
		closedir(d);
}

int order_main(const char *name, const char *kind, bool named_only, char **argv)
{
	struct order o = { .repair = !strcmp(kind, "repair") };
	struct trace tr = {
		.arg = &o, .enter = on_enter, .leave = on_leave, .seconds = 10 * SECONDS
	};
	unsigned int bad_exit = 0;
	struct stat here;
	struct world w;

	if (named_only)
		forbid_unnamed();
	world_load(&w, kind, argv);
	world_reset(&w);
	if (w.kind != WORLD_IMAGE && !stat(".", &here))
		add_stale(&o, "store", here.st_ino, "store");
	if (trace_run(&tr, argv, OUT, ERR) || !o.ended || !o.finals)
		bad(&o, &bad_exit, "the run", "fails, or names nothing");
	printf("result %s calls=%u finals=%u syncs=%u data=%u early=%u late=%u\n", name, tr.calls,
	       o.finals, o.syncs, o.data, o.early, o.late);
	return o.shown != 0;
}
