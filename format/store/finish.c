// SPDX-License-Identifier: GPL-2.0-only
/* The end of a run: every object has its name, and all names are on stable storage (ST-10). */
#include "store/store_inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/text.h"
#include "files/beneath.h"

static int sync_directory(const struct store *s, unsigned int xx, struct error *err)
{
	char name[3];
	int fd, rc = 0;

	text_format(name, sizeof(name), "%02x", xx);
	fd = beneath_open(s->dir, name, strlen(name), O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return error_sys(err, "%s/%s: open", s->name, name);
	if (fsync(fd))
		rc = error_sys(err, "%s/%s: fsync", s->name, name);
	close(fd);
	return rc;
}

/*
 * Data was synced before it got its name; this syncs the names. An object that existed
 * before may have got its name from another run a moment ago, or from a run with --no-
 * sync, so syncfs() makes up for that.
 */
static int sync_names(struct store *s, struct error *err)
{
	bool any = false;

	if ((s->counts.found || s->repaired) && syncfs(s->dir))
		return error_sys(err, "%s: syncfs", s->name);
	for (unsigned int i = 0; i < 256; i++) {
		if (!(s->touched[i / 8] & 1u << i % 8))
			continue;
		if (sync_directory(s, i, err))
			return -1;
		any = true;
	}
	if ((any || s->parent >= 0) && fsync(s->dir))
		return error_sys(err, "%s: fsync", s->name);
	if (s->parent >= 0 && fsync(s->parent))
		return error_sys(err, "%s: fsync of its directory", s->name);
	return 0;
}

int store_finish(struct store *s, struct error *err)
{
	struct verity_work *work = malloc(sizeof(*work));
	int rc;

	if (!work) {
		error_nomem(err);
		return error_in(err, "%s", s->name);
	}
	verity_work_init(work, s->flags.algorithm, NULL);
	rc = store_flush(s, work, err);
	free(work);
	if (!rc && !s->flags.no_sync)
		rc = sync_names(s, err);
	return rc;
}
