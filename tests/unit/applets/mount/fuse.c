// SPDX-License-Identifier: GPL-2.0-only
/* The FUSE server's request handler, without a kernel: known answers, then every cut and changed byte. */
#include "applets/mount/fuse/server.h"
#include <errno.h>
#include <linux/fsverity.h>
#include <linux/fuse.h>
#include <sys/mman.h>
#include "base/text.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"
#include "verity/sha256.h"

#define ALL_FLAGS (((u64)1 << 43) - 1)
#define MAY_GRANT                                                                                  \
	(FUSE_ASYNC_READ | FUSE_EXPORT_SUPPORT | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO |     \
	 FUSE_NO_OPEN_SUPPORT | FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS |      \
	 FUSE_NO_OPENDIR_SUPPORT | FUSE_INIT_EXT)

struct rig {
	struct sample image;
	struct basedirs dirs;
	struct fuse_session session;
	struct fuse_server s;
	struct kept_scratch *scratch;
	struct fuse_answer a;
	_Alignas(8) u8 request[8192];
	size_t len;
};

static const struct {
	const char *name;
	u32 op;
} ops[] = {
	{ "LOOKUP", FUSE_LOOKUP },
	{ "GETATTR", FUSE_GETATTR },
	{ "SETATTR", FUSE_SETATTR },
	{ "READLINK", FUSE_READLINK },
	{ "UNLINK", FUSE_UNLINK },
	{ "OPEN", FUSE_OPEN },
	{ "READ", FUSE_READ },
	{ "WRITE", FUSE_WRITE },
	{ "RELEASE", FUSE_RELEASE },
	{ "GETXATTR", FUSE_GETXATTR },
	{ "LISTXATTR", FUSE_LISTXATTR },
	{ "FLUSH", FUSE_FLUSH },
	{ "INIT", FUSE_INIT },
	{ "OPENDIR", FUSE_OPENDIR },
	{ "READDIR", FUSE_READDIR },
	{ "ACCESS", FUSE_ACCESS },
	{ "CREATE", FUSE_CREATE },
	{ "IOCTL", FUSE_IOCTL },
	{ "STATX", 52 },
	{ "READDIRPLUS", FUSE_READDIRPLUS },
};

static const struct {
	const char *name;
	int code;
} codes[] = {
	{ "0", 0 },           { "EIO", EIO },       { "ENOENT", ENOENT }, { "ENOSYS", ENOSYS },
	{ "EINVAL", EINVAL }, { "EROFS", EROFS },   { "ERANGE", ERANGE }, { "ENODATA", ENODATA },
	{ "EPROTO", EPROTO }, { "EISDIR", EISDIR },
};

static u32 op_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (!strcmp(ops[i].name, name))
			return ops[i].op;
	return 0;
}

static int code_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (!strcmp(codes[i].name, name))
			return codes[i].code;
	return -1;
}

/* Answer the request in r->request, whatever it takes. Returns the errno value. */
static int answer(struct rig *r)
{
	struct fuse_answer *a = &r->a;

	fuse_handle(&r->s, r->request, r->len, a);
	if (a->later)
		a->error = object_job_run(&a->job, r->s.objects.kept, r->scratch, true, a->body,
					  &a->len);
	if (a->error)
		a->len = 0;
	return a->error;
}

static int ask(struct rig *r, u32 op, u64 node, const void *body, size_t len)
{
	const struct fuse_in_header h = {
		.len = (u32)(sizeof(h) + len),
		.opcode = op,
		.unique = 2,
		.nodeid = node,
		.pid = 1,
	};

	memcpy(r->request, &h, sizeof(h));
	memcpy(r->request + sizeof(h), body, len);
	r->len = sizeof(h) + len;
	return answer(r);
}

static int ask_init(struct rig *r, u32 minor, u64 flags)
{
	const struct fuse_init_in in = {
		.major = 7,
		.minor = minor,
		.max_readahead = 131072,
		.flags = (u32)flags,
		.flags2 = (u32)(flags >> 32),
	};

	return ask(r, FUSE_INIT, 0, &in, minor >= 36 ? sizeof(in) : 16);
}

static void rig_open(struct rig *r, const struct sample *image, const char *store,
		     unsigned int level)
{
	struct error err;

	memset(r, 0, sizeof(*r));
	r->image = *image;
	if (image_open_bytes(&r->s.img, image->bytes, image->len, &err) ||
	    basedirs_open(&r->dirs, store, &err) ||
	    opened_init(&r->s.objects, &r->dirs, level, kept_new()))
		abort();
	r->s.session = &r->session;
	r->scratch = malloc(sizeof(*r->scratch));
	r->a.body = malloc(FUSE_BODY_MAX);
	if (!r->scratch || !r->a.body)
		abort();
	ask_init(r, 41, ALL_FLAGS);
}

static void rig_close(struct rig *r)
{
	kept_free(r->s.objects.kept);
	opened_release(&r->s.objects);
	basedirs_close(&r->dirs);
	free(r->scratch);
	free(r->a.body);
}

/* The node of a path; 0 for a negative entry, 1 << 63 if a LOOKUP fails. */
static u64 node_of(struct rig *r, const char *path)
{
	u64 node = 1;

	while (node && *path) {
		char name[300] = { 0 };
		size_t n = strcspn(path, "/");

		memcpy(name, path, n);
		path += n + (path[n] == '/');
		if (!n)
			continue;
		if (ask(r, FUSE_LOOKUP, node, name, n + 1) ||
		    r->a.len != sizeof(struct fuse_entry_out))
			return (u64)1 << 63;
		node = ((struct fuse_entry_out *)r->a.body)->nodeid;
	}
	return node;
}

/* ---- the rows of tests/golden/fuse/index.tsv ------------------------------- */

struct row {
	char *name, *level, *op, *path, *args, *error, *want;
};

static void add_attr(struct rig *r, struct buf *b)
{
	const struct fuse_attr *at = &((struct fuse_attr_out *)r->a.body)->attr;
	char text[200];

	snprintf(text, sizeof(text), "%o %u %u %u %u %llu %llu %lld.%09u", at->mode, at->nlink,
		 at->uid, at->gid, at->rdev, (unsigned long long)at->size,
		 (unsigned long long)at->blocks, (long long)at->mtime, at->mtimensec);
	buf_str(b, text);
	if (at->atime != at->mtime || at->ctimensec != at->mtimensec || at->blksize != 4096)
		buf_str(b, " (times)");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* @names in byte order, joined by NUL. */
static void add_sorted(struct buf *b, char **names, size_t n)
{
	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_byte(b, 0);
		buf_str(b, names[i]);
		free(names[i]);
	}
}

static int list_all(struct rig *r, const struct row *row, u64 node, struct buf *b)
{
	const bool plus = op_of(row->op) == FUSE_READDIRPLUS;
	struct fuse_read_in in = { .size = (u32)atoi(row->args) };
	char *names[4096];
	size_t n = 0;
	int rc;

	while (!(rc = ask(r, op_of(row->op), node, &in, sizeof(in))) && r->a.len) {
		for (size_t at = 0; at < r->a.len;) {
			struct fuse_dirent d;

			at += plus ? sizeof(struct fuse_entry_out) : 0;
			memcpy(&d, r->a.body + at, FUSE_NAME_OFFSET);
			names[n++] = strndup((char *)r->a.body + at + FUSE_NAME_OFFSET, d.namelen);
			at += FUSE_REC_ALIGN(FUSE_NAME_OFFSET + d.namelen);
			in.offset = d.off;
		}
	}
	add_sorted(b, names, n);
	return rc;
}

static int list_xattrs(struct rig *r, const struct row *row, u64 node, struct buf *b)
{
	struct fuse_getxattr_in in = { .size = (u32)atoi(row->args) };
	int rc = ask(r, FUSE_LISTXATTR, node, &in, sizeof(in));
	char *names[64];
	size_t n = 0;

	for (size_t at = 0; at < r->a.len; at += strlen((char *)r->a.body + at) + 1)
		names[n++] = strdup((char *)r->a.body + at);
	add_sorted(b, names, n);
	return rc;
}

static int measure(struct rig *r, const struct row *row, u64 node, struct buf *b)
{
	const u16 room = (u16)atoi(row->args);
	struct {
		struct fuse_ioctl_in in;
		u16 head[2];
	} m = { .in = { .cmd = FS_IOC_MEASURE_VERITY, .in_size = 4, .out_size = 4u + room },
		.head = { 1, room } };
	int rc = ask(r, FUSE_IOCTL, node, &m, sizeof(m));

	if (!rc)
		buf_add(b, r->a.body + 16, r->a.len - 16);
	return rc;
}

/* Requests whose answer is compared as it is. */
static int plain(struct rig *r, const struct row *row, u64 node, struct buf *b)
{
	const u32 op = op_of(row->op);
	const char *second = strchr(row->args, ',');
	u8 body[400] = { 0 };
	size_t len = 64;
	int rc;

	if (op == FUSE_READ) {
		const struct fuse_read_in in = { .offset = strtoull(row->args, NULL, 10),
						 .size = (u32)atoi(second + 1) };

		memcpy(body, &in, sizeof(in));
	} else if (op == FUSE_GETXATTR) {
		const struct fuse_getxattr_in in = { .size = (u32)atoi(second + 1) };

		memcpy(body, &in, sizeof(in));
		memcpy(body + sizeof(in), row->args, (size_t)(second - row->args));
		len = sizeof(in) + (size_t)(second - row->args) + 1;
	}
	rc = ask(r, op, node, body, len);
	buf_add(b, r->a.body, r->a.len);
	return rc;
}

static int play_init(struct rig *r, const struct row *row, struct buf *b)
{
	const u64 flags = strtoull(strchr(row->args, ',') + 1, NULL, 10);
	const struct fuse_init_out *out = (struct fuse_init_out *)r->a.body;
	int rc = ask_init(r, (u32)atoi(row->args), flags);
	u64 granted = out->flags | (out->flags & FUSE_INIT_EXT ? (u64)out->flags2 << 32 : 0);

	if (!rc)
		buf_dec(b, r->a.len == 64 && out->max_write >= 4096 &&
					   !(granted & ~(MAY_GRANT & flags))
				   ? out->minor
				   : 0);
	return rc;
}

/* The errno value, and what is compared. */
static int play(struct rig *r, const struct row *row, struct buf *b)
{
	u64 node;
	int rc;

	if (!strcmp(row->op, "INIT"))
		return play_init(r, row, b);
	node = node_of(r, row->path);
	if (!strcmp(row->op, "MISSING"))
		return node ? -1 : 0;
	if (!strcmp(row->op, "ATTR")) {
		rc = ask(r, FUSE_GETATTR, node, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
		add_attr(r, b);
		return rc;
	}
	if (!strncmp(row->op, "READDIR", 7))
		return list_all(r, row, node, b);
	if (!strcmp(row->op, "LISTXATTR"))
		return list_xattrs(r, row, node, b);
	if (!strcmp(row->op, "MEASURE"))
		return measure(r, row, node, b);
	return plain(r, row, node, b);
}

static bool is_wanted(const struct row *row, const struct buf *b)
{
	struct buf hex = { 0 };
	u8 hash[SHA256_SIZE];
	bool same;

	if (!row->want || !strcmp(row->want, "-"))
		return true;
	if (!strncmp(row->want, "sha256:", 7)) {
		sha256_one(b->p, b->len, hash);
		buf_hex(&hex, hash, sizeof(hash));
	} else {
		if (b->len)
			buf_hex(&hex, b->p, b->len);
	}
	buf_byte(&hex, 0);
	same = !strcmp(hex.p, row->want + (row->want[0] == 's' ? 7 : 0));
	buf_release(&hex);
	return same;
}

static void check_row(struct rig rigs[3], char *line)
{
	struct row row;
	struct buf b = { 0 };
	int rc;

	row.name = strsep(&line, "\t");
	row.level = strsep(&line, "\t");
	row.op = strsep(&line, "\t");
	row.path = strsep(&line, "\t");
	row.args = strsep(&line, "\t");
	row.error = strsep(&line, "\t");
	row.want = line;
	rc = play(&rigs[atoi(row.level)], &row, &b);
	if (!strcmp(row.op, "INIT"))
		ask_init(&rigs[atoi(row.level)], 41, ALL_FLAGS);
	CHECK(rc == code_of(row.error) && (rc || is_wanted(&row, &b)), "%s at level %s: errno %d",
	      row.name, row.level, rc);
	buf_release(&b);
}

static char *read_text(const char *name, size_t *len)
{
	const char *top = getenv("TOP");
	char path[4096];
	FILE *f;
	char *p = malloc(1 << 20);

	snprintf(path, sizeof(path), "%s/tests/golden/fuse/%s", top ? top : ".", name);
	f = fopen(path, "r");
	if (!f || !p)
		abort();
	*len = fread(p, 1, (1 << 20) - 1, f);
	p[*len] = 0;
	fclose(f);
	return p;
}

static void golden_image(struct sample *image)
{
	size_t len;
	char *dump = read_text("tree.dump", &len);

	sample_make(image, dump, len, 0, 1);
	free(dump);
}

static const char *golden_store(char room[4096])
{
	snprintf(room, 4096, "%s/tests/golden/fuse/objects", getenv("TOP") ? getenv("TOP") : ".");
	return room;
}

static void check_rows(const struct sample *image)
{
	struct rig *rigs = malloc(3 * sizeof(*rigs));
	char room[4096];
	char *text, *at, *line;
	size_t len, n = 0;

	for (unsigned int level = 0; level < 3; level++)
		rig_open(&rigs[level], image, golden_store(room), level);
	text = at = read_text("index.tsv", &len);
	strsep(&at, "\n");
	while ((line = strsep(&at, "\n")) && *line) {
		check_row(rigs, line);
		n++;
	}
	CHECK(n == 142, "%zu rows", n);
	free(text);
	for (unsigned int level = 0; level < 3; level++)
		rig_close(&rigs[level]);
	free(rigs);
}

/* ---- INIT ------------------------------------------------------------------ */

static void check_init(const struct sample *image)
{
	struct rig *r = malloc(sizeof(*r));
	char room[4096];
	struct fuse_init_in in = { .major = 8, .minor = 1 };
	const struct fuse_init_out *out;

	rig_open(r, image, golden_store(room), 0);
	out = (struct fuse_init_out *)r->a.body;
	for (u32 minor = 31; minor <= 60; minor++)
		CHECK(!ask_init(r, minor, ALL_FLAGS) && out->minor == (minor < 41 ? minor : 41),
		      "minor %u", minor);
	for (unsigned int bit = 0; bit < 64; bit++) {
		/* flags2 counts only when it is announced. */
		const u64 flag = (u64)1 << bit, with = flag | FUSE_INIT_EXT;

		CHECK(!ask_init(r, 41, flag) && r->session.granted == (flag & MAY_GRANT),
		      "bit %u alone", bit);
		CHECK(!ask_init(r, 41, with) && r->session.granted == (with & MAY_GRANT),
		      "bit %u with the long form", bit);
	}
	CHECK(!ask(r, FUSE_INIT, 0, &in, sizeof(in)) && out->major == 7 && !out->minor &&
		      !out->flags,
	      "a newer major version is asked to come back with 7");
	in.major = 6;
	CHECK(ask(r, FUSE_INIT, 0, &in, sizeof(in)) == EPROTO, "an older major version");
	r->s.acl = true;
	CHECK(!ask_init(r, 41, ALL_FLAGS) && !(r->session.granted & FUSE_POSIX_ACL),
	      "no ACLs outside the initial user namespace");
	r->s.initial_ns = true;
	CHECK(!ask_init(r, 41, ALL_FLAGS) && r->session.granted & FUSE_POSIX_ACL,
	      "ACLs in the initial user namespace");
	rig_close(r);
	free(r);
}

/* ---- directories ----------------------------------------------------------- */

/* Each position leads to the next entry, also positions that no entry has. */
static void check_positions(const struct sample *image)
{
	struct rig *r = malloc(sizeof(*r));
	char room[4096];
	struct fuse_read_in in = { .size = 65536 };
	struct fuse_dirent d;
	u64 node, offs[4096], inos[4096];
	size_t n = 0;

	rig_open(r, image, golden_store(room), 0);
	node = node_of(r, "/d");
	CHECK(!ask(r, FUSE_READDIR, node, &in, sizeof(in)), "the whole directory");
	for (size_t at = 0; at < r->a.len; at += FUSE_REC_ALIGN(FUSE_NAME_OFFSET + d.namelen)) {
		memcpy(&d, r->a.body + at, FUSE_NAME_OFFSET);
		offs[n] = d.off;
		inos[n++] = d.ino;
	}
	for (size_t i = 0; i + 1 < n; i++) {
		in.offset = offs[i];
		ask(r, FUSE_READDIR, node, &in, sizeof(in));
		memcpy(&d, r->a.body, FUSE_NAME_OFFSET);
		CHECK(r->a.len && d.ino == inos[i + 1] && d.off == offs[i + 1], "position %zu", i);
		in.offset = offs[i] - 1;
		ask(r, FUSE_READDIR, node, &in, sizeof(in));
		memcpy(&d, r->a.body, FUSE_NAME_OFFSET);
		CHECK(d.off == offs[i + 1], "a position before %zu", i);
	}
	for (u64 off = ~(u64)0; off > 1; off /= 7) {
		in.offset = off;
		CHECK(!ask(r, FUSE_READDIR, node, &in, sizeof(in)) || !r->a.len, "position %llu",
		      (unsigned long long)off);
	}
	in = (struct fuse_read_in){ .size = (1 << 20) + 1 };
	CHECK(ask(r, FUSE_READDIR, node, &in, sizeof(in)) == EINVAL, "more than 1 MiB");
	rig_close(r);
	free(r);
}

/* ---- bytes that nobody should send ------------------------------------------ */

static u32 random_u32(void)
{
	static u64 state = 0x9e3779b97f4a7c15u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 16);
}

/* No answer is longer than asked for, or than the body has room for. */
static void check_bounds(struct rig *r, const char *title)
{
	struct fuse_in_header h;
	struct fuse_read_in in;
	bool sized;

	memcpy(&h, r->request, sizeof(h));
	memcpy(&in, r->request + sizeof(h), sizeof(in));
	sized = h.opcode == FUSE_READ || h.opcode == FUSE_READDIR || h.opcode == FUSE_READDIRPLUS;
	CHECK(r->a.len <= FUSE_BODY_MAX && (!sized || r->a.error || r->a.len <= in.size),
	      "%s: %zu bytes for request %u", title, r->a.len, h.opcode);
}

static void check_random(const struct sample *image)
{
	struct rig *r = malloc(sizeof(*r));
	const int rounds = unit_long ? 200000 : 5000;
	char room[4096];

	rig_open(r, image, golden_store(room), 1);
	for (int i = 0; i < rounds; i++) {
		struct fuse_in_header h = {
			.opcode = random_u32() % 60,
			.nodeid = random_u32() % 4 ? random_u32() % (u32)(image->len / 32) : 1,
		};

		for (size_t k = 0; k < 256; k += 4)
			memcpy(r->request + k, &(u32){ random_u32() % 8192 }, 4);
		memcpy(r->request, &h, sizeof(h));
		r->len = random_u32() % 256;
		answer(r);
		check_bounds(r, "random request");
	}
	rig_close(r);
	free(r);
}

/* Every request that a walk over the tree makes, on an image that may be damaged. */
static void walk(struct rig *r)
{
	static const char *const paths[] = { "/d",  "/o",  "/x/f",       "/w",        "/w/gone",
					     "/7f", "/..", "/d/inline1", "/o/good65", "/d/link" };
	static const u32 requests[] = { FUSE_GETATTR,   FUSE_READLINK,    FUSE_OPEN,
					FUSE_READ,      FUSE_READDIR,     FUSE_GETXATTR,
					FUSE_LISTXATTR, FUSE_READDIRPLUS, FUSE_LSEEK,
					FUSE_STATFS };
	struct fuse_read_in in = { .size = 70000 };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		u64 node = node_of(r, paths[i]);

		for (size_t k = 0; k < ARRAY_LEN(requests); k++) {
			ask(r, requests[k], node, &in, sizeof(in));
			check_bounds(r, paths[i]);
		}
	}
}

static void check_damaged(const struct sample *good)
{
	struct sample bad = { malloc(good->len), good->len };
	struct rig *r = malloc(sizeof(*r));
	const size_t step = unit_long ? 1 : 97;
	char room[4096];
	struct error err;

	rig_open(r, good, golden_store(room), 1);
	memcpy(bad.bytes, good->bytes, good->len);
	r->s.img.bytes = bad.bytes;
	for (size_t at = CFS_INODES_START; at < bad.len; at += step) {
		bad.bytes[at] ^= (u8)(1 + random_u32() % 255);
		walk(r);
		bad.bytes[at] = good->bytes[at];
	}
	free(bad.bytes);
	/* A copy of its own for each length, so that a sanitizer sees reads behind the end. */
	for (bad.len = 0; bad.len < good->len; bad.len += step * 13) {
		bad.bytes = malloc(bad.len + !bad.len);
		memcpy(bad.bytes, good->bytes, bad.len);
		if (!image_open_bytes(&r->s.img, bad.bytes, bad.len, &err))
			walk(r);
		free(bad.bytes);
	}
	rig_close(r);
	free(r);
}

/* Each good request cut anywhere: an error or an answer, nothing else. */
static void check_cut(const struct sample *image)
{
	struct rig *r = malloc(sizeof(*r));
	char room[4096];
	const struct fuse_getxattr_in in = { .size = 100 };
	u8 body[64] = { 0 };
	u64 node;

	rig_open(r, image, golden_store(room), 1);
	node = node_of(r, "/x/f");
	memcpy(body, &in, sizeof(in));
	memcpy(body + sizeof(in), "user.a", 7);
	for (u32 op = 0; op < 60; op++)
		for (size_t len = 0; len < sizeof(body); len++) {
			ask(r, op, node, body, len);
			check_bounds(r, "cut request");
		}
	for (r->len = 0; r->len < sizeof(struct fuse_in_header); r->len++) {
		answer(r);
		CHECK(r->a.silent, "a head of %zu bytes has no answer", r->len);
	}
	memset(body, 'a', sizeof(body));
	CHECK(ask(r, FUSE_LOOKUP, 1, body, sizeof(body)) == EINVAL, "a name without an end");
	rig_close(r);
	free(r);
}

void unit_applets_mount_fuse(void)
{
	struct sample image;

	golden_image(&image);
	check_rows(&image);
	check_init(&image);
	check_positions(&image);
	check_cut(&image);
	check_random(&image);
	check_damaged(&image);
	sample_release(&image);
}
