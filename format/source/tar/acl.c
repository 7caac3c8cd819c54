// SPDX-License-Identifier: GPL-2.0-only
#include "source/tar/acl.h"

#include "base/sort.h"
#include "base/text.h"
#include "core/span.h"

/* Tags of the attribute, in the order in which its entries stand (linux/posix_acl_xattr.h). */
enum {
	USER_OBJ = 1,
	USER = 2,
	GROUP_OBJ = 4,
	GROUP = 8,
	MASK = 16,
	OTHER = 32,
};
#define NO_ID UINT32_MAX
#define VERSION 2

struct entry {
	le16 tag, perm;
	le32 id;
};
static_assert(sizeof(struct entry) == 8, "an entry of the attribute");

struct field {
	const char *s;
	size_t len;
};

static int bad(struct error *err, const char *text)
{
	return error_set(err, EINVAL, "ACL: %s", text);
}

static bool field_is(const struct field *f, const char *word)
{
	return f->len == strlen(word) && !memcmp(f->s, word, f->len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void strip(struct field *f)
{
	while (f->len && is_blank(*f->s)) {
		f->s++;
		f->len--;
	}
	while (f->len && is_blank(f->s[f->len - 1]))
		f->len--;
}

/* The fields of an entry, which colons separate: their number, or -1 if there are more than 4. */
static int split(struct field entry, struct field fields[4])
{
	const char *end = entry.s + entry.len, *s = entry.s;

	for (int n = 0; n < 4; n++) {
		const char *stop = memchr(s, ':', (size_t)(end - s));

		fields[n] = (struct field){ s, (size_t)((stop ? stop : end) - s) };
		strip(&fields[n]);
		if (!stop)
			return n + 1;
		s = stop + 1;
	}
	return -1;
}

static bool parse_perm(const struct field *f, u16 *perm)
{
	static const char letters[] = "xwr";

	*perm = 0;
	if (!f->len || f->len > 3)
		return false;
	for (size_t i = 0; i < f->len; i++) {
		const char *at = memchr(letters, f->s[i], 3);
		u16 bit = 0;

		if (at)
			bit = (u16)(1u << (at - letters));
		if ((!at && f->s[i] != '-') || *perm & bit)
			return false;
		*perm |= bit;
	}
	return true;
}

/* A number stands for itself; a name has its number behind it, or is looked up. */
static int parse_id(struct tar_acl *acl, const struct field *name, const struct field *number,
		    bool is_group, const struct tar_ids *ids, u32 *id, struct error *err)
{
	const struct field *digits = number->len ? number : name;
	u64 v;

	if (text_number(digits->s, digits->len, 10, NO_ID - 1, &v)) {
		*id = (u32)v;
		return 0;
	}
	if (number->len || (*digits->s >= '0' && *digits->s <= '9'))
		return bad(err, "the number of a user or group is not 0 to 4294967294");
	acl->has_names = true;
	*id = NO_ID;
	if (!(ids && ids->find && ids->find(ids->arg, is_group, name->s, name->len, id)) &&
	    !acl->name) {
		acl->name = name->s;
		acl->name_len = name->len;
		acl->name_is_group = is_group;
	}
	return 0;
}

static u16 parse_tag(const struct field *f, bool qualified)
{
	if (field_is(f, "user") || field_is(f, "u"))
		return qualified ? USER : USER_OBJ;
	if (field_is(f, "group") || field_is(f, "g"))
		return qualified ? GROUP : GROUP_OBJ;
	if (qualified)
		return 0;
	if (field_is(f, "mask") || field_is(f, "m"))
		return MASK;
	return field_is(f, "other") || field_is(f, "o") ? OTHER : 0;
}

static int parse_entry(struct tar_acl *acl, struct field text, const struct tar_ids *ids,
		       struct entry *e, struct error *err)
{
	struct field f[4] = { 0 };
	int n = split(text, f);
	u32 id = NO_ID;
	u16 tag, perm;

	/* "mask:rwx" and "other:rwx" have no field for a name. */
	if (n == 2 && (field_is(&f[0], "mask") || field_is(&f[0], "other"))) {
		f[2] = f[1];
		f[1].len = 0;
		n = 3;
	}
	tag = n < 3 ? 0 : parse_tag(&f[0], f[1].len > 0);
	if (!tag || !parse_perm(&f[2], &perm) || (!f[1].len && f[3].len))
		return error_set(err, EINVAL, "ACL: \"%.*s\" is not an entry like user:NAME:rwx",
				 text.len > 100 ? 100 : (int)text.len, text.s);
	if (f[1].len && parse_id(acl, &f[1], &f[3], tag == GROUP, ids, &id, err))
		return -1;
	*e = (struct entry){ put16(tag), put16(perm), put32(id) };
	return 0;
}

static int order(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	u32 v = get16(a->tag), w = get16(b->tag);

	if (v == w) {
		v = get32(a->id);
		w = get32(b->id);
	}
	return v < w ? -1 : v > w;
}

/* The rules of the kernel, and what the entries mean for the mode. @e is sorted. */
static int check(struct tar_acl *acl, const struct entry *e, size_t n, struct error *err)
{
	u32 seen = 0, class = 0;

	for (size_t i = 0; i < n; i++) {
		u16 tag = get16(e[i].tag), perm = get16(e[i].perm);

		if (i && !order(&e[i - 1], &e[i]) && get32(e[i].id) != NO_ID)
			return bad(err, "two entries for one user or group");
		if (seen & tag && tag != USER && tag != GROUP)
			return bad(err, "two entries of a kind that may occur once");
		seen |= tag;
		if (tag == USER_OBJ)
			acl->mode |= (u32)perm << 6;
		if (tag == OTHER)
			acl->mode |= perm;
		if (tag == GROUP_OBJ)
			acl->group = (u32)perm << 3;
		if (tag == GROUP_OBJ || tag == MASK) /* which comes later */
			class = perm;
	}
	if ((seen & (USER_OBJ | GROUP_OBJ | OTHER)) != (USER_OBJ | GROUP_OBJ | OTHER))
		return bad(err, "no entry for the owner, the group or others");
	if (seen & (USER | GROUP) && !(seen & MASK))
		return bad(err, "entries for users or groups without a mask");
	acl->mode |= class << 3;
	acl->is_mode = !(seen & (USER | GROUP | MASK));
	return 0;
}

/* A comment ends with its line. */
static const char *skip_comment(const char *text, const char *end)
{
	const char *stop;

	if (text == end || *text != '#')
		return text;
	stop = memchr(text, '\n', (size_t)(end - text));
	return stop ? stop : end;
}

int tar_acl_parse(struct tar_acl *acl, const char *text, size_t len, const struct tar_ids *ids,
		  void *to, struct error *err)
{
	const le32 version = put32(VERSION);
	u8 *out = to;
	struct entry *entries = (struct entry *)(out + sizeof(version));
	const char *end = text + len;
	size_t n = 0;

	*acl = (struct tar_acl){ 0 };
	while (text < end) {
		struct field f = { text, 0 };

		while (text < end && *text != ',' && *text != '\n' && *text != '#')
			text++;
		f.len = (size_t)(text - f.s);
		text = skip_comment(text, end);
		if (text < end)
			text++;
		strip(&f);
		if (f.len && parse_entry(acl, f, ids, &entries[n++], err))
			return -1;
	}
	sort_records(entries, n, sizeof(*entries), order);
	memcpy(out, &version, sizeof(version));
	acl->len = sizeof(version) + n * sizeof(*entries);
	return check(acl, entries, n, err);
}
