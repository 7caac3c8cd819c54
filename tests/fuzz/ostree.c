// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects of an OSTree repository, without their names: the first byte says
 * what the rest is. What is accepted is looked at to its last byte.
 */
#include "source/ostree/object.h"
#include "source/ostree/repo.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Reads all of it, so that a sanitizer sees a span that is too long. */
static u64 sum(const void *p, size_t len)
{
	const u8 *s = p;
	u64 v = 0;

	for (size_t i = 0; i < len; i++)
		v += s[i];
	return v;
}

static u64 try_dirtree(struct cfs_span s, struct error *err)
{
	struct ostree_dirtree t;
	struct ostree_entry e;
	u64 v = 0;

	if (ostree_dirtree_decode(&t, s, err))
		return 0;
	for (u64 i = 0; i < t.files.n && !ostree_entry_decode(&e, &t, false, i, err); i++)
		v += sum(e.name, e.len) + sum(e.sum, sizeof(*e.sum));
	for (u64 i = 0; i < t.dirs.n && !ostree_entry_decode(&e, &t, true, i, err); i++)
		v += sum(e.name, e.len) + sum(e.sum, sizeof(*e.sum)) + sum(e.meta, sizeof(*e.meta));
	return v;
}

/* Attributes, and the canonical header made of them. */
static u64 try_attrs(const struct ostree_attrs *a, struct cfs_span target, bool ascending,
		     struct error *err)
{
	struct buf b = { 0 };
	struct tree tree;
	struct grower *g = (tree_init(&tree), tree_grower(&tree));
	u64 v = 0;

	if (g && !ostree_xattrs_decode(&a->xattrs, ascending, g, err) &&
	    (ascending || !ostree_file_check(a->mode, target, err))) {
		ostree_header_encode(&b, a, target, &g->set);
		v = sum(b.p, b.len);
	}
	buf_release(&b);
	tree_release(&tree);
	return v;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct cfs_span s = { data + 1, size - 1 }, none = { NULL, 0 };
	struct ostree_commit commit;
	struct ostree_header header;
	struct ostree_attrs attrs;
	struct ostree_repo repo = { 0 };
	struct error err = { 0 };
	volatile u64 v = 0;

	if (!size)
		return 0;
	switch (data[0]) {
	case 'c':
		v = (u64)ostree_commit_decode(&commit, s, true, &err);
		break;
	case 't':
		v = try_dirtree(s, &err);
		break;
	case 'm':
		if (!ostree_dirmeta_decode(&attrs, s, &err))
			v = try_attrs(&attrs, none, true, &err);
		break;
	case 'u':
		if (!ostree_filemeta_decode(&attrs, s, &err))
			v = try_attrs(&attrs, none, false, &err);
		break;
	case 'h':
		if (!ostree_header_decode(&header, s, &err))
			v = try_attrs(&header.attrs, header.target, false, &err);
		break;
	default:
		v = (u64)ostree_config_parse(&repo, (const char *)s.p, s.len, &err);
	}
	(void)v;
	return 0;
}
