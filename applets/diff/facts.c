// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/facts.h"
#include "applets/common/canonical.h"

static const char side_names[SIDES] = { 'A', 'B' };

/* The words of a list, and a line of a summary: FRONT X MIDDLE Y BEHIND. */
static const struct {
	const char *word;
	const char *front, *middle, *behind;
	bool yes_no;
} facts[FACTS] = {
	[FACT_DIGEST] = { .word = "digest" },
	[FACT_VERSION] = { "version", "format version ", " in A, ", " in B\n", false },
	[FACT_ACL] = { "acl", "ACL flag set only in ", NULL, NULL, true },
	[FACT_BUILD_TIME] = { "build-time", "build time ", " in A, ", " in B\n", false },
	[FACT_SIZE] = { "size", "image size ", " in A, ", " in B\n", false },
	[FACT_INODES] = { "inodes", "", " inodes in A, ", " in B\n", false },
	[FACT_STUBS] = { "stubs", "", " stubs in A, ", " in B\n", false },
	[FACT_COMPACT] = { "compact-inodes", "", " compact inodes in A, ", " in B\n", false },
	[FACT_SHARED] = { "shared-xattrs", "", " shared xattr references in A, ", " in B\n",
			  false },
	[FACT_OPAQUE] = { "opaque-root", "root marked opaque only in ", NULL, NULL, true },
};

/* Whether trusted.overlay.opaque=y is stored on the root. */
static int root_is_opaque(const struct image *img, u64 *is, struct error *err)
{
	static const char name[] = CFS_XATTR_OPAQUE;
	struct cfs_fault f;
	struct image_xattrs w;
	struct cfs_inode root;
	struct cfs_xattr x;
	int rc;

	*is = 0;
	rc = image_inode(img, img->super.root_nid, &root, &f);
	if (!rc)
		rc = image_xattrs(&w, img, &root, &f);
	while (!rc && (rc = image_xattrs_next(&w, &x, &f)) > 0) {
		u32 n;
		const char *prefix = cfs_xattr_prefix(x.index, &n);

		*is |= n + x.suffix_len == strlen(name) && !memcmp(name, prefix, n) &&
		       !memcmp(name + n, x.suffix, x.suffix_len) && x.len == 1 && x.value[0] == 'y';
		rc = 0;
	}
	return rc ? image_fault(err, rc, &f) : 0;
}

int facts_init(struct facts *f, const struct image img[SIDES],
	       const struct cfs_digest digest[SIDES], struct error *err)
{
	*f = (struct facts){ .img = img };
	for (int s = 0; s < SIDES; s++) {
		f->digest[s] = digest[s];
		f->number[FACT_VERSION][s] = img[s].super.version;
		f->number[FACT_ACL][s] = img[s].super.flags & CFS_FLAG_HAS_ACL;
		f->number[FACT_SIZE][s] = img[s].len;
		f->number[FACT_INODES][s] = img[s].inodes;
		f->number[FACT_STUBS][s] = img[s].stubs;
		f->number[FACT_COMPACT][s] = img[s].compact;
		f->number[FACT_SHARED][s] = img[s].shared;
		if (root_is_opaque(&img[s], &f->number[FACT_OPAQUE][s], err))
			return -1;
	}
	return 0;
}

static bool fact_differs(const struct facts *f, int fact)
{
	const struct cfs_super *a = &f->img[SIDE_A].super, *b = &f->img[SIDE_B].super;

	if (fact == FACT_DIGEST)
		return true; /* facts are printed for different bytes only */
	if (fact == FACT_BUILD_TIME)
		return a->build_time != b->build_time || a->build_time_nsec != b->build_time_nsec;
	return f->number[fact][SIDE_A] != f->number[fact][SIDE_B];
}

/* A value, not quoted. */
static void put_value(const struct facts *f, int fact, enum side side, struct buf *b)
{
	const struct cfs_super *super = &f->img[side].super;

	if (fact == FACT_DIGEST) {
		buf_hex(b, f->digest[side].b, cfs_digest_size(f->digest[side].algorithm));
	} else if (fact == FACT_BUILD_TIME) {
		buf_sdec(b, super->build_time);
		buf_byte(b, '.');
		buf_dec(b, super->build_time_nsec);
	} else if (facts[fact].yes_no) {
		buf_str(b, f->number[fact][side] ? "yes" : "no");
	} else {
		buf_dec(b, f->number[fact][side]);
	}
}

void facts_list(const struct facts *f, struct buf *out)
{
	for (int fact = 0; fact < FACTS; fact++) {
		if (!fact_differs(f, fact))
			continue;
		buf_str(out, "@ ");
		buf_str(out, facts[fact].word);
		for (int s = 0; s < SIDES; s++) {
			buf_byte(out, ' ');
			put_value(f, fact, (enum side)s, out);
		}
		buf_byte(out, '\n');
	}
}

void facts_json(const struct facts *f, struct buf *out)
{
	static const char *const keys[SIDES] = { "a", "b" };

	for (int fact = 0; fact < FACTS; fact++) {
		bool quote = facts[fact].yes_no || fact == FACT_DIGEST || fact == FACT_BUILD_TIME;
		struct json j;

		if (!fact_differs(f, fact))
			continue;
		json_open(&j, out);
		json_string(&j, "kind", "image");
		json_string(&j, "fact", facts[fact].word);
		for (int s = 0; s < SIDES; s++) {
			if (!quote) {
				json_number(&j, keys[s], f->number[fact][s]);
				continue;
			}
			json_key(&j, keys[s]);
			buf_byte(out, '"');
			put_value(f, fact, (enum side)s, out);
			buf_byte(out, '"');
		}
		json_close(&j);
	}
}

static void put_line(const struct facts *f, int fact, struct buf *out)
{
	buf_str(out, facts[fact].front);
	if (facts[fact].yes_no) {
		buf_byte(out, side_names[f->number[fact][SIDE_A] ? SIDE_A : SIDE_B]);
		buf_byte(out, '\n');
		return;
	}
	put_value(f, fact, SIDE_A, out);
	buf_str(out, facts[fact].middle);
	put_value(f, fact, SIDE_B, out);
	buf_str(out, facts[fact].behind);
}

void facts_version(const struct facts *f, struct buf *out)
{
	if (fact_differs(f, FACT_VERSION))
		put_line(f, FACT_VERSION, out);
}

/* The first byte that differs; the length of the shorter image if it begins the other one. */
static u64 first_difference(const struct image *a, const struct image *b)
{
	u64 len = a->len < b->len ? a->len : b->len, i = 0;

	while (i < len && a->bytes[i] == b->bytes[i])
		i++;
	return i;
}

/* Whether only the version in the header differs. */
static bool only_version_differs(const struct image *a, const struct image *b)
{
	const u64 at = offsetof(struct cfs_header, composefs_version), behind = at + 4;

	return a->len == b->len && a->super.version != b->super.version &&
	       !memcmp(a->bytes, b->bytes, at) &&
	       !memcmp(a->bytes + behind, b->bytes + behind, (size_t)(a->len - behind));
}

/* "A is what cfs mkfs writes for this tree", or is not. */
static int put_canonical(const struct image *img, enum side side, bool *is, struct buf *out,
			 struct error *err)
{
	enum canonical canonical;
	u64 first;

	*is = false;
	buf_byte(out, side_names[side]);
	if (img->super.version > 1) {
		buf_str(out, " has format version ");
		buf_dec(out, img->super.version);
		buf_str(out, ", which cfs mkfs does not write\n");
		return 0;
	}
	canonical = canonical_compare(img, &first, err);
	if (canonical == CANONICAL_FAILED)
		return -1;
	*is = canonical == CANONICAL_SAME;
	buf_str(out, *is ? " is what cfs mkfs writes for this tree\n"
			 : " is not what cfs mkfs writes for this tree\n");
	return 0;
}

int facts_summary(const struct facts *f, struct buf *out, struct error *err)
{
	const struct image *a = &f->img[SIDE_A], *b = &f->img[SIDE_B];
	bool canonical[SIDES];

	for (int fact = FACT_VERSION; fact < FACTS; fact++)
		if (fact_differs(f, fact))
			put_line(f, fact, out);
	if (only_version_differs(a, b)) {
		buf_str(out, "the images differ in the format version only\n");
		return 0;
	}
	buf_str(out, "first differing byte: ");
	buf_dec(out, first_difference(a, b));
	buf_byte(out, '\n');
	for (int s = 0; s < SIDES; s++)
		if (put_canonical(&f->img[s], (enum side)s, &canonical[s], out, err))
			return -1;
	if (canonical[SIDE_A] && canonical[SIDE_B] && a->super.version == b->super.version)
		buf_str(out, "another name holds a hard-linked inode\n");
	return 0;
}
