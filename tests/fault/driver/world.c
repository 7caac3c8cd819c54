// SPDX-License-Identifier: GPL-2.0-only
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../unit/naive.h"
#include "trace.h"

static void die(const char *what)
{
	printf("bad driver: %s: %s\n", what, strerror(errno));
	exit(2);
}

bool blob_read(struct blob *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	*b = (struct blob){ 0 };
	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		b->p = malloc((size_t)st.st_size + 1);
		b->len = (size_t)st.st_size;
		if (read(fd, b->p, b->len) != (ssize_t)b->len)
			die(path);
		b->p[b->len] = 0;
	}
	close(fd);
	return b->p != NULL;
}

bool blob_is(const struct blob *b, const char *path)
{
	static uint8_t piece[1 << 16];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	size_t at = 0;
	ssize_t n = 0;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (size_t)st.st_size == b->len)
		while (at < b->len && (n = read(fd, piece, sizeof(piece))) > 0 &&
		       (size_t)n <= b->len - at && !memcmp(piece, b->p + at, (size_t)n))
			at += (size_t)n;
	else
		at = b->len + 1;
	close(fd);
	return at == b->len;
}

/* As the same inode: something may be mounted on it. */
static void write_in_place(const char *path, const void *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, p, len) != (ssize_t)len || close(fd))
		die(path);
}

void blob_write(const char *path, const void *p, size_t len)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0 || write(fd, p, len) != (ssize_t)len || close(fd))
		die(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Calls @each with path and name of what is in a directory, in order. */
static void list(const char *dir, void (*each)(void *arg, const char *path, const char *name),
		 void *arg)
{
	struct dirent **v;
	int n = scandir(dir, &v, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%.200s/%.255s", dir, v[i]->d_name);
		if (strcmp(v[i]->d_name, ".") && strcmp(v[i]->d_name, ".."))
			each(arg, path, v[i]->d_name);
		free(v[i]);
	}
	if (n >= 0)
		free(v);
}

static void add_object(void *arg, const char *path, const char *name)
{
	struct world *w = arg;
	struct world_object *o;

	(void)name;
	w->objects = realloc(w->objects, (w->count + 1) * sizeof(*w->objects));
	o = &w->objects[w->count++];
	snprintf(o->name, sizeof(o->name), "%s", path + strlen("good/"));
	if (!blob_read(&o->data, path))
		die(path);
}

static void add_shelf(void *arg, const char *path, const char *name)
{
	(void)name;
	list(path, add_object, arg);
}

/* ---- the damaged store ------------------------------------------------------ */

enum damage {
	SOUND,
	MISSING,
	FLIPPED,
	CUT,
	LINK,
	FIFO,
	EMPTY,
	DAMAGES,
};

static enum damage damage_of(size_t i)
{
	return (enum damage)(i % DAMAGES);
}

static void object_at(char path[80], const struct world_object *o)
{
	snprintf(path, 80, "store/%s", o->name);
}

static void flip(const struct world_object *o, uint8_t *to)
{
	memcpy(to, o->data.p, o->data.len);
	to[o->data.len / 2] ^= 1;
}

static void plant(const struct world_object *o, enum damage d)
{
	char path[80], from[96];
	uint8_t *spoilt;

	object_at(path, o);
	path[8] = 0;
	mkdir(path, 0755);
	chmod(path, 0755);
	path[8] = '/';
	snprintf(from, sizeof(from), "good/%s", o->name);
	switch (d) {
	case SOUND: /* no link: what changes in place must not change good/ */
		blob_write(path, o->data.p, o->data.len);
		break;
	case FLIPPED:
		spoilt = malloc(o->data.len);
		flip(o, spoilt);
		blob_write(path, spoilt, o->data.len);
		free(spoilt);
		break;
	case CUT:
		blob_write(path, o->data.p, o->data.len - 1);
		break;
	case LINK:
		snprintf(from, sizeof(from), "../../good/%s", o->name);
		if (symlink(from, path))
			die(path);
		break;
	case FIFO:
		if (mkfifo(path, 0644))
			die(path);
		break;
	case EMPTY:
		blob_write(path, "", 0);
		break;
	case MISSING:
	case DAMAGES:
		break;
	}
}

/* Whether what is there is still the damage. */
static bool is_planted(const struct world_object *o, enum damage d, const char *path)
{
	struct stat st;
	struct blob spoilt = { .len = o->data.len };
	bool same;

	if (lstat(path, &st))
		return false;
	switch (d) {
	case FLIPPED:
		spoilt.p = malloc(o->data.len);
		flip(o, spoilt.p);
		same = blob_is(&spoilt, path);
		free(spoilt.p);
		return same;
	case CUT:
		spoilt = (struct blob){ o->data.p, o->data.len - 1 };
		return blob_is(&spoilt, path);
	case LINK:
		return S_ISLNK(st.st_mode);
	case FIFO:
		return S_ISFIFO(st.st_mode);
	case EMPTY:
		return S_ISREG(st.st_mode) && st.st_size == 0;
	default:
		return false;
	}
}

static bool is_damaged(const struct world *w)
{
	return w->kind == WORLD_DAMAGED || w->kind == WORLD_REPAIR;
}

/* ---- before a run ------------------------------------------------------------- */

static void remove_temporary(void *arg, const char *path, const char *name)
{
	(void)arg;
	if (!strncmp(name, ".cfs-tmp", 8))
		remove_tree(path);
}

void world_reset(const struct world *w)
{
	list(".", remove_temporary, NULL);
	if (w->kind == WORLD_PLACE) {
		write_in_place("out.img", w->old.p, w->old.len);
		return;
	}
	if (w->kind == WORLD_IMAGE || w->kind == WORLD_OUTPUT) {
		blob_write("out.img", w->old.p, w->old.len);
		return;
	}
	remove_tree("store");
	if (w->kind != WORLD_REPAIR)
		blob_write("out.img", w->old.p, w->old.len);
	if (w->kind == WORLD_STORE)
		return;
	mkdir("store", 0755);
	for (size_t i = 0; i < w->count; i++)
		plant(&w->objects[i], is_damaged(w) ? damage_of(i) : SOUND);
}

/* ---- after it ------------------------------------------------------------------- */

struct look {
	const struct world *w;
	struct world_state *s;
	size_t right;
};

static void tell(struct look *l, const char *path, const char *what)
{
	if (!l->s->what[0])
		snprintf(l->s->what, sizeof(l->s->what), "%.150s: %s", path, what);
}

static void look_at_object(void *arg, const char *path, const char *name)
{
	struct look *l = arg;
	struct stat st;

	(void)name;
	for (size_t i = 0; i < l->w->count; i++) {
		const struct world_object *o = &l->w->objects[i];

		if (strcmp(o->name, path + strlen("store/")))
			continue;
		if (!lstat(path, &st) && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0644 &&
		    blob_is(&o->data, path)) {
			l->right++;
			return;
		}
		if (is_damaged(l->w) && is_planted(o, damage_of(i), path))
			return;
		l->s->wrong++;
		tell(l, path, "wrong object");
		return;
	}
	l->s->debris++;
	tell(l, path, "left over");
}

static void look_at_shelf(void *arg, const char *path, const char *name)
{
	struct look *l = arg;
	struct stat st;

	if (strlen(name) != 2 || lstat(path, &st) || !S_ISDIR(st.st_mode)) {
		l->s->debris++;
		tell(l, path, "left over");
		return;
	}
	if ((st.st_mode & 07777) != 0755) {
		l->s->wrong++;
		tell(l, path, "mode of the directory");
	}
	list(path, look_at_object, l);
}

static void look_at_top(void *arg, const char *path, const char *name)
{
	struct look *l = arg;

	if (!strncmp(name, ".cfs-tmp", 8)) {
		l->s->debris++;
		tell(l, path, "left over");
	}
}

void world_look(const struct world *w, struct world_state *s)
{
	struct look l = { .w = w, .s = s };
	struct stat st;
	bool store = w->kind != WORLD_IMAGE && w->kind != WORLD_OUTPUT && w->kind != WORLD_PLACE;

	*s = (struct world_state){ .complete = true };
	list(".", look_at_top, &l);
	if (store) {
		list("store", look_at_shelf, &l);
		s->complete =
			l.right == w->count && !stat("store", &st) && (st.st_mode & 07777) == 0755;
		if (!s->complete)
			tell(&l, "store", "not everything is there");
	}
	if (w->kind != WORLD_REPAIR && w->kind != WORLD_OUTPUT) {
		s->published = blob_is(&w->good, "out.img");
		s->lost = !s->published && !blob_is(&w->old, "out.img");
		s->complete = s->complete && s->published;
		if (s->lost)
			tell(&l, "out.img", "neither the old image nor the new one");
	}
	s->complete = s->complete && !s->wrong && !s->debris &&
		      (!w->output.p || blob_is(&w->output, OUT));
	if (!s->complete)
		tell(&l, OUT, "not what a clean run leaves");
}

void world_find(struct world *w, const char *kind)
{
	static const char *const kinds[] = { "store",  "again",  "damaged", "image",
					     "output", "repair", "place" };
	const unsigned int n = sizeof(kinds) / sizeof(kinds[0]);

	*w = (struct world){ .kind = n };
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(kind, kinds[i]))
			w->kind = (enum world_kind)i;
	if (w->kind == n)
		die(kind);
	list("good", add_shelf, w);
	if (!blob_read(&w->good, "good.img") || !blob_read(&w->old, "old.img"))
		die("good.img, old.img");
}

void world_load(struct world *w, const char *kind, char **argv)
{
	struct world_state s;
	int status;

	world_find(w, kind);
	w->argv = argv;
	world_reset(w);
	status = plain_run(argv, OUT, ERR, 0, SECONDS);
	if (!blob_read(&w->output, OUT))
		die(OUT);
	world_look(w, &s);
	if (status || !s.complete) {
		printf("bad the clean run of %s ends with %#x: %s\n", argv[1], status, s.what);
		exit(1);
	}
}

/* ---- digests ----------------------------------------------------------------------- */

struct digests {
	char *what;
	bool right;
};

static void check_object(void *arg, const char *path, const char *name)
{
	struct digests *d = arg;
	struct blob b;
	uint8_t is[32];
	char hex[66];

	(void)name;
	if (!blob_read(&b, path)) {
		snprintf(d->what, 256, "%.200s: no file", path);
		d->right = false;
		return;
	}
	naive_verity(b.p, b.len, is);
	free(b.p);
	for (int i = 0; i < 32; i++)
		sprintf(hex + 2 * i + (i > 0), i ? "%02x" : "%02x/", is[i]);
	if (strcmp(hex, path + strlen(path) - 65)) {
		snprintf(d->what, 256, "%.200s: has another digest", path);
		d->right = false;
	}
}

static void check_shelf(void *arg, const char *path, const char *name)
{
	if (strlen(name) == 2)
		list(path, check_object, arg);
}

bool world_digests(const char *store, char what[256])
{
	struct digests d = { .what = what, .right = true };

	list(store, check_shelf, &d);
	return d.right;
}
