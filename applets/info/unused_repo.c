// SPDX-License-Identifier: GPL-2.0-only
/* cfs info unused-objects --repo: which images a repository needs. Fails closed. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "applets/info/unused.h"
#include "base/grow.h"
#include "base/text.h"
#include "files/beneath.h"
#include "repo/walk.h"
#include "store/object.h"

static void waiting(const char *name)
{
	warn("%s: waiting for the lock of the repository", name);
}

/* Take the path of an image over. */
static int add_path(struct info *info, size_t *cap, char *path, struct error *err)
{
	if (!path || grow(&info->images, info->nimages + 1, cap, sizeof(*info->images), 64)) {
		free(path);
		return error_nomem(err);
	}
	info->images[info->nimages++] = path;
	info->images[info->nimages] = NULL;
	return 0;
}

struct seen {
	struct info *info;
	size_t cap;
};

static int see_link(void *arg, const struct repo_link_seen *link, struct error *err)
{
	struct seen *seen = arg;
	const char *dir = seen->info->basedir;
	char object[OBJECT_PATH], *path;
	size_t size;

	if (link->is_stream)
		return error_set(
			err, EOPNOTSUPP,
			"%s/streams: holds streams, whose objects only composefs-rs can follow",
			seen->info->repo);
	if (link->fault)
		return error_set(err, EINVAL, "%s/%s: %s", seen->info->repo, link->path,
				 link->fault);
	if (!link->digest.algorithm)
		return 0;
	object_path(object, &link->digest);
	size = strlen(dir) + strlen(object) + 2;
	path = malloc(size);
	if (path)
		text_format(path, size, "%s/%s", dir, object);
	return add_path(seen->info, &seen->cap, path, err);
}

static int open_objects(struct info *info, struct error *err)
{
	size_t size = strlen(info->repo) + sizeof("/objects");
	char *name = arena_bytes(&info->dirs.arena, size);
	int fd = beneath_open(info->repository.fd, "objects", 7, O_RDONLY | O_DIRECTORY);

	if (fd >= 0 && name) {
		text_format(name, size, "%s/objects", info->repo);
		info->dirs.fd[0] = fd;
		info->dirs.name[0] = info->basedir = name;
		info->dirs.n = 1;
		return 0;
	}
	if (fd < 0)
		return error_sys(err, "%s/objects: open", info->repo);
	close(fd);
	return error_nomem(err);
}

int unused_repo_open(struct info *info, char **args, struct error *err)
{
	const struct repo_want want = { .no_lock = info->no_lock, .waiting = waiting };
	struct seen seen = { .info = info };

	if (repo_open(&info->repository, info->repo, &want, err) || open_objects(info, err))
		return -1;
	for (unsigned int i = 0; args[i]; i++)
		if (add_path(info, &seen.cap, strdup(args[i]), err))
			return -1;
	info->operands = info->nimages;
	if (repo_walk(&info->repository, see_link, &seen, err))
		return -1;
	if (info->nimages)
		return 0;
	info->images = calloc(1, sizeof(*info->images)); /* no image needs anything */
	return info->images ? 0 : error_nomem(err);
}

void unused_repo_close(struct info *info)
{
	for (size_t i = 0; i < info->nimages; i++)
		free(info->images[i]);
	free(info->images);
	repo_close(&info->repository);
}
