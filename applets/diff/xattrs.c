// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/xattrs.h"
#include "base/sort.h"

#define VALUE_SHOWN 64 /* bytes of a value, escaped */

static const char side_names[SIDES] = { 'A', 'B' };

static bool name_is(const struct dump_xattr *x, const char *name)
{
	const struct dump_xattr want = { .prefix = "",
					 .suffix = name,
					 .suffix_len = (u16)strlen(name) };

	return !xattr_order(x, &want);
}

/* Version 1 of the format marks each directory that holds a whiteout with these. */
static bool is_whiteout_mark(const struct pair *p, const struct xattr_change *change)
{
	enum side side = change->x[SIDE_A] ? SIDE_A : SIDE_B;
	const struct dump_xattr *x = change->x[side];

	return !(change->x[SIDE_A] && change->x[SIDE_B]) && entry_type(p->e[side]) == TYPE_DIR &&
	       x->len == 1 && x->value[0] == 'x' &&
	       (name_is(x, "trusted.overlay.opaque") || name_is(x, "user.overlay.opaque"));
}

static const struct dump_xattr *any_side(const struct xattr_change *change)
{
	return change->x[SIDE_A] ? change->x[SIDE_A] : change->x[SIDE_B];
}

static const struct dump_xattr *group_name(const struct xattr_group *xg)
{
	return &xg->first[xg->kind == XATTR_ONLY_B ? SIDE_B : SIDE_A];
}

static enum xattr_kind change_kind(const struct xattr_change *change)
{
	if (!change->x[SIDE_B])
		return XATTR_ONLY_A;
	return change->x[SIDE_A] ? XATTR_DIFFERS : XATTR_ONLY_B;
}

/* The group of a change; NULL: it has none of its own. */
static struct xattr_group *find_group(struct xattrs *x, const struct xattr_change *change)
{
	enum xattr_kind kind = change_kind(change);
	struct xattr_group *xg;

	for (unsigned int i = 0; i < x->n; i++)
		if (x->v[i].kind == kind && !xattr_order(group_name(&x->v[i]), any_side(change)))
			return &x->v[i];
	if (x->n == XATTRS_MAX)
		return NULL;
	xg = &x->v[x->n++];
	xg->kind = kind;
	for (int s = 0; s < SIDES; s++)
		if (change->x[s])
			xg->first[s] = *change->x[s];
	return xg;
}

static bool values_equal(const struct dump_xattr *a, const struct dump_xattr *b)
{
	return a->len == b->len && !memcmp(a->value, b->value, a->len);
}

/* Whether the value @a is the value @b and a NUL byte. */
static bool has_nul(const struct dump_xattr *a, const struct dump_xattr *b)
{
	return a->len == (u64)b->len + 1 && !a->value[b->len] &&
	       !memcmp(a->value, b->value, b->len);
}

static void add_change(struct xattrs *x, const struct pair *p, const struct xattr_change *change)
{
	struct xattr_group *xg = find_group(x, change);

	if (!xg) {
		group_add(&x->other, p);
		return;
	}
	group_add(&xg->g, p);
	for (int s = 0; s < SIDES; s++)
		if (change->x[s])
			xg->various[s] |= !values_equal(&xg->first[s], change->x[s]);
	if (xg->kind == XATTR_DIFFERS)
		for (int s = 0; s < SIDES; s++)
			xg->not_nul[s] |= !has_nul(change->x[s], change->x[!s]);
}

void xattrs_add(struct xattrs *x, const struct pair *p, const struct changes *changes)
{
	for (u32 i = 0; i < changes->nxattrs; i++) {
		const struct xattr_change *change = &changes->xattrs[i];

		if (is_whiteout_mark(p, change))
			group_add(&x->whiteouts[change->x[SIDE_A] ? SIDE_A : SIDE_B], p);
		else
			add_change(x, p, change);
	}
}

static int group_order(const void *a, const void *b)
{
	const struct xattr_group *x = a, *y = b;
	int order = xattr_order(group_name(x), group_name(y));

	return order ? order : (int)x->kind - (int)y->kind;
}

/* "  value in A: VALUE", if it is one and short. */
static void print_value(const struct xattr_group *xg, enum side side, struct phrase *ph)
{
	const struct dump_xattr *x = &xg->first[side];

	if (!x->value || xg->various[side] || x->len > VALUE_SHOWN)
		return;
	ph->path.len = 0;
	buf_escape(&ph->path, x->value, x->len, 0);
	ph->out->failed |= ph->path.failed;
	if (ph->path.len > VALUE_SHOWN)
		return;
	buf_str(ph->out, "  value in ");
	buf_byte(ph->out, side_names[side]);
	buf_str(ph->out, ": ");
	phrase_bytes(ph, x->value, x->len);
	buf_byte(ph->out, '\n');
}

static void print_group(const struct xattr_group *xg, struct phrase *ph)
{
	static const char *const kinds[] = { " only in A: ", " only in B: ", " differs: " };
	const struct dump_xattr *name = group_name(xg);

	buf_str(ph->out, "xattr ");
	phrase_bytes(ph, name->prefix, name->prefix_len);
	phrase_bytes(ph, name->suffix, name->suffix_len);
	buf_str(ph->out, kinds[xg->kind]);
	phrase_noun(ph, &xg->g);
	phrase_where(ph, &xg->g);
	for (int s = 0; s < SIDES; s++)
		if (xg->kind == XATTR_DIFFERS && !xg->not_nul[s]) {
			buf_str(ph->out, "  a NUL byte ends the value only in ");
			buf_byte(ph->out, side_names[s]);
			buf_byte(ph->out, '\n');
			return;
		}
	for (int s = 0; s < SIDES; s++)
		print_value(xg, (enum side)s, ph);
}

void xattrs_print(struct xattrs *x, struct phrase *ph)
{
	for (int s = 0; s < SIDES; s++) {
		if (!x->whiteouts[s].count)
			continue;
		phrase_verb(ph, &x->whiteouts[s], "is marked as holding whiteouts only in ",
			    "are marked as holding whiteouts only in ");
		buf_byte(ph->out, side_names[s]);
		phrase_where(ph, &x->whiteouts[s]);
	}
	sort_records(x->v, x->n, sizeof(x->v[0]), group_order);
	for (unsigned int i = 0; i < x->n; i++)
		print_group(&x->v[i], ph);
	if (x->other.count) {
		buf_str(ph->out, "other xattrs differ: ");
		phrase_noun(ph, &x->other);
		phrase_where(ph, &x->other);
	}
}
