// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/times.h"
#include "base/sort.h"

static const char side_names[SIDES] = { 'A', 'B' };

static bool is_zero(const struct moment *m)
{
	return !m->sec && !m->nsec;
}

static void add_span(struct times *t, u64 span, enum side later)
{
	unsigned int i = 0;

	while (i < t->nspans && (t->spans[i].span != span || t->spans[i].later != later))
		i++;
	if (i == SPANS_MAX) {
		t->later[later]++;
		return;
	}
	if (i == t->nspans)
		t->spans[t->nspans++] = (struct span_count){ span, 0, later };
	t->spans[i].count++;
}

static void classify(struct times *t, const struct moment *a, const struct moment *b)
{
	bool a_later = a->sec != b->sec ? a->sec > b->sec : a->nsec > b->nsec;
	enum side later = a_later ? SIDE_A : SIDE_B;

	if (is_zero(a))
		t->zero[SIDE_A]++;
	else if (is_zero(b))
		t->zero[SIDE_B]++;
	else if (a->sec == b->sec && !a->nsec)
		t->whole[SIDE_A]++;
	else if (a->sec == b->sec && !b->nsec)
		t->whole[SIDE_B]++;
	else if (a->sec == b->sec)
		t->nanoseconds++;
	else if (a->nsec == b->nsec) /* unsigned: the difference of two s64 fits a u64 */
		add_span(t, a_later ? (u64)a->sec - (u64)b->sec : (u64)b->sec - (u64)a->sec, later);
	else
		t->later[later]++;
}

void times_add(struct times *t, const struct pair *p, const struct moment m[SIDES], bool only)
{
	for (int s = 0; s < SIDES; s++) {
		if (!t->all.count)
			t->first[s] = m[s];
		t->various[s] |= t->first[s].sec != m[s].sec || t->first[s].nsec != m[s].nsec;
	}
	group_add(&t->all, p);
	t->only += only;
	classify(t, &m[SIDE_A], &m[SIDE_B]);
}

/* "  K ONE" or "  K MANY", the side, if there is one, and @tail; nothing if K is 0. */
static void detail(struct phrase *ph, u64 count, const char *one, const char *many, char side,
		   const char *tail)
{
	if (!count)
		return;
	buf_str(ph->out, "  ");
	buf_dec(ph->out, count);
	buf_byte(ph->out, ' ');
	buf_str(ph->out, count == 1 ? one : many);
	if (side)
		buf_byte(ph->out, side);
	buf_str(ph->out, tail);
	buf_byte(ph->out, '\n');
}

static int span_order(const void *a, const void *b)
{
	const struct span_count *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->span != y->span)
		return x->span < y->span ? -1 : 1;
	return (int)x->later - (int)y->later;
}

/* "7200 s (2 h)". */
static void print_span(struct buf *b, u64 span)
{
	static const struct {
		u64 seconds;
		const char *unit;
	} units[] = { { 86400, " d)" }, { 3600, " h)" }, { 60, " min)" } };

	buf_dec(b, span);
	buf_str(b, " s");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (span % units[i].seconds == 0) {
			buf_str(b, " (");
			buf_dec(b, span / units[i].seconds);
			buf_str(b, units[i].unit);
			return;
		}
}

/* The most frequent differences; the others are counted as later. */
static void print_spans(struct times *t, struct phrase *ph)
{
	sort_records(t->spans, t->nspans, sizeof(t->spans[0]), span_order);
	for (unsigned int i = 0; i < t->nspans; i++) {
		const struct span_count *s = &t->spans[i];

		if (i >= SPANS_SHOWN || (s->count < 2 && t->nspans > 1)) {
			t->later[s->later] += s->count;
			continue;
		}
		buf_str(ph->out, "  ");
		buf_dec(ph->out, s->count);
		buf_str(ph->out, s->count == 1 ? " is " : " are ");
		print_span(ph->out, s->span);
		buf_str(ph->out, " later in ");
		buf_byte(ph->out, side_names[s->later]);
		buf_byte(ph->out, '\n');
	}
}

/* "all are SEC.NSEC in A". */
static void print_single(const struct times *t, struct phrase *ph, enum side side)
{
	if (t->all.count < 2 || t->various[side] || is_zero(&t->first[side]))
		return;
	buf_str(ph->out, "  all are ");
	buf_sdec(ph->out, t->first[side].sec);
	buf_byte(ph->out, '.');
	buf_dec(ph->out, t->first[side].nsec);
	buf_str(ph->out, " in ");
	buf_byte(ph->out, side_names[side]);
	buf_byte(ph->out, '\n');
}

void times_print(struct times *t, struct phrase *ph)
{
	if (!t->all.count)
		return;
	phrase_verb(ph, &t->all, "differs in mtime", "differ in mtime");
	if (t->only == t->all.count)
		buf_str(ph->out, " only");
	phrase_where(ph, &t->all);
	if (t->only < t->all.count)
		detail(ph, t->only, "differs in nothing else", "differ in nothing else", 0, "");
	for (int s = 0; s < SIDES; s++)
		print_single(t, ph, (enum side)s);
	for (int s = 0; s < SIDES; s++)
		detail(ph, t->zero[s], "is 0.0 in ", "are 0.0 in ", side_names[s], "");
	for (int s = 0; s < SIDES; s++)
		detail(ph, t->whole[s], "has no nanoseconds in ", "have no nanoseconds in ",
		       side_names[s], "");
	detail(ph, t->nanoseconds, "differs in nanoseconds", "differ in nanoseconds", 0, "");
	print_spans(t, ph);
	for (int s = 0; s < SIDES; s++) {
		detail(ph, t->later[s], "is later in ", "are later in ", side_names[s],
		       t->later[s] == 1 ? "" : " by various amounts");
	}
}
