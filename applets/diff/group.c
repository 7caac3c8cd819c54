// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/group.h"
#include "base/sort.h"

static const char *const nouns[TYPES][2] = {
	[TYPE_DIR] = { "directory", "directories" },
	[TYPE_FILE] = { "file", "files" },
	[TYPE_SYMLINK] = { "symlink", "symlinks" },
	[TYPE_WHITEOUT] = { "whiteout", "whiteouts" },
};

/* Put a spot among the first ones, if it is one of them. */
static void add_first(struct group *g, const struct spot *spot)
{
	struct spot in = *spot;

	for (int i = 0; i < GROUP_SHOWN; i++) {
		struct spot out = g->first[i];

		if (out.serial && out.serial < in.serial)
			continue;
		g->first[i] = in;
		if (!out.serial)
			return;
		in = out;
	}
}

void group_add(struct group *g, const struct pair *p)
{
	struct spot spot = pair_spot(p);

	if (g->last.serial == spot.serial)
		return;
	if (g->count < GROUP_SHOWN)
		g->first[g->count] = spot;
	g->count++;
	g->last = spot;
	for (int s = 0; s < SIDES; s++)
		if (p->e[s])
			g->types |= 1u << entry_type(p->e[s]);
}

void group_join(struct group *g, const struct group *from)
{
	for (int i = 0; i < GROUP_SHOWN && from->first[i].serial; i++)
		add_first(g, &from->first[i]);
	if (from->last.serial > g->last.serial)
		g->last = from->last;
	g->count += from->count;
	g->types |= from->types;
}

void phrase_release(struct phrase *ph)
{
	buf_release(&ph->path);
	buf_release(&ph->last);
}

void phrase_noun(struct phrase *ph, const struct group *g)
{
	const char *noun = g->count == 1 ? "name" : "names";

	for (int t = 0; t < TYPES; t++)
		if (g->types == 1u << t && nouns[t][0])
			noun = nouns[t][g->count != 1];
	buf_dec(ph->out, g->count);
	buf_byte(ph->out, ' ');
	buf_str(ph->out, noun);
}

void phrase_verb(struct phrase *ph, const struct group *g, const char *one, const char *many)
{
	phrase_noun(ph, g);
	buf_byte(ph->out, ' ');
	buf_str(ph->out, g->count == 1 ? one : many);
}

void phrase_bytes(struct phrase *ph, const void *s, size_t len)
{
	buf_escape(ph->out, s, len, ESCAPE_SPACE_OK);
}

/* The path of a spot into @to. */
static bool make_path(struct phrase *ph, const struct spot *spot, struct buf *to)
{
	to->len = 0;
	if (!ph->failed && location_path(&ph->img[spot->side], &spot->at, to, ph->err))
		ph->failed = true;
	ph->out->failed |= to->failed;
	return !ph->failed && !to->failed;
}

void phrase_path(struct phrase *ph, const struct spot *spot)
{
	if (make_path(ph, spot, &ph->path))
		phrase_bytes(ph, ph->path.p, ph->path.len);
}

/* The length of the deepest path that equals or is above both. */
static size_t common_path(const struct buf *a, const struct buf *b)
{
	size_t common = 0;

	for (size_t i = 1;; i++) {
		bool end_a = i == a->len || a->p[i] == '/', end_b = i == b->len || b->p[i] == '/';

		if (end_a && end_b)
			common = i;
		if (i == a->len || i == b->len || a->p[i] != b->p[i])
			return common;
	}
}

void phrase_range(struct phrase *ph, const struct group *g)
{
	size_t above;

	if (!make_path(ph, &g->first[0], &ph->path) || !make_path(ph, &g->last, &ph->last))
		return;
	above = common_path(&ph->path, &ph->last);
	if (above && above == ph->path.len) {
		phrase_bytes(ph, ph->path.p, ph->path.len);
		buf_str(ph->out, " and below it");
		return;
	}
	if (above) {
		buf_str(ph->out, "all below ");
		phrase_bytes(ph, ph->path.p, above);
		buf_str(ph->out, ", ");
	}
	buf_str(ph->out, "first ");
	phrase_bytes(ph, ph->path.p, ph->path.len);
}

void phrase_where(struct phrase *ph, const struct group *g)
{
	buf_str(ph->out, ": ");
	if (g->count > GROUP_SHOWN) {
		phrase_range(ph, g);
	} else {
		for (u64 i = 0; i < g->count; i++) {
			if (i)
				buf_str(ph->out, ", ");
			phrase_path(ph, &g->first[i]);
		}
	}
	buf_byte(ph->out, '\n');
}

struct keyed *groups_add(struct groups *gs, u64 key, const struct pair *p)
{
	unsigned int i = gs->hit;

	if (i >= gs->n || gs->v[i].key != key)
		for (i = 0; i < gs->n && gs->v[i].key != key; i++)
			;
	if (i == GROUPS_MAX) {
		group_add(&gs->other, p);
		return NULL;
	}
	if (i == gs->n) {
		gs->n++;
		gs->v[i].key = key;
	}
	gs->hit = i;
	group_add(&gs->v[i].g, p);
	return &gs->v[i];
}

static int keyed_order(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->g.count != y->g.count)
		return x->g.count > y->g.count ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

void groups_close(struct groups *gs)
{
	sort_records(gs->v, gs->n, sizeof(gs->v[0]), keyed_order);
	while (gs->n > GROUPS_SHOWN)
		group_join(&gs->other, &gs->v[--gs->n].g);
}
