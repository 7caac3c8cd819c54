// SPDX-License-Identifier: GPL-2.0-only
/* cfs verify --repo: description, objects, images and links of a repository. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/verify/verify.h"
#include "base/grow.h"
#include "base/text.h"
#include "files/beneath.h"
#include "image/check.h"
#include "repo/walk.h"
#include "store/object.h"

struct check {
	struct verify *v;
	struct repo repo;
	struct image *images; /* good ones */
	char **names;         /* of them, the paths of their links */
	size_t n, cap, names_cap;
	u64 entries, streams;
};

static void waiting(const char *name)
{
	warn("%s: waiting for the lock of the repository", name);
}

static int tell(struct check *c, enum kind kind, const char *image, const char *detail,
		struct error *err)
{
	const struct finding f = { .kind = kind, .image = image, .detail = detail };

	return report_line(c->v, &f, err);
}

/* The description; without one the other checks go on. -1 and a text. */
static int open_repo(struct check *c, const char *path, struct error *err)
{
	const struct repo_want want = { .waiting = waiting };
	size_t skip = strlen(path) + 2;
	const char *text;
	int rc = repo_open(&c->repo, path, &want, err);

	if (rc <= 0) {
		c->v->require_verity |= c->repo.sealed;
		return rc;
	}
	text = strlen(err->text) > skip ? err->text + skip : err->text;
	if (!strncmp(text, "eta.json: ", 10) || !strncmp(text, "meta.json: ", 11))
		text = strchr(text, ':') + 2;
	return tell(c, KIND_BAD_REPO, "meta.json", text, err);
}

/*
 * DIR/objects as the basedir of all checks. Without it there are no objects yet: a writer was
 * killed early. 1: it cannot be opened, which was told.
 */
static int open_objects(struct check *c, char **name, struct error *err)
{
	struct basedirs *dirs = &c->v->dirs;
	size_t size = strlen(c->repo.name) + sizeof("/objects");
	int fd = beneath_open(c->repo.fd, "objects", 7, O_RDONLY | O_DIRECTORY);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return tell(c, KIND_BAD_REPO, "objects", error_words(errno), err) ? -1 : 1;
	*name = malloc(size);
	if (!*name) {
		close(fd);
		return error_nomem(err);
	}
	text_format(*name, size, "%s/objects", c->repo.name);
	dirs->fd[0] = fd;
	dirs->name[0] = *name;
	dirs->n = 1;
	c->v->repo_algorithm = c->repo.algorithm;
	return 0;
}

struct odd_arg {
	struct check *c;
	const char *name;
	struct error *err;
	int rc;
};

static void tell_odd(void *arg, const struct check_odd *odd)
{
	struct odd_arg *a = arg;
	const struct finding f = { .kind = KIND_ODD_IMAGE,
				   .image = a->name,
				   .path = odd->path_len ? odd->path : NULL,
				   .path_len = odd->path_len,
				   .detail = odd->what };

	if (!a->rc)
		a->rc = report_line(a->c->v, &f, a->err);
}

static int keep_image(struct check *c, const struct image *img, const char *name, struct error *err)
{
	char *copy = strdup(name);

	if (!copy || grow(&c->images, c->n + 1, &c->cap, sizeof(*c->images), 16) ||
	    grow(&c->names, c->n + 1, &c->names_cap, sizeof(*c->names), 16)) {
		free(copy);
		return error_nomem(err);
	}
	c->images[c->n] = *img;
	c->names[c->n++] = copy;
	c->names[c->n] = NULL;
	return 0;
}

/* The structure of an image. Its content is checked as that of an object. */
static int see_image(struct check *c, const struct repo_link_seen *link, struct error *err)
{
	struct odd_arg odd = { .c = c, .name = link->path, .err = err };
	char path[OBJECT_PATH];
	struct image img = { 0 };
	struct error e = { 0 };
	int fd, rc;

	object_path(path, &link->digest);
	fd = beneath_open(c->v->dirs.fd[0], path, strlen(path), O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return tell(c, KIND_UNREADABLE, link->path, error_words(errno), err);
	rc = image_open(&img, fd, "image", &e);
	if (!rc)
		rc = image_check(&img, tell_odd, &odd, &e);
	if (!rc && !odd.rc)
		rc = keep_image(c, &img, link->path, err);
	else if (rc && e.code != ENOMEM && !odd.rc)
		rc = tell(c, KIND_BAD_IMAGE, link->path, e.text, err) ? -1 : 1;
	else if (rc && !odd.rc)
		*err = e;
	if (rc || odd.rc)
		image_close(&img);
	return rc < 0 || odd.rc ? -1 : 0;
}

static int see_link(void *arg, const struct repo_link_seen *link, struct error *err)
{
	struct check *c = arg;
	bool is_ref = !strncmp(strchr(link->path, '/'), "/refs/", 6);

	c->streams += link->is_stream && !is_ref;
	c->entries += !link->is_stream && !is_ref;
	if (link->fault)
		return tell(c, KIND_BAD_LINK, link->path, link->fault, err);
	return link->digest.algorithm ? see_image(c, link, err) : 0;
}

/* Compare the records of the images with the objects, whose contents have been checked. */
static int check_uses(struct check *c, struct error *err)
{
	struct objects objects = { .images = c->images };
	u64 count = c->v->objects;
	int rc = 0;

	c->v->contents_done = true;
	for (size_t i = 0; i < c->n && !rc; i++)
		rc = objects_add(&objects, (u32)i, err);
	if (!rc && c->n)
		rc = objects_sort(&objects, err) || objects_verify(c->v, &objects, c->names, err)
			     ? -1
			     : 0;
	objects_release(&objects);
	c->v->objects = count;
	return rc;
}

int repo_verify(struct verify *v, const char *path, struct error *err)
{
	struct check c = { .v = v, .repo.fd = -1 };
	char *name = NULL;
	int rc = open_repo(&c, path, err);

	if (!rc)
		rc = open_objects(&c, &name, err);
	if (!rc) {
		rc = stores_verify(v, err);
		if (!rc)
			rc = repo_walk(&c.repo, see_link, &c, err);
		if (!rc)
			rc = check_uses(&c, err);
	}
	v->images = c.entries;
	if (rc >= 0 && c.streams)
		warn("%s: %llu streams were not looked into", path, (unsigned long long)c.streams);
	for (size_t i = 0; i < c.n; i++) {
		image_close(&c.images[i]);
		free(c.names[i]);
	}
	free(c.images);
	free(c.names);
	repo_close(&c.repo);
	/* The messages of the run that is over may name the store. */
	v->dirs.name[0] = path;
	free(name);
	return rc < 0 ? -1 : 0;
}
