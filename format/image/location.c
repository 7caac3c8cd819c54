// SPDX-License-Identifier: GPL-2.0-only
#include "image/location.h"
#include <stdlib.h>
#include "base/grow.h"

/* Find the name of directory @dir in its parent, and the parent. */
static int step_up(const struct image *img, u64 dir, struct location *up, struct cfs_fault *f)
{
	struct cfs_inode inode, parent;
	int rc = image_inode(img, dir, &inode, f);

	if (!rc)
		rc = image_find(img, &inode, "..", 2, &parent, f);
	for (u64 i = 0; !rc && i < cfs_inode_pieces(&parent); i++) {
		struct cfs_dirblock block;
		struct cfs_dirent e;

		rc = cfs_dirblock_open(&block, image_piece(img, &parent, i), f);
		for (u32 k = 0; !rc && k < block.count; k++) {
			rc = cfs_dirblock_entry(&block, k, NULL, &e, f);
			if (!rc && e.nid == dir && !cfs_dirent_dots(&e)) {
				*up = (struct location){ parent.nid, e.name, (u8)e.len };
				return 0;
			}
		}
	}
	return rc ? rc : cfs_refuse(f, inode.off, "directory is not in its parent");
}

/* The components of a path, the last one first. */
struct components {
	struct location *v;
	size_t n, cap;
};

static int components_add(struct components *c, const struct location *at)
{
	if (grow(&c->v, c->n, &c->cap, sizeof(*c->v), 32))
		return -ENOMEM;
	c->v[c->n++] = *at;
	return 0;
}

int location_path(const struct image *img, const struct location *at, struct buf *out,
		  struct error *err)
{
	struct cfs_fault f = { .what = "image damaged" };
	struct components c = { 0 };
	struct location here = *at;
	int rc = 0;

	if (!at->name) {
		buf_byte(out, '/');
		return 0;
	}
	while (!(rc = components_add(&c, &here)) && here.dir != img->super.root_nid) {
		rc = step_up(img, here.dir, &here, &f);
		if (rc)
			break;
	}
	for (size_t i = c.n; !rc && i > 0; i--) {
		buf_byte(out, '/');
		buf_add(out, c.v[i - 1].name, c.v[i - 1].len);
	}
	free(c.v);
	if (rc == -ENOMEM)
		out->failed = true;
	return rc && rc != -ENOMEM ? image_fault(err, rc, &f) : 0;
}
