// SPDX-License-Identifier: GPL-2.0-only
/*
 * source/layers.c (toc 4.4, 5, 6; tar 4, 5): names, what replaces what,
 * whiteouts, hard links and their homes, in layers that are sets and in lists.
 */
#include "source/layers/layers.h"
#include "base/text.h"
#include "core/erofs.h"
#include "tests/unit/made.h"

/*
 * A row's layers, separated by '|'; in a layer entries separated by blanks:
 *	d:PATH  directory, mode 0700    f:PATH  file    l:PATH=TARGET  hard link
 * The tree as `find` would print it, with = and the home of a hard link, + and
 * the number of names of a node that has several, ! for an opaque directory, ? for
 * a device.
 */
struct row {
	const char *layers;
	const char *tree;
	const char *what; /* the refusal */
};

#define BOTH 2 /* as set and as list, else only that */

static const struct row both[] = {
	{ "", "/", NULL },
	{ "f:a d:b f:b/c", "/ a b b/c", NULL },
	{ "f:/a d:./b/ f:b//./c", "/ a b b/c", NULL },
	{ "f:x/y/z", "/ x x/y x/y/z", NULL },
	{ "d:.", "/", NULL },
	{ "f:../a", NULL, "component \"..\" in a name" },
	{ "f:a/..", NULL, "component \"..\" in a name" },
	{ "f:.", NULL, "the root is not a directory" },
	/* whiteouts */
	{ "f:a f:b f:d/e|f:.wh.a", "/ b d d/e", NULL },
	{ "f:a f:b f:d/e|f:.wh.d", "/ a b", NULL },
	{ "f:a|f:.wh.zz f:zz/.wh.y", "/ a", NULL },
	{ "f:d/a f:d/b|f:d/c f:d/.wh..wh..opq", "/ d d/c", NULL },
	{ "f:d/a f:d/b|f:d/.wh..wh..opq f:d/a", "/ d d/a", NULL },
	{ "f:d/a f:b|f:.wh..wh..opq", "/", NULL },
	{ "f:d/a|f:.wh.d f:d/b", "/ d d/b", NULL },
	{ "f:d/a|f:d/b f:.wh.d", "/ d d/b", NULL },
	{ "f:d/a|f:.wh.d|f:d/c", "/ d d/c", NULL },
	{ "f:d/a/b|f:.wh.d|d:d|d:d/a", "/ d d/a", NULL },
	{ "f:.wh..wh.plnk/x f:.wh..wh.aufs f:a", "/ a", NULL },
	{ "f:a/.wh..wh.aufs", NULL, "whiteout of a whiteout" },
	{ "f:.wh.a/b", NULL, "name of a whiteout inside a path" },
	{ "f:.wh..wh..opq/b", NULL, "name of a whiteout inside a path" },
	{ "d:.wh.a", NULL, "whiteout that is a directory" },
	{ "f:.wh.", NULL, "whiteout of an empty name" },
	{ "f:.wh..", NULL, "whiteout of \".\"" },
	{ "f:a/.wh...", NULL, "whiteout of \"..\"" },
	/* replacing */
	{ "f:a|d:a f:a/b", "/ a a/b", NULL },
	{ "f:a/b|f:a", "/ a", NULL },
	{ "f:a/b|f:a|f:.wh.a f:a/c", "/ a a/c", NULL },
	{ "f:a/b|d:a", "/ a a/b", NULL },
	{ "f:a|f:a/b", NULL, "lies below something that is not a directory" },
	{ "f:a|f:.wh.a f:a/b", "/ a a/b", NULL },
	{ "f:d/e/f|f:d/e|d:d/e", "/ d d/e", NULL },
	/* hard links */
	{ "f:a l:b=a l:c=./b", "/ a+3 b=a c=a", NULL },
	{ "l:a=b l:b=c f:c", "/ a=c b=c c+3", NULL },
	{ "l:a=d/x f:d/x", "/ a=d/x d d/x+2", NULL },
	{ "f:a|l:b=a", "/ a+2 b=a", NULL },
	{ "f:a|l:b=a f:.wh.a", NULL, "hard link to a name that does not exist" },
	{ "f:a|l:b=a f:a", NULL, NULL }, /* see set and list */
	{ "f:m l:z=m l:a=m|f:.wh.m", "/ a+2 z=a", NULL },
	{ "f:m l:z=m l:d/a=m|f:.wh.m", "/ d d/a+2 z=d/a", NULL },
	{ "f:m l:z=m|f:m", "/ m z", NULL },
	{ "f:m/m l:z=m/m l:n/n=z|f:.wh.m|f:.wh.n", "/ z", NULL },
	{ "f:m l:z=m|f:.wh.z", "/ m", NULL },
	{ "l:a=b", NULL, "hard link to a name that does not exist" },
	{ "l:a=a", NULL, "hard link to itself" },
	{ "l:a=b l:b=c l:c=a", NULL, "hard link into a cycle of hard links" },
	{ "d:d l:a=d", NULL, "hard link to a directory" },
	{ "l:a=/", NULL, "hard link to a directory" },
	{ "f:x l:a=x/y", NULL, "hard link to a name that does not exist" },
	{ "l:a=../x", NULL, "component \"..\" in a name" },
};

static const struct row set[] = {
	{ "f:a f:a", "/ a", NULL },
	{ "d:a f:a/b d:a", "/ a a/b", NULL },
	{ "d:a f:a", NULL, "differs from an earlier entry of the same name" },
	{ "l:a=b l:a=./b f:b", "/ a=b b+2", NULL },
	{ "l:a=b l:a=c f:b f:c", NULL, "differs from an earlier entry of the same name" },
	{ "f:a f:a/b", NULL, "lies below an entry that is not a directory" },
	{ "f:a/b/c f:a", NULL, "is not a directory, and an entry lies below it" },
	{ "l:a=x f:a/b/c f:x", NULL, "lies below an entry that is not a directory" },
	{ "f:s|f:s/a d:s", "/ s s/a", NULL },
	{ "f:a|l:b=a f:a", "/ a+2 b=a", NULL },
};

static const struct row list[] = {
	{ "f:a f:a l:b=a", "/ a+2 b=a", NULL },
	{ "f:a l:b=a f:a", "/ a b", NULL },
	{ "f:a d:a f:a/b", "/ a a/b", NULL },
	{ "f:a/b f:a", "/ a", NULL },
	{ "f:a/b f:a d:a", "/ a", NULL },
	{ "f:a f:a/b", NULL, "lies below something that is not a directory" },
	{ "f:a f:a/b d:a", NULL, "lies below something that is not a directory" },
	{ "l:a=z f:a f:z", "/ a z", NULL },
	{ "l:a=z d:a f:a/b", "/ a a/b", NULL },
	{ "f:s|f:s/a d:s", NULL, "lies below something that is not a directory" },
	{ "f:a|l:b=a f:a", "/ a+2 b=a", NULL },
	{ "f:a l:a=a", NULL, "hard link to itself" },
	{ "f:m l:b=m l:c=m f:m", "/ b+2 c=b m", NULL },
};

static const struct row overlay[] = {
	{ "f:.wh.a", "/ a?", NULL },
	{ "f:d/.wh.a f:d/.wh..wh..opq", "/ d! d/a?", NULL },
	{ "f:.wh.a d:a", "/ a!", NULL },
	{ "f:.wh.a f:a", "/ a", NULL },
	{ "f:.wh.a f:a/.wh.b", "/ a! a/b?", NULL },
	{ "f:a/.wh.b f:.wh.a", "/ a! a/b?", NULL },
	{ "f:.wh..wh..opq", "/!", NULL },
	{ "f:a f:a/.wh.b", NULL, "lies below something that is not a directory" },
	{ "l:b=a f:.wh.a", NULL, "hard link to a name that does not exist" },
};

static const struct row keep[] = {
	{ "f:a|f:.wh.a f:.wh..wh..opq d:.wh.d f:.wh.d/.wh.",
	  "/ .wh..wh..opq .wh.a .wh.d .wh.d/.wh. a", NULL },
};

/* An entry: "f:NAME" and so on, up to @end. */
static int put(struct layers *l, const char *s, const char *end, bool as_list, struct error *err)
{
	const char *name = s + 2, *equal = memchr(s, '=', (size_t)(end - s));
	struct layers_name what = { .is_dir = *s == 'd', .line = 7 };
	struct place *place;
	struct name *thing;

	if (layers_name(l, name, (size_t)((equal ? equal : end) - name), &what, &place, err))
		return -1;
	if (!place)
		return 0;
	if (equal) {
		struct link *link = layers_link(l, equal + 1, (size_t)(end - equal - 1), 7, err);

		if (!link)
			return -1;
		thing = &link->name;
	} else {
		thing = &layers_node(l, *s == 'd' ? CFS_IFDIR | 0700 : CFS_IFREG | 0600, 7)->name;
	}
	return as_list ? layers_append(l, place, thing) : layers_put(l, place, thing, err);
}

static int put_layers(struct layers *l, const char *s, bool as_list, struct error *err)
{
	while (*s) {
		while (*s && *s != '|') {
			size_t n = strcspn(s, " |");

			if (put(l, s, s + n, as_list, err))
				return -1;
			s += n + (s[n] == ' ');
		}
		if (layers_end(l, err))
			return -1;
		s += *s == '|';
	}
	return 0;
}

static void print(const struct tree *tree, struct buf *b)
{
	b->len = 0;
	for (struct name *n = &tree->root->name; n; n = tree_next(n)) {
		const struct node *node = name_node(n);
		struct buf path = { 0 };

		tree_path(&path, n);
		if (n->parent) {
			buf_byte(b, ' ');
			buf_add(b, path.p + 1, path.len - 1);
		} else {
			buf_byte(b, '/');
		}
		path.len = 0;
		if (n->is_link) {
			tree_path(&path, &node->name);
			buf_byte(b, '=');
			buf_add(b, path.p + 1, path.len - 1);
		} else if (node->nlink != 1) {
			buf_byte(b, '+');
			buf_dec(b, node->nlink);
		}
		if (xattr_get(node->xattrs, node->nxattrs, "trusted.overlay.opaque"))
			buf_byte(b, '!');
		if (node_is_whiteout(node))
			buf_byte(b, '?');
		buf_release(&path);
	}
	buf_byte(b, 0);
}

static void run(const struct row *row, enum whiteouts whiteouts, bool as_list)
{
	struct buf is = { 0 };
	struct error err = { 0 };
	struct layers l;
	struct tree tree;
	u32 line;
	int rc;

	tree_init(&tree);
	rc = layers_init(&l, &tree, whiteouts);
	if (!rc)
		rc = put_layers(&l, row->layers, as_list, &err);
	if (!rc)
		rc = layers_finish(&l, &err);
	layers_release(&l);
	if (!rc)
		rc = tree_seal(&tree, &line, &err);
	CHECK(!rc == !row->what, "%s: %s", row->layers, err.text);
	CHECK(!rc || !row->what || !strcmp(err.text, row->what), "%s: %s", row->layers, err.text);
	if (!rc) {
		print(&tree, &is);
		CHECK(!row->tree || !strcmp(is.p, row->tree), "%s: %s", row->layers, is.p);
		CHECK(made_image(&tree, &err), "%s: image: %s", row->layers, err.text);
	}
	tree_release(&tree);
	buf_release(&is);
}

/* Many names, replaced and removed over and over: each layer costs what it holds. */
static void many(void)
{
	struct error err = { 0 };
	struct layers l;
	struct tree tree;
	struct place *place;
	char name[32];
	u32 line;
	int rc;

	tree_init(&tree);
	rc = layers_init(&l, &tree, WHITEOUTS_APPLY);
	for (int layer = 0; layer < 3000 && !rc; layer++) {
		for (int i = 0; i < (layer ? 1 : 3000) && !rc; i++) {
			int n = layer ? layer : i;

			snprintf(name, sizeof(name), "d%d/%sf%d", n % 10,
				 layer && layer % 3 == 0 ? ".wh." : "", n);
			rc = layers_name(&l, name, strlen(name), &(struct layers_name){ 0 }, &place,
					 &err);
			if (!rc && place)
				rc = layers_put(&l, place, &layers_node(&l, CFS_IFREG, 0)->name,
						&err);
		}
		if (!rc)
			rc = layers_end(&l, &err);
	}
	if (!rc)
		rc = layers_finish(&l, &err);
	layers_release(&l);
	if (!rc)
		rc = tree_seal(&tree, &line, &err);
	CHECK(!rc && tree.nodes == 1 + 10 + 3000 - 999, "%u nodes, %s", tree.nodes, err.text);
	tree_release(&tree);
}

void unit_source_layers_layers(void)
{
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		run(&both[i], WHITEOUTS_APPLY, false);
		run(&both[i], WHITEOUTS_APPLY, true);
	}
	for (size_t i = 0; i < ARRAY_LEN(set); i++)
		run(&set[i], WHITEOUTS_APPLY, false);
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		run(&list[i], WHITEOUTS_APPLY, true);
	for (size_t i = 0; i < ARRAY_LEN(overlay); i++) {
		run(&overlay[i], WHITEOUTS_OVERLAY, false);
		run(&overlay[i], WHITEOUTS_OVERLAY, true);
	}
	for (size_t i = 0; i < ARRAY_LEN(keep); i++)
		run(&keep[i], WHITEOUTS_KEEP, false);
	many();
}
