// SPDX-License-Identifier: GPL-2.0-only
/*
 * source/scan.c and what it is made of (SC-1, SC-2, SC-3, SC-4, SC-5, SC-6, WI-10, image format 13):
 * the tree is what lstat() says, whatever the number of threads; options;
 * what is left out; few descriptors; hard links.
 */
#include "source/dir/scan.h"
#include <sys/resource.h>
#include <sys/xattr.h>
#include "core/erofs.h"
#include "tests/unit/naive.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

static struct scratch scratch;
static struct notes notes;
static bool xattrs; /* the file system has user.* */

static const size_t sizes[] = { 0, 1, 64, 65, 4096, 4097, 20000 };

static void in_directory(const char *dir, unsigned int seed)
{
	char path[700], name[100];
	u8 *data = malloc(20000);

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		memset(data, (int)(seed + i), sizes[i]);
		snprintf(name, sizeof(name), "%s/file%zu", dir, (i * 5 + seed) % ARRAY_LEN(sizes));
		scratch_file(&scratch, name, data, sizes[i], (mode_t)(0600 + i));
	}
	free(data);
	snprintf(path, sizeof(path), "%s/%s", scratch_path(&scratch, dir), "a\nb \xff=\\");
	CHECK(!symlink("target/../of it", path), "symlink");
	snprintf(path, sizeof(path), "%s/%s", scratch_path(&scratch, dir), "fifo");
	CHECK(!mkfifo(path, 0640), "mkfifo");
	if (geteuid() == 0) {
		snprintf(path, sizeof(path), "%s/%s", scratch_path(&scratch, dir), "device");
		CHECK(!mknod(path, S_IFCHR | 0600, 0x105), "mknod");
		snprintf(path, sizeof(path), "%s/%s", scratch_path(&scratch, dir), "whiteout");
		CHECK(!mknod(path, S_IFCHR, 0), "mknod");
	}
}

static void make(void)
{
	char name[100];

	CHECK(!mkdir(scratch_path(&scratch, "src"), 0751), "mkdir");
	in_directory("src", 1);
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "src/d%u", (i * 7) % 20);
		CHECK(!mkdir(scratch_path(&scratch, name), 0700 + i), "mkdir");
		in_directory(name, i * 20);
		snprintf(name, sizeof(name), "src/d%u/empty", (i * 7) % 20);
		CHECK(!mkdir(scratch_path(&scratch, name), 0755), "mkdir");
	}
	CHECK(!link(scratch_path(&scratch, "src/d7/fifo"),
		    scratch_path(&scratch, "src/d1/zfifo")) &&
		      !link(scratch_path(&scratch, "src/d9/file1"),
			    scratch_path(&scratch, "src/d10/afile")) &&
		      !link(scratch_path(&scratch, "src/d9/file1"),
			    scratch_path(&scratch, "src/zfile")),
	      "links");
	xattrs = !setxattr(scratch_path(&scratch, "src/d3"), "user.dir", "x", 1, 0) &&
		 !setxattr(scratch_path(&scratch, "src/d3/file2"), "user.b", "", 0, 0) &&
		 !setxattr(scratch_path(&scratch, "src/d3/file2"), "user.a", "value", 5, 0);
	if (geteuid() == 0)
		CHECK(!lsetxattr(scratch_path(&scratch, "src/d3/a\nb \xff=\\"), "trusted.l", "link",
				 4, 0),
		      "an xattr of a link");
}

static void check_file(const struct node *node, const char *path, const struct stat *st)
{
	char room[CFS_OBJECT_NAME_MAX];
	struct cfs_digest want;
	u8 *data;
	int fd;

	if (!st->st_size) {
		CHECK(!node->file.content && !node->file.digest, "an empty file");
		return;
	}
	data = malloc((size_t)st->st_size);
	fd = open(path, O_RDONLY);
	CHECK(read(fd, data, (size_t)st->st_size) == st->st_size, "read");
	if (st->st_size <= SCAN_INLINE) {
		CHECK(node->file.content && !memcmp(node->file.content, data, (size_t)st->st_size),
		      "content of %s", path);
	} else {
		size_t len = 0;
		char name[CFS_OBJECT_NAME_MAX];
		const char *payload = node_payload(node, room, &len);

		naive_verity(data, (size_t)st->st_size, want.b);
		cfs_object_name(name, CFS_SHA256, want.b);
		CHECK(!node->file.content && node->file.digest &&
			      !memcmp(node->file.digest, want.b, 32),
		      "digest of %s", path);
		CHECK(len == 65 && !memcmp(payload, name, len), "object name of %s", path);
	}
	close(fd);
	free(data);
}

/* A node against lstat() and its like; @links: the tree was made with hardlinks. */
static void check_node(const struct node *node, const char *path)
{
	char target[100];
	struct stat st;
	ssize_t n;

	CHECK(!lstat(path, &st), "%s", path);
	CHECK(node->mode == (st.st_mode & 0xffff) && node->uid == st.st_uid &&
		      node->gid == st.st_gid,
	      "owner of %s", path);
	CHECK(node->mtime == st.st_mtim.tv_sec && node->mtime_nsec == (u32)st.st_mtim.tv_nsec,
	      "time of %s", path);
	CHECK(node->rdev == (S_ISCHR(st.st_mode) ? st.st_rdev : 0), "rdev of %s", path);
	CHECK(node->size == (S_ISDIR(st.st_mode) ? 0u : (u64)st.st_size), "size of %s", path);
	n = llistxattr(path, NULL, 0);
	CHECK((n > 0) == (node->nxattrs > 0), "xattrs of %s", path);
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, target, sizeof(target));
		CHECK(n == node->payload_len && !memcmp(target, node->file.payload, (size_t)n),
		      "target of %s", path);
	}
	if (S_ISREG(st.st_mode))
		check_file(node, path, &st);
}

/* All of a tree, and how many names it has. */
static unsigned int check_tree(struct tree *tree)
{
	unsigned int n = 0;

	for (struct name *name = &tree->root->name; name; name = tree_next(name), n++) {
		struct buf path = { 0 };

		buf_str(&path, scratch_path(&scratch, "src"));
		if (name->parent)
			tree_path(&path, name);
		buf_byte(&path, 0);
		check_node(name_node(name), path.p);
		buf_release(&path);
	}
	return n;
}

/* Scan and seal; the caller releases. */
static int scan(struct tree *tree, const char *source, const struct scan_options *options,
		struct error *err)
{
	struct scan_options o = *options;
	u32 line;

	tree_init(tree);
	o.notes = &notes;
	return scan_directory(tree, scratch_path(&scratch, source), &o, err) ||
			       tree_seal(tree, &line, err)
		       ? -1
		       : 0;
}

static bool same(struct tree *a, struct tree *b)
{
	struct name *x = &a->root->name, *y = &b->root->name;

	for (; x && y; x = tree_next(x), y = tree_next(y))
		if (x->len != y->len || x->is_link != y->is_link ||
		    (x->len && memcmp(x->s, y->s, x->len)) ||
		    name_node(x)->nlink != name_node(y)->nlink ||
		    name_node(x)->name.id != name_node(y)->name.id ||
		    name_node(x)->nxattrs != name_node(y)->nxattrs)
			return false;
	return !x && !y;
}

static unsigned int all; /* names in the source */

static void threads(bool hardlinks)
{
	static const unsigned int counts[] = { 1, 2, 3, 8, 40 };
	struct scan_options o = { .algorithm = CFS_SHA256, .hardlinks = hardlinks };
	struct tree tree[ARRAY_LEN(counts)];
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		o.threads = counts[i];
		CHECK(!scan(&tree[i], "src", &o, &err), "%u threads: %s", counts[i], err.text);
		all = check_tree(&tree[i]);
		CHECK(same(&tree[0], &tree[i]), "%u threads", counts[i]);
		CHECK(tree[i].links == (hardlinks ? 3u : 0u) &&
			      tree[i].nodes + tree[i].links == all,
		      "numbers");
	}
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		tree_release(&tree[i]);
}

static const struct name *find(const struct tree *tree, const char *path)
{
	const struct name *n = &tree->root->name;
	struct buf b = { 0 };

	for (; n; n = tree_next(n)) {
		b.len = 0;
		tree_path(&b, n);
		if (b.len == strlen(path) && !memcmp(b.p, path, b.len))
			break;
	}
	buf_release(&b);
	return n;
}

/* The first in dump order holds the inode. */
static void hardlinks(void)
{
	struct scan_options o = { .algorithm = CFS_SHA256, .hardlinks = true, .threads = 2 };
	const struct name *first, *second;
	struct error err = { 0 };
	struct tree tree;

	threads(true);
	CHECK(!scan(&tree, "src", &o, &err), "%s", err.text);
	first = find(&tree, "/d10/afile");
	second = find(&tree, "/d9/file1");
	CHECK(!first->is_link && ((const struct node *)first)->nlink == 3, "/d10/afile");
	CHECK(second->is_link &&
		      ((const struct link *)second)->target == (const struct node *)first,
	      "/d9/file1");
	CHECK(find(&tree, "/zfile")->is_link, "/zfile");
	first = find(&tree, "/d1/zfifo");
	CHECK(!first->is_link && ((const struct node *)first)->nlink == 2 &&
		      find(&tree, "/d7/fifo")->is_link,
	      "/d1/zfifo");
	tree_release(&tree);
}

static u32 count_xattrs(struct tree *tree)
{
	u32 n = 0;

	for (struct name *name = &tree->root->name; name; name = tree_next(name))
		n += name_node(name)->nxattrs;
	return n;
}

static void options(void)
{
	const bool root = geteuid() == 0;
	struct scan_options o = { .algorithm = CFS_SHA256, .threads = 2 };
	struct error err = { 0 };
	struct tree tree;
	u32 nodes;

	CHECK(!scan(&tree, "src", &o, &err), "%s", err.text);
	nodes = tree.nodes;
	CHECK(!xattrs || count_xattrs(&tree) == 3u + root, "%u xattrs", count_xattrs(&tree));
	tree_release(&tree);
	o.user_xattrs = true;
	CHECK(!scan(&tree, "src", &o, &err) && (!xattrs || count_xattrs(&tree) == 3),
	      "user_xattrs");
	tree_release(&tree);
	o.user_xattrs = false;
	o.skip_xattrs = o.use_epoch = o.skip_devices = true;
	CHECK(!scan(&tree, "src", &o, &err) && count_xattrs(&tree) == 0, "skip_xattrs");
	CHECK(tree.nodes == nodes - (root ? 42 : 0), "skip_devices: %u of %u", tree.nodes, nodes);
	for (u32 i = 0; i < tree.nodes; i++)
		CHECK(tree.order[i]->mtime == 0 && tree.order[i]->mtime_nsec == 0, "use_epoch");
	tree_release(&tree);
}

static void left_out(void)
{
	static const char *const names[] = { "/d0",    "/d19",      "/d8",
					     "/zfile", "/d8/file3", "/d5/empty" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct scan_exclude exclude = { .what = "the output file" };
		struct scan_options o = { .algorithm = CFS_SHA256,
					  .threads = 1 + (unsigned int)i % 2,
					  .exclude = &exclude,
					  .excludes = 1 };
		struct error err = { 0 };
		char path[100], want[800];
		struct tree tree;
		struct stat st;

		snprintf(path, sizeof(path), "src%s", names[i]);
		CHECK(!lstat(scratch_path(&scratch, path), &st), "lstat");
		exclude.dev = st.st_dev;
		exclude.ino = st.st_ino;
		CHECK(!scan(&tree, "src", &o, &err), "%s: %s", names[i], err.text);
		CHECK(!find(&tree, names[i]) && find(&tree, "/d1"), "%s is left out (WI-10)",
		      names[i]);
		check_tree(&tree);
		snprintf(want, sizeof(want), "%s: the output file, left out",
			 scratch_path(&scratch, path));
		CHECK(notes.text.len && strstr(notes.text.p, want), "the note: %s", notes.text.p);
		notes.text.len = 0;
		tree_release(&tree);
	}
}

static void refused(const char *source, const char *text)
{
	struct scan_options o = { .algorithm = CFS_SHA256, .threads = 2 };
	struct error err = { 0 };
	struct tree tree;
	char want[700];

	snprintf(want, sizeof(want), "%s: %s", scratch_path(&scratch, source), text);
	CHECK(scan(&tree, source, &o, &err) == -1 && !strcmp(err.text, want), "%s: %s", source,
	      err.text);
	tree_release(&tree);
}

static void refusals(void)
{
	char value[40000], path[700], want[900];
	struct scan_options o = { .algorithm = CFS_SHA256, .threads = 2 };
	struct error err = { 0 };
	struct tree tree;

	refused("none", "open: No such file or directory");
	refused("src/file1", "not a directory");
	CHECK(!symlink("src", scratch_path(&scratch, "link")), "symlink");
	refused("link", "not a directory");
	if (geteuid()) {
		CHECK(!chmod(scratch_path(&scratch, "src/d4/file4"), 0), "chmod");
		refused("src", "open: Permission denied");
		CHECK(!chmod(scratch_path(&scratch, "src/d4/file4"), 0600), "chmod");
	}
	/* On file systems with room for it: more than the budget of 5.6. */
	memset(value, 'v', sizeof(value));
	snprintf(path, sizeof(path), "%s", scratch_path(&scratch, "src/d4/file4"));
	if (setxattr(path, "user.big", value, sizeof(value), 0))
		return;
	snprintf(want, sizeof(want), "%s: more than 32767 bytes of extended attributes", path);
	CHECK(scan(&tree, "src", &o, &err) == -1 && !strcmp(err.text, want), "%s", err.text);
	tree_release(&tree);
	removexattr(path, "user.big");
}

/* SC-6: deeper than descriptors reach, and more threads than there are descriptors for. */
static int deep(void *arg)
{
	struct scan_options o = { .algorithm = CFS_SHA256, .threads = *(unsigned int *)arg };
	const unsigned int levels = 700;
	struct rlimit r = { 40, 40 };
	struct error err = { 0 };
	struct name *n;
	struct tree tree;
	unsigned int depth = 0;
	int rc = 0;

	if (chdir(scratch.dir) || mkdir("deep", 0755) || chdir("deep"))
		return 77;
	for (unsigned int i = 0; i < levels; i++)
		if (mkdir("x", 0755) || mkdir("y", 0755) || mkdir("z", 0755) || chdir("x"))
			return 77;
	if (chdir(scratch.dir) || setrlimit(RLIMIT_NOFILE, &r))
		return 77;
	if (scan(&tree, "deep", &o, &err))
		rc = 1;
	for (n = rc ? NULL : tree.root->dir.first; n; n = ((struct node *)n)->dir.first)
		depth++;
	if (!rc && (depth != levels || tree.nodes != 3 * levels + 1))
		rc = 2;
	tree_release(&tree);
	/* Too deep for what removes the rest. */
	if (chdir("deep"))
		return 3;
	for (unsigned int i = 0; i < levels; i++)
		if (chdir("x"))
			return 3;
	for (unsigned int i = 0; i < levels; i++)
		if (chdir("..") || rmdir("x") || rmdir("y") || rmdir("z"))
			return 4;
	return chdir("..") || rmdir("deep") ? 5 : rc;
}

/* Without listxattr() through /proc: by name (SC-4). */
static int without_proc(void *arg)
{
	struct scan_options o = { .algorithm = CFS_SHA256, .threads = 2 };
	struct error err = { 0 };
	struct tree tree;
	int rc = 0;

	(void)arg;
	scratch_forbid(SYS_listxattr, 0, 0, ENOENT);
	if (scan(&tree, "src", &o, &err))
		return strstr(err.text, "cannot be read without /proc") ? 77 : 1;
	if (xattrs && count_xattrs(&tree) != 3u + (geteuid() == 0))
		rc = 2;
	tree_release(&tree);
	return rc;
}

void unit_source_dir_scan(void)
{
	static unsigned int counts[] = { 1, 2, 1000 };
	mode_t mask = umask(022);
	int rc;

	scratch_begin(&scratch);
	notes_init(&notes);
	make();
	threads(false);
	hardlinks();
	options();
	left_out();
	refusals();
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		rc = scratch_child(deep, &counts[i]);
		CHECK(rc == 0 || rc == 77, "deep, %u threads: %d", counts[i], rc);
	}
	rc = scratch_child(without_proc, NULL);
	CHECK(rc == 0 || rc == 77, "without /proc: %d", rc);
	notes_release(&notes);
	scratch_end(&scratch);
	umask(mask);
}
