// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/data.h"

static const char *const verbs[DATA_REASONS][2] = {
	[DATA_OTHER] = { "has other content", "have other content" },
	[DATA_INLINE_OBJECT] = { "is stored inline in A and as an object in B, with the same content",
				 "are stored inline in A and as objects in B, with the same content" },
	[DATA_OBJECT_INLINE] = { "is stored as an object in A and inline in B, with the same content",
				 "are stored as objects in A and inline in B, with the same content" },
	[DATA_INLINE_UNKNOWN] = { "is stored inline in A and as an object without digest in B",
				  "are stored inline in A and as objects without digest in B" },
	[DATA_UNKNOWN_INLINE] = { "is stored as an object without digest in A and inline in B",
				  "are stored as objects without digest in A and inline in B" },
	[DATA_OTHER_PATH] = { "has the same content under another object path",
			      "have the same content under another object path" },
	[DATA_DIGEST_A] = { "has a recorded digest only in A", "have a recorded digest only in A" },
	[DATA_DIGEST_B] = { "has a recorded digest only in B", "have a recorded digest only in B" },
	[DATA_NO_DIGEST] = { "names another object, and a digest to compare is missing",
			     "name other objects, and a digest to compare is missing" },
};

/* One side has its content in the image, the other one records @digest or nothing. */
static enum data_reason inline_against(const struct cursor_entry *stored,
				       const struct cfs_digest *digest, bool stored_in_a,
				       struct verity *v)
{
	struct bytes content = entry_content(stored);
	struct cfs_digest is;

	if (!digest)
		return stored_in_a ? DATA_INLINE_UNKNOWN : DATA_UNKNOWN_INLINE;
	verity_memory(v, digest->algorithm, content.p, content.len, &is);
	if (!cfs_digest_equal(&is, digest))
		return DATA_OTHER;
	return stored_in_a ? DATA_INLINE_OBJECT : DATA_OBJECT_INLINE;
}

enum data_reason data_reason(const struct pair *p, struct verity *v)
{
	const struct cursor_entry *a = p->e[SIDE_A], *b = p->e[SIDE_B];
	const struct cfs_digest *da = entry_digest(a), *db = entry_digest(b);

	if (a->d.size != b->d.size || (a->has_content && b->has_content))
		return DATA_OTHER;
	if (a->has_content)
		return inline_against(a, db, true, v);
	if (b->has_content)
		return inline_against(b, da, false, v);
	/* Digests with two algorithms tell nothing about each other. */
	if (da && db && da->algorithm != db->algorithm)
		return DATA_NO_DIGEST;
	if (da && db)
		return cfs_digest_equal(da, db) ? DATA_OTHER_PATH : DATA_OTHER;
	if (bytes_equal(entry_object(a), entry_object(b)))
		return da ? DATA_DIGEST_A : DATA_DIGEST_B;
	return DATA_NO_DIGEST;
}

void data_print(const struct group g[DATA_REASONS], struct phrase *ph)
{
	for (int i = 0; i < DATA_REASONS; i++) {
		if (!g[i].count)
			continue;
		phrase_verb(ph, &g[i], verbs[i][0], verbs[i][1]);
		phrase_where(ph, &g[i]);
	}
}
