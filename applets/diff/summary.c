// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/summary.h"
#include <stdlib.h>
#include "applets/diff/data.h"
#include "applets/diff/times.h"
#include "applets/diff/xattrs.h"

/* Entries that only one side has. */
struct only {
	struct group all, roots; /* a root is one whose parent both sides have */
	u64 below[GROUP_SHOWN];  /* entries below each of the first roots */
	size_t depth;            /* of the root that the walk is in; 0: none */
};

/* uid or gid. */
struct ids {
	struct groups by_pair;
	struct group all;
	s64 step;     /* what was added on side B, of the first entry */
	bool various; /* another number was */
};

/* How the links of an inode differ. */
enum {
	LINK_ONLY_A,
	LINK_ONLY_B,
	LINK_OTHER,
	LINKS
};

struct summary {
	const struct ignore *ignore;
	struct only only[SIDES];
	struct groups types, modes;
	struct group data[DATA_REASONS], target, rdev, links[LINKS], nlink;
	struct ids uid, gid;
	struct times times;
	struct xattrs xattrs;
	struct verity verity;
};

struct summary *summary_new(const struct ignore *ignore)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (s)
		s->ignore = ignore;
	return s;
}

static void only_add(struct only *o, const struct pair *p, const struct cursor_entry *e)
{
	group_add(&o->all, p);
	if (o->depth && e->depth > o->depth) {
		if (o->roots.count <= GROUP_SHOWN)
			o->below[o->roots.count - 1]++;
		return;
	}
	o->depth = e->depth;
	group_add(&o->roots, p);
}

void summary_pass(struct summary *s, const struct pair *p)
{
	for (int side = 0; side < SIDES; side++)
		if (p->e[side])
			s->only[side].depth = 0;
}

static void ids_add(struct ids *ids, const struct pair *p, u32 a, u32 b)
{
	s64 step = (s64)b - (s64)a;

	if (!ids->all.count)
		ids->step = step;
	ids->various |= ids->step != step;
	group_add(&ids->all, p);
	(void)groups_add(&ids->by_pair, (u64)a << 32 | b, p);
}

static void modes_add(struct groups *modes, const struct pair *p, u32 a, u32 b)
{
	struct keyed *k = groups_add(modes, (u64)(a & ~b) << 16 | (b & ~a), p);

	if (!k)
		return;
	if (k->g.count == 1) {
		k->mode[SIDE_A] = a;
		k->mode[SIDE_B] = b;
	}
	k->modes |= k->mode[SIDE_A] != a || k->mode[SIDE_B] != b;
}

static void links_add(struct group links[LINKS], const struct pair *p,
		      const struct changes *changes)
{
	int kind = LINK_OTHER;

	if (!changes->first[SIDE_B])
		kind = LINK_ONLY_A;
	else if (!changes->first[SIDE_A])
		kind = LINK_ONLY_B;
	group_add(&links[kind], p);
}

static void add_times(struct summary *s, const struct pair *p, const struct changes *changes)
{
	struct moment m[SIDES];

	for (int side = 0; side < SIDES; side++)
		m[side] =
			(struct moment){ p->e[side]->d.mtime, compare_nsec(s->ignore, p->e[side]) };
	times_add(&s->times, p, m, changes->attrs == ATTR_BIT(ATTR_MTIME));
}

void summary_add(struct summary *s, const struct pair *p, const struct changes *changes)
{
	const struct cursor_entry *a = p->e[SIDE_A], *b = p->e[SIDE_B];
	const unsigned int set = a && b ? changes->attrs : 0;

	if (!a || !b) {
		only_add(&s->only[a ? SIDE_A : SIDE_B], p, a ? a : b);
		return;
	}
	summary_pass(s, p);
	if (set & ATTR_BIT(ATTR_TYPE))
		(void)groups_add(&s->types, (u64)entry_type(a) << 8 | entry_type(b), p);
	if (set & ATTR_DATA)
		group_add(&s->data[data_reason(p, &s->verity)], p);
	if (set & ATTR_BIT(ATTR_TARGET))
		group_add(&s->target, p);
	if (set & ATTR_BIT(ATTR_RDEV))
		group_add(&s->rdev, p);
	if (set & ATTR_BIT(ATTR_MODE))
		modes_add(&s->modes, p, a->d.mode & 07777, b->d.mode & 07777);
	if (set & ATTR_BIT(ATTR_UID))
		ids_add(&s->uid, p, a->d.uid, b->d.uid);
	if (set & ATTR_BIT(ATTR_GID))
		ids_add(&s->gid, p, a->d.gid, b->d.gid);
	if (set & ATTR_BIT(ATTR_MTIME))
		add_times(s, p, changes);
	if (set & ATTR_BIT(ATTR_XATTRS))
		xattrs_add(&s->xattrs, p, changes);
	if (set & ATTR_BIT(ATTR_LINK))
		links_add(s->links, p, changes);
	if (set & ATTR_BIT(ATTR_NLINK))
		group_add(&s->nlink, p);
}

static void print_only(const struct only *o, const char *verb, struct phrase *ph)
{
	if (!o->all.count)
		return;
	phrase_noun(ph, &o->all);
	buf_str(ph->out, verb);
	if (o->roots.count > GROUP_SHOWN) {
		buf_str(ph->out, "in ");
		buf_dec(ph->out, o->roots.count);
		buf_str(ph->out, " places, ");
		phrase_range(ph, &o->roots);
		buf_byte(ph->out, '\n');
		return;
	}
	for (u64 i = 0; i < o->roots.count; i++) {
		if (i)
			buf_str(ph->out, ", ");
		phrase_path(ph, &o->roots.first[i]);
		if (!o->below[i])
			continue;
		buf_str(ph->out, " and ");
		buf_dec(ph->out, o->below[i]);
		buf_str(ph->out, " below it");
	}
	buf_byte(ph->out, '\n');
}

/* A line about a group whose verb depends on the number of entries. */
static void print_plain(const struct group *g, const char *one, const char *many, struct phrase *ph)
{
	if (!g->count)
		return;
	phrase_verb(ph, g, one, many);
	phrase_where(ph, g);
}

/* A line that begins with a fixed text: "mode differs otherwise: NOUN: WHERE". */
static void print_labelled(const struct group *g, const char *label, struct phrase *ph)
{
	if (!g->count)
		return;
	buf_str(ph->out, label);
	buf_str(ph->out, ": ");
	phrase_noun(ph, g);
	phrase_where(ph, g);
}

/* "1 name" and "N names", or devices: a noun that does not depend on the types. */
static void print_counted(const struct group *g, const char *one, const char *many,
			  struct phrase *ph)
{
	if (!g->count)
		return;
	buf_dec(ph->out, g->count);
	buf_str(ph->out, g->count == 1 ? one : many);
	phrase_where(ph, g);
}

static void print_types(struct groups *types, struct phrase *ph)
{
	static const char *const words[TYPES][2] = {
		[TYPE_BLOCK] = { "a block device", "block devices" },
		[TYPE_CHAR] = { "a character device", "character devices" },
		[TYPE_DIR] = { "a directory", "directories" },
		[TYPE_FIFO] = { "a fifo", "fifos" },
		[TYPE_FILE] = { "a file", "files" },
		[TYPE_SOCKET] = { "a socket", "sockets" },
		[TYPE_SYMLINK] = { "a symlink", "symlinks" },
		[TYPE_WHITEOUT] = { "a whiteout", "whiteouts" },
	};

	groups_close(types);
	for (unsigned int i = 0; i < types->n; i++) {
		const struct keyed *k = &types->v[i];
		bool many = k->g.count != 1;

		buf_dec(ph->out, k->g.count);
		buf_str(ph->out, many ? " names are " : " name is ");
		buf_str(ph->out, words[k->key >> 8][many]);
		buf_str(ph->out, " in A and ");
		buf_str(ph->out, words[k->key & 0xff][many]);
		buf_str(ph->out, " in B");
		phrase_where(ph, &k->g);
	}
	print_counted(&types->other, " name has another type", " names have other types", ph);
}

/* Four octal digits. */
static void put_mode(struct buf *b, u32 mode)
{
	for (int shift = 9; shift >= 0; shift -= 3)
		buf_byte(b, (char)('0' + (mode >> shift & 7)));
}

/* "mode bits AAAA are set only in A and BBBB only in B". */
static void put_masks(struct buf *b, u32 only_a, u32 only_b)
{
	buf_str(b, "mode bits ");
	put_mode(b, only_a ? only_a : only_b);
	buf_str(b, only_a ? " are set only in A" : " are set only in B");
	if (!only_a || !only_b)
		return;
	buf_str(b, " and ");
	put_mode(b, only_b);
	buf_str(b, " only in B");
}

static void print_modes(struct groups *modes, struct phrase *ph)
{
	groups_close(modes);
	for (unsigned int i = 0; i < modes->n; i++) {
		const struct keyed *k = &modes->v[i];

		if (k->modes) {
			put_masks(ph->out, (u32)(k->key >> 16), (u32)k->key & 0xffff);
		} else {
			buf_str(ph->out, "mode ");
			put_mode(ph->out, k->mode[SIDE_A]);
			buf_str(ph->out, " in A is ");
			put_mode(ph->out, k->mode[SIDE_B]);
			buf_str(ph->out, " in B");
		}
		print_labelled(&k->g, "", ph);
	}
	print_labelled(&modes->other, "mode differs otherwise", ph);
}

/* One number was added everywhere, as a user namespace does. */
static void print_step(const struct ids *ids, const char *what, struct phrase *ph)
{
	buf_str(ph->out, what);
	buf_str(ph->out, " is ");
	buf_dec(ph->out, (u64)(ids->step < 0 ? -ids->step : ids->step));
	buf_str(ph->out, ids->step < 0 ? " higher in A" : " higher in B");
	print_labelled(&ids->all, "", ph);
}

static void print_ids(struct ids *ids, const char *what, const char *otherwise, struct phrase *ph)
{
	if (ids->by_pair.n > 1 && !ids->various) {
		print_step(ids, what, ph);
		return;
	}
	groups_close(&ids->by_pair);
	for (unsigned int i = 0; i < ids->by_pair.n; i++) {
		const struct keyed *k = &ids->by_pair.v[i];

		buf_str(ph->out, what);
		buf_byte(ph->out, ' ');
		buf_dec(ph->out, k->key >> 32);
		buf_str(ph->out, " in A is ");
		buf_dec(ph->out, k->key & 0xffffffff);
		buf_str(ph->out, " in B");
		print_labelled(&k->g, "", ph);
	}
	print_labelled(&ids->by_pair.other, otherwise, ph);
}

static void print_links(const struct summary *s, struct phrase *ph)
{
	print_plain(&s->links[LINK_ONLY_A], "is a hard link in A and a separate file in B",
		    "are hard links in A and separate files in B", ph);
	print_plain(&s->links[LINK_ONLY_B], "is a separate file in A and a hard link in B",
		    "are separate files in A and hard links in B", ph);
	print_plain(&s->links[LINK_OTHER], "is a hard link to another file",
		    "are hard links to other files", ph);
	print_plain(&s->nlink, "has another link count", "have other link counts", ph);
}

int summary_print(struct summary *s, const struct image img[SIDES], struct buf *out,
		  struct error *err)
{
	struct phrase ph = { .img = img, .out = out, .err = err };

	print_only(&s->only[SIDE_A], " only in A: ", &ph);
	print_only(&s->only[SIDE_B], " only in B: ", &ph);
	print_types(&s->types, &ph);
	data_print(s->data, &ph);
	print_plain(&s->target, "has another target", "have other targets", &ph);
	print_counted(&s->rdev, " device has another number", " devices have other numbers", &ph);
	print_modes(&s->modes, &ph);
	print_ids(&s->uid, "uid", "uid differs otherwise", &ph);
	print_ids(&s->gid, "gid", "gid differs otherwise", &ph);
	times_print(&s->times, &ph);
	xattrs_print(&s->xattrs, &ph);
	print_links(s, &ph);
	phrase_release(&ph);
	return ph.failed ? -1 : 0;
}
