// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/merge.h"
#include "base/text.h"

struct spot pair_spot(const struct pair *p)
{
	enum side side = p->e[SIDE_A] ? SIDE_A : SIDE_B;

	return (struct spot){ p->e[side]->at, p->serial, side };
}

int merge_init(struct merge *m, const struct image img[SIDES], const char *const *filter,
	       unsigned int nfilter, struct error *err)
{
	memset(m, 0, sizeof(*m));
	for (int s = 0; s < SIDES; s++)
		if (cursor_init(&m->c[s], &img[s], CURSOR_XATTRS | CURSOR_LATE, filter, nfilter,
				err))
			return -1;
	m->used[SIDE_A] = m->used[SIDE_B] = true;
	alike_init(&m->alike, &img[SIDE_A], &img[SIDE_B]);
	return 0;
}

void merge_release(struct merge *m)
{
	for (int s = 0; s < SIDES; s++)
		cursor_release(&m->c[s]);
}

/*
 * Which of two pending entries comes first: negative for A, positive for B, 0 if
 * they have the same name. All smaller names of both sides were handed out, so
 * entries of the same depth are in the same directory, and the deeper of two
 * entries is in a subtree that the other side has left or never had.
 */
static int pending_order(const struct cursor_entry *a, const struct cursor_entry *b)
{
	if (a->depth != b->depth)
		return a->depth > b->depth ? -1 : 1;
	return text_order(a->name, a->name_len, b->name, b->name_len);
}

/*
 * Whether the entries of both sides are equal. The names of a hard link are compared in full,
 * because the walk keeps an account of them.
 */
static bool sides_alike(struct merge *m)
{
	const struct cursor *a = &m->c[SIDE_A], *b = &m->c[SIDE_B];

	return !a->home && !b->home && alike(&m->alike, &a->inode, &b->inode);
}

/* Fill the entries of a pair, unless there is nothing to say about them. */
static int pair_fill(struct merge *m, struct pair *p, struct error *err)
{
	p->alike = p->e[SIDE_A] && p->e[SIDE_B] && sides_alike(m);
	if (p->alike)
		return 1;
	for (int s = 0; s < SIDES; s++)
		if (p->e[s] && cursor_fill(&m->c[s], &m->e[s], err))
			return -1;
	return 1;
}

int merge_next(struct merge *m, struct pair *p, struct error *err)
{
	int order;

	for (int s = 0; s < SIDES; s++) {
		int rc = m->used[s] ? cursor_next(&m->c[s], &m->e[s], err) : m->have[s];

		if (rc < 0)
			return -1;
		m->have[s] = rc;
	}
	if (!m->have[SIDE_A] && !m->have[SIDE_B])
		return 0;
	if (m->have[SIDE_A] && m->have[SIDE_B])
		order = pending_order(&m->e[SIDE_A], &m->e[SIDE_B]);
	else
		order = m->have[SIDE_A] ? -1 : 1;
	m->used[SIDE_A] = order <= 0;
	m->used[SIDE_B] = order >= 0;
	p->serial = ++m->serial;
	for (int s = 0; s < SIDES; s++)
		p->e[s] = m->used[s] ? &m->e[s] : NULL;
	return pair_fill(m, p, err);
}
