// SPDX-License-Identifier: GPL-2.0-only
/* Write the bytes of the image from first to last (image format 7.2 to 7.5, 9 and 10). */
#include "core/backing.h"
#include "core/decode.h"
#include "image/write/plan.h"

static void pad_to(struct writer *w, u64 off)
{
	writer_zero(w, off - w->total);
}

static void emit_header(const struct plan *plan, struct writer *w)
{
	struct cfs_header header = {
		.magic = put32(CFS_MAGIC),
		.version = put32(CFS_HEADER_VERSION),
		.flags = put32(plan->has_acl ? CFS_FLAG_HAS_ACL : 0),
		.composefs_version = put32(plan->version),
	};
	struct erofs_super_block sb = {
		.magic = put32(EROFS_SUPER_MAGIC_V1),
		.feature_compat =
			put32(EROFS_FEATURE_COMPAT_MTIME | EROFS_FEATURE_COMPAT_XATTR_FILTER),
		.blkszbits = EROFS_BLKSZ_BITS,
		.root_nid = put16((u16)plan->place[0].nid),
		.inos = put64(plan->count),
		.build_time = put64((u64)plan->min_sec),
		.build_time_nsec = put32(plan->min_nsec),
		.blocks = put32((u32)(plan->image_size >> EROFS_BLKSZ_BITS)),
		.xattr_blkaddr = put32((u32)(plan->inodes_end >> EROFS_BLKSZ_BITS)),
	};

	writer_add(w, &header, sizeof(header));
	pad_to(w, EROFS_SUPER_OFFSET);
	writer_add(w, &sb, sizeof(sb));
}

/* Write an xattr entry without its value (image format 7.2). */
static void emit_entry(struct writer *w, u8 index, const char *suffix, u32 len, u32 value_len)
{
	struct erofs_xattr_entry entry = {
		.e_name_len = (u8)len,
		.e_name_index = index,
		.e_value_size = put16((u16)value_len),
	};

	writer_add(w, &entry, sizeof(entry));
	writer_add(w, suffix, len);
}

/* Write the entry of metacopy or redirect, whose names have the same length. */
static void emit_backing_entry(struct writer *w, bool metacopy, u32 value_len)
{
	const u32 prefix = sizeof("trusted.") - 1;
	const char *name = metacopy ? CFS_XATTR_METACOPY : CFS_XATTR_REDIRECT;

	emit_entry(w, EROFS_XATTR_INDEX_TRUSTED, name + prefix,
		   sizeof(CFS_XATTR_METACOPY) - 1 - prefix, value_len);
}

static void emit_metacopy(struct writer *w, u8 algorithm, const u8 *digest)
{
	struct cfs_metacopy value;

	if (!algorithm)
		return;
	cfs_metacopy_encode(&value, algorithm, digest);
	writer_add(w, &value, cfs_metacopy_len(algorithm));
}

static void emit_inline(struct writer *w, const struct node *node, const struct stored_xattr *x)
{
	if (x->xattr) {
		const struct xattr_name *name = x->xattr->name;

		emit_entry(w, name->index, name->s + name->prefix, (u32)name->len - name->prefix,
			   x->xattr->len);
		writer_add(w, x->xattr->value, x->xattr->len);
	} else if (x->is_metacopy) {
		emit_backing_entry(w, true, cfs_metacopy_len(node->algorithm));
		emit_metacopy(w, node->algorithm, node->file.digest);
	} else {
		char room[CFS_OBJECT_NAME_MAX];
		size_t len;
		const char *path = node_payload(node, room, &len);

		emit_backing_entry(w, false, (u32)len + 1);
		writer_add(w, "/", 1);
		writer_add(w, path, len);
	}
	pad_to(w, cfs_align(w->total, 4));
}

/* The bit that a name clears in the name filter (image format 7.5). */
static u32 filter_of(const struct stored_xattr *x)
{
	if (!x->xattr)
		return x->is_metacopy ? 1u << 31
				      : 1u << 17; /* the values that image format 7.5 gives */
	return x->xattr->name->filter;
}

#define OWN_MAX 4u /* inline xattrs that are kept from counting to writing */

static void emit_xattrs(const struct plan *plan, struct writer *w, u32 ino, const struct node *node,
			u32 *cursor)
{
	struct erofs_xattr_ibody_header header = { .h_shared_count = 0 };
	u32 base = (u32)(plan->inodes_end % EROFS_BLKSZ) / 4, filter = EROFS_XATTR_FILTER_DEFAULT;
	le32 refs[CFS_SHARED_MAX];
	struct xattr_walk walk;
	struct stored_xattr x, own[OWN_MAX];
	u32 n = 0;

	share_start(&walk, plan, ino, node, cursor);
	while (share_next(&walk, &x)) {
		filter &= ~filter_of(&x);
		if (x.ref)
			refs[header.h_shared_count++] = put32(base + x.ref - 1);
		else if (n++ < OWN_MAX)
			own[n - 1] = x;
	}
	header.h_name_filter = put32(filter);
	writer_add(w, &header, sizeof(header));
	writer_add(w, refs, header.h_shared_count * sizeof(*refs));
	for (u32 i = 0; i < n && n <= OWN_MAX; i++)
		emit_inline(w, node, &own[i]);
	if (n <= OWN_MAX)
		return;
	share_start(&walk, plan, ino, node, cursor);
	while (share_next(&walk, &x))
		if (!x.ref)
			emit_inline(w, node, &x);
}

/* A group of directory entries: its records and its names (image format 10). */
#define GROUP_MAX (EROFS_BLKSZ / (sizeof(struct erofs_dirent) + 1))

struct group {
	struct dir_entry entry[GROUP_MAX];
	u32 n, size;
	struct dir_entry held; /* the first entry of the next group */
	bool has_held;
};

/* Collect the next group. False if there is none. */
static bool next_group(struct dir_walk *walk, struct group *g)
{
	struct dir_entry e;

	g->n = g->size = 0;
	if (g->has_held) {
		g->entry[g->n++] = g->held;
		g->size = (u32)sizeof(struct erofs_dirent) + g->held.len;
		g->has_held = false;
	}
	while (order_entry(walk, &e)) {
		u32 cost = (u32)sizeof(struct erofs_dirent) + e.len;

		if (g->size + cost > EROFS_BLKSZ) {
			g->held = e;
			g->has_held = true;
			break;
		}
		g->entry[g->n++] = e;
		g->size += cost;
	}
	return g->n > 0;
}

static void emit_group(const struct plan *plan, struct writer *w, const struct group *g)
{
	u32 nameoff = g->n * (u32)sizeof(struct erofs_dirent);

	for (u32 i = 0; i < g->n; i++) {
		const struct dir_entry *e = &g->entry[i];
		struct erofs_dirent d = {
			.nid = put64(plan->place[e->ino].nid),
			.nameoff = put16((u16)nameoff),
			.file_type = e->type,
		};

		writer_add(w, &d, sizeof(d));
		nameoff += e->len;
	}
	for (u32 i = 0; i < g->n; i++)
		writer_add(w, g->entry[i].s, g->entry[i].len);
}

/* Write the full blocks of a directory, or its tail. */
static void emit_directory(const struct plan *plan, struct writer *w, const struct node *dir,
			   const struct place *at, bool tail)
{
	struct group g = { .n = 0 };
	struct dir_walk walk;
	u32 blocks = 0;

	order_start(&walk, plan, dir);
	while (next_group(&walk, &g)) {
		bool is_tail = blocks++ == at->nblk;

		if (is_tail != tail)
			continue;
		emit_group(plan, w, &g);
		if (!tail)
			pad_to(w, cfs_align(w->total, EROFS_BLKSZ));
	}
}

static void emit_chunks(struct writer *w, u32 n)
{
	le32 hole = put32(EROFS_NULL_ADDR);

	while (n--)
		writer_add(w, &hole, sizeof(hole));
}

static void emit_tail(const struct plan *plan, struct writer *w, const struct node *node,
		      const struct place *at)
{
	if (!at->tail)
		return;
	if (node_is(node, CFS_IFDIR))
		emit_directory(plan, w, node, at, true);
	else if (node_is(node, CFS_IFLNK))
		writer_add(w, node->file.payload, at->tail);
	else if (node_is_external(node))
		emit_chunks(w, at->tail / (u32)sizeof(le32));
	else
		writer_add(w, node->file.content + node->size - at->tail, at->tail);
}

static void emit_blocks(const struct plan *plan, struct writer *w, const struct node *node,
			const struct place *at)
{
	if (node_is(node, CFS_IFDIR))
		emit_directory(plan, w, node, at, false);
	else if (node_is(node, CFS_IFLNK))
		writer_add(w, node->file.payload, node->payload_len);
	else if (node_is_external(node))
		emit_chunks(w, EROFS_BLKSZ / (u32)sizeof(le32));
	else
		writer_add(w, node->file.content, node->size - at->tail);
	pad_to(w, cfs_align(w->total, EROFS_BLKSZ));
}

/* The field i_u (image format 9.5). @block is the address that the next data block gets. */
static u32 inode_u(const struct node *node, const struct place *at, u32 block)
{
	u32 u = at->nblk ? block : 0;

	if (node_is(node, CFS_IFCHR) || node_is(node, CFS_IFBLK))
		return node_is_whiteout(node) ? 0 : node->rdev;
	if (node_is_external(node))
		return (u & 0xffff0000) | (place_chunk_bits(node->size) - EROFS_BLKSZ_BITS);
	return u;
}

static u16 layout_of(const struct node *node, const struct place *at)
{
	if (node_is_external(node))
		return EROFS_INODE_CHUNK_BASED;
	return at->tail ? EROFS_INODE_FLAT_INLINE : EROFS_INODE_FLAT_PLAIN;
}

static void emit_inode(const struct plan *plan, struct writer *w, u32 ino, const struct node *node,
		       u32 block)
{
	const struct place *at = &plan->place[ino];
	bool compact = place_is_compact(plan, node, at);
	le16 format = put16((u16)(layout_of(node, at) << 1 | !compact)),
	     mode = put16((u16)plan_mode(plan, node));
	u32 u = inode_u(node, at, block), nlink = place_nlink(node);
	u64 size = place_size(node, at);

	if (compact) {
		struct erofs_inode_compact inode = {
			.i_format = format,
			.i_xattr_icount = put16(at->icount),
			.i_mode = mode,
			.i_nlink = put16((u16)nlink),
			.i_size = put32((u32)size),
			.i_u = put32(u),
			.i_ino = put32(ino),
			.i_uid = put16((u16)node->uid),
			.i_gid = put16((u16)node->gid),
		};

		writer_add(w, &inode, sizeof(inode));
	} else {
		struct erofs_inode_extended inode = {
			.i_format = format,
			.i_xattr_icount = put16(at->icount),
			.i_mode = mode,
			.i_size = put64(size),
			.i_u = put32(u),
			.i_ino = put32(ino),
			.i_uid = put32(node->uid),
			.i_gid = put32(node->gid),
			.i_mtime = put64((u64)node->mtime),
			.i_mtime_nsec = put32(node->mtime_nsec),
			.i_nlink = put32(nlink),
		};

		writer_add(w, &inode, sizeof(inode));
	}
}

static void emit_table(const struct plan *plan, struct writer *w)
{
	for (u32 i = 0; i < plan->ntable; i++) {
		const struct shared_entry *e = &plan->table[i];
		u32 prefix;
		u8 index = cfs_xattr_index(e->name, e->name_len, &prefix);

		emit_entry(w, index, e->name + prefix, e->name_len - prefix, e->len);
		if (e->is_redirect) {
			writer_add(w, "/", 1);
			writer_add(w, e->value, e->len - 1);
		} else if (e->algorithm) {
			emit_metacopy(w, e->algorithm, e->value);
		} else {
			writer_add(w, e->value, e->len);
		}
		pad_to(w, cfs_align(w->total, 4));
	}
}

void plan_emit(const struct plan *plan, struct writer *w)
{
	u32 block = (u32)(plan->data_start >> EROFS_BLKSZ_BITS), cursor = 0;

	emit_header(plan, w);
	for (u32 ino = 0; ino < plan->count && !w->err; ino++) {
		const struct node *node = plan_node(plan, ino);
		const struct place *at = &plan->place[ino];

		plan_ahead(plan, ino);
		pad_to(w, at->nid << EROFS_ISLOTBITS);
		emit_inode(plan, w, ino, node, block);
		if (at->icount)
			emit_xattrs(plan, w, ino, node, &cursor);
		emit_tail(plan, w, node, at);
		block += at->nblk;
	}
	pad_to(w, plan->inodes_end);
	emit_table(plan, w);
	pad_to(w, plan->data_start);
	for (u32 ino = 0; ino < plan->count && !w->err; ino++)
		if (plan->place[ino].nblk)
			emit_blocks(plan, w, plan_node(plan, ino), &plan->place[ino]);
}
