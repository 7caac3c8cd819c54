// SPDX-License-Identifier: GPL-2.0-only
/* meta.json, the description of a repository (repository 2). */
#include "repo/repo.h"

#include "base/text.h"
#include "source/json/json.h"

#define V1_EROFS "v1_erofs"

/* The keys that are read; other keys of the description are ignored. */
struct meta {
	struct json_reader j;
	struct repo *r;
	struct error *err;
	struct buf word;
	bool has_version, has_algorithm, has_v1, has_formats, has_extra;
	u64 fallback; /* erofs_formats.default */
	u8 extra;     /* a bit for each of erofs_formats.extra */
};

struct source {
	const char *p;
	size_t left;
};

static ssize_t read_text(void *arg, void *to, size_t len, struct error *err)
{
	struct source *s = arg;
	size_t n = len < s->left ? len : s->left;

	(void)err;
	text_copy(to, s->p, n);
	s->p += n;
	s->left -= n;
	return (ssize_t)n;
}

static bool is(const struct json_key *key, const char *s)
{
	return key->len == strlen(s) && !memcmp(key->s, s, key->len);
}

static int refuse(struct meta *m, const char *text)
{
	return error_set(m->err, EINVAL, "%s", text);
}

/* The next value as a string in m->word, with a NUL behind it. */
static int string(struct meta *m, const char *what)
{
	enum json_type type = json_value(&m->j);

	m->word.len = 0;
	if (type == JSON_ERROR)
		return -1;
	if (type != JSON_STRING)
		return refuse(m, what);
	if (json_text(&m->j, &m->word))
		return -1;
	buf_byte(&m->word, '\0');
	return m->word.failed ? error_nomem(m->err) : 0;
}

static int number(struct meta *m, u64 *out, const char *what)
{
	enum json_type type = json_value(&m->j);

	if (type == JSON_ERROR)
		return -1;
	return type == JSON_NUMBER ? json_integer(&m->j, UINT32_MAX, out) : refuse(m, what);
}

/* Call @fn before each value of an array that is next. */
static int array(struct meta *m, int (*fn)(struct meta *m), const char *what)
{
	enum json_type type = json_value(&m->j);
	int rc;

	if (type == JSON_ERROR)
		return -1;
	if (type != JSON_ARRAY)
		return refuse(m, what);
	while ((rc = json_next_item(&m->j)) > 0)
		if (fn(m))
			return -1;
	return rc;
}

/* Call @fn for each key of an object that is next. */
static int object(struct meta *m, int (*fn)(struct meta *m, const struct json_key *key),
		  const char *what)
{
	enum json_type type = json_value(&m->j);
	struct json_key key;
	int rc;

	if (type == JSON_ERROR)
		return -1;
	if (type != JSON_OBJECT)
		return refuse(m, what);
	while ((rc = json_next_key(&m->j, &key)) > 0)
		if (fn(m, &key))
			return -1;
	return rc;
}

static int skip(struct meta *m)
{
	enum json_type type = json_value(&m->j);

	return type == JSON_ERROR ? -1 : json_skip(&m->j, type);
}

static int any_feature(struct meta *m)
{
	return string(m, "features: a feature is not a string");
}

static int reading_feature(struct meta *m)
{
	if (any_feature(m))
		return -1;
	if (!strcmp(m->word.p, V1_EROFS))
		m->has_v1 = true;
	else if (!m->r->unknown_feature) {
		m->r->unknown_feature = true;
		text_format(m->r->feature, sizeof(m->r->feature), "%s", m->word.p);
	}
	return 0;
}

static int bad_feature(struct meta *m)
{
	if (any_feature(m))
		return -1;
	return error_set(m->err, EOPNOTSUPP, "unknown incompatible feature \"%.60s\"", m->word.p);
}

static int features_key(struct meta *m, const struct json_key *key)
{
	static const char what[] = "features: not a list of strings";

	if (is(key, "compatible"))
		return array(m, any_feature, what);
	if (is(key, "read-only-compatible"))
		return array(m, reading_feature, what);
	if (is(key, "incompatible"))
		return array(m, bad_feature, what);
	return skip(m);
}

static int extra_format(struct meta *m)
{
	u64 v;

	if (number(m, &v, "erofs_formats: extra is not a list of numbers"))
		return -1;
	m->has_extra = true;
	if (v < 8)
		m->extra |= (u8)(1u << v);
	return 0;
}

static int formats_key(struct meta *m, const struct json_key *key)
{
	if (is(key, "default"))
		return number(m, &m->fallback, "erofs_formats: default is not a number");
	if (is(key, "extra"))
		return array(m, extra_format, "erofs_formats: extra is not a list of numbers");
	return skip(m);
}

static int take_algorithm(struct meta *m)
{
	if (string(m, "algorithm is not a string"))
		return -1;
	m->has_algorithm = true;
	if (!strcmp(m->word.p, "fsverity-sha256-12"))
		m->r->algorithm = CFS_SHA256;
	else if (!strcmp(m->word.p, "fsverity-sha512-12"))
		m->r->algorithm = CFS_SHA512;
	else
		return error_set(m->err, EOPNOTSUPP, "unknown algorithm \"%.60s\"", m->word.p);
	return 0;
}

static int take_version(struct meta *m)
{
	u64 v;

	if (number(m, &v, "version is not a number"))
		return -1;
	m->has_version = true;
	if (v != 1)
		return error_set(m->err, EOPNOTSUPP, "version %llu, this program knows 1",
				 (unsigned long long)v);
	return 0;
}

static int take_key(struct meta *m, const struct json_key *key)
{
	if (is(key, "version"))
		return take_version(m);
	if (is(key, "algorithm"))
		return take_algorithm(m);
	if (is(key, "features"))
		return object(m, features_key, "features is not an object");
	if (is(key, "erofs_formats")) {
		m->has_formats = true;
		return object(m, formats_key, "erofs_formats is not an object");
	}
	return skip(m);
}

/* Without formats, or with the default alone, a feature tells V1 from V2. */
static u8 formats(const struct meta *m)
{
	if (!m->has_formats || (m->fallback == 2 && !m->has_extra))
		return m->has_v1 ? 1u << 1 : 1u << 2;
	return (u8)(m->extra | (m->fallback < 8 ? 1u << m->fallback : 0));
}

int repo_meta_parse(struct repo *r, const char *text, size_t len, struct error *err)
{
	struct source source = { text, len };
	struct meta m = { .r = r, .err = err, .fallback = 2 };
	int rc = json_init(&m.j, read_text, &source, err);

	r->unknown_feature = false;
	if (!rc)
		rc = object(&m, take_key, "is not a JSON object");
	if (!rc)
		rc = json_end(&m.j);
	if (!rc && !m.has_version)
		rc = refuse(&m, "has no version");
	if (!rc && !m.has_algorithm)
		rc = refuse(&m, "has no algorithm");
	r->formats = formats(&m);
	if (rc)
		r->algorithm = CFS_NO_ALGORITHM;
	json_release(&m.j);
	buf_release(&m.word);
	return rc;
}
