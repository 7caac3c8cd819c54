// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes of the image (kmod 10), from the page cache of the file that holds them, one block at a
 * time. There is no other cache. The last folio of each use is kept, which saves a lookup and
 * keeps at most two folios from reclaim.
 */
#include "composefs.h"
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#define CFS_READ_AHEAD 32 /* pages; consecutive inodes are next to each other */

/* Read the folio at @index that is not up to date in the page cache. */
static noinline struct folio *cfs_image_read(struct cfs_fs *fs, pgoff_t index, bool is_cached)
{
	struct page *page;

	if (fs->is_shmem) { /* tmpfs has no read_folio */
		page = shmem_read_mapping_page(fs->mapping, index);
		return IS_ERR(page) ? ERR_CAST(page) : page_folio(page);
	}
	if (!is_cached)
		page_cache_sync_readahead(fs->mapping, &fs->ra, fs->reader, index, CFS_READ_AHEAD);
	return read_mapping_folio(fs->mapping, index, fs->reader);
}

/*
 * Get the folio at @index, reading it if necessary. This is the only function that chooses how.
 * All readers share the read-ahead state, and a race there can only make read-ahead less
 * useful.
 */
static struct folio *cfs_image_folio(struct cfs_fs *fs, pgoff_t index)
{
	struct folio *folio = cfs_cached_folio(fs->mapping, index);

	if (!folio)
		return cfs_image_read(fs, index, false);
	if (folio_test_uptodate(folio)) {
		if (!folio_test_active(folio))
			folio_mark_accessed(folio);
		return folio;
	}
	folio_put(folio);
	return cfs_image_read(fs, index, true);
}

/*
 * Take the folio that was used last for the same purpose, if it is the one at @index;
 * consecutive requests mostly hit it.
 */
static struct folio *cfs_folio_last(struct cfs_fs *fs, struct folio **last, pgoff_t index)
{
	struct folio *folio = xchg(last, NULL);

	if (!folio)
		return NULL;
	if (folio->mapping == fs->mapping && folio_contains(folio, index) &&
	    folio_test_uptodate(folio))
		return folio;
	folio_put(folio);
	return NULL;
}

static int cfs_metabuf_map(struct cfs_fs *fs, struct cfs_metabuf *buf, u64 block)
{
	const loff_t pos = (loff_t)(block << EROFS_BLKSZ_BITS);
	const pgoff_t index = (pgoff_t)(pos >> PAGE_SHIFT);
	struct folio *folio;

	/* A page behind the end of a file that was cut would read as zeros. */
	if ((u64)i_size_read(fs->mapping->host) < fs->super.image_len)
		return -EIO;
	buf->last = &fs->last[buf->use];
	folio = cfs_folio_last(fs, buf->last, index) ?: cfs_image_folio(fs, index);
	if (IS_ERR(folio))
		return PTR_ERR(folio) == -EINVAL ? -EIO : (int)PTR_ERR(folio);
	buf->folio = folio;
	buf->p = kmap_local_folio(folio, offset_in_folio(folio, pos));
	buf->block = block;
	return 0;
}

void cfs_metabuf_put(struct cfs_metabuf *buf)
{
	struct folio *before;

	if (!buf->folio)
		return;
	kunmap_local(buf->p);
	before = xchg(buf->last, buf->folio);
	if (before)
		folio_put(before);
	buf->folio = NULL;
}

void cfs_metabuf_forget(struct cfs_fs *fs)
{
	unsigned int i;

	for (i = 0; i < CFS_USES; i++) {
		if (fs->last[i])
			folio_put(fs->last[i]);
		fs->last[i] = NULL;
	}
}

int cfs_metabuf_span(struct cfs_fs *fs, struct cfs_metabuf *buf, u64 off, u64 len,
		     struct cfs_span *s)
{
	const u64 block = off >> EROFS_BLKSZ_BITS;
	const u32 at = (u32)off & (EROFS_BLKSZ - 1);
	int rc;

	if (!cfs_inside(off, len, fs->super.image_len) || !cfs_inside(at, len, EROFS_BLKSZ))
		return -EUCLEAN;
	if (!buf->folio || buf->block != block) {
		cfs_metabuf_put(buf);
		rc = cfs_metabuf_map(fs, buf, block);
		if (rc)
			return rc;
	}
	s->p = buf->p + at;
	s->len = len;
	return 0;
}

int cfs_meta_copy(struct cfs_fs *fs, u64 off, void *to, u64 len)
{
	struct cfs_metabuf buf = {};
	struct cfs_span s;
	int rc = 0;

	while (len && !rc) {
		u64 n = min_t(u64, len, EROFS_BLKSZ - (off & (EROFS_BLKSZ - 1)));

		rc = cfs_metabuf_span(fs, &buf, off, n, &s);
		if (!rc)
			memcpy(to, s.p, n);
		to += n;
		off += n;
		len -= n;
	}
	cfs_metabuf_put(&buf);
	return rc;
}
