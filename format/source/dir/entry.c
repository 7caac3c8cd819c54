// SPDX-License-Identifier: GPL-2.0-only
#include "source/dir/entry.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/grow.h"
#include "files/io.h"
#include "files/steady.h"
#include "source/dir/attrs.h"

struct entry_work *entry_open(const struct scan_options *options, struct grower *g,
			      struct workers *workers)
{
	struct entry_work *w = malloc(sizeof(*w));

	if (!w)
		return NULL;
	w->options = options;
	w->g = g;
	w->links = NULL;
	w->nlinks = w->links_cap = 0;
	w->names = w->bytes = 0;
	w->left_out = NULL;
	w->content = content_open(options->store, options->algorithm, workers);
	if (!w->content) {
		free(w);
		return NULL;
	}
	return w;
}

void entry_close(struct entry_work *w)
{
	if (!w)
		return;
	content_close(w->content);
	free(w->links);
	free(w);
}

const char *entry_excluded(const struct scan_options *options, const struct stat *st)
{
	for (size_t i = 0; i < options->excludes; i++)
		if (options->exclude[i].dev == st->st_dev && options->exclude[i].ino == st->st_ino)
			return options->exclude[i].what;
	return NULL;
}

int entry_in(const char *source, const struct node *dir, const char *name, struct error *err)
{
	struct buf path = { 0 };
	size_t len = strlen(source), cut = 0;
	const char *between = "";

	while (len && source[len - 1] == '/')
		len--;
	if (dir && dir->name.parent)
		tree_path(&path, &dir->name);
	if (name) {
		buf_byte(&path, '/');
		buf_str(&path, name);
	}
	buf_byte(&path, 0);
	/* Of a path that does not fit into a message, the end is more useful. */
	if (path.len > 2048) {
		cut = path.len - 2048;
		between = "/...";
	} else if (!len && path.len <= 1) {
		between = "/";
	}
	if (path.failed)
		error_in(err, "%s", source);
	else
		error_in(err, "%.*s%s%s", (int)len, source, between, path.p + cut);
	buf_release(&path);
	return -1;
}

/* ---- one look at an entry -------------------------------------------------- */

/* An entry while it is read; it becomes a node when it is complete. */
struct draft {
	struct stat st;
	const char *target; /* of a link */
	size_t target_len;
	const u8 *content; /* of a small file */
	u8 *digest;
};

static mode_t type_of(unsigned char dt)
{
	return (mode_t)dt << 12; /* DTTOIF() */
}

/* ENTRY_CHANGED: something else has the name now. */
static int open_entry(const struct entry *e, mode_t type, struct stat *st, struct error *err)
{
	const int read_only = O_RDONLY | O_NONBLOCK | O_NOCTTY;
	int fd;

	do {
		fd = openat(e->dir, e->name,
			    (S_ISREG(type) ? read_only : O_PATH) | O_NOFOLLOW | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0) {
		error_sys(err, "open");
		return -1;
	}
	if (fstat(fd, st)) {
		error_sys(err, "fstat");
		close(fd);
		return -1;
	}
	return fd;
}

/* Whether an error of open() means that the entry has changed since it was listed. */
static bool is_gone(int code)
{
	return code == ENOENT || code == ELOOP || code == ENXIO || code == ENODEV;
}

/*
 * The descriptor holds the link itself, whose target never changes. st_size is not
 * always its length: procfs, sysfs and some FUSE servers say 0 or 64.
 */
static int read_link(struct entry_work *w, int fd, struct draft *d, struct error *err)
{
	ssize_t n = readlinkat(fd, "", w->room, sizeof(w->room));

	if (n < 0)
		return error_sys(err, "readlink");
	if (n == 0)
		return error_set(err, EINVAL, "link target is empty");
	if (n > 4095)
		return error_set(err, ENAMETOOLONG, "link target of more than 4095 bytes");
	d->target = w->room;
	d->target_len = (size_t)n;
	return 0;
}

static int read_small(struct entry_work *w, int fd, struct draft *d, struct error *err)
{
	ssize_t n = io_pread(fd, w->room, (size_t)d->st.st_size, 0);

	if (n < 0)
		return error_sys(err, "read");
	if (n != d->st.st_size)
		return ENTRY_CHANGED;
	d->content = (const u8 *)w->room;
	return 0;
}

static int read_file(struct entry_work *w, int fd, struct draft *d, struct error *err)
{
	if (d->st.st_size <= SCAN_INLINE)
		return read_small(w, fd, d, err);
	d->digest = arena_alloc(&w->g->arena, cfs_digest_size(w->options->algorithm));
	if (!d->digest)
		return error_nomem(err);
	w->bytes += (u64)d->st.st_size;
	return content_put(w->content, fd, &d->st, d->digest, err);
}

/*
 * Read all of an entry through its descriptor. If that took several calls, compare
 * its status at the end with that at the beginning; content_put() does this itself.
 */
static int read_entry(struct entry_work *w, const struct entry *e, int fd, struct draft *d,
		      struct error *err)
{
	bool again = false;
	int rc = 0;

	if (!w->options->skip_xattrs) {
		rc = attrs_read(w, fd, S_ISREG(d->st.st_mode) ? NULL : e, err);
		again = w->g->set.n > 0;
	}
	if (rc)
		return rc;
	if (S_ISLNK(d->st.st_mode)) {
		rc = read_link(w, fd, d, err);
	} else if (S_ISREG(d->st.st_mode) && d->st.st_size) {
		rc = read_file(w, fd, d, err);
		again = d->content != NULL;
	}
	if (rc || !again)
		return rc;
	rc = steady_fd(fd, &d->st);
	return rc < 0 ? error_sys(err, "fstat") : rc;
}

static void set_metadata(const struct scan_options *options, struct node *node,
			 const struct stat *st)
{
	node->mode = st->st_mode & 0xffff;
	node->uid = st->st_uid;
	node->gid = st->st_gid;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		node->rdev = (u32)st->st_rdev;
	if (!S_ISDIR(st->st_mode))
		node->size = (u64)st->st_size;
	if (!options->use_epoch) {
		node->mtime = st->st_mtim.tv_sec;
		node->mtime_nsec = (u32)st->st_mtim.tv_nsec;
	}
}

static int remember_link(struct entry_work *w, const struct stat *st, struct node *node)
{
	if (grow(&w->links, w->nlinks, &w->links_cap, sizeof(*w->links), 256))
		return -1;
	w->links[w->nlinks++] = (struct entry_link){ st->st_dev, st->st_ino, node };
	return 0;
}

static int add_node(struct entry_work *w, const struct entry *e, const struct draft *d,
		    struct error *err)
{
	struct node *node = tree_add(w->g, e->parent, e->name, e->len, d->st.st_mode);
	int rc = 0;

	if (!node)
		return error_nomem(err);
	set_metadata(w->options, node, &d->st);
	if (d->target)
		node->size = d->target_len;
	if (!w->options->skip_xattrs)
		rc = node_set_xattrs(w->g, node);
	if (!rc && d->target)
		rc = node_set_payload(w->g, node, d->target, d->target_len);
	if (!rc && d->content)
		rc = node_set_content(w->g, node, d->content, (size_t)d->st.st_size);
	if (d->digest)
		node_await_digest(node, w->options->algorithm, d->digest);
	if (!rc && w->options->hardlinks && d->st.st_nlink > 1)
		rc = remember_link(w, &d->st, node);
	w->names++;
	return rc ? error_nomem(err) : 0;
}

static int look(struct entry_work *w, const struct entry *e, struct error *err)
{
	struct draft d = { 0 };
	mode_t type = type_of(e->type);
	int fd, rc;

	if (e->type == DT_UNKNOWN) {
		if (fstatat(e->dir, e->name, &d.st, AT_SYMLINK_NOFOLLOW))
			return errno == ENOENT ? ENTRY_CHANGED : error_sys(err, "stat");
		type = d.st.st_mode & S_IFMT;
	}
	if (S_ISDIR(type))
		return ENTRY_CHANGED;
	if (w->options->skip_devices && (S_ISCHR(type) || S_ISBLK(type)))
		return 0;
	fd = open_entry(e, type, &d.st, err);
	if (fd < 0)
		return is_gone(err->code) ? ENTRY_CHANGED : -1;
	w->left_out = entry_excluded(w->options, &d.st);
	if ((d.st.st_mode & S_IFMT) != type)
		rc = ENTRY_CHANGED;
	else if (w->left_out)
		rc = ENTRY_LEFT_OUT;
	else
		rc = read_entry(w, e, fd, &d, err);
	close(fd);
	return rc ? rc : add_node(w, e, &d, err);
}

int entry_add(struct entry_work *w, const struct entry *e, struct error *err)
{
	struct entry again = *e;
	int rc = look(w, e, err);

	again.type = DT_UNKNOWN;
	return rc == ENTRY_CHANGED ? look(w, &again, err) : rc;
}

int entry_describe(struct entry_work *w, int fd, const struct stat *st, struct node *node,
		   struct error *err)
{
	set_metadata(w->options, node, st);
	node->nxattrs = 0;
	if (w->options->skip_xattrs)
		return 0;
	if (attrs_read(w, fd, NULL, err))
		return -1;
	return node_set_xattrs(w->g, node) ? error_nomem(err) : 0;
}
