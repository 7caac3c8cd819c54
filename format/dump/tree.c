// SPDX-License-Identifier: GPL-2.0-only
#include "dump/tree.h"
#include <stdlib.h>
#include "core/erofs.h"

void dump_tree_start(struct dump_tree *d, const struct tree *tree)
{
	*d = (struct dump_tree){ .next = &tree->root->name };
}

static int view_xattrs(struct dump_tree *d, const struct node *node)
{
	if (node->nxattrs > d->xattrs_cap) {
		free(d->xattrs);
		d->xattrs_cap = 0;
		d->xattrs = malloc(node->nxattrs * sizeof(*d->xattrs));
		if (!d->xattrs)
			return -1;
		d->xattrs_cap = node->nxattrs;
	}
	for (u32 i = 0; i < node->nxattrs; i++) {
		const struct xattr *x = node->xattrs[i];

		d->xattrs[i] = (struct dump_xattr){ .prefix = "",
						    .suffix = x->name->s,
						    .value = x->value,
						    .suffix_len = x->name->len,
						    .len = x->len };
	}
	return 0;
}

int dump_tree_line(struct dump_tree *d, struct buf *out)
{
	const struct name *n = d->next;
	char room[CFS_OBJECT_NAME_MAX];
	const struct node *node;
	struct cfs_digest digest;
	struct dump_entry e;

	if (!n)
		return 0;
	node = n->is_link ? ((const struct link *)n)->target : (const struct node *)n;
	d->path.len = d->link.len = 0;
	tree_path(&d->path, n);
	if (n->is_link)
		tree_path(&d->link, &node->name);
	if (d->path.failed || d->link.failed || view_xattrs(d, node))
		return -1;
	e = (struct dump_entry){
		.path = d->path.p,
		.path_len = d->path.len,
		.link = n->is_link ? d->link.p : NULL,
		.link_len = d->link.len,
		.size = node->size,
		.mode = node->mode,
		.nlink = node->nlink,
		.uid = node->uid,
		.gid = node->gid,
		.rdev = node->rdev,
		.mtime = node->mtime,
		.mtime_nsec = node->mtime_nsec,
		.xattrs = d->xattrs,
		.nxattrs = node->nxattrs,
	};
	if (node_is(node, CFS_IFDIR)) {
		e.nlink = 1;
	} else if (node_is(node, CFS_IFREG) || node_is(node, CFS_IFLNK)) {
		e.payload = node_payload(node, room, &e.payload_len);
		e.content = node->file.content;
		e.content_len = e.content ? node->size : 0;
		if (node->algorithm) {
			cfs_digest_set(&digest, node->algorithm, node->file.digest);
			e.digest = &digest;
		}
	}
	dump_print(out, &e);
	d->next = tree_next(n);
	return out->failed ? -1 : 1;
}

void dump_tree_release(struct dump_tree *d)
{
	buf_release(&d->path);
	buf_release(&d->link);
	free(d->xattrs);
}
