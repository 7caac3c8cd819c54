// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/operand.h"
#include <stdlib.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/common/owners.h"
#include "applets/common/window.h"
#include "base/workers.h"
#include "dump/parse.h"
#include "files/input.h"
#include "image/check.h"
#include "image/write/write.h"
#include "source/dir/scan.h"
#include "source/tar/header.h"
#include "source/tar/tar.h"
#include "verity/verity.h"

enum kind {
	KIND_IMAGE,
	KIND_DUMP,
	KIND_TAR,
	KIND_DIRECTORY,
	KIND_UNKNOWN,
};

static const char *const kinds[] = {
	[KIND_IMAGE] = "image",
	[KIND_DUMP] = "dump",
	[KIND_TAR] = "tar archive",
	[KIND_DIRECTORY] = "directory",
};

/* An operand on its way to an image. */
struct source {
	char *name;
	enum kind kind;
	int fd;          /* of a directory */
	struct input in; /* of everything else */
	bool open;       /* in has to be released */
};

/* How an operand becomes an image: as mkfs does it with these options. */
struct as {
	struct image_version version;
	bool hardlinks;
	u8 algorithm; /* of the digests of directories and tar archives */
};

/* Recognise the kind of an operand by its first bytes, after decompression. */
static enum kind kind_of(const u8 *head, size_t len)
{
	if (len >= 4 &&
	    (u32)head[0] + ((u32)head[1] << 8) + ((u32)head[2] << 16) + ((u32)head[3] << 24) ==
		    CFS_MAGIC)
		return KIND_IMAGE;
	if (len && (head[0] == '/' || head[0] == '\\') && !memchr(head, 0, len))
		return KIND_DUMP;
	if (len == TAR_BLOCK && tar_checksum_is_right(head))
		return KIND_TAR;
	return KIND_UNKNOWN;
}

static int look(struct source *s, int fd, struct error *err)
{
	u8 head[TAR_BLOCK];
	struct stat st;
	ssize_t n;

	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		s->kind = KIND_DIRECTORY;
		s->fd = fd;
		return 0;
	}
	if (input_take_fd(&s->in, fd, s->name, err))
		return -1;
	s->open = true;
	n = input_peek(&s->in, head, sizeof(head), err);
	if (n < 0)
		return -1;
	s->kind = kind_of(head, (size_t)n);
	if (s->kind == KIND_UNKNOWN)
		return error_set(err, EINVAL, "%s: neither an image nor a dump nor a tar archive",
				 s->name);
	return 0;
}

static int read_image(struct source *s, struct image *img, struct error *err)
{
	u8 *bytes;
	size_t len;

	if (input_slurp(&s->in, &bytes, &len, err))
		return -1;
	if (image_open_bytes(img, bytes, len, err)) {
		free(bytes);
		return error_in(err, "%s", s->name);
	}
	img->owned = bytes;
	return 0;
}

static int read_tar(struct source *s, const struct as *as, struct tree *tree, struct notes *notes,
		    struct error *err)
{
	char *const files[] = { s->name, NULL };
	const struct tar_options options = { .algorithm = as->algorithm,
					     .in = &s->in,
					     .notes = notes };

	s->open = false; /* the reader releases it */
	return tar_files(tree, files, &options, err);
}

static int read_directory(const struct source *s, const struct as *as, struct tree *tree,
			  struct notes *notes, struct error *err)
{
	const struct scan_options options = {
		.algorithm = as->algorithm,
		.hardlinks = as->hardlinks,
		.threads = workers_default(),
		.notes = notes,
	};
	u32 line;

	if (owners_check(s->name, err) || scan_directory(tree, s->name, &options, err))
		return -1;
	return tree_seal(tree, &line, err) ? error_in(err, "%s", s->name) : 0;
}

static int read_tree(struct source *s, const struct as *as, struct tree *tree, struct error *err)
{
	struct notes notes;
	int rc;

	notes_init(&notes);
	if (s->kind == KIND_DUMP)
		rc = dump_parse(tree, &s->in, s->name, getenv("CFS_PARSE_STRICT") != NULL, err);
	else if (s->kind == KIND_TAR)
		rc = read_tar(s, as, tree, &notes, err);
	else
		rc = read_directory(s, as, tree, &notes, err);
	warn_notes(&notes);
	notes_release(&notes);
	return rc;
}

static void keep_bytes(void *arg, const void *data, size_t len)
{
	buf_add(arg, data, len);
}

/* The image of a tree, in memory. */
static int make_image(const struct source *s, const struct tree *tree,
		      const struct image_version *version, struct image *img, struct error *err)
{
	struct buf bytes = { 0 };
	struct writer w;
	int rc;

	if (writer_init(&w, -1))
		return error_nomem(err);
	w.see = keep_bytes;
	w.see_arg = &bytes;
	rc = image_write(tree, version, &w, err);
	(void)writer_flush(&w); /* to nowhere: cannot fail */
	writer_release(&w);
	if (!rc && bytes.failed)
		rc = error_nomem(err);
	if (!rc)
		rc = image_open_bytes(img, bytes.p, bytes.len, err);
	if (rc) {
		buf_release(&bytes);
		return error_in(err, "%s", s->name);
	}
	img->owned = bytes.p;
	return 0;
}

/* The image that mkfs makes of an operand. */
static int to_image(struct source *s, const struct as *as, struct image *img, struct error *err)
{
	struct tree tree;
	int rc;

	tree_init(&tree);
	rc = read_tree(s, as, &tree, err);
	if (!rc)
		rc = make_image(s, &tree, &as->version, img, err);
	tree_release(&tree);
	return rc;
}

/* Check the image @arg, and return the algorithm of its digests as an exit status. */
static int find_algorithm(void *arg, struct workers_pool *pool)
{
	struct image *img = arg;
	struct error err;

	(void)pool;
	/* A broken image is reported later. */
	return image_check(img, NULL, NULL, &err) ? CFS_SHA256 : image_algorithm(img);
}

/*
 * The algorithm that a directory or an archive is hashed with: that of the other image. A
 * process that has to read a directory is not confined, so a child looks at the image.
 */
static u8 algorithm_like(struct image *img, bool confined)
{
	const struct window window = { NULL, 0, -1, -1, 1, NULL };
	int status =
		confined ? find_algorithm(img, NULL) : window_run(&window, find_algorithm, img);

	return status == CFS_SHA512 ? CFS_SHA512 : CFS_SHA256;
}

static bool is_hashed(enum kind kind)
{
	return kind == KIND_DIRECTORY || kind == KIND_TAR;
}

/* The options that go with the other operand. */
static struct as as_other(const struct source sources[SIDES], int s, struct image *other,
			  bool hardlinks, bool confined)
{
	struct as as = { { 0, 1 }, hardlinks, CFS_SHA256 };

	if (sources[!s].kind == KIND_IMAGE && other->super.version <= 1)
		as.version.min = as.version.max = other->super.version;
	if (is_hashed(sources[s].kind) && !is_hashed(sources[!s].kind))
		as.algorithm = algorithm_like(other, confined);
	return as;
}

/*
 * All operands become images: those that are images already, then dumps, then what has to be
 * hashed.
 */
static int read_all(struct operands *o, struct source sources[SIDES], bool hardlinks, bool confined,
		    struct error *err)
{
	static const bool kinds_of_pass[][KIND_UNKNOWN] = {
		{ [KIND_IMAGE] = true },
		{ [KIND_DUMP] = true },
		{ [KIND_TAR] = true, [KIND_DIRECTORY] = true },
	};

	for (size_t pass = 0; pass < sizeof(kinds_of_pass) / sizeof(*kinds_of_pass); pass++)
		for (int s = 0; s < SIDES; s++) {
			struct as as;

			if (!kinds_of_pass[pass][sources[s].kind])
				continue;
			if (sources[s].kind == KIND_IMAGE) {
				if (read_image(&sources[s], &o->img[s], err))
					return -1;
				continue;
			}
			as = as_other(sources, s, &o->img[!s], hardlinks, confined);
			if (to_image(&sources[s], &as, &o->img[s], err))
				return -1;
		}
	return 0;
}

/* The state of the threads that check and hash the images. */
struct check {
	struct operands *o;
	bool digests;
	struct error err[SIDES];
};

/* Check one image and hash it; of two equal ones, A is hashed for both. */
static int check_one(struct workers *w, unsigned int index, size_t side, void *arg,
		     struct error *err)
{
	struct check *c = arg;
	struct image *img = &c->o->img[side];
	struct verity *v;

	(void)w;
	(void)index;
	(void)err;
	if (!img->checked && image_check(img, NULL, NULL, &c->err[side]))
		return 0; /* reported behind the other one, so that A comes first */
	if (!c->digests || (side == SIDE_B && c->o->same))
		return 0;
	v = malloc(sizeof(*v));
	if (!v) {
		error_nomem(&c->err[side]);
		return 0;
	}
	verity_memory(v, image_algorithm(img), img->bytes, (size_t)img->len, &c->o->digest[side]);
	free(v);
	return 0;
}

static int check_all(struct operands *o, struct workers_pool *pool, bool digests, struct error *err)
{
	const struct image *a = &o->img[SIDE_A], *b = &o->img[SIDE_B];
	struct check c = { .o = o, .digests = digests };

	o->same = a->len == b->len && !memcmp(a->bytes, b->bytes, (size_t)a->len);
	if (workers_each_of(pool, pool ? SIDES : 1, SIDES, check_one, &c, err))
		return -1;
	for (int s = 0; s < SIDES; s++)
		if (c.err[s].code) {
			*err = c.err[s];
			return error_in(err, "%s", o->names[s]);
		}
	if (o->same)
		o->digest[SIDE_B] = o->digest[SIDE_A];
	return 0;
}

static void close_sources(struct source sources[SIDES])
{
	for (int s = 0; s < SIDES; s++) {
		if (sources[s].open)
			input_release(&sources[s].in);
		if (sources[s].kind == KIND_DIRECTORY)
			close(sources[s].fd);
	}
}

static bool is_directory(int fd)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISDIR(st.st_mode);
}

static int load(struct operands *o, struct inputs *in, bool hardlinks, bool digests,
		struct error *err)
{
	bool scans = is_directory(in->fd[SIDE_A]) || is_directory(in->fd[SIDE_B]);
	struct source sources[SIDES] = { { .kind = KIND_UNKNOWN }, { .kind = KIND_UNKNOWN } };
	const unsigned int threads = workers_default() > 1 ? SIDES : 1;
	struct workers_pool *pool = NULL;
	int rc = 0;

	if (!scans && in->all)
		pool = window_enter_with(in->fd, in->n, threads);
	for (int s = 0; s < SIDES && !rc; s++) {
		int fd = inputs_take(in, (unsigned int)s, err);

		sources[s].name = o->names[s];
		rc = fd < 0 ? -1 : look(&sources[s], fd, err);
		if (!rc)
			o->kind[s] = kinds[sources[s].kind];
	}
	if (!rc)
		rc = read_all(o, sources, hardlinks, !scans && in->all, err);
	close_sources(sources);
	if (!rc && scans)
		pool = window_enter_with(NULL, 0, threads);
	return rc ? rc : check_all(o, pool, digests, err);
}

int operands_load(struct operands *o, char *const names[SIDES], bool hardlinks, bool digests,
		  struct error *err)
{
	struct inputs in;
	int rc;

	*o = (struct operands){ .names = names };
	if (inputs_open(&in, names, err))
		return -1;
	rc = load(o, &in, hardlinks, digests, err);
	inputs_close(&in);
	return rc;
}

void operands_release(struct operands *o)
{
	for (int s = 0; s < SIDES; s++)
		image_close(&o->img[s]);
}
