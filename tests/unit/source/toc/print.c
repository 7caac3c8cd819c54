// SPDX-License-Identifier: GPL-2.0-only
/* source/toc_print.c: the JSON of a tree with one of everything that it can hold (ostree 7). */
#include "source/toc/print.h"
#include "tests/unit/unit.h"

#define REST "22222222222222222222222222222222222222222222222222222222222222"

static const char want[] =
	"{\"version\":1,\"entries\":[\n"
	"{\"type\":\"dir\",\"name\":\".\",\"mode\":16877,\"uid\":0,\"gid\":0,"
	"\"xattrs\":{\"user.0\":\"\",\"user.1\":\"MQ==\",\"user.2\":\"MTI=\",\"user.3\":\"MTIz\",\"user.4\":\"/+8+Pw==\"}},\n"
	"{\"type\":\"reg\",\"name\":\"a\\\"b\\\\\\u000a\\u007f\xc3\xa4\",\"mode\":35309,\"uid\":4294967295,\"gid\":7,\"size\":0},\n"
	"{\"type\":\"dir\",\"name\":\"dir\",\"mode\":16877,\"uid\":0,\"gid\":0},\n"
	"{\"type\":\"reg\",\"name\":\"dir/object\",\"mode\":33188,\"uid\":0,\"gid\":0,\"size\":9007199254740993,"
	"\"x-payload\":\"22/" REST "\",\"x-digest\":\"22" REST "\"},\n"
	"{\"type\":\"symlink\",\"name\":\"link\",\"mode\":41471,\"uid\":0,\"gid\":0,\"linkName\":\"../x y\"}\n"
	"]}\n";

static void put_xattr(struct grower *g, const char *name, const char *value)
{
	const struct xattr *x = xattr_intern(&g->pool, name, strlen(name), value, strlen(value));

	CHECK(x && !xattr_set_put(&g->set, x), "%s", name);
}

/* Root with xattrs, and the tree above. */
static struct grower *fill(struct tree *tree)
{
	static const char *const values[] = { "", "1", "12", "123", "\xff\xef\x3e\x3f" };
	struct grower *g = (tree_init(tree), tree_grower(tree));
	struct node *root = tree_add(g, NULL, NULL, 0, 040755), *dir, *node;
	struct cfs_digest digest;
	char name[] = "user.0";

	for (size_t i = 0; i < ARRAY_LEN(values); i++, name[5]++)
		put_xattr(g, name, values[i]);
	CHECK(!node_set_xattrs(g, root), "xattrs");
	node = tree_add(g, root, "a\"b\\\n\x7f\xc3\xa4", 8, 0104755);
	node->uid = UINT32_MAX;
	node->gid = 7;
	dir = tree_add(g, root, "dir", 3, 040755);
	node = tree_add(g, dir, "object", 6, 0100644);
	memset(&digest, 0x22, sizeof(digest));
	digest.algorithm = CFS_SHA256;
	node->size = ((u64)1 << 53) + 1;
	CHECK(!node_set_digest(g, node, &digest) && !node_set_payload(g, node, "22/" REST, 65),
	      "payload");
	node = tree_add(g, root, "link", 4, 0120777);
	CHECK(!node_set_payload(g, node, "../x y", 6), "target");
	node->size = 6;
	return g;
}

/* Seal, print, release. */
static int print(struct tree *tree, struct buf *out, struct error *err)
{
	struct toc_print p;
	u32 line;
	int rc;

	CHECK(!tree_seal(tree, &line, err), "seal");
	toc_print_start(&p, tree);
	do
		rc = toc_print_line(&p, out, err);
	while (rc > 0);
	toc_print_release(&p);
	tree_release(tree);
	return rc;
}

/* What cannot be written is an error that names it. */
static void refusals(struct buf *out)
{
	static const u32 types[] = { 0020644, 0060644, 0010644, 0140644 };
	struct error err = { 0 };
	struct tree tree;
	struct grower *g;
	struct node *node;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		g = fill(&tree);
		tree_add(g, tree.root, "odd", 3, types[i]);
		CHECK(print(&tree, out, &err) < 0 && !strncmp(err.text, "/odd: ", 6),
		      "type 0%o: %s", types[i], err.text);
	}
	g = fill(&tree);
	xattr_set_clear(&g->set);
	put_xattr(g, "user.\xff", "");
	node = tree_add(g, tree.root, "odd", 3, 0100644);
	CHECK(!node_set_xattrs(g, node) && print(&tree, out, &err) < 0 && strstr(err.text, "UTF-8"),
	      "xattr: %s", err.text);
	g = fill(&tree);
	tree_add(g, tree.root, "\xff", 1, 0100644);
	CHECK(print(&tree, out, &err) < 0 && strstr(err.text, "UTF-8"), "name: %s", err.text);
	g = fill(&tree);
	node = tree_add(g, tree.root, "inline", 6, 0100644);
	CHECK(!node_set_content(g, node, "x", 1) && print(&tree, out, &err) < 0, "content");
}

void unit_source_toc_print(void)
{
	struct buf out = { 0 };
	struct error err = { 0 };
	struct tree tree;

	fill(&tree);
	CHECK(!print(&tree, &out, &err), "%s", err.text);
	CHECK(out.len == sizeof(want) - 1 && !memcmp(out.p, want, out.len), "%.*s", (int)out.len,
	      out.p);
	refusals(&out);
	buf_release(&out);
}
