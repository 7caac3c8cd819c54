// SPDX-License-Identifier: GPL-2.0-only
/*
 * base/store*.c, base/object.c, base/content.c: ST-1, ST-2, ST-3, ST-4, ST-5, ST-6, ST-7, ST-8, ST-9, ST-11 and ST-13
 * as far as one process shows them.
 */
#include "store/content.h"
#include "store/store.h"
#include <dirent.h>
#include <sys/file.h>
#include <sys/resource.h>
#include "files/io.h"
#include "store/object.h"
#include "base/workers.h"
#include "tests/unit/naive.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

static struct scratch scratch;
static struct notes notes;

static void digest_of(const void *p, size_t len, struct cfs_digest *d, char path[OBJECT_PATH + 3])
{
	d->algorithm = CFS_SHA256;
	naive_verity(p, len, d->b);
	memcpy(path, "st/", 3);
	object_path(path + 3, d);
}

/* Number of files below a directory of the scratch, that all are objects; -1: one is not. */
static int objects(const char *name)
{
	char path[700], sub[1000];
	struct dirent *e, *f;
	int n = 0;
	DIR *d, *dd;

	snprintf(path, sizeof(path), "%s", scratch_path(&scratch, name));
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' && strlen(e->d_name) < 3)
			continue;
		if (strlen(e->d_name) != 2)
			n = -1000000;
		snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
		dd = opendir(sub);
		while (dd && (f = readdir(dd)))
			if (f->d_name[0] != '.' || strlen(f->d_name) > 2)
				n += strlen(f->d_name) == 62 ? 1 : -1000000;
		closedir(dd);
	}
	if (d)
		closedir(d);
	return n < 0 ? -1 : n;
}

static void drop_notes(void)
{
	notes.text.len = 0;
}

static int put_file(struct content *c, const char *name, struct cfs_digest *d, struct error *err)
{
	int fd = open(scratch_path(&scratch, name), O_RDONLY), rc;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return error_sys(err, "open");
	d->algorithm = CFS_SHA256;
	rc = content_put(c, fd, &st, d->b, err);
	close(fd);
	return rc;
}

static const size_t sizes[] = { 1, 65, 4096, 4097, 100000, 1 << 20, (1 << 20) + 1, (3 << 20) + 5 };

/* Files of all sizes, each twice, into the store; their names, modes and contents. */
static void fill(bool no_sync, unsigned int found)
{
	struct store_flags flags = { .algorithm = CFS_SHA256, .no_sync = no_sync };
	u8 *data = malloc(4 << 20);
	char path[OBJECT_PATH + 3], name[16];
	struct cfs_digest d[2 * ARRAY_LEN(sizes)], want;
	struct content *c;
	struct store s;
	struct error err = { 0 };
	struct stat st;
	size_t len;

	CHECK(!store_open(&s, scratch_path(&scratch, "st"), flags, &notes, &err), "open: %s",
	      err.text);
	c = content_open(&s, CFS_SHA256, NULL);
	for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
		memset(data, (int)(i / 2) + 1, sizes[i / 2]);
		snprintf(name, sizeof(name), "f%zu", i);
		scratch_file(&scratch, name, data, sizes[i / 2], 04755);
		CHECK(!put_file(c, name, &d[i], &err), "put %s: %s", name, err.text);
	}
	CHECK(!content_finish(c, &err) && !store_finish(&s, &err), "finish: %s", err.text);
	CHECK(s.counts.found == found && s.counts.stored + found == ARRAY_LEN(sizes),
	      "%llu stored, %llu found", s.counts.stored, s.counts.found);
	content_close(c);
	store_close(&s);
	CHECK(objects("st") == (int)ARRAY_LEN(sizes), "%d objects", objects("st"));
	for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
		char *p;

		memset(data, (int)(i / 2) + 1, sizes[i / 2]);
		digest_of(data, sizes[i / 2], &want, path);
		CHECK(!memcmp(d[i].b, want.b, 32), "digest of %zu bytes", sizes[i / 2]);
		p = scratch_read(&scratch, path, &len);
		CHECK(p && len == sizes[i / 2] && !memcmp(p, data, len),
		      "object of %zu bytes (ST-1)", sizes[i / 2]);
		free(p);
		CHECK(!lstat(scratch_path(&scratch, path), &st) && (st.st_mode & 07777) == 0644,
		      "its mode (ST-7)");
		path[5] = 0;
		CHECK(!lstat(scratch_path(&scratch, path), &st) && (st.st_mode & 07777) == 0755,
		      "mode of its directory");
	}
	free(data);
}

static void filling(void)
{
	umask(077);
	fill(false, 0);
	CHECK(!notes.text.len, "no warning: %s", notes.text.p);
	fill(false, ARRAY_LEN(sizes));
	umask(0);
	fill(true, ARRAY_LEN(sizes));
	CHECK(!notes.text.len, "no warning: %s", notes.text.p);
	umask(022);
}

/* ---- what stands under the name of an object (ST-5, ST-6) ---------------- */

static void other_content(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(write(fd, "wrong", 5) == 5 && !close(fd), "write");
}

static void too_long(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(write(fd, "right!", 6) == 6 && !close(fd), "write");
}

static void empty(const char *path)
{
	CHECK(!close(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644)), "create");
}

static void right(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(write(fd, "right", 5) == 5 && !fchmod(fd, mode) && !close(fd), "write");
}

static void set_uid(const char *path)
{
	right(path, 04644);
}

static void writable(const char *path)
{
	right(path, 0666);
}

static void good(const char *path)
{
	right(path, 0600);
}

static void link_to_good(const char *path)
{
	right(scratch_path(&scratch, "outside"), 0644);
	CHECK(!symlink("../../outside", path), "symlink");
}

static void dangling(const char *path)
{
	CHECK(!symlink("nowhere", path), "symlink");
}

static void fifo(const char *path)
{
	CHECK(!mkfifo(path, 0644), "mkfifo");
}

static void device(const char *path)
{
	if (mknod(path, S_IFCHR | 0644, 0x105)) /* /dev/zero */
		fifo(path);
}

static void directory(const char *path)
{
	CHECK(!mkdir(path, 0755), "mkdir");
}

static const struct {
	const char *what;
	void (*plant)(const char *path);
	bool kept, refused;
} plants[] = {
	{ "good content", good, true, false },
	{ "other content", other_content, false, false },
	{ "more content", too_long, false, false },
	{ "nothing", empty, false, false },
	{ "setuid", set_uid, false, false },
	{ "writable for all", writable, false, false },
	{ "a link to good content", link_to_good, false, false },
	{ "a dangling link", dangling, false, false },
	{ "a fifo", fifo, false, false },
	{ "a device", device, false, false },
	{ "a directory", directory, false, true },
};

static int put_right(struct error *err)
{
	struct store_flags flags = { .algorithm = CFS_SHA256, .no_sync = true };
	struct cfs_digest d;
	struct content *c;
	struct store s;
	int rc;

	scratch_file(&scratch, "right", "right", 5, 0644);
	if (store_open(&s, scratch_path(&scratch, "st"), flags, &notes, err))
		return -1;
	c = content_open(&s, CFS_SHA256, NULL);
	rc = put_file(c, "right", &d, err) || content_finish(c, err) || store_finish(&s, err) ? -1
											      : 0;
	content_close(c);
	store_close(&s);
	return rc;
}

static void planted(void)
{
	char path[OBJECT_PATH + 3], dir[8];
	struct cfs_digest d;

	digest_of("right", 5, &d, path);
	for (size_t i = 0; i < ARRAY_LEN(plants); i++) {
		struct error err = { 0 };
		struct stat before, after;
		size_t len = 0;
		char *p;
		int rc;

		snprintf(dir, sizeof(dir), "%.5s", path);
		mkdir(scratch_path(&scratch, dir), 0755);
		plants[i].plant(scratch_path(&scratch, path));
		CHECK(!lstat(scratch_path(&scratch, path), &before), "lstat");
		rc = put_right(&err);
		CHECK(!rc == !plants[i].refused, "%s: %s", plants[i].what, err.text);
		CHECK(!notes.text.len == (plants[i].kept || plants[i].refused), "%s: notes",
		      plants[i].what);
		CHECK(!lstat(scratch_path(&scratch, path), &after) &&
			      (before.st_ino == after.st_ino) ==
				      (plants[i].kept || plants[i].refused),
		      "%s: kept or replaced", plants[i].what);
		p = scratch_read(&scratch, path, &len);
		CHECK(plants[i].refused || (p && len == 5 && !memcmp(p, "right", 5)), "%s: content",
		      plants[i].what);
		free(p);
		drop_notes();
		CHECK(!remove(scratch_path(&scratch, path)), "remove");
	}
}

/* ST-6: a directory of objects that is a link leads nowhere. */
static void linked_directory(void)
{
	char path[OBJECT_PATH + 3];
	struct error err = { 0 };
	struct cfs_digest d;

	digest_of("right", 5, &d, path);
	path[5] = 0;
	CHECK(!rename(scratch_path(&scratch, path), scratch_path(&scratch, "elsewhere")) &&
		      !symlink("../elsewhere", scratch_path(&scratch, path)),
	      "a link");
	CHECK(put_right(&err) == -1 && (err.code == ENOTDIR || err.code == ELOOP), "%s", err.text);
	CHECK(!unlink(scratch_path(&scratch, path)) &&
		      !rename(scratch_path(&scratch, "elsewhere"), scratch_path(&scratch, path)),
	      "back again");
	drop_notes();
}

/* ---- the store itself --------------------------------------------------- */

static void warnings(void)
{
	struct error err = { 0 };

	CHECK(!chmod(scratch_path(&scratch, "st"), 0775) && !put_right(&err) &&
		      strstr(notes.text.p, "group or others may write"),
	      "ST-13");
	drop_notes();
	CHECK(!chmod(scratch_path(&scratch, "st"), 0755), "chmod");
}

static void locked(void)
{
	struct store_flags flags = { .algorithm = CFS_SHA256 };
	struct error err;
	struct store s;
	int fd;

	CHECK(!store_open(&s, scratch_path(&scratch, "st"), flags, &notes, &err), "open");
	fd = open(scratch_path(&scratch, "st"), O_RDONLY | O_DIRECTORY);
	CHECK(flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK, "a collector waits (ST-8)");
	CHECK(!flock(fd, LOCK_SH | LOCK_NB), "another writer does not");
	store_close(&s);
	CHECK(!flock(fd, LOCK_EX | LOCK_NB), "a collector goes on");
	close(fd);
}

static void required(void)
{
	struct store_flags flags = { .algorithm = CFS_SHA256, .require_verity = true };
	struct error err;
	struct store s;

	if (!store_open(&s, scratch_path(&scratch, "st"), flags, &notes, &err)) {
		CHECK(s.verity, "fs-verity is there");
		store_close(&s);
		return;
	}
	CHECK(err.code == EOPNOTSUPP && strstr(err.text, "fs-verity"), "without fs-verity: %s",
	      err.text);
	CHECK(store_open(&s, scratch_path(&scratch, "right"), flags, &notes, &err) &&
		      err.code == ENOTDIR,
	      "a file: %s", err.text);
	CHECK(store_open(&s, scratch_path(&scratch, "no/st"), flags, &notes, &err) &&
		      err.code == ENOENT,
	      "no directory to make it in: %s", err.text);
}

/* ST-11. */
static void sparse(void)
{
	const off_t size = 64 << 20;
	struct store_flags flags = { .algorithm = CFS_SHA256, .no_sync = true };
	int fd = open(scratch_path(&scratch, "sparse"), O_RDWR | O_CREAT, 0600);
	char path[OBJECT_PATH + 3] = "st/";
	struct content *c;
	struct cfs_digest d;
	struct error err;
	struct store s;
	struct stat st;

	CHECK(pwrite(fd, "x", 1, 33 << 20) == 1 && !ftruncate(fd, size) && !close(fd),
	      "a sparse file");
	CHECK(!store_open(&s, scratch_path(&scratch, "st"), flags, &notes, &err), "open");
	c = content_open(&s, CFS_SHA256, NULL);
	CHECK(!put_file(c, "sparse", &d, &err) && !content_finish(c, &err) &&
		      !store_finish(&s, &err),
	      "put");
	content_close(c);
	store_close(&s);
	object_path(path + 3, &d);
	CHECK(!lstat(scratch_path(&scratch, path), &st) && st.st_size == size && st.st_blocks < 64,
	      "%lld blocks", (long long)st.st_blocks);
	unlink(scratch_path(&scratch, path));
}

/* SC-3: what the file was before is not what it is. */
static void changing(void)
{
	static const size_t len[] = { 100, 5000, 2 << 20 };
	struct store_flags flags = { .algorithm = CFS_SHA256, .no_sync = true };
	u8 *data = calloc(1, 2 << 20);
	struct error err;
	struct store s;
	int n = objects("st");

	CHECK(!store_open(&s, scratch_path(&scratch, "st"), flags, &notes, &err), "open");
	for (unsigned int i = 0; i < 2 * ARRAY_LEN(len); i++) {
		struct content *c = content_open(i % 2 ? &s : NULL, CFS_SHA256, NULL);
		struct cfs_digest d;
		struct stat st;
		int fd;

		scratch_file(&scratch, "changing", data, len[i / 2], 0644);
		fd = open(scratch_path(&scratch, "changing"), O_RDWR);
		CHECK(!fstat(fd, &st), "fstat");
		st.st_size++;
		CHECK(content_put(c, fd, &st, d.b, &err) == CONTENT_CHANGED, "%zu bytes, shorter",
		      len[i / 2]);
		st.st_size -= 2;
		CHECK(content_put(c, fd, &st, d.b, &err) == CONTENT_CHANGED, "%zu bytes, longer",
		      len[i / 2]);
		st.st_size++;
		st.st_mtim.tv_nsec ^= 1;
		CHECK(content_put(c, fd, &st, d.b, &err) == CONTENT_CHANGED,
		      "%zu bytes, another time", len[i / 2]);
		CHECK(!content_finish(c, &err), "finish");
		content_close(c);
		close(fd);
	}
	CHECK(!store_finish(&s, &err), "finish");
	store_close(&s);
	CHECK(objects("st") == n, "no new object");
	free(data);
}

struct stream {
	size_t left;
	u8 byte;
};

static ssize_t read_stream(void *arg, void *to, size_t len, struct error *err)
{
	struct stream *s = arg;
	size_t n = len < s->left ? len : s->left;

	(void)err;
	memset(to, s->byte, n);
	s->left -= n;
	return (ssize_t)n;
}

static void streams(void)
{
	struct store_flags flags = { .algorithm = CFS_SHA256, .no_sync = true };
	struct error err = { 0 };
	struct store s;
	u8 *data = malloc(4 << 20);

	CHECK(!store_open(&s, scratch_path(&scratch, "st"), flags, &notes, &err), "open");
	for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
		size_t len = sizes[i / 2], got = 0;
		struct stream from = { len, (u8)(0x40 + i) };
		struct content_stream stream = { read_stream, &from, len };
		struct content *c = content_open(i % 2 ? &s : NULL, CFS_SHA256, NULL);
		char path[OBJECT_PATH + 3], *p;
		struct cfs_digest d, want;

		memset(data, from.byte, len);
		digest_of(data, len, &want, path);
		CHECK(!content_put_stream(c, &stream, d.b, &err) && !content_finish(c, &err),
		      "%zu bytes: %s", len, err.text);
		CHECK(!memcmp(d.b, want.b, 32), "digest of a stream of %zu bytes", len);
		CHECK(content_put_stream(c, &stream, d.b, &err) == -1 &&
			      strstr(err.text, "too early"),
		      "it has ended");
		content_close(c);
		if (i % 2) {
			CHECK(!store_finish(&s, &err), "finish");
			p = scratch_read(&scratch, path, &got);
			CHECK(p && got == len && !memcmp(p, data, len),
			      "object of a stream of %zu bytes", len);
			free(p);
		}
	}
	store_close(&s);
	free(data);
}

/* ---- many at once ------------------------------------------------------- */

#define MANY 600

struct many {
	struct store s;
	struct content *c[4];
	struct cfs_digest d[MANY];
};

static int put_one(struct workers *w, unsigned int index, size_t item, void *arg, struct error *err)
{
	struct many *m = arg;
	char data[5000] = { 0 };
	struct stream from = { 0 };
	struct content_stream stream = { read_stream, &from, item % 3 ? 100 : 5000 };

	(void)w;
	(void)data;
	from.left = (size_t)stream.size;
	from.byte = (u8)(item / 2); /* every content comes several times */
	return content_put_stream(m->c[index], &stream, m->d[item].b, err);
}

static int put_many_as(const char *path, struct store_flags flags)
{
	struct many *m = calloc(1, sizeof(*m));
	struct error err = { 0 };
	int rc = 1;

	for (unsigned int i = 0; i < 4; i++)
		m->c[i] = content_open(&m->s, CFS_SHA256, NULL);
	if (!store_open(&m->s, path, flags, &notes, &err) &&
	    !workers_each(4, MANY, put_one, m, &err)) {
		rc = 0;
		for (unsigned int i = 0; i < 4; i++)
			if (content_finish(m->c[i], &err))
				rc = 2;
		if (store_finish(&m->s, &err))
			rc = 3;
	}
	store_close(&m->s);
	for (unsigned int i = 0; i < 4; i++)
		content_close(m->c[i]);
	free(m);
	if (rc)
		fprintf(stderr, "# %s\n", err.text);
	return rc;
}

static int put_many(void *arg)
{
	return put_many_as(arg, (struct store_flags){ .algorithm = CFS_SHA256, .no_sync = true });
}

static int put_many_durable(void *arg)
{
	return put_many_as(arg, (struct store_flags){ .algorithm = CFS_SHA256, .no_sync = false });
}

static int without_tmpfile(void *arg)
{
	scratch_forbid(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
	return put_many(arg);
}

static int without_proc_and_right(void *arg)
{
	scratch_forbid(SYS_linkat, 4, AT_EMPTY_PATH, ENOENT);
	scratch_forbid(SYS_linkat, 4, AT_SYMLINK_FOLLOW, ENOENT);
	scratch_forbid(SYS_faccessat, 1, 0, ENOENT);
#ifdef SYS_access
	scratch_forbid(SYS_access, 1, 0, ENOENT);
#endif
	return put_many(arg);
}

static int without_openat2(void *arg)
{
	scratch_forbid(SYS_openat2, 1, 0, ENOSYS);
	return put_many(arg);
}

static int without_links(void *arg)
{
	scratch_forbid(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
	scratch_forbid(SYS_renameat2, 0, 0, EINVAL);
	return put_many(arg);
}

static int with_few_descriptors(void *arg)
{
	struct rlimit r = { 40, 40 };

	return setrlimit(RLIMIT_NOFILE, &r) ? 77 : put_many(arg);
}

static const struct {
	const char *what;
	int (*run)(void *arg);
} ways[] = {
	{ "four threads", put_many },
	{ "stable storage", put_many_durable },
	{ "no O_TMPFILE", without_tmpfile },
	{ "no link from a descriptor", without_proc_and_right },
	{ "no openat2", without_openat2 },
	{ "no O_TMPFILE and RENAME_NOREPLACE", without_links },
	{ "40 descriptors", with_few_descriptors },
};

static void many(void)
{
	char path[700], name[16];
	int n = -1;

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		int rc;

		snprintf(name, sizeof(name), "many%zu", i);
		snprintf(path, sizeof(path), "%s", scratch_path(&scratch, name));
		rc = scratch_child(ways[i].run, path);
		CHECK(rc == 0 || rc == 77, "%s: %d", ways[i].what, rc);
		if (rc)
			continue;
		CHECK(objects(name) > 0 && (n < 0 || objects(name) == n),
		      "%s: %d objects and nothing else (ST-9)", ways[i].what, objects(name));
		n = objects(name);
		rc = scratch_child(ways[i].run, path);
		CHECK(rc == 0 && objects(name) == n, "%s: once more", ways[i].what);
	}
}

/* Two processes fill one store (ST-8). */
static void together(void)
{
	char path[700];
	int status, bad = 0;

	for (unsigned int round = 0; round < (unit_long ? 50u : 3u); round++) {
		snprintf(path, sizeof(path), "%s%u", scratch_path(&scratch, "both"), round);
		fflush(stdout);
		for (unsigned int i = 0; i < 3; i++)
			if (fork() == 0)
				_exit(put_many(path));
		while (wait(&status) > 0)
			bad += status != 0;
		snprintf(path, sizeof(path), "both%u", round);
		CHECK(!bad && objects(path) == objects("many0"), "three processes: %d objects",
		      objects(path));
	}
}

/* A name of the digest form, however it is spelled, is for the content with that digest. */
static void reserved_names(void)
{
#define X62 "37f95a1c9fd0ba96f1ce2b3d5a5c5ed0b0a0d9f3e6a7b8c9d0e1f2a3b4c5d6"
	static const struct {
		const char *path;
		bool fits;
	} rows[] = {
		{ "ab/" X62, true },
		{ "/ab/" X62, true },
		{ ".//ab/./" X62, true },
		{ "ab/" X62 "/.", true },
		{ "deeper/ab/" X62, true },
		{ X62, true },
		{ "./" X62, true },
		{ "AB/" X62, false },
		{ "ac/" X62, false },
		{ "./ac//" X62, false },
		{ "deeper/ac/./" X62, false },
		{ "ab/47f95a1c9fd0ba96f1ce2b3d5a5c5ed0b0a0d9f3e6a7b8c9d0e1f2a3b4c5d6", false },
		{ "47f95a1c9fd0ba96f1ce2b3d5a5c5ed0b0a0d9f3e6a7b8c9d0e1f2a3b4c5d6", false },
		{ "ab/37F95A1C9FD0BA96F1CE2B3D5A5C5ED0B0A0D9F3E6A7B8C9D0E1F2A3B4C5D6", false },
		{ "ab/" X62 X62 "ab", false },
		{ "abc/" X62, true },
		{ "x/" X62, true },
		{ "ac/" X62 ".file", true },
		{ "ac/x" X62, true },
		{ "ac/g7f95a1c9fd0ba96f1ce2b3d5a5c5ed0b0a0d9f3e6a7b8c9d0e1f2a3b4c5d6", true },
		{ "file", true },
		{ "/", true },
		{ "", true },
	};
	struct cfs_digest digest;

	CHECK(cfs_digest_parse(&digest, "ab" X62, 64), "digest");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK(object_path_fits(rows[i].path, strlen(rows[i].path), &digest) == rows[i].fits,
		      "\"%s\"", rows[i].path);
}

void unit_store_store(void)
{
	mode_t mask = umask(022);

	reserved_names();
	scratch_begin(&scratch);
	notes_init(&notes);
	filling();
	planted();
	linked_directory();
	warnings();
	locked();
	required();
	sparse();
	changing();
	streams();
	many();
	together();
	notes_release(&notes);
	scratch_end(&scratch);
	umask(mask);
}
