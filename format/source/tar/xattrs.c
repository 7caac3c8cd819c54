// SPDX-License-Identifier: GPL-2.0-only
/* The extended attributes of a member, from all the records that stand for one (tar 3.1). */
#include "source/tar/tar_inside.h"

#include <stdlib.h>
#include "base/sort.h"
#include "base/text.h"
#include "core/erofs.h"

#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"
#define SELINUX "security.selinux"

/* If records of two kinds give an attribute the same value, the record of the later kind is kept. */
enum kind {
	FROM_TEXT, /* an ACL or a label */
	FROM_SCHILY,
	FROM_LIBARCHIVE,
};

struct tar_attribute {
	const char *raw, *name; /* as it is written; decoded */
	const char *value;
	u32 raw_len, name_len, len;
	u32 at; /* counts the records of a member */
	u8 kind;
	bool has_names; /* an ACL whose numbers come from this machine */
};

void tar_attrs_release(struct tar_attrs *a)
{
	free(a->v);
	buf_release(&a->decoded);
	buf_release(&a->warned);
}

/* ---- one record ---- */

static bool is_wanted(const struct tar *t, const char *name, size_t len)
{
	if (t->options->user_xattrs)
		return len >= 5 && !memcmp(name, "user.", 5);
	return !t->options->skip_xattrs;
}

/* Take memory from the buffer; collect() has made it large enough. */
static char *room(struct tar *t, size_t len)
{
	char *at = t->attrs.decoded.p + t->attrs.decoded.len;

	t->attrs.decoded.len += len;
	return at;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * GNU tar encodes '=' and '%' and nothing else. libarchive also encodes every byte that
 * is not printable ASCII.
 */
static size_t decode_name(char *to, const char *s, size_t len, bool all)
{
	char *at = to;

	for (size_t i = 0; i < len; i++) {
		int high = -1, low = -1;

		if (s[i] == '%' && len - i > 2) {
			high = digit(s[i + 1]);
			low = digit(s[i + 2]);
		}
		if (high < 0 || low < 0 ||
		    !(all || !memcmp(s + i, "%3D", 3) || !memcmp(s + i, "%25", 3))) {
			*at++ = s[i];
			continue;
		}
		*at++ = (char)(high << 4 | low);
		i += 2;
	}
	return (size_t)(at - to);
}

/* Base64; libarchive leaves out the padding. */
static int decode_value(struct tar *t, struct tar_attribute *a)
{
	size_t padded = ((size_t)a->len + 3) / 4 * 4;
	char *to = room(t, padded);
	ssize_t n;

	memcpy(to, a->value, a->len);
	memset(to + a->len, '=', padded - a->len);
	n = text_base64(to, to, padded);
	if (n < 0)
		return error_set(t->err, EINVAL, "value of LIBARCHIVE.xattr.%.*s is not base64",
				 a->raw_len > 255 ? 255 : (int)a->raw_len, a->raw);
	a->value = to;
	a->len = (u32)n;
	return 0;
}

static void add(struct tar_attrs *as, const struct tar_attribute *a)
{
	as->v[as->n] = *a;
	as->v[as->n].at = (u32)as->n;
	as->n++;
}

static int add_record(struct tar *t, const struct tar_record *r)
{
	struct tar_attribute a = { .value = r->value, .len = (u32)r->len };
	size_t skip;
	enum tar_attr form = tar_pax_attr(r, &skip);

	if (form == TAR_ATTR_NONE)
		return 0;
	a.kind = form == TAR_ATTR_SCHILY ? FROM_SCHILY : FROM_LIBARCHIVE;
	a.raw = a.name = r->key + skip;
	a.raw_len = a.name_len = (u32)(r->key_len - skip);
	if (memchr(a.raw, '%', a.raw_len)) {
		char *to = room(t, a.raw_len);

		a.name = to;
		a.name_len = (u32)decode_name(to, a.raw, a.raw_len, form == TAR_ATTR_LIBARCHIVE);
	}
	if (!a.name_len || a.name_len > CFS_XATTR_NAME_MAX || memchr(a.name, 0, a.name_len))
		return error_set(t->err, EINVAL,
				 "name of an extended attribute is not 1 to 255 bytes without NUL");
	if (!is_wanted(t, a.name, a.name_len))
		return 0;
	if (form == TAR_ATTR_LIBARCHIVE && decode_value(t, &a))
		return -1;
	add(&t->attrs, &a);
	return 0;
}

/* ---- texts ---- */

static struct tar_attribute from_text(const char *name, const char *value, size_t len)
{
	return (struct tar_attribute){
		.raw = name,
		.name = name,
		.value = value,
		.raw_len = (u32)strlen(name),
		.name_len = (u32)strlen(name),
		.len = (u32)len,
		.kind = FROM_TEXT,
	};
}

/* The kernel's value ends with a NUL. */
static void add_label(struct tar *t)
{
	const struct tar_value *label = &t->m.pax.selinux;
	struct tar_attribute a;
	char *to;

	if (!label->s || !is_wanted(t, SELINUX, strlen(SELINUX)))
		return;
	to = room(t, label->len + 1);
	memcpy(to, label->s, label->len);
	to[label->len] = 0;
	a = from_text(SELINUX, to, label->len + (label->s[label->len - 1] != 0));
	add(&t->attrs, &a);
}

static bool has_record(const struct tar_attrs *as, const char *name)
{
	for (size_t i = 0; i < as->n; i++)
		if (as->v[i].name_len == strlen(name) &&
		    !memcmp(as->v[i].name, name, as->v[i].name_len))
			return true;
	return false;
}

/* Refuse names that are unknown; warn of names that this machine resolved. */
static int check_names(struct tar *t, const struct tar_acl *acl)
{
	if (acl->name)
		return error_set(
			t->err, EINVAL,
			"ACL: no number is known for the %s \"%.*s\": write the archive with numbers",
			acl->name_is_group ? "group" : "user",
			acl->name_len > 100 ? 100 : (int)acl->name_len, acl->name);
	if (!t->attrs.told_names)
		notes_add(
			t->options->notes,
			"%s: member %.*s: its ACL has names without numbers: the numbers are those of this machine",
			t->file, (int)t->m.name_len, t->m.name);
	t->attrs.told_names = true;
	return 0;
}

/*
 * Refuse an ACL that no file system could have. The mode in the header has the bits of
 * the mask, as Linux shows them, or those of the group, as libarchive writes them.
 */
static int check_acl(struct tar *t, const struct tar_acl *acl, const char *name, u32 mode)
{
	u32 type = mode & CFS_IFMT, group = mode & 0070;

	if (type == CFS_IFLNK)
		return error_set(t->err, EINVAL, "ACL of a symbolic link");
	if (!strcmp(name, ACL_DEFAULT))
		return type == CFS_IFDIR
			       ? 0
			       : error_set(t->err, EINVAL,
					   "default ACL of something that is not a directory");
	if ((acl->mode & 0707) == (mode & 0707) &&
	    (group == (acl->mode & 0070) || group == acl->group))
		return 0;
	return error_set(
		t->err, EINVAL,
		"its ACL stands for mode %04o, its mode is %04o, and programs disagree on which one counts",
		acl->mode, mode & 0777);
}

static int add_acl(struct tar *t, const struct tar_value *text, const char *name, struct node *node)
{
	struct tar_attribute a;
	struct tar_acl acl;
	char *to;

	if (!text->s)
		return 0;
	to = room(t, TAR_ACL_ROOM(text->len));
	if (tar_acl_parse(&acl, text->s, text->len, &t->options->ids, to, t->err) ||
	    check_acl(t, &acl, name, node->mode))
		return -1;
	if (!strcmp(name, ACL_ACCESS)) {
		node->mode = (node->mode & ~0777u) | acl.mode;
		if (acl.is_mode)
			return 0;
	}
	if (!is_wanted(t, name, strlen(name)))
		return 0;
	/* The attribute itself, if the archive holds it, says which numbers are meant. */
	if (acl.has_names && !has_record(&t->attrs, name) && check_names(t, &acl))
		return -1;
	a = from_text(name, to, acl.len);
	a.has_names = acl.has_names;
	add(&t->attrs, &a);
	return 0;
}

/* ---- all records ---- */

static int compare(const char *s, size_t n, const char *z, size_t m, const struct tar_attribute *a,
		   const struct tar_attribute *b)
{
	int order = text_order(s, n, z, m);

	if (order)
		return order;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static int by_raw(const void *x, const void *y)
{
	const struct tar_attribute *a = x, *b = y;

	return compare(a->raw, a->raw_len, b->raw, b->raw_len, a, b);
}

static int by_name(const void *x, const void *y)
{
	const struct tar_attribute *a = x, *b = y;

	return compare(a->name, a->name_len, b->name, b->name_len, a, b);
}

static bool same(const struct tar_attribute *a, const struct tar_attribute *b, bool raw)
{
	if (raw)
		return a->raw_len == b->raw_len && !memcmp(a->raw, b->raw, a->raw_len);
	return a->name_len == b->name_len && !memcmp(a->name, b->name, a->name_len);
}

/* Whether two records of different kinds say the same. */
static bool agree(const struct tar_attribute *a, const struct tar_attribute *b)
{
	u32 less = a->len < b->len ? a->len : b->len, more = a->len < b->len ? b->len : a->len;
	const struct tar_attribute *longer = a->len < b->len ? b : a;

	if (a->has_names)
		return true;
	if (memcmp(a->value, b->value, less))
		return false;
	/* A label is the same with the NUL at its end and without. */
	return less == more || (more - less == 1 && !longer->value[less] && a->kind == FROM_TEXT);
}

/*
 * Keep one record for each attribute. The last record of a kind counts; records of different
 * kinds must agree.
 */
static int reduce(struct tar *t, bool raw)
{
	struct tar_attrs *as = &t->attrs;
	size_t kept = 0;

	sort_records(as->v, as->n, sizeof(*as->v), raw ? by_raw : by_name);
	for (size_t i = 0; i < as->n; i++) {
		struct tar_attribute *a = &as->v[i], *last = kept ? &as->v[kept - 1] : NULL;
		bool more = i + 1 < as->n && same(a, a + 1, raw) && a->kind == a[1].kind;

		if (more)
			continue;
		if (last && same(last, a, raw)) {
			if (!agree(last, a))
				return error_set(
					t->err, EINVAL,
					"two records give the extended attribute %.*s different values",
					(int)a->name_len, a->name);
			kept--;
		}
		as->v[kept++] = *a;
	}
	as->n = kept;
	return 0;
}

/* The attributes that are wanted, each once, by name. */
static int collect(struct tar *t, struct node *node)
{
	const struct tar_pax *pax = &t->m.pax;
	const char *at = pax->data, *end = at + pax->len;
	struct tar_attrs *as = &t->attrs;
	struct tar_record r = { 0 };
	size_t max = (size_t)pax->attrs + 3;

	if (max > as->max) {
		struct tar_attribute *v = realloc(as->v, max * sizeof(*v));

		if (!v)
			return error_nomem(t->err);
		as->v = v;
		as->max = max;
	}
	as->n = 0;
	as->decoded.len = 0;
	if (!buf_room(&as->decoded, 3 * pax->len + 64))
		return error_nomem(t->err);
	while (tar_pax_next(&at, end, &r, t->err) > 0)
		if (add_record(t, &r))
			return -1;
	if (reduce(t, true))
		return -1;
	add_label(t);
	if (add_acl(t, &pax->acl_access, ACL_ACCESS, node) ||
	    add_acl(t, &pax->acl_default, ACL_DEFAULT, node))
		return -1;
	return reduce(t, false);
}

int tar_add_xattrs(struct tar *t, struct node *node)
{
	const struct tar_pax *pax = &t->m.pax;
	const struct tar_attrs *as = &t->attrs;
	struct grower *g = t->layers.g;
	u64 sum = 12;

	if (!pax->attrs && !pax->acl_access.s && !pax->acl_default.s && !pax->selinux.s)
		return 0;
	if (collect(t, node))
		return -1;
	for (size_t i = 0; i < as->n; i++)
		sum += 7u + as->v[i].name_len + as->v[i].len;
	if (sum > CFS_XATTR_BUDGET && as->n) {
		node->name.origin |= TOO_MANY; /* refused if it is still there at the end */
		return 0;
	}
	xattr_set_clear(&g->set);
	for (size_t i = 0; i < as->n; i++) {
		const struct tar_attribute *a = &as->v[i];
		const struct xattr *x =
			xattr_intern(&g->pool, a->name, a->name_len, a->value, a->len);

		if (!x || xattr_set_add(&g->set, x))
			return error_nomem(t->err);
	}
	return node_set_xattrs(g, node) ? error_nomem(t->err) : 0;
}

/* ---- records without effect ---- */

#define WARNED_MAX 4096 /* bytes of keywords: an archive can hold any number of them */

static bool was_warned(const struct buf *b, const struct tar_record *r)
{
	for (const char *s = b->p, *end = b->p + b->len; s < end; s += strlen(s) + 1)
		if (strlen(s) == r->key_len && !memcmp(s, r->key, r->key_len))
			return true;
	return false;
}

void tar_warn_rights(struct tar *t, const struct tar_pax *pax, const char *name, size_t len)
{
	const char *at = pax->data, *end = at + pax->len;
	struct buf *b = &t->attrs.warned;
	struct tar_record r = { 0 };
	struct error err;

	while (pax->rights && tar_pax_next(&at, end, &r, &err) > 0) {
		if (!tar_pax_loses_rights(&r) || was_warned(b, &r) ||
		    b->len + r.key_len + 1 > WARNED_MAX)
			continue;
		buf_add(b, r.key, r.key_len);
		buf_byte(b, 0);
		notes_add(
			t->options->notes,
			"%s: member %.*s: the record %.*s is ignored, and what it grants or denies is lost",
			t->file, (int)len, name, (int)r.key_len, r.key);
	}
}
