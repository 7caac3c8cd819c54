// SPDX-License-Identifier: GPL-2.0-only
#include "source/tar/pax.h"

#include "base/text.h"

static int bad(struct error *err, const char *text)
{
	return error_set(err, EINVAL, "pax header: %s", text);
}

int tar_pax_next(const char **at, const char *end, struct tar_record *r, struct error *err)
{
	const char *s = *at, *blank, *stop, *equal;
	u64 len;

	if (s == end)
		return 0;
	blank = memchr(s, ' ', (size_t)(end - s));
	if (!blank || *s == '0' || !text_number(s, (size_t)(blank - s), 10, UINT32_MAX, &len))
		return bad(err, "record without a length");
	if (len > (u64)(end - s))
		return bad(err, "record longer than the header");
	stop = s + len;
	if (stop < blank + 2 || stop[-1] != '\n')
		return bad(err, "record does not end with a newline");
	stop--;
	r->key = blank + 1;
	equal = memchr(r->key, '=', (size_t)(stop - r->key));
	if (!equal)
		return bad(err, "record without '='");
	r->key_len = (size_t)(equal - r->key);
	if (!r->key_len || memchr(r->key, 0, r->key_len))
		return bad(err, "key is empty or has a NUL byte");
	r->value = equal + 1;
	r->len = (size_t)(stop - r->value);
	*at = stop + 1;
	return 1;
}

bool tar_pax_is(const struct tar_record *r, const char *key)
{
	size_t len = strlen(key);

	return r->key_len == len && !memcmp(r->key, key, len);
}

static bool begins(const struct tar_record *r, const char *with)
{
	size_t len = strlen(with);

	return r->key_len >= len && !memcmp(r->key, with, len);
}

enum tar_attr tar_pax_attr(const struct tar_record *r, size_t *skip)
{
	static const char schily[] = "SCHILY.xattr.", libarchive[] = "LIBARCHIVE.xattr.";

	*skip = 0;
	if (begins(r, schily)) {
		*skip = sizeof(schily) - 1;
		return TAR_ATTR_SCHILY;
	}
	if (begins(r, libarchive)) {
		*skip = sizeof(libarchive) - 1;
		return TAR_ATTR_LIBARCHIVE;
	}
	return TAR_ATTR_NONE;
}

/* The field for a key whose last record counts; NULL for any other key. */
static struct tar_value *find(struct tar_pax *pax, const struct tar_record *r)
{
	const struct {
		const char *key;
		struct tar_value *value;
	} keys[] = {
		{ "path", &pax->path },
		{ "linkpath", &pax->linkpath },
		{ "size", &pax->size },
		{ "uid", &pax->uid },
		{ "gid", &pax->gid },
		{ "mtime", &pax->mtime },
		{ "GNU.sparse.major", &pax->sp_major },
		{ "GNU.sparse.minor", &pax->sp_minor },
		{ "GNU.sparse.size", &pax->sp_size },
		{ "GNU.sparse.realsize", &pax->sp_realsize },
		{ "GNU.sparse.numblocks", &pax->sp_numblocks },
		{ "GNU.sparse.map", &pax->sp_map },
		{ "GNU.sparse.name", &pax->sp_name },
		{ "SCHILY.acl.access", &pax->acl_access },
		{ "SCHILY.acl.default", &pax->acl_default },
		{ "RHT.security.selinux", &pax->selinux },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (tar_pax_is(r, keys[i].key))
			return keys[i].value;
	return NULL;
}

bool tar_pax_loses_rights(const struct tar_record *r)
{
	/* ACLs of NFSv4 and others, file flags, labels, security descriptors of Windows. */
	static const char *const words[] = { "acl",   "ACL",    "xattr",   "security", "selinux",
					     "smack", "fflags", "capabil", "rawsd" };
	struct tar_pax pax;
	size_t skip;

	if (tar_pax_attr(r, &skip) != TAR_ATTR_NONE || find(&pax, r))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (memmem(r->key, r->key_len, words[i], strlen(words[i])))
			return true;
	return false;
}

static int take(struct tar_pax *pax, const struct tar_record *r, bool global, struct error *err)
{
	struct tar_value *value = find(pax, r);
	bool sparse = begins(r, "GNU.sparse.");
	size_t skip;
	bool attr = tar_pax_attr(r, &skip) != TAR_ATTR_NONE;

	if (global && (value || sparse || attr))
		return error_set(
			err, EINVAL,
			"global pax header with \"%.*s\", which programs understand differently",
			r->key_len > 100 ? 100 : (int)r->key_len, r->key);
	if ((value == &pax->path || value == &pax->linkpath) && memchr(r->value, 0, r->len))
		return bad(err, "path or linkpath with a NUL byte");
	if (value)
		*value = (struct tar_value){ r->len ? r->value : NULL, r->len };
	if (sparse && !value && r->len) {
		pax->sparse = true;
		pax->sp_pairs +=
			tar_pax_is(r, "GNU.sparse.offset") || tar_pax_is(r, "GNU.sparse.numbytes");
	}
	pax->attrs += attr;
	pax->rights = pax->rights || tar_pax_loses_rights(r);
	return 0;
}

int tar_pax_parse(struct tar_pax *pax, const char *data, size_t len, bool global, struct error *err)
{
	const char *at = data, *end = data + len;
	struct tar_record r = { 0 };
	int rc;

	*pax = (struct tar_pax){ .data = data, .len = len };
	while ((rc = tar_pax_next(&at, end, &r, err)) > 0)
		if (take(pax, &r, global, err))
			return -1;
	pax->sparse = pax->sparse || pax->sp_major.s || pax->sp_minor.s || pax->sp_size.s ||
		      pax->sp_realsize.s || pax->sp_numblocks.s || pax->sp_map.s ||
		      pax->sp_name.s || pax->sp_pairs;
	return rc;
}

int tar_pax_number(const struct tar_value *v, const char *what, u64 max, u64 *out,
		   struct error *err)
{
	if (!v->s || text_number(v->s, v->len, 10, max, out))
		return 0;
	return error_set(err, EINVAL, "pax header: %s is not a number up to %llu", what,
			 (unsigned long long)max);
}

int tar_pax_time(const struct tar_value *v, s64 *sec, u32 *nsec, struct error *err)
{
	const char *s = v->s, *end, *dot;
	u32 unit = 100000000;
	bool minus;

	if (!s)
		return 0;
	end = s + v->len;
	minus = *s == '-';
	dot = memchr(s, '.', v->len);
	*nsec = 0;
	if (!text_signed(s, (size_t)((dot ? dot : end) - s), sec) || (dot && dot + 1 == end))
		return bad(err, "mtime is not a time");
	for (s = dot ? dot + 1 : end; s < end; s++) {
		if (*s < '0' || *s > '9')
			return bad(err, "mtime is not a time");
		*nsec += (u32)(*s - '0') * unit;
		unit /= 10;
	}
	if (minus && *nsec) {
		if (*sec == INT64_MIN)
			return bad(err, "mtime is not a time");
		--*sec;
		*nsec = 1000000000 - *nsec;
	}
	return 0;
}
