// SPDX-License-Identifier: GPL-2.0-only
/* What an entry of a table of contents means: toc 3 (landmarks) and 4.3 to 4.6. */
#include "source/toc/toc_inside.h"

#include "base/text.h"
#include "core/backing.h"
#include "core/erofs.h"

static int bad(struct error *err, const char *text)
{
	return error_set(err, EINVAL, "%s", text);
}

enum type {
	DIR,
	REG,
	SYMLINK,
	HARDLINK,
	CHAR,
	BLOCK,
	FIFO,
	CHUNK,
};

static const struct {
	const char *name;
	u32 mode;
} types[] = {
	[DIR] = { "dir", CFS_IFDIR },         [REG] = { "reg", CFS_IFREG },
	[SYMLINK] = { "symlink", CFS_IFLNK }, [HARDLINK] = { "hardlink", 0 },
	[CHAR] = { "char", CFS_IFCHR },       [BLOCK] = { "block", CFS_IFBLK },
	[FIFO] = { "fifo", CFS_IFIFO },       [CHUNK] = { "chunk", 0 },
};

static int find_type(const struct toc_entry *e, enum type *type, struct error *err)
{
	size_t len;
	const char *s = toc_string(e, TOC_TYPE, &len);

	if (!e->string[TOC_TYPE].there)
		return bad(err, "entry without type");
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strlen(types[i].name) == len && !memcmp(types[i].name, s, len)) {
			*type = (enum type)i;
			return 0;
		}
	}
	return error_set(err, EINVAL, "unknown type \"%.*s\"", len > 40 ? 40 : (int)len, s);
}

/* ---- times ---- */

/* Read @n digits at *s and advance *s. -1 if they are not digits. */
static int digits(const char **s, const char *end, int n)
{
	int v = 0;

	for (; n; n--, ++*s) {
		if (*s == end || **s < '0' || **s > '9')
			return -1;
		v = v * 10 + **s - '0';
	}
	return v;
}

static bool take(const char **s, const char *end, char c)
{
	if (*s == end || **s != c)
		return false;
	++*s;
	return true;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; false if there is no such day. */
static bool days(int year, int month, int day, s64 *out)
{
	static const u8 lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	s64 n = 0;

	if (year < 0 || month < 1 || month > 12 || day < 1 ||
	    day > lengths[month - 1] + (month == 2 && leap))
		return false;
	for (int m = 1; m < month; m++)
		n += lengths[m - 1] + (m == 2 && leap);
	/* Leap days before this year; the year 0 is one. */
	n += year * 365 + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400 + day - 1;
	*out = n - 719528;
	return true;
}

/* A fraction of a second; digits after the ninth are dropped. */
static bool fraction(const char **s, const char *end, u32 *nsec)
{
	u32 unit = 100000000;

	*nsec = 0;
	if (*s == end || **s < '0' || **s > '9')
		return false;
	for (; *s < end && **s >= '0' && **s <= '9'; ++*s) {
		*nsec += (u32)(**s - '0') * unit;
		unit /= 10;
	}
	return true;
}

/* The zone in seconds. */
static bool zone(const char **s, const char *end, s64 *out)
{
	bool west = *s < end && **s == '-';
	int hours, minutes;

	*out = 0;
	if (take(s, end, 'Z'))
		return true;
	if (!west && !(*s < end && **s == '+'))
		return false;
	++*s;
	hours = digits(s, end, 2);
	if (hours < 0 || hours > 23 || !take(s, end, ':'))
		return false;
	minutes = digits(s, end, 2);
	*out = (hours * 60 + minutes) * (west ? -60 : 60);
	return minutes >= 0 && minutes < 60;
}

/* RFC 3339, as toc 4.5 has it. */
static bool parse_time(const char *s, size_t len, s64 *sec, u32 *nsec)
{
	const char *end = s + len;
	int year, month, day, v[3];
	s64 from_zone, n;

	year = digits(&s, end, 4);
	if (year < 0 || !take(&s, end, '-'))
		return false;
	month = digits(&s, end, 2);
	if (month < 0 || !take(&s, end, '-'))
		return false;
	day = digits(&s, end, 2);
	if (!days(year, month, day, &n))
		return false;
	for (int i = 0; i < 3; i++) {
		if (!take(&s, end, "T::"[i]))
			return false;
		v[i] = digits(&s, end, 2);
		if (v[i] < 0 || v[i] > (i ? 59 : 23))
			return false;
	}
	*nsec = 0;
	if (take(&s, end, '.') && !fraction(&s, end, nsec))
		return false;
	if (!zone(&s, end, &from_zone) || s != end)
		return false;
	*sec = n * 86400 + v[0] * 3600 + v[1] * 60 + v[2] - from_zone;
	if (*sec == -62135596800 && !*nsec) /* Go's zero time */
		*sec = 0;
	return true;
}

static int set_time(const struct toc_entry *e, struct node *node, struct error *err)
{
	size_t len;
	const char *s = toc_string(e, TOC_MODTIME, &len);

	if (len && !parse_time(s, len, &node->mtime, &node->mtime_nsec))
		return error_set(err, EINVAL, "modtime \"%.*s\" is no time",
				 len > 40 ? 40 : (int)len, s);
	return 0;
}

/* ---- xattrs ---- */

static int put_xattr(struct toc_entry *e, struct grower *g, const char *name, const u32 len[2],
		     struct error *err)
{
	char *room;
	ssize_t n;

	if (!len[0] || len[0] > CFS_XATTR_NAME_MAX || memchr(name, 0, len[0]))
		return bad(err, "name of an extended attribute is not 1 to 255 bytes without NUL");
	e->scratch.len = 0;
	room = buf_room(&e->scratch, len[1] + 1u);
	if (!room)
		return error_nomem(err);
	n = text_base64(room, name + len[0], len[1]);
	if (n < 0)
		return bad(err, "value of an extended attribute is not base64");
	if (n > UINT16_MAX) {
		errno = ENOSPC;
		return xattr_failed(err);
	}
	return grow_xattr(g, name, len[0], room, (size_t)n, err);
}

static int set_xattrs(struct toc_entry *e, struct grower *g, struct node *node, struct error *err)
{
	const char *s = e->xattrs.p, *end;
	u32 len[2];

	if (!e->xattrs.len)
		return 0;
	end = s + e->xattrs.len;
	xattr_set_clear(&g->set);
	for (; s < end; s += len[0] + (size_t)len[1]) {
		memcpy(len, s, sizeof(len));
		s += sizeof(len);
		if (put_xattr(e, g, s, len, err))
			return -1;
	}
	return node_set_xattrs(g, node) ? error_nomem(err) : 0;
}

/* ---- contents ---- */

/* The content of a regular file, as its entry describes it. */
struct content {
	bool has_sha, has_verity;
	struct sha256_sum sha;
	struct cfs_digest verity;
	const char *payload; /* "x-payload" */
	size_t payload_len;
	ssize_t inlined; /* bytes in e->scratch; -1: no x-content */
};

static int check_payload(const char *s, size_t len, struct error *err)
{
	const char *end = s + len;
	bool some = false;

	if (!len)
		return 0;
	if (len > CFS_PATH_MAX)
		return bad(err, "x-payload has more than 4095 bytes");
	if (*s == '/' || memchr(s, 0, len))
		return bad(err, "x-payload begins with a slash or has a NUL byte");
	if (cfs_path_has_dotdot(s, len))
		return bad(err, "x-payload has a component \"..\"");
	while (s < end) {
		const char *stop = memchr(s, '/', (size_t)(end - s));

		if (!stop)
			stop = end;
		if (stop - s > EROFS_NAME_LEN)
			return bad(err, "x-payload has a component of more than 255 bytes");
		some = some || (stop > s && !(stop - s == 1 && *s == '.'));
		s = stop + 1;
	}
	return some ? 0 : bad(err, "x-payload names nothing");
}

static int parse_content(struct toc_entry *e, struct content *c, struct error *err)
{
	size_t len;
	const char *s = toc_string(e, TOC_DIGEST, &len);
	char *room;

	*c = (struct content){ .inlined = -1 };
	if (len >= 7 && !memcmp(s, "sha256:", 7)) {
		s += 7;
		len -= 7;
	}
	c->has_sha = e->string[TOC_DIGEST].len > 0;
	if (c->has_sha && (!sha256_sum_parse(&c->sha, s, len) || !cfs_hex_is_lower(s, len)))
		return bad(err, "digest is not sha256: and 64 hex digits of lower case");
	s = toc_string(e, TOC_VERITY, &len);
	c->has_verity = e->string[TOC_VERITY].there;
	if (c->has_verity && !cfs_digest_parse_lower(&c->verity, s, len))
		return bad(err, "x-digest is not 64 or 128 hex digits of lower case");
	c->payload = toc_string(e, TOC_PAYLOAD, &c->payload_len);
	if (check_payload(c->payload, c->payload_len, err))
		return -1;
	if (!e->string[TOC_CONTENT].there)
		return 0;
	s = toc_string(e, TOC_CONTENT, &len);
	e->scratch.len = 0;
	room = buf_room(&e->scratch, len + 1);
	if (!room)
		return error_nomem(err);
	c->inlined = text_base64(room, s, len);
	if (c->inlined < 0)
		return bad(err, "x-content is not base64");
	if (c->inlined > CFS_CONTENT_MAX)
		return bad(err, "x-content has more than 5000 bytes");
	if (e->has[TOC_SIZE] && e->number[TOC_SIZE] != (u64)c->inlined)
		return bad(err, "size is not that of x-content");
	e->number[TOC_SIZE] = (u64)c->inlined;
	return 0;
}

static int keep_sha(const struct layers *l, const struct toc_input *in, const struct node *node,
		    const struct content *c, struct error *err)
{
	struct toc_sha *sha;

	if (!in->shas || !c->has_sha)
		return 0;
	sha = arena_alloc(&l->g->arena, sizeof(*sha));
	if (!sha)
		return error_nomem(err);
	sha->node = node;
	memcpy(sha->sha, c->sha.b, sizeof(sha->sha));
	return table_add(in->shas, hash_bytes(&l->tree->key, 0, &node, sizeof(node)), sha)
		       ? error_nomem(err)
		       : 0;
}

static int set_content(const struct toc_entry *e, struct layers *l, const struct toc_input *in,
		       struct node *node, const struct content *c, struct error *err)
{
	char name[CFS_OBJECT_NAME_MAX];

	node->size = e->number[TOC_SIZE];
	if (!node->size)
		return 0;
	if (c->inlined > 0)
		return node_set_content(l->g, node, e->scratch.p, (size_t)c->inlined)
			       ? error_nomem(err)
			       : 0;
	if (!c->payload_len && !c->has_sha)
		return bad(err, "file with neither digest, x-payload nor x-content");
	if (c->has_verity && tree_use_algorithm(l->tree, c->verity.algorithm, err))
		return -1;
	if (c->has_verity && node_set_digest(l->g, node, &c->verity))
		return error_nomem(err);
	if (keep_sha(l, in, node, c, err))
		return -1;
	if (c->payload_len)
		return node_set_payload(l->g, node, c->payload, c->payload_len) ? error_nomem(err)
										: 0;
	return node_set_payload(l->g, node, name, cfs_object_name(name, CFS_SHA256, c->sha.b))
		       ? error_nomem(err)
		       : 0;
}

/* ---- the entry ---- */

/* Whether an entry is one of the files that belong to the eStargz format, not to the layer (toc 3). */
static bool is_landmark(const struct toc_entry *e, const struct toc_input *in,
			const struct content *c)
{
	static const char *const names[] = { ".prefetch.landmark", ".no.prefetch.landmark",
					     "stargz.index.json" };
	static const struct sha256_sum digest = { {
		0xdc, 0x0e, 0x9c, 0x36, 0x58, 0xa1, 0xa3, 0xed, 0x1e, 0xc9, 0x42,
		0x74, 0xd8, 0xb1, 0x99, 0x25, 0xc9, 0x3e, 0x1a, 0xbb, 0x7d, 0xdb,
		0xa2, 0x94, 0x92, 0x3a, 0xd9, 0xbd, 0xe3, 0x0f, 0x8c, 0xb8,
	} };
	size_t len, n;
	const char *at = toc_string(e, TOC_NAME, &len), *end = at + len, *s;

	if (!layers_component(&at, end, &s, &n))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *more;

		if (strlen(names[i]) != n || memcmp(names[i], s, n))
			continue;
		if (layers_component(&at, end, &more, &n))
			return false;
		return in->gzip || (e->number[TOC_SIZE] == 1 && c->has_sha &&
				    !memcmp(&c->sha, &digest, sizeof(digest)));
	}
	return false;
}

static int put_hardlink(const struct toc_entry *e, struct layers *l, struct place *place,
			struct error *err)
{
	size_t len;
	const char *to = toc_string(e, TOC_LINK_NAME, &len);
	struct link *link;

	if (!e->string[TOC_LINK_NAME].there)
		return bad(err, "hard link without linkName");
	link = layers_link(l, to, len, e->line, err);
	return link ? layers_put(l, place, &link->name, err) : -1;
}

static int set_target(const struct toc_entry *e, struct grower *g, struct node *node,
		      struct error *err)
{
	size_t len;
	const char *to = toc_string(e, TOC_LINK_NAME, &len);

	if (!len || len > CFS_PATH_MAX || memchr(to, 0, len))
		return bad(err, "target of a symlink is not 1 to 4095 bytes without NUL");
	node->size = len;
	return node_set_payload(g, node, to, len) ? error_nomem(err) : 0;
}

/* Check everything that does not depend on the entry's place, and fill the node. */
static int parse_node(struct toc_entry *e, struct layers *l, enum type type, struct node *node,
		      struct content *c, struct error *err)
{
	u64 mode = e->number[TOC_MODE], major = e->number[TOC_MAJOR], minor = e->number[TOC_MINOR];

	if (mode & CFS_IFMT && (mode & CFS_IFMT) != types[type].mode)
		return bad(err, "mode is that of another type");
	node->mode = types[type].mode | (u32)(mode & 07777);
	node->uid = (u32)e->number[TOC_UID];
	node->gid = (u32)e->number[TOC_GID];
	node->name.origin = e->line;
	if (type == CHAR || type == BLOCK)
		node->rdev = (u32)((minor & 0xff) | major << 8 | (minor & ~(u64)0xff) << 12);
	if (set_time(e, node, err) || set_xattrs(e, l->g, node, err))
		return -1;
	return type == REG ? parse_content(e, c, err) : 0;
}

static int put_node(struct toc_entry *e, struct layers *l, const struct toc_input *in,
		    enum type type, struct place *place, const struct node *from,
		    const struct content *c, struct error *err)
{
	struct node *node = layers_node(l, 0, 0);

	if (!node)
		return error_nomem(err);
	*node = *from;
	if (type == REG && set_content(e, l, in, node, c, err))
		return -1;
	if (type == SYMLINK && set_target(e, l->g, node, err))
		return -1;
	return layers_put(l, place, &node->name, err);
}

int toc_entry_put(struct toc_entry *e, struct layers *l, const struct toc_input *in,
		  struct error *err)
{
	struct layers_name what = { .line = e->line };
	struct content content = { .inlined = -1 };
	struct node node = { 0 };
	enum type type = CHUNK;
	struct place *place;
	const char *name;
	size_t len;

	if (find_type(e, &type, err))
		return -1;
	if (type == CHUNK)
		return e->after_file ? 0 : bad(err, "chunk that does not follow a file");
	e->after_file = type == REG;
	if (!e->string[TOC_NAME].there)
		return bad(err, "entry without name");
	if (type != HARDLINK && parse_node(e, l, type, &node, &content, err))
		return -1;
	if (type == REG && is_landmark(e, in, &content))
		return 0;
	name = toc_string(e, TOC_NAME, &len);
	what.is_dir = type == DIR;
	what.uid = node.uid;
	what.gid = node.gid;
	if (layers_name(l, name, len, &what, &place, err))
		return -1;
	if (!place)
		return 0;
	return type == HARDLINK ? put_hardlink(e, l, place, err)
				: put_node(e, l, in, type, place, &node, &content, err);
}
