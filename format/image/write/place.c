// SPDX-License-Identifier: GPL-2.0-only
/* The size and position of every inode (image format 7.4 and 8). */
#include <stdlib.h>
#include "core/backing.h"
#include "image/write/plan.h"

/* The length of the xattr area; 0 without xattrs. */
static u32 xattr_area(const struct plan *plan, u32 ino, const struct node *node, u32 *cursor)
{
	struct xattr_walk walk;
	struct stored_xattr x;
	u64 size = 0;

	share_start(&walk, plan, ino, node, cursor);
	while (share_next(&walk, &x)) {
		u32 name, value;

		if (!size)
			size = sizeof(struct erofs_xattr_ibody_header);
		if (x.ref) {
			size += sizeof(le32);
			continue;
		}
		if (x.xattr) {
			name = (u32)x.xattr->name->len - x.xattr->name->prefix;
			value = x.xattr->len;
		} else {
			name = sizeof("overlay.metacopy") -
			       1; /* overlay.redirect has the same length */
			value = x.is_metacopy ? cfs_metacopy_len(node->algorithm)
					      : node->payload_len + 1u;
		}
		size += cfs_align(sizeof(struct erofs_xattr_entry) + name + value, 4);
	}
	return (u32)size;
}

/*
 * Measure a directory: groups of entries of at most a block; the last group may be a tail
 * (image format 8.2).
 */
static void measure_directory(const struct plan *plan, const struct node *node, struct place *at)
{
	struct dir_walk walk;
	struct dir_entry e;
	u32 size = 0;

	order_start(&walk, plan, node);
	while (order_entry(&walk, &e)) {
		u32 cost = (u32)sizeof(struct erofs_dirent) + e.len;

		if (size + cost > EROFS_BLKSZ) {
			at->nblk++;
			size = 0;
		}
		size += cost;
	}
	if (size > EROFS_BLKSZ / 2) {
		at->nblk++;
		size = 0;
	}
	at->tail = (u16)size;
}

unsigned int place_chunk_bits(u64 size)
{
	unsigned int bits = size > 1 ? 64 - (unsigned int)__builtin_clzll(size - 1) : 0;

	if (bits < EROFS_BLKSZ_BITS)
		return EROFS_BLKSZ_BITS;
	return bits > CFS_CHUNK_BITS_MAX ? CFS_CHUNK_BITS_MAX : bits;
}

static int measure(const struct plan *plan, const struct node *node, struct place *at)
{
	u64 chunks;

	if (node_is(node, CFS_IFDIR)) {
		measure_directory(plan, node, at);
	} else if (node_is(node, CFS_IFLNK)) {
		at->tail = node->payload_len;
	} else if (node_is_external(node)) {
		unsigned int bits = place_chunk_bits(node->size);

		chunks = ((node->size - 1) >> bits) + 1;
		if (chunks > CFS_CHUNKS_MAX) {
			error_set(plan->err, EFBIG, "file of more than 2^53 bytes");
			return plan_blame(plan, node);
		}
		at->tail = (u16)(chunks * sizeof(le32));
	} else if (node_is(node, CFS_IFREG) && node->file.content) {
		at->nblk = (u32)(node->size / EROFS_BLKSZ);
		at->tail = (u16)(node->size % EROFS_BLKSZ);
		if (at->tail > EROFS_BLKSZ / 2) {
			at->nblk++;
			at->tail = 0;
		}
	}
	return 0;
}

u64 place_size(const struct node *node, const struct place *at)
{
	if (node_is(node, CFS_IFDIR))
		return (u64)at->nblk * EROFS_BLKSZ + at->tail;
	if (node_is(node, CFS_IFREG) || node_is(node, CFS_IFLNK))
		return node->size;
	return 0;
}

u32 place_nlink(const struct node *node)
{
	return node_is(node, CFS_IFDIR) ? node->dir.subdirs + 2 : node->nlink;
}

/*
 * The size that image format 8.1 compares. The size of a device, fifo or socket
 * is not written, but the one in the input counts. A whiteout is an empty file
 * by now, whatever size the input gave it.
 */
static u64 size_for_compact(const struct plan *plan, const struct node *node,
			    const struct place *at)
{
	if (node_is(node, CFS_IFDIR))
		return place_size(node, at);
	return plan_is_whiteout(plan, node) ? 0 : node->size;
}

bool place_is_compact(const struct plan *plan, const struct node *node, const struct place *at)
{
	u64 size = size_for_compact(plan, node, at);

	return node->mtime == plan->min_sec && node->mtime_nsec == plan->min_nsec &&
	       node->uid <= UINT16_MAX && node->gid <= UINT16_MAX && size <= UINT32_MAX &&
	       place_nlink(node) <= UINT16_MAX;
}

/*
 * The start of an inode whose head, itself and its xattrs, has @head bytes (image format 8.3).
 */
static u64 position(const struct node *node, u64 start, u32 head, struct place *at)
{
	u32 room, total = head + at->tail;
	u64 padded;

	if (node_is(node, CFS_IFLNK)) {
		if (total >= EROFS_BLKSZ) {
			at->nblk = 1;
			at->tail = 0;
		}
		if (start / EROFS_BLKSZ != (start + total - 1) / EROFS_BLKSZ)
			start = cfs_align(start, EROFS_BLKSZ);
		return start;
	}
	room = EROFS_BLKSZ - (u32)((start + head) % EROFS_BLKSZ);
	if (at->tail <= room)
		return start;
	padded = start + cfs_align(room, EROFS_SLOT);
	if (at->tail <= EROFS_BLKSZ - (padded + head) % EROFS_BLKSZ)
		return padded;
	at->nblk++;
	at->tail = 0;
	return cfs_align(start, EROFS_BLKSZ);
}

int plan_place(struct plan *plan)
{
	u64 pos = CFS_INODES_START, blocks = 0;
	u32 cursor = 0;

	plan->place = calloc(plan->count, sizeof(*plan->place));
	if (!plan->place)
		return error_nomem(plan->err);
	for (u32 ino = 0; ino < plan->count; ino++) {
		const struct node *node = plan_node(plan, ino);
		struct place *at = &plan->place[ino];
		u32 area = xattr_area(plan, ino, node, &cursor), head;
		u64 start;

		plan_ahead(plan, ino);
		if (measure(plan, node, at))
			return -1;
		at->icount =
			(u16)(area ? (area - sizeof(struct erofs_xattr_ibody_header)) / 4 + 1 : 0);
		head = area + (u32)(place_is_compact(plan, node, at)
					    ? sizeof(struct erofs_inode_compact)
					    : sizeof(struct erofs_inode_extended));
		start = position(node, cfs_align(pos, EROFS_SLOT), head, at);
		at->nid = start >> EROFS_ISLOTBITS;
		pos = start + head + at->tail;
		blocks += at->nblk;
	}
	plan->inodes_end = cfs_align(pos, EROFS_SLOT);
	plan->data_start = cfs_align(plan->inodes_end + plan->table_size, EROFS_BLKSZ);
	plan->image_size = plan->data_start + blocks * EROFS_BLKSZ;
	if (plan->image_size >> EROFS_BLKSZ_BITS > UINT32_MAX)
		return error_set(plan->err, EFBIG, "the image would have more than 16 TiB");
	if (plan->place[0].nid > UINT16_MAX)
		return error_set(plan->err, EFBIG, "the root inode does not fit");
	return 0;
}
