// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/compare.h"
#include <stdlib.h>
#include "base/sort.h"
#include "base/text.h"

int compare_init(struct compare *c, const struct image img[SIDES], const struct ignore *ignore,
		 struct error *err)
{
	*c = (struct compare){ .ignore = ignore, .img = img };
	if (ignore->attrs & ATTR_BIT(ATTR_LINK))
		return 0;
	for (int s = 0; s < SIDES; s++) {
		if (!img[s].twice_count)
			continue;
		c->first[s] = calloc(img[s].twice_count, sizeof(*c->first[s]));
		if (!c->first[s])
			return error_nomem(err);
	}
	return 0;
}

void compare_release(struct compare *c)
{
	for (int s = 0; s < SIDES; s++) {
		free(c->first[s]);
		free(c->sorted[s]);
	}
	free(c->xattrs);
}

static bool digests_equal(const struct cfs_digest *a, const struct cfs_digest *b)
{
	if (!a || !b)
		return !a == !b;
	return cfs_digest_equal(a, b);
}

static unsigned int compare_data(const struct cursor_entry *a, const struct cursor_entry *b)
{
	unsigned int set = 0;

	if (a->d.size != b->d.size)
		set |= ATTR_BIT(ATTR_SIZE);
	if (!bytes_equal(entry_content(a), entry_content(b)))
		set |= ATTR_BIT(ATTR_CONTENT);
	if (!bytes_equal(entry_object(a), entry_object(b)))
		set |= ATTR_BIT(ATTR_OBJECT);
	if (!digests_equal(entry_digest(a), entry_digest(b)))
		set |= ATTR_BIT(ATTR_DIGEST);
	return set;
}

/* The first name, on one side, of the inode of an entry that both sides have; NULL: this one is. */
static const struct location *first_name(struct compare *c, const struct pair *p, enum side side)
{
	const u64 nid = p->e[side]->nid;
	struct location *first;

	if (!image_is_twice(&c->img[side], nid))
		return NULL;
	first = &c->first[side][image_rank(&c->img[side], nid)];
	if (first->name)
		return first;
	*first = p->e[SIDE_A]->at;
	return NULL;
}

/* Bytes of image A stand for a name, so equal addresses are equal names. */
static unsigned int compare_links(struct compare *c, const struct pair *p, struct changes *changes)
{
	const u8 *name[SIDES];

	if (c->ignore->attrs & ATTR_BIT(ATTR_LINK))
		return 0;
	for (int s = 0; s < SIDES; s++) {
		changes->first[s] = first_name(c, p, (enum side)s);
		name[s] = changes->first[s] ? changes->first[s]->name : p->e[SIDE_A]->at.name;
	}
	return name[SIDE_A] != name[SIDE_B] ? ATTR_BIT(ATTR_LINK) : 0;
}

static bool xattrs_equal(const struct dump_xattr *a, const struct dump_xattr *b)
{
	return a->len == b->len && !text_order(a->value, a->len, b->value, b->len) &&
	       !xattr_order(a, b);
}

/* Whether both have the same xattrs in the same order, which is what most have. */
static bool lists_equal(const struct dump_entry *a, const struct dump_entry *b)
{
	if (a->nxattrs != b->nxattrs)
		return false;
	for (u32 i = 0; i < a->nxattrs; i++)
		if (!xattrs_equal(&a->xattrs[i], &b->xattrs[i]))
			return false;
	return true;
}

static int pointer_order(const void *a, const void *b)
{
	return xattr_order(*(const struct dump_xattr *const *)a,
			   *(const struct dump_xattr *const *)b);
}

/* Room for the xattrs of both sides. */
static int make_room(struct compare *c, u32 n)
{
	void *p;

	if (n <= c->cap)
		return 0;
	c->cap = 0;
	for (int s = 0; s < SIDES; s++) {
		p = realloc(c->sorted[s], n * sizeof(*c->sorted[s]));
		if (!p)
			return -1;
		c->sorted[s] = p;
	}
	p = realloc(c->xattrs, n * sizeof(*c->xattrs));
	if (!p)
		return -1;
	c->xattrs = p;
	c->cap = n;
	return 0;
}

/* Sort the xattrs that are not ignored by name. Returns their number. */
static u32 sort_xattrs(const struct compare *c, const struct dump_entry *d,
		       const struct dump_xattr **sorted)
{
	u32 n = 0;

	for (u32 i = 0; i < d->nxattrs; i++)
		if (!ignore_has_xattr(c->ignore, &d->xattrs[i]))
			sorted[n++] = &d->xattrs[i];
	sort_records(sorted, n, sizeof(*sorted), pointer_order);
	return n;
}

static int compare_xattrs(struct compare *c, const struct pair *p, struct changes *changes,
			  struct error *err)
{
	const struct dump_entry *d[SIDES] = { &p->e[SIDE_A]->d, &p->e[SIDE_B]->d };
	const struct dump_xattr **a, **b;
	u32 n[SIDES], i = 0, k = 0;

	if (c->ignore->attrs & ATTR_BIT(ATTR_XATTRS) || lists_equal(d[SIDE_A], d[SIDE_B]))
		return 0;
	if (make_room(c, d[SIDE_A]->nxattrs + d[SIDE_B]->nxattrs))
		return error_nomem(err);
	for (int s = 0; s < SIDES; s++)
		n[s] = sort_xattrs(c, d[s], c->sorted[s]);
	a = c->sorted[SIDE_A];
	b = c->sorted[SIDE_B];
	while (i < n[SIDE_A] || k < n[SIDE_B]) {
		struct xattr_change change = { 0 };
		int order = 1;

		if (i < n[SIDE_A])
			order = k < n[SIDE_B] ? xattr_order(a[i], b[k]) : -1;
		if (order <= 0)
			change.x[SIDE_A] = a[i++];
		if (order >= 0)
			change.x[SIDE_B] = b[k++];
		if (order || !xattrs_equal(change.x[SIDE_A], change.x[SIDE_B]))
			c->xattrs[changes->nxattrs++] = change;
	}
	changes->xattrs = c->xattrs;
	if (changes->nxattrs)
		changes->attrs |= ATTR_BIT(ATTR_XATTRS);
	return 0;
}

/* Compare the attributes that every type has, except xattrs. */
static unsigned int compare_common(const struct compare *c, const struct cursor_entry *a,
				   const struct cursor_entry *b)
{
	unsigned int set = 0;

	if ((a->d.mode ^ b->d.mode) & ~CFS_IFMT)
		set |= ATTR_BIT(ATTR_MODE);
	if (a->d.uid != b->d.uid)
		set |= ATTR_BIT(ATTR_UID);
	if (a->d.gid != b->d.gid)
		set |= ATTR_BIT(ATTR_GID);
	if (a->d.mtime != b->d.mtime || compare_nsec(c->ignore, a) != compare_nsec(c->ignore, b))
		set |= ATTR_BIT(ATTR_MTIME);
	return set;
}

int compare_pair(struct compare *c, const struct pair *p, struct changes *changes,
		 struct error *err)
{
	const struct cursor_entry *a = p->e[SIDE_A], *b = p->e[SIDE_B];
	enum type type = entry_type(a);
	unsigned int set;

	*changes = (struct changes){ 0 };
	set = compare_common(c, a, b);
	if (type != entry_type(b)) {
		set |= ATTR_BIT(ATTR_TYPE);
	} else if (type != TYPE_DIR) {
		if (a->d.nlink != b->d.nlink)
			set |= ATTR_BIT(ATTR_NLINK);
		if (a->d.rdev != b->d.rdev)
			set |= ATTR_BIT(ATTR_RDEV);
		if (!bytes_equal(entry_target(a), entry_target(b)))
			set |= ATTR_BIT(ATTR_TARGET);
		if (type == TYPE_FILE)
			changes->data = compare_data(a, b);
		set |= changes->data | compare_links(c, p, changes);
	}
	changes->attrs = set & ~c->ignore->attrs;
	return compare_xattrs(c, p, changes, err);
}
