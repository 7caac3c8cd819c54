// SPDX-License-Identifier: GPL-2.0-only
/* Find the directory of a line, which usually is the directory of the previous line. */
#include "core/erofs.h"
#include "dump/dump_inside.h"

size_t dump_common_start(const char *a, const char *b, size_t n)
{
	size_t i = 0;
	u64 x, y;

	for (; n - i >= 8; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		if (x != y)
			break;
	}
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

/* Go down one component. */
static struct node *enter(struct parser *p, struct node *dir, const char *s, size_t len)
{
	struct name *n = tree_find(p->tree, dir, s, len, p->err);

	if (!n) {
		if (!p->err->code)
			dump_bad(p, "parent directory does not exist");
		return NULL;
	}
	if (n->is_link) {
		dump_bad(p, "parent is a hard link");
		return NULL;
	}
	if (!node_is((struct node *)n, CFS_IFDIR)) {
		dump_bad(p, "parent is not a directory");
		return NULL;
	}
	return (struct node *)n;
}

/*
 * Where the walk to the directory @path begins: at the deepest directory that it shares with
 * the previous line. *@path and *@len become the rest of the path.
 */
static struct node *start_of(struct parser *p, const char **path, size_t *len)
{
	const char *old = p->dir_path.p;
	size_t old_len = p->dir_path.len, same;
	struct node *dir = p->dir;

	if (!dir)
		return p->tree->root;
	same = dump_common_start(old, *path, old_len < *len ? old_len : *len);
	/* Go back to a place where a component ends in both paths. */
	if ((same < old_len && old[same] != '/') || (same < *len && (*path)[same] != '/'))
		while (same && old[same - 1] != '/')
			same--;
	for (size_t i = same; i < old_len; i++)
		if (old[i] != '/' && (i + 1 == old_len || old[i + 1] == '/'))
			dir = dir->name.parent;
	*path += same;
	*len -= same;
	return dir;
}

struct node *dump_find_parent(struct parser *p, const char *path, size_t len)
{
	const char *s = path, *end;
	size_t left = len;
	struct node *dir;

	if (p->dir && len == p->dir_path.len && dump_common_start(path, p->dir_path.p, len) == len)
		return p->dir;
	dir = start_of(p, &s, &left);
	end = s + left;
	for (;;) {
		const char *stop;

		while (s < end && *s == '/')
			s++;
		if (s == end)
			break;
		stop = memchr(s, '/', (size_t)(end - s));
		if (!stop)
			stop = end;
		dir = enter(p, dir, s, (size_t)(stop - s));
		if (!dir)
			return NULL;
		s = stop;
	}
	p->dir = dir;
	p->dir_path.len = 0;
	buf_add(&p->dir_path, path, len);
	if (p->dir_path.failed) {
		error_nomem(p->err);
		return NULL;
	}
	return dir;
}
