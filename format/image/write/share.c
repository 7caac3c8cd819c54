// SPDX-License-Identifier: GPL-2.0-only
/* Find the xattrs that are shared, and build the shared table (image format 7.3). */
#include <stdlib.h>
#include "base/sort.h"
#include "base/grow.h"
#include "base/text.h"
#include "core/backing.h"
#include "image/write/plan.h"

/* The key that a metacopy or redirect is compared by: a digest, or a text. */
struct key {
	const void *p;
	size_t len;
	u8 algorithm; /* of the digest; 0: a text, or no digest */
	struct cfs_digest room;
};

static void metacopy_key(const struct node *node, struct key *key)
{
	key->algorithm = node->algorithm;
	key->p = node->algorithm ? node->file.digest : key->room.b;
	key->len = cfs_digest_size(node->algorithm);
}

/* A redirect that is the object name of a digest is compared as that digest. */
static void redirect_key(const struct node *node, struct key *key)
{
	if (node->payload_is_object) {
		metacopy_key(node, key);
		return;
	}
	key->algorithm = CFS_NO_ALGORITHM;
	key->p = node->file.payload;
	key->len = node->payload_len;
	if (!cfs_object_name_parse(&key->room, node->file.payload, node->payload_len))
		return;
	key->algorithm = key->room.algorithm;
	key->p = key->room.b;
	key->len = cfs_digest_size(key->algorithm);
}

/* Groups external files with equal values by a hash table with 4 bytes a slot. */
struct groups {
	const struct plan *plan;
	void (*key_of)(const struct node *node, struct key *key);
	u32 *slot; /* ino + 1 of the first file with the value; 0: free */
	size_t mask;
	u32 *group; /* by ino */
	u32 *first; /* by group: ino of its first file */
	u32 n;
	size_t cap;
};

/* The first inode with the value of @node, or 0 if it is @ino itself. */
static u32 find_first(struct groups *g, u32 ino, const struct node *node)
{
	struct key key, other;

	g->key_of(node, &key);
	for (size_t i = (size_t)hash_bytes(&g->plan->tree->key, key.algorithm, key.p, key.len) &
			g->mask;
	     ; i = (i + 1) & g->mask) {
		if (!g->slot[i]) {
			g->slot[i] = ino + 1;
			return 0;
		}
		g->key_of(plan_node(g->plan, g->slot[i] - 1), &other);
		if (key.algorithm == other.algorithm && key.len == other.len &&
		    !text_order(key.p, key.len, other.p, other.len))
			return g->slot[i] - 1;
	}
}

static int group_add(struct groups *g, u32 ino, const struct node *node)
{
	u32 first = find_first(g, ino, node);

	if (!first)
		return 0;
	if (!g->group[first]) {
		if (grow(&g->first, g->n, &g->cap, sizeof(*g->first), 64))
			return -1;
		g->first[g->n++] = first;
		g->group[first] = g->n;
	}
	g->group[ino] = g->group[first];
	return 0;
}

/*
 * Group the @n external files; for redirects, only those that have a payload. The caller frees
 * g->group and g->first.
 */
static int group_files(struct groups *g, u32 n, bool redirects)
{
	const struct plan *plan = g->plan;
	int rc = 0;

	for (g->mask = 63; g->mask < (size_t)n + n / 2; g->mask = g->mask * 2 + 1)
		;
	g->slot = calloc(g->mask + 1, sizeof(*g->slot));
	g->group = calloc(plan->count, sizeof(*g->group));
	if (!g->slot || !g->group)
		rc = -1;
	for (u32 ino = 1; ino < plan->count && !rc; ino++) {
		const struct node *node = plan_node(plan, ino);

		plan_ahead(plan, ino);
		if (plan->count - ino > 4) {
			const struct node *soon = plan_node(plan, ino + 4);

			if (node_is_external(soon))
				__builtin_prefetch(soon->file.digest);
		}
		if (node_is_external(node) && (!redirects || node->payload_len))
			rc = group_add(g, ino, node);
	}
	free(g->slot);
	return rc ? error_nomem(plan->err) : 0;
}

/*
 * Fill the entries of the table for the groups of metacopies or redirects. The references go to
 * @refs.
 */
static int add_groups(struct plan *plan, const struct groups *g, u32 *refs, bool redirect)
{
	for (u32 i = 0; i < g->n; i++) {
		const struct node *node = plan_node(plan, g->first[i]);
		struct shared_entry *e = &plan->table[plan->ntable++];

		*e = (struct shared_entry){ .name = redirect ? CFS_XATTR_REDIRECT
							     : CFS_XATTR_METACOPY,
					    .name_len = sizeof(CFS_XATTR_METACOPY) - 1,
					    .set_shared = &refs[i],
					    .is_redirect = redirect };
		if (redirect) {
			char room[CFS_OBJECT_NAME_MAX];
			size_t len;
			const char *path = node_payload(node, room, &len);

			e->value = (const u8 *)arena_copy(&plan->arena, path, len);
			e->len = (u32)len + 1;
			if (!e->value)
				return -1;
		} else if (node->algorithm) {
			e->algorithm = node->algorithm;
			e->value = node->file.digest;
			e->len = cfs_metacopy_len(node->algorithm);
		}
	}
	return 0;
}

/* The number of bytes that decide the order among values of the same length. */
static u32 order_len(const struct shared_entry *e)
{
	if (e->is_redirect)
		return e->len - 1;
	return e->algorithm ? cfs_digest_size(e->algorithm) : e->len;
}

/* Rank the names by sorting all of them: rank[i] belongs to table[i]. */
static int rank_names(const struct plan *plan, struct sort_item *v, u32 *rank)
{
	u32 r = 0;

	for (u32 i = 0; i < plan->ntable; i++) {
		const struct shared_entry *e = &plan->table[i];

		v[i] = (struct sort_item){
			sort_prefix(e->name, e->name_len), e->name, e->name_len, i, { NULL }
		};
	}
	if (sort_strings(v, plan->ntable))
		return -1;
	for (u32 i = 0; i < plan->ntable; i++) {
		if (i && text_order(v[i - 1].s, v[i - 1].len, v[i].s, v[i].len))
			r++;
		rank[v[i].tie] = r;
	}
	return 0;
}

/* Sort by name, length and bytes in ascending order, then reverse. */
static int sort_table(struct plan *plan)
{
	struct sort_item *v = malloc((plan->ntable + 1u) * sizeof(*v));
	u32 *rank = malloc((plan->ntable + 1u) * sizeof(*rank));
	struct shared_entry *sorted = malloc((plan->ntable + 1u) * sizeof(*sorted));
	int rc = v && rank && sorted ? rank_names(plan, v, rank) : -1;

	for (u32 i = 0; i < plan->ntable && !rc; i++) {
		const struct shared_entry *e = &plan->table[i];

		v[i] = (struct sort_item){ (u64)rank[i] << 32 | e->len,
					   (const char *)e->value,
					   order_len(e),
					   i,
					   { NULL } };
	}
	if (!rc)
		rc = sort_strings(v, plan->ntable);
	for (u32 i = 0; i < plan->ntable && !rc; i++)
		sorted[plan->ntable - 1 - i] = plan->table[v[i].tie];
	free(rank);
	free(v);
	free(plan->table);
	plan->table = sorted;
	return rc;
}

static bool is_acl(const char *name)
{
	return !strcmp(name, "system.posix_acl_access") ||
	       !strcmp(name, "system.posix_acl_default");
}

/*
 * Make an entry of the table for every xattr that two inodes have. plan->shared becomes 0 for
 * all others.
 */
static int collect(struct plan *plan, const struct groups *meta, const struct groups *redir)
{
	const struct xattr **user = plan->user;
	size_t n = (size_t)meta->n + redir->n;
	int rc = -1;

	for (u32 id = 0; id < plan->xattrs; id++)
		n += plan->shared[id] > 1;
	plan->table = malloc((n + 1) * sizeof(*plan->table));
	for (u32 id = 0; plan->table && id < plan->xattrs; id++) {
		if (plan->shared[id] && is_acl(user[id]->name->s))
			plan->has_acl = true;
		if (plan->shared[id] > 1)
			plan->table[plan->ntable++] =
				(struct shared_entry){ .name = user[id]->name->s,
						       .name_len = user[id]->name->len,
						       .value = user[id]->value,
						       .len = user[id]->len,
						       .set_shared = &plan->shared[id] };
		plan->shared[id] = 0;
	}
	if (plan->table && !add_groups(plan, meta, plan->metacopy_shared, false) &&
	    !add_groups(plan, redir, plan->redirect_shared, true))
		rc = sort_table(plan);
	return rc ? error_nomem(plan->err) : 0;
}

static int place_table(struct plan *plan)
{
	u64 off = 0;

	for (u32 i = 0; i < plan->ntable; i++) {
		const struct shared_entry *e = &plan->table[i];
		u32 prefix;

		if (off / 4 >= UINT32_MAX - EROFS_BLKSZ)
			return error_set(plan->err, EFBIG, "too many extended attributes");
		*e->set_shared = (u32)(off / 4) + 1;
		cfs_xattr_index(e->name, e->name_len, &prefix);
		off += cfs_align(sizeof(struct erofs_xattr_entry) + e->name_len - prefix + e->len,
				 4);
	}
	plan->table_size = off;
	return 0;
}

static int group_all(const struct plan *plan, struct groups *meta, struct groups *redir)
{
	if (group_files(meta, plan->externals, false))
		return -1;
	if (plan->odd_payloads)
		return group_files(redir, plan->externals, true);
	/* All paths are object names of the digests, so equal digests mean equal paths. */
	redir->group = meta->group;
	redir->first = meta->first;
	redir->n = meta->n;
	return 0;
}

int plan_share(struct plan *plan)
{
	struct groups meta = { .plan = plan, .key_of = metacopy_key };
	struct groups redir = { .plan = plan, .key_of = redirect_key };
	int rc = group_all(plan, &meta, &redir);

	plan->metacopy_group = meta.group;
	plan->redirect_group = redir.group;
	if (!rc) {
		plan->metacopy_shared = calloc(meta.n + 1u, sizeof(u32));
		plan->redirect_shared = calloc(redir.n + 1u, sizeof(u32));
		if (!plan->metacopy_shared || !plan->redirect_shared)
			rc = error_nomem(plan->err);
	}
	if (!rc && !collect(plan, &meta, &redir))
		rc = place_table(plan);
	else
		rc = -1;
	if (redir.first != meta.first)
		free(redir.first);
	free(meta.first);
	return rc;
}

void share_start(struct xattr_walk *walk, const struct plan *plan, u32 ino, const struct node *node,
		 u32 *cursor)
{
	*walk = (struct xattr_walk){ .plan = plan, .ino = ino, .node = node };
	walk->v = lower_xattrs(plan, ino, node, cursor, &walk->n);
	walk->backing = node_is_external(node) ? 0 : 2;
}

/* Take a reference if the inode may have one more (image format 7.3). */
static u32 take_ref(struct xattr_walk *walk, u32 ref)
{
	if (!ref || walk->refs == CFS_SHARED_MAX)
		return 0;
	walk->refs++;
	return ref;
}

/* Whether metacopy or redirect comes before the next xattr of the list. */
static bool backing_next(struct xattr_walk *walk)
{
	const struct xattr *x;
	const char *name = walk->backing ? CFS_XATTR_REDIRECT : CFS_XATTR_METACOPY;

	if (walk->backing > 1)
		return false;
	if (walk->backing == 1 && !walk->node->payload_len) {
		walk->backing = 2;
		return false;
	}
	if (walk->next == walk->n)
		return true;
	x = walk->v[walk->next];
	return text_order(x->name->s, x->name->len, name, sizeof(CFS_XATTR_METACOPY) - 1) > 0;
}

bool share_next(struct xattr_walk *walk, struct stored_xattr *s)
{
	const struct plan *plan = walk->plan;

	if (backing_next(walk)) {
		bool metacopy = !walk->backing++;
		const u32 *groups = metacopy ? plan->metacopy_group : plan->redirect_group;
		const u32 *shared = metacopy ? plan->metacopy_shared : plan->redirect_shared;
		u32 group = groups[walk->ino], ref = group ? shared[group - 1] : 0;

		*s = (struct stored_xattr){ NULL, metacopy, take_ref(walk, ref) };
		return true;
	}
	if (walk->next == walk->n)
		return false;
	s->xattr = walk->v[walk->next++];
	s->is_metacopy = false;
	s->ref = take_ref(walk, plan->shared[s->xattr->id]);
	return true;
}
