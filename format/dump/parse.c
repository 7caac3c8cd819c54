// SPDX-License-Identifier: GPL-2.0-only
#include "dump/parse.h"
#include <stdlib.h>
#include "base/text.h"
#include "core/backing.h"
#include "dump/dump_inside.h"

#define LINE_MAX_BYTES ((size_t)4 << 20) /* the longest line (dump format 1) */
#define READ_SIZE ((size_t)256 << 10)
#define XATTRS_MAX 65535u

/*
 * Many lines have the same xattrs. This keeps the texts seen last together with their parsed
 * arrays, by hash, so that equal lines share one array.
 */
#define KNOWN 512
#define KNOWN_TEXT 160
struct known {
	u32 len; /* 0: free */
	u32 n;
	const struct xattr **v;
	char text[KNOWN_TEXT];
};

static bool is_none(const struct field *v)
{
	return v->len == 1 && *v->s == '-';
}

static int add_root(struct parser *p, u32 mode, bool is_link, struct node **node)
{
	if (p->tree->root)
		return dump_bad(p, "second line for /");
	if (is_link || (mode & CFS_IFMT) != CFS_IFDIR)
		return dump_bad(p, "/ is not a directory");
	*node = tree_add(p->g, NULL, "", 0, mode);
	return *node ? 0 : error_nomem(p->err);
}

/* Enter the name of a line (dump format 4, step 4). Sets exactly one of *@node and *@link. */
static int add_name(struct parser *p, u32 mode, bool is_link, struct node **node,
		    struct link **link)
{
	const struct field *path = &p->field[PATH];
	const char *s = path->s, *end = s + path->len, *name = end;
	struct node *dir;

	if (path->len == 1 && *s == '/')
		return add_root(p, mode, is_link, node);
	if (!p->tree->root)
		return dump_bad(p, "the first line is not that of /");
	while (s < end && *s == '/')
		s++;
	while (name > s && name[-1] != '/')
		name--;
	if (tree_check_name(name, (size_t)(end - name), p->err))
		return -1;
	dir = dump_find_parent(p, s, name > s ? (size_t)(name - s) - 1 : 0);
	if (!dir)
		return -1;
	if (is_link) {
		*link = tree_add_link(p->g, dir, name, (size_t)(end - name), NULL);
		if (*link)
			(*link)->line = p->line;
	} else {
		*node = tree_add(p->g, dir, name, (size_t)(end - name), mode);
		if (*node)
			(*node)->name.origin = p->line;
	}
	return *link || *node ? 0 : error_nomem(p->err);
}

static int parse_link(struct parser *p, struct link *link, u32 mode)
{
	struct field *v = &p->field[PAYLOAD];

	if ((mode & CFS_IFMT) == CFS_IFDIR)
		return dump_bad(p, "hard link with the mode of a directory");
	if (is_none(v))
		return dump_bad(p, "hard link without PAYLOAD");
	if (dump_unescape_cut(p, v, "PAYLOAD"))
		return -1;
	link->path = arena_copy(&p->g->arena, v->s, v->len);
	link->path_len = (u32)v->len;
	return link->path ? 0 : error_nomem(p->err);
}

/* Parse the numbers of a line (dump format 4, step 6). */
static int parse_numbers(struct parser *p, struct node *node)
{
	bool device = node_is(node, CFS_IFCHR) || node_is(node, CFS_IFBLK);
	u64 rdev;

	if (dump_number(p, SIZE, UINT64_MAX, &node->size) ||
	    dump_number32(p, NLINK, &node->nlink) || dump_number32(p, UID, &node->uid) ||
	    dump_number32(p, GID, &node->gid) ||
	    dump_number(p, RDEV, device ? UINT32_MAX : UINT64_MAX, &rdev) || dump_mtime(p, node))
		return -1;
	if (device)
		node->rdev = (u32)rdev;
	else if (rdev && p->strict)
		return dump_bad_field(p, RDEV, "is not 0 on what is no device");
	return 0;
}

static int parse_symlink(struct parser *p, struct node *node, bool has_content)
{
	const struct field *target = &p->field[PAYLOAD];

	if (!target->len)
		return dump_bad(p, "symlink without target");
	if (p->strict && node->size != target->len)
		return dump_bad_field(p, SIZE, "is not the length of the target");
	if (p->strict && has_content && p->field[CONTENT].len)
		return dump_bad(p, "symlink with CONTENT");
	node->size = target->len;
	return node_set_payload(p->g, node, target->s, target->len) ? error_nomem(p->err) : 0;
}

/* Whether the path may have a component ".."; a path without a dot has none. */
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
		return dump_bad(p, "PAYLOAD has a component \"..\"");
	if (has_digest) {
		if (!cfs_digest_parse(&digest, hex->s, hex->len))
			return dump_bad(p, "digest: 64 or 128 hex digits expected");
		if (tree_use_algorithm(p->tree, digest.algorithm, p->err))
			return -1;
		if (node_set_digest(p->g, node, &digest))
			return error_nomem(p->err);
	}
	if (has_payload && path->len && node_set_payload(p->g, node, path->s, path->len))
		return error_nomem(p->err);
	return 0;
}

/* Parse payload, content and digest (dump format 4, steps 7 to 10). */
static int parse_data(struct parser *p, struct node *node)
{
	struct field *payload = &p->field[PAYLOAD], *content = &p->field[CONTENT],
		     *digest = &p->field[DIGEST];
	bool has_payload = !is_none(payload), has_content = !is_none(content),
	     has_digest = !is_none(digest);

	if (!has_payload)
		payload->len = 0;
	if (has_payload && dump_unescape_cut(p, payload, "PAYLOAD"))
		return -1;
	if (has_content && dump_unescape(p, content, "CONTENT"))
		return -1;
	if (has_content && content->len != node->size)
		return dump_bad_field(p, SIZE, "is not the length of CONTENT");
	if (has_digest && dump_unescape_cut(p, digest, "DIGEST"))
		return -1;
	if (payload->len > CFS_PATH_MAX)
		return dump_bad(p, "PAYLOAD of more than 4095 bytes");
	if (node_is(node, CFS_IFLNK))
		return parse_symlink(p, node, has_content);
	if (has_content && content->len > CFS_CONTENT_MAX)
		return dump_bad(p, "CONTENT of more than 5000 bytes");
	if (node_is(node, CFS_IFDIR))
		node->size = 0;
	if (!node_is(node, CFS_IFREG) || !node->size)
		return 0;
	if (has_content)
		return node_set_content(p->g, node, content->s, content->len) ? error_nomem(p->err)
									      : 0;
	return parse_external(p, node, has_payload, has_digest);
}

static int parse_xattr(struct parser *p, char *s, size_t len)
{
	char *equal = memchr(s, '=', len);
	struct field key, value;

	if (!equal)
		return dump_bad(p, "extended attribute without '='");
	key = (struct field){ s, (size_t)(equal - s), p->xattrs.escaped };
	value = (struct field){ equal + 1, len - key.len - 1, p->xattrs.escaped };
	if (dump_unescape_cut(p, &key, "the name of an extended attribute") ||
	    dump_unescape(p, &value, "the value of an extended attribute"))
		return -1;
	if (!key.len || key.len > CFS_XATTR_NAME_MAX)
		return dump_bad(p, "extended attribute with a name of 0 or more than 255 bytes");
	if (value.len > XATTRS_MAX)
		return dump_bad(p, "extended attribute with a value of more than 65535 bytes");
	return grow_xattr(p->g, key.s, key.len, value.s, value.len, p->err);
}

/* Parse the xattrs (dump format 4, steps 11 and 12). */
static int parse_xattrs(struct parser *p, struct node *node)
{
	char *s = p->xattrs.s, *end = s + p->xattrs.len;

	if (p->xattrs.len > XATTRS_MAX)
		return dump_bad(p, "more than 65535 bytes of extended attributes");
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

/* Parse the xattrs, or reuse the array of an equal text. */
static int find_xattrs(struct parser *p, struct node *node)
{
	const struct field *v = &p->xattrs;
	struct known *k;

	if (!v->len)
		return 0;
	if (v->len > KNOWN_TEXT)
		return parse_xattrs(p, node);
	k = &p->known[hash_bytes(&p->tree->key, 0, v->s, v->len) % KNOWN];
	if (k->len == v->len && dump_common_start(k->text, v->s, v->len) == v->len) {
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

/* Parse the line that dump_split() split. */
static int parse_line(struct parser *p)
{
	struct node *node = NULL;
	struct link *link = NULL;
	bool is_link = false;
	u32 mode = 0;

	if (p->has_nul)
		return dump_bad(p, "line has a NUL byte");
	if (dump_unescape_cut(p, &p->field[PATH], "PATH"))
		return -1;
	if (!p->field[PATH].len)
		return dump_bad(p, "PATH is empty");
	if (dump_mode(p, &mode, &is_link) || add_name(p, mode, is_link, &node, &link))
		return -1;
	if (link)
		return parse_link(p, link, mode);
	if (parse_numbers(p, node) || parse_data(p, node))
		return -1;
	return find_xattrs(p, node);
}

/* Bytes that were read and not parsed yet. */
struct window {
	char *p;
	size_t len, cap; /* eight zero bytes follow */
	bool end;        /* the input has ended */
};

/*
 * Parse the complete lines of the window, and at the end of the input also a last line without
 * newline.
 */
static int parse_window(struct parser *p, struct window *w)
{
	char *s = w->p, *end = w->p + w->len;

	while (s < end) {
		char *stop = dump_split(p, s, end), *nl = stop < end ? stop : NULL;
		size_t len = (size_t)(stop - s);

		p->line += nl || w->end || len > LINE_MAX_BYTES;
		if (len > LINE_MAX_BYTES)
			return dump_bad(p, "line of more than 4194304 bytes");
		if (!nl && !w->end)
			break;
		if (!nl && p->strict)
			return dump_bad(p, "no newline at the end of the file");
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

/* Put the name of the input and the line number in front of the error text. Returns -1. */
static int blame(struct error *err, const char *name, u32 line)
{
	return line && err->code != ENOMEM ? error_in(err, "%s:%u", name, line)
					   : error_in(err, "%s", name);
}

/*
 * Sorting finds a name that is there twice; report it if its line comes before the one that
 * stopped the parser.
 */
static bool find_earlier_fault(struct parser *p)
{
	struct error err;
	u32 line;

	if (p->err->code == ENOMEM || !p->tree->root || !tree_sort(p->tree, &line, &err) || !line)
		return false;
	*p->err = err;
	p->line = line;
	return true;
}

static int parse_all(struct parser *p, struct input *in, const char *name)
{
	struct window w = { 0 };
	int rc = 0;

	while (!rc && !w.end) {
		bool read = !fill_window(&w, in, p->err);

		if (read)
			p->err->code = 0;
		rc = read ? parse_window(p, &w) : -1;
		if (rc &&
		    (find_earlier_fault(p) || read)) /* errors of reading already name the input */
			blame(p->err, name, p->line);
	}
	free(w.p);
	return rc;
}

int dump_parse(struct tree *tree, struct input *in, const char *name, bool strict,
	       struct error *err)
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
	return tree_seal(tree, &line, err) ? blame(err, name, line) : 0;
}
