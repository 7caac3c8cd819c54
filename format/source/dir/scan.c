// SPDX-License-Identifier: GPL-2.0-only
#include "source/dir/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "files/steady.h"
#include "base/workers.h"
#include "core/erofs.h"
#include "source/dir/dirs.h"
#include "source/dir/entry.h"
#include "source/dir/hardlinks.h"

struct scan {
	const struct scan_options *options;
	const char *source;
	struct dirs_list list;
	struct entry_work **work; /* of each thread */
	size_t keep;              /* directories that each thread keeps open */
};

/* The state of one thread. */
struct walk {
	struct scan *scan;
	struct workers *workers;
	struct entry_work *work;
	struct dirs dirs;
	struct buf names;
};

static int changed(const struct walk *k, const struct node *dir, const char *name,
		   struct error *err)
{
	error_set(err, EAGAIN, "changed while reading");
	return entry_in(k->scan->source, dir, name, err);
}

static void note_left_out(const struct walk *k, const struct node *dir, const char *name,
			  const char *what)
{
	struct error text;

	error_set(&text, 0, "%s, left out", what);
	entry_in(k->scan->source, dir, name, &text);
	notes_add(k->scan->options->notes, "%s", text.text);
}

static void tell_progress(struct walk *k)
{
	const struct scan_options *o = k->scan->options;

	if (o->progress && (k->work->names >= 1000 || k->work->bytes >= 1 << 20)) {
		o->progress(o->progress_arg, k->work->names, k->work->bytes);
		k->work->names = k->work->bytes = 0;
	}
}

/* ---- the entries of a directory ---------------------------------------- */

/*
 * Read the names in a directory and its metadata as they were at one moment.
 * ENTRY_CHANGED: the directory kept changing.
 */
static int read_names(struct walk *k, int fd, const struct stat *before, struct node *node,
		      struct error *err)
{
	struct entry_work *w = k->work;
	int rc;

	if (dirs_names(fd, w->room, sizeof(w->room), &k->names)) {
		if (errno == ENOMEM)
			return error_nomem(err);
		return errno == ENOENT ? ENTRY_CHANGED : error_sys(err, "getdents");
	}
	if (entry_describe(w, fd, before, node, err))
		return -1;
	rc = steady_fd(fd, before);
	return rc < 0 ? error_sys(err, "fstat") : rc;
}

static int add_name(struct walk *k, const struct dirs_level *level, const struct entry *e,
		    struct error *err)
{
	int rc;

	if (e->type == DT_DIR) {
		k->work->names++;
		return tree_add(k->work->g, level->node, e->name, e->len, S_IFDIR)
			       ? 0
			       : error_nomem(err);
	}
	rc = entry_add(k->work, e, err);
	tell_progress(k);
	if (rc == CONTENT_STORE)
		return -1;
	if (rc < 0)
		return entry_in(k->scan->source, e->parent, e->name, err);
	if (rc == ENTRY_LEFT_OUT)
		note_left_out(k, e->parent, e->name, k->work->left_out);
	if (rc == ENTRY_CHANGED)
		return changed(k, e->parent, e->name, err);
	return 0;
}

/* The listing gave no type: ask whether the name is a directory. */
static int find_type(const struct walk *k, struct entry *e, struct error *err)
{
	struct stat st;

	if (fstatat(e->dir, e->name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return changed(k, e->parent, e->name, err);
		error_sys(err, "stat");
		return entry_in(k->scan->source, e->parent, e->name, err);
	}
	e->type = (unsigned char)((st.st_mode & S_IFMT) >> 12);
	return 0;
}

static int add_names(struct walk *k, const struct dirs_level *level, struct error *err)
{
	char name[256];
	size_t len;

	for (const char *p = k->names.p, *end = p + k->names.len; p < end; p += 2 + len) {
		struct entry e = { .dir = level->fd,
				   .parent = level->node,
				   .name = name,
				   .type = (unsigned char)p[0] };

		len = e.len = (unsigned char)p[1];
		memcpy(name, p + 2, len);
		name[len] = 0;
		if (e.type == DT_UNKNOWN && find_type(k, &e, err))
			return -1;
		if (add_name(k, level, &e, err))
			return -1;
		if (workers_stop(k->workers))
			break;
	}
	return 0;
}

/* Enter a directory and add its entries. Takes over item->fd. */
static int enter(struct walk *k, const struct dirs_item *item, struct error *err)
{
	struct stat st = item->st;
	int rc;

	rc = read_names(k, item->fd, &st, item->node, err);
	if (rc == ENTRY_CHANGED) {
		rc = 0;
		if (lseek(item->fd, 0, SEEK_SET) < 0 || fstat(item->fd, &st))
			rc = error_sys(err, "fstat");
		if (!rc)
			rc = read_names(k, item->fd, &st, item->node, err);
	}
	if (rc) {
		close(item->fd);
		if (rc == ENTRY_CHANGED)
			return changed(k, item->node, NULL, err);
		return entry_in(k->scan->source, item->node, NULL, err);
	}
	if (dirs_enter(&k->dirs, item->fd, &st, item->node))
		return error_nomem(err);
	return add_names(k, dirs_top(&k->dirs), err);
}

/* ---- the way through the tree -------------------------------------------- */

/* The pointer to the next directory, from @at on; NULL if there is none. */
static struct name **next_directory(struct name **at)
{
	while (*at && ((*at)->is_link || !node_is((struct node *)*at, CFS_IFDIR)))
		at = &(*at)->next;
	return *at ? at : NULL;
}

/* Remove the directory at level->at from the tree; only its name was added so far. */
static void take_out(struct walk *k, struct dirs_level *level)
{
	static_assert(offsetof(struct name, next) == 0, "a pointer to it is one to its name");
	struct node *dir = level->node;
	struct name *gone = *level->at;

	*level->at = gone->next;
	if (dir->dir.last == gone)
		dir->dir.last =
			level->at == &dir->dir.first ? NULL : (struct name *)(void *)level->at;
	dir->dir.names--;
	k->work->g->nodes--;
}

/* Open the directory at level->at. 1: it is excluded. */
static int open_child(struct walk *k, struct dirs_level *level, struct dirs_item *item,
		      struct error *err)
{
	struct name *n = *level->at;
	const char *what;
	char name[256];
	unsigned int tries = 0;

	memcpy(name, n->s, n->len);
	name[n->len] = 0;
	item->node = (struct node *)n;
	do {
		item->fd = openat(level->fd, name,
				  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	} while (item->fd < 0 &&
		 (errno == EINTR ||
		  ((errno == ENOENT || errno == ENOTDIR || errno == ELOOP) && ++tries < 2)));
	if (item->fd < 0) {
		if (tries)
			return changed(k, level->node, name, err);
		error_sys(err, "open");
		return entry_in(k->scan->source, level->node, name, err);
	}
	if (fstat(item->fd, &item->st)) {
		error_sys(err, "fstat");
		close(item->fd);
		return entry_in(k->scan->source, level->node, name, err);
	}
	what = entry_excluded(k->scan->options, &item->st);
	if (!what)
		return 0;
	note_left_out(k, level->node, name, what);
	close(item->fd);
	return 1;
}

/* One step: down into the next directory, unless another thread takes it, or up. */
static int step(struct walk *k, struct error *err)
{
	struct dirs_level *level = dirs_top(&k->dirs);
	struct dirs_item item;
	int rc;

	level->at = next_directory(level->at);
	if (!level->at) {
		rc = dirs_leave(&k->dirs);
		if (rc > 0)
			return changed(k, level->node, "..", err);
		if (rc < 0) {
			error_sys(err, "open");
			return entry_in(k->scan->source, level->node, "..", err);
		}
		return 0;
	}
	rc = open_child(k, level, &item, err);
	if (rc < 0)
		return -1;
	if (rc) {
		take_out(k, level);
		return 0;
	}
	level->at = &(*level->at)->next;
	/* This thread keeps the last directory, because it has nothing else to do. */
	if (dirs_list_wants(&k->scan->list) && next_directory(level->at) &&
	    dirs_list_give(&k->scan->list, &item))
		return 0;
	return enter(k, &item, err);
}

static int walk_list(struct walk *k, struct error *err)
{
	struct dirs_list *list = &k->scan->list;
	struct dirs_item item;

	while (dirs_list_take(list, &item)) {
		if (enter(k, &item, err))
			return -1;
		while (dirs_top(&k->dirs) && !workers_stop(k->workers))
			if (step(k, err))
				return -1;
		dirs_list_done(list);
		tell_progress(k);
	}
	return content_finish(k->work->content, err);
}

static int thread(struct workers *workers, unsigned int index, void *arg, struct error *err)
{
	struct scan *scan = arg;
	struct walk k = { .scan = scan, .workers = workers, .work = scan->work[index] };
	int rc;

	dirs_init(&k.dirs, scan->keep);
	rc = walk_list(&k, err);
	dirs_release(&k.dirs);
	buf_release(&k.names);
	return rc;
}

/* ---- the whole ------------------------------------------------------------ */

/*
 * How many threads the limit of descriptors allows. A thread has open at the same
 * time: the directories on its path, one in the list, a file, its object and the
 * directory of that. Half of the descriptors are left to the store.
 */
static unsigned int divide_descriptors(struct scan *scan, unsigned int threads)
{
	const size_t others = 16, beside = 6, keep_max = 16;
	struct rlimit r;
	size_t have = 1024;

	if (!getrlimit(RLIMIT_NOFILE, &r) && r.rlim_cur < have)
		have = (size_t)r.rlim_cur;
	have = have / 2 > others ? have / 2 - others : 0;
	if (threads > have / (beside + 2))
		threads = (unsigned int)(have / (beside + 2));
	if (threads == 0)
		threads = 1;
	have /= threads;
	scan->keep = have > beside + 2 ? have - beside : 2;
	if (scan->keep > keep_max)
		scan->keep = keep_max;
	return threads;
}

static int open_root(struct scan *scan, struct dirs_item *root, struct grower *g, struct error *err)
{
	const char *what;

	root->fd = open(scan->source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root->fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return error_set(err, ENOTDIR, "%s: not a directory", scan->source);
	if (root->fd < 0)
		return error_sys(err, "%s: open", scan->source);
	if (fstat(root->fd, &root->st)) {
		error_sys(err, "%s: fstat", scan->source);
		goto fail;
	}
	what = entry_excluded(scan->options, &root->st);
	if (what) {
		error_set(err, EINVAL, "%s: is %s", scan->source, what);
		goto fail;
	}
	root->node = tree_add(g, NULL, NULL, 0, S_IFDIR);
	if (root->node)
		return 0;
	error_nomem(err);
fail:
	close(root->fd);
	return -1;
}

static int open_work(struct scan *scan, struct tree *tree, unsigned int threads)
{
	scan->work = calloc(threads, sizeof(struct entry_work *));
	if (!scan->work)
		return -1;
	for (unsigned int i = 0; i < threads; i++) {
		struct grower *g = tree_grower(tree);

		scan->work[i] = g ? entry_open(scan->options, g, &scan->list.workers) : NULL;
		if (!scan->work[i])
			return -1;
	}
	return 0;
}

static int run(struct scan *scan, struct tree *tree, unsigned int threads, struct error *err)
{
	struct dirs_item root;

	if (open_work(scan, tree, threads))
		return error_nomem(err);
	if (open_root(scan, &root, scan->work[0]->g, err))
		return -1;
	dirs_list_give(&scan->list, &root);
	if (workers_run(&scan->list.workers, threads, thread, scan, err))
		return -1;
	if (scan->options->hardlinks && hardlinks_join(scan->work, threads))
		return error_nomem(err);
	return 0;
}

int scan_directory(struct tree *tree, const char *source, const struct scan_options *options,
		   struct error *err)
{
	struct scan scan = { .options = options, .source = source };
	unsigned int threads = divide_descriptors(&scan, options->threads ? options->threads : 1);
	int rc;

	dirs_list_init(&scan.list);
	rc = run(&scan, tree, threads, err);
	for (unsigned int i = 0; scan.work && i < threads; i++)
		entry_close(scan.work[i]);
	free(scan.work);
	dirs_list_release(&scan.list);
	return rc;
}
