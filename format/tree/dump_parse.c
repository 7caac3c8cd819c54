// SPDX-License-Identifier: GPL-2.0-only
#include "tree/dump_parse.h"
#include <stdlib.h>
#include "base/text.h"
#include "core/backing.h"

#define LINE_MAX_BYTES ((size_t)4 << 20) /* D9 */
#define READ_SIZE ((size_t)256 << 10)
#define XATTRS_MAX 65535u

/* The eleven fixed fields in their order (dump-format 1). */
enum {
	PATH,
	SIZE,
	MODE,
	NLINK,
	UID,
	GID,
	RDEV,
	MTIME,
	PAYLOAD,
	CONTENT,
	DIGEST,
	FIELDS
};

static const char *const field_names[FIELDS] = {
	"PATH", "SIZE", "MODE", "NLINK", "UID", "GID", "RDEV", "MTIME", "PAYLOAD", "CONTENT", "DIGEST"
};

/* Part of a line; may be changed in place. */
struct field {
	char *s;
	size_t len;
	bool escaped; /* has a backslash */
};

/*
 * Lines repeat the same xattrs over and over: the texts seen last with what
 * they became, by hash. Equal ones share one array of the first node.
 */
#define KNOWN 512
#define KNOWN_TEXT 160
struct known {
	u32 len; /* 0: free */
	u32 n;
	const struct xattr **v;
	char text[KNOWN_TEXT];
};

struct parser {
	struct tree *tree;
	struct grower *g;
	struct error *err;
	bool strict;
	u64 line;
	struct field field[FIELDS];
	struct field xattrs; /* behind the space after DIGEST; s NULL: no such space */
	bool has_nul;        /* the line */
	struct known *known;
	/* The directory of the line before, and its path as that line had it. */
	struct node *dir;
	struct buf dir_path;
};

static int bad(struct parser *p, const char *text)
{
	return error_set(p->err, EINVAL, "%s", text);
}

static int bad_field(struct parser *p, int f, const char *text)
{
	const struct field *v = &p->field[f];

	return error_set(p->err, EINVAL, "%s \"%.*s%s\" %s", field_names[f], v->len > 40 ? 40 : (int)v->len,
			 v->len ? v->s : "", v->len > 40 ? "..." : "", text);
}

static bool is_none(const struct field *v)
{
	return v->len == 1 && *v->s == '-';
}

/* 0x80 in each of eight bytes that is at most a space, or a backslash. */
static u64 specials(const char *p)
{
	const u64 low = CFS_BYTES * 0x7f;
	u64 x, y, above, other;
	le64 text;

	memcpy(&text, p, sizeof(text));
	x = get64(text);
	y = x ^ CFS_BYTES * '\\';
	above = (x & low) + CFS_BYTES * (0x7f - ' ');
	other = (y & low) + low;
	return ~((above | x) & (other | y)) & ~low;
}

/* A byte that specials() showed. */
static void note_special(struct parser *p, int *f, char *at)
{
	struct field *v = *f < FIELDS ? &p->field[*f] : &p->xattrs;

	if (*at == '\\')
		v->escaped = true;
	else if (!*at)
		p->has_nul = true;
	if (*at != ' ' || *f == FIELDS)
		return;
	v->len = (size_t)(at - v->s);
	v = ++*f < FIELDS ? &p->field[*f] : &p->xattrs;
	*v = (struct field){ .s = at + 1 };
}

/*
 * Split the line at @s into the fields; what is missing is empty. Returns its
 * end: a newline, or @end, behind which there are eight readable bytes.
 */
static char *split(struct parser *p, char *s, char *end)
{
	char *stop = NULL;
	int f = PATH;

	p->has_nul = false;
	p->xattrs = (struct field){ 0 };
	p->field[PATH] = (struct field){ .s = s };
	for (char *at = s; !stop; at += 8) {
		u64 m = at < end ? specials(at) : 0;

		if (at >= end)
			stop = end;
		for (; m && !stop; m &= m - 1) {
			char *q = at + __builtin_ctzll(m) / 8;

			if (q >= end || *q == '\n')
				stop = q < end ? q : end;
			else
				note_special(p, &f, q);
		}
	}
	if (f == FIELDS)
		p->xattrs.len = (size_t)(stop - p->xattrs.s);
	else
		p->field[f].len = (size_t)(stop - p->field[f].s);
	while (f < DIGEST)
		p->field[++f] = (struct field){ .s = stop };
	return stop;
}

/* Undo escapes in place. */
static int unescape(struct parser *p, struct field *v, const char *what)
{
	ssize_t len;

	if (!v->escaped)
		return 0;
	len = text_unescape(v->s, v->s, v->len);
	if (len < 0)
		return error_set(p->err, EINVAL, "%s has a bad escape", what);
	v->len = (size_t)len;
	return 0;
}

/* The same for strings that end at their first NUL (dump-format 2). */
static int unescape_cut(struct parser *p, struct field *v, const char *what)
{
	size_t len;

	if (!v->escaped) /* no line with a NUL byte comes here */
		return 0;
	if (unescape(p, v, what))
		return -1;
	len = strnlen(v->s, v->len);
	if (len < v->len && p->strict)
		return error_set(p->err, EINVAL, "%s is cut short by \\x00", what);
	v->len = len;
	return 0;
}

static int number(struct parser *p, int f, u64 max, u64 *out)
{
	const struct field *v = &p->field[f];
	u64 any;

	if (v->len == 1 && *v->s >= '0' && *v->s <= '9') { /* most are */
		*out = (u64)(*v->s - '0');
		return 0;
	}
	if (text_number(v->s, v->len, 10, max, out))
		return 0;
	if (text_number(v->s, v->len, 10, UINT64_MAX, &any))
		return bad_field(p, f, "is too large");
	return bad_field(p, f, "is not a decimal number that fits");
}

static int number32(struct parser *p, int f, u32 *out)
{
	u64 v;

	if (number(p, f, UINT32_MAX, &v))
		return -1;
	*out = (u32)v;
	return 0;
}

static int parse_mode(struct parser *p, u32 *mode, bool *is_link)
{
	struct field *v = &p->field[MODE];
	u64 n;

	*is_link = v->len && *v->s == '@';
	if (!text_number(v->s + *is_link, v->len - *is_link, 8, UINT32_MAX, &n))
		return bad_field(p, MODE, "is not an octal number that fits");
	if (!cfs_ftype((u32)n))
		return bad_field(p, MODE, "has no known file type");
	*mode = (u32)n;
	return 0;
}

static int parse_mtime(struct parser *p, struct node *node)
{
	const struct field *v = &p->field[MTIME];
	size_t len = 0;
	u64 nsec;

	while (len < v->len && v->s[len] != '.')
		len++;
	if (len == v->len)
		return bad_field(p, MTIME, "has no '.'");
	if (!text_signed(v->s, len, &node->mtime) ||
	    !text_number(v->s + len + 1, v->len - len - 1, 10, UINT32_MAX, &nsec))
		return bad_field(p, MTIME, "is not SECONDS.NANOSECONDS");
	if (p->strict && nsec >= 1000000000)
		return bad_field(p, MTIME, "has 10^9 nanoseconds or more");
	node->mtime_nsec = (u32)nsec;
	return 0;
}

/* Length of the common start of two paths of @n bytes. */
static size_t common_start(const char *a, const char *b, size_t n)
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

/* One step down. */
static struct node *enter(struct parser *p, struct node *dir, const char *s, size_t len)
{
	struct name *n = tree_find(p->tree, dir, s, len, p->err);

	if (!n) {
		if (!p->err->code)
			bad(p, "parent directory does not exist");
		return NULL;
	}
	if (n->is_link) {
		bad(p, "parent is a hard link");
		return NULL;
	}
	if (!node_is((struct node *)n, CFS_IFDIR)) {
		bad(p, "parent is not a directory");
		return NULL;
	}
	return (struct node *)n;
}

/*
 * Where the walk to the directory @path begins: at the deepest directory that
 * it shares with that of the line before. *path and *len become the rest.
 */
static struct node *start_of(struct parser *p, const char **path, size_t *len)
{
	const char *old = p->dir_path.p;
	size_t old_len = p->dir_path.len, same;
	struct node *dir = p->dir;

	if (!dir)
		return p->tree->root;
	same = common_start(old, *path, old_len < *len ? old_len : *len);
	/* Back to where a component ends in both. */
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

/* The directory that a path without its last component leads to. */
static struct node *find_parent(struct parser *p, const char *path, size_t len)
{
	const char *s = path, *end;
	size_t left = len;
	struct node *dir;

	if (p->dir && len == p->dir_path.len && common_start(path, p->dir_path.p, len) == len)
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

/* Whether the name is in the directory already. Names in order need no look-up. */
static int refuse_duplicate(struct parser *p, struct node *dir, const char *s, size_t len)
{
	const struct name *last = dir->dir.last;

	if (!last || (!dir->dir.unsorted && text_order(last->s, last->len, s, len) < 0))
		return 0;
	if (tree_find(p->tree, dir, s, len, p->err))
		return error_set(p->err, EEXIST, "name is there already");
	return p->err->code ? -1 : 0;
}

static int add_root(struct parser *p, u32 mode, bool is_link, struct node **node)
{
	if (p->tree->root)
		return bad(p, "second line for /");
	if (is_link || (mode & CFS_IFMT) != CFS_IFDIR)
		return bad(p, "/ is not a directory");
	*node = tree_add(p->g, NULL, "", 0, mode);
	return *node ? 0 : error_nomem(p->err);
}

/* Step 4 of dump-format 4: exactly one of *node and *link is set. */
static int add_name(struct parser *p, u32 mode, bool is_link, struct node **node, struct link **link)
{
	const struct field *path = &p->field[PATH];
	const char *s = path->s, *end = s + path->len, *name = end;
	struct node *dir;

	if (path->len == 1 && *s == '/')
		return add_root(p, mode, is_link, node);
	if (!p->tree->root)
		return bad(p, "the first line is not that of /");
	while (s < end && *s == '/')
		s++;
	while (name > s && name[-1] != '/')
		name--;
	if (tree_check_name(name, (size_t)(end - name), p->err))
		return -1;
	dir = find_parent(p, s, name > s ? (size_t)(name - s) - 1 : 0);
	if (!dir || refuse_duplicate(p, dir, name, (size_t)(end - name)))
		return -1;
	if (is_link)
		*link = tree_add_link(p->g, dir, name, (size_t)(end - name), NULL);
	else
		*node = tree_add(p->g, dir, name, (size_t)(end - name), mode);
	return *link || *node ? 0 : error_nomem(p->err);
}

static int parse_link(struct parser *p, struct link *link, u32 mode)
{
	struct field *v = &p->field[PAYLOAD];

	if ((mode & CFS_IFMT) == CFS_IFDIR)
		return bad(p, "hard link with the mode of a directory");
	if (is_none(v))
		return bad(p, "hard link without PAYLOAD");
	if (unescape_cut(p, v, "PAYLOAD"))
		return -1;
	link->path = arena_copy(&p->g->arena, v->s, v->len);
	link->path_len = (u32)v->len;
	link->line = p->line > UINT32_MAX ? UINT32_MAX : (u32)p->line;
	return link->path ? 0 : error_nomem(p->err);
}

/* Step 6. */
static int parse_numbers(struct parser *p, struct node *node)
{
	bool device = node_is(node, CFS_IFCHR) || node_is(node, CFS_IFBLK);
	u64 rdev;

	if (number(p, SIZE, UINT64_MAX, &node->size) || number32(p, NLINK, &node->nlink) ||
	    number32(p, UID, &node->uid) || number32(p, GID, &node->gid) ||
	    number(p, RDEV, device ? UINT32_MAX : UINT64_MAX, &rdev) || parse_mtime(p, node))
		return -1;
	if (device)
		node->rdev = (u32)rdev;
	else if (rdev && p->strict)
		return bad_field(p, RDEV, "is not 0 on what is no device");
	return 0;
}

static int parse_symlink(struct parser *p, struct node *node, bool has_content)
{
	const struct field *target = &p->field[PAYLOAD];

	if (!target->len)
		return bad(p, "symlink without target");
	if (p->strict && node->size != target->len)
		return bad_field(p, SIZE, "is not the length of the target");
	if (p->strict && has_content && p->field[CONTENT].len)
		return bad(p, "symlink with CONTENT");
	node->size = target->len;
	return node_set_payload(p->g, node, target->s, target->len) ? error_nomem(p->err) : 0;
}

/* Whether there may be a component "..": without a point there is none. */
static bool has_point(const char *s, size_t len)
{
	u64 any = 0;
	size_t i = 0;

	for (; i + 8 <= len; i += 8) {
		le64 text;
		u64 x;

		memcpy(&text, s + i, sizeof(text));
		x = get64(text) ^ CFS_BYTES * '.';
		any |= (x - CFS_BYTES) & ~x & CFS_BYTES * 0x80;
	}
	for (; i < len; i++)
		any |= s[i] == '.';
	return any != 0;
}

/* A regular file with size > 0 and no content. */
static int parse_external(struct parser *p, struct node *node, bool has_payload, bool has_digest)
{
	const struct field *path = &p->field[PAYLOAD], *hex = &p->field[DIGEST];
	struct cfs_digest digest;

	if (has_payload && has_point(path->s, path->len) && cfs_path_has_dotdot(path->s, path->len))
		return bad(p, "PAYLOAD has a component \"..\"");
	if (has_digest) {
		if (!cfs_digest_parse(&digest, hex->s, hex->len))
			return bad_field(p, DIGEST, "is not 64 hex digits");
		if (node_set_digest(p->g, node, &digest))
			return error_nomem(p->err);
	}
	if (has_payload && path->len && node_set_payload(p->g, node, path->s, path->len))
		return error_nomem(p->err);
	return 0;
}

/* Steps 7 to 10. */
static int parse_data(struct parser *p, struct node *node)
{
	struct field *payload = &p->field[PAYLOAD], *content = &p->field[CONTENT], *digest = &p->field[DIGEST];
	bool has_payload = !is_none(payload), has_content = !is_none(content), has_digest = !is_none(digest);

	if (!has_payload)
		payload->len = 0;
	if (has_payload && unescape_cut(p, payload, "PAYLOAD"))
		return -1;
	if (has_content && unescape(p, content, "CONTENT"))
		return -1;
	if (has_content && content->len != node->size)
		return bad_field(p, SIZE, "is not the length of CONTENT");
	if (has_digest && unescape_cut(p, digest, "DIGEST"))
		return -1;
	if (payload->len > CFS_PATH_MAX)
		return bad(p, "PAYLOAD of more than 4095 bytes");
	if (node_is(node, CFS_IFLNK))
		return parse_symlink(p, node, has_content);
	if (has_content && content->len > CFS_CONTENT_MAX)
		return bad(p, "CONTENT of more than 5000 bytes");
	if (node_is(node, CFS_IFDIR))
		node->size = 0;
	if (!node_is(node, CFS_IFREG) || !node->size)
		return 0;
	if (has_content)
		return node_set_content(p->g, node, content->s, content->len) ? error_nomem(p->err) : 0;
	return parse_external(p, node, has_payload, has_digest);
}

static int parse_xattr(struct parser *p, char *s, size_t len)
{
	char *equal = memchr(s, '=', len);
	struct field key, value;

	if (!equal)
		return bad(p, "extended attribute without '='");
	key = (struct field){ s, (size_t)(equal - s), p->xattrs.escaped };
	value = (struct field){ equal + 1, len - key.len - 1, p->xattrs.escaped };
	if (unescape_cut(p, &key, "the name of an extended attribute") ||
	    unescape(p, &value, "the value of an extended attribute"))
		return -1;
	if (!key.len || key.len > CFS_XATTR_NAME_MAX)
		return bad(p, "extended attribute with a name of 0 or more than 255 bytes");
	if (value.len > XATTRS_MAX)
		return bad(p, "extended attribute with a value of more than 65535 bytes");
	return grow_xattr(p->g, key.s, key.len, value.s, value.len, p->err);
}

/* Steps 11 and 12. */
static int parse_xattrs(struct parser *p, struct node *node)
{
	char *s = p->xattrs.s, *end = s + p->xattrs.len;

	if (p->xattrs.len > XATTRS_MAX)
		return bad(p, "more than 65535 bytes of extended attributes");
	xattr_set_clear(&p->g->set);
	while (s < end) {
		char *stop = memchr(s, ' ', (size_t)(end - s));

		if (!stop)
			stop = end;
		if (parse_xattr(p, s, (size_t)(stop - s)))
			return -1;
		s = stop + 1;
	}
	return node_set_xattrs(p->g, node) ? error_nomem(p->err) : 0;
}

/* The same, unless this text is known. */
static int find_xattrs(struct parser *p, struct node *node)
{
	const struct field *v = &p->xattrs;
	struct known *k;

	if (!v->len)
		return 0;
	if (v->len > KNOWN_TEXT)
		return parse_xattrs(p, node);
	k = &p->known[hash_bytes(&p->tree->key, 0, v->s, v->len) % KNOWN];
	if (k->len == v->len && common_start(k->text, v->s, v->len) == v->len) {
		node->xattrs = k->v;
		node->nxattrs = k->n;
		return 0;
	}
	k->len = 0;
	text_copy(k->text, v->s, v->len);
	if (parse_xattrs(p, node))
		return -1;
	k->len = (u32)v->len;
	k->v = node->xattrs;
	k->n = node->nxattrs;
	return 0;
}

/* The line that split() found. */
static int parse_line(struct parser *p)
{
	struct node *node = NULL;
	struct link *link = NULL;
	bool is_link = false;
	u32 mode = 0;

	if (p->has_nul)
		return bad(p, "line has a NUL byte");
	if (unescape_cut(p, &p->field[PATH], "PATH"))
		return -1;
	if (!p->field[PATH].len)
		return bad(p, "PATH is empty");
	if (parse_mode(p, &mode, &is_link) || add_name(p, mode, is_link, &node, &link))
		return -1;
	if (link)
		return parse_link(p, link, mode);
	if (parse_numbers(p, node) || parse_data(p, node))
		return -1;
	return find_xattrs(p, node);
}

/* What has been read and not been parsed yet. */
struct window {
	char *p;
	size_t len, cap; /* eight zeros follow what is there */
	bool end;        /* nothing more to read */
};

/* Parse the whole lines of the window, and at the end of the input the last one without newline. */
static int parse_window(struct parser *p, struct window *w)
{
	char *s = w->p, *end = w->p + w->len;

	while (s < end) {
		char *stop = split(p, s, end), *nl = stop < end ? stop : NULL;
		size_t len = (size_t)(stop - s);

		p->line += nl || w->end || len > LINE_MAX_BYTES;
		if (len > LINE_MAX_BYTES)
			return bad(p, "line of more than 4194304 bytes");
		if (!nl && !w->end)
			break;
		if (!nl && p->strict)
			return bad(p, "no newline at the end of the file");
		if (parse_line(p))
			return -1;
		s += len + (nl ? 1 : 0);
	}
	w->len = (size_t)(end - s);
	memmove(w->p, s, w->len);
	return 0;
}

static int fill_window(struct window *w, struct input *in, struct error *err)
{
	ssize_t n;

	if (w->len == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : READ_SIZE;
		char *p = realloc(w->p, cap + 8);

		if (!p)
			return error_nomem(err);
		w->p = p;
		w->cap = cap;
	}
	n = input_read(in, w->p + w->len, w->cap - w->len, err);
	if (n < 0)
		return -1;
	w->len += (size_t)n;
	memset(w->p + w->len, 0, 8);
	w->end = n == 0;
	return 0;
}

static int parse_all(struct parser *p, struct input *in, const char *name)
{
	struct window w = { 0 };
	int rc = 0;

	while (!rc && !w.end) {
		rc = fill_window(&w, in, p->err);
		if (rc)
			break;
		p->err->code = 0;
		rc = parse_window(p, &w);
		if (rc && p->err->code == ENOMEM)
			error_in(p->err, "%s", name);
		else if (rc)
			error_in(p->err, "%s:%llu", name, (unsigned long long)p->line);
	}
	free(w.p);
	return rc;
}

int dump_parse(struct tree *tree, struct input *in, const char *name, bool strict, struct error *err)
{
	struct parser p = { .tree = tree, .err = err, .strict = strict };
	u32 line;
	int rc;

	p.g = tree_grower(tree);
	p.known = calloc(KNOWN, sizeof(*p.known));
	if (!p.g || !p.known) {
		free(p.known);
		error_nomem(err);
		return error_in(err, "%s", name);
	}
	rc = parse_all(&p, in, name);
	free(p.known);
	buf_release(&p.dir_path);
	if (rc)
		return -1;
	if (!tree->root)
		return error_set(err, EINVAL, "%s: no line for /", name);
	if (!tree_seal(tree, &line, err))
		return 0;
	return line ? error_in(err, "%s:%u", name, line) : error_in(err, "%s", name);
}
