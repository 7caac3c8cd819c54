// SPDX-License-Identifier: GPL-2.0-only
#include "source/toc/toc_inside.h"

#include "source/json/json.h"

enum kind {
	UNKNOWN,
	IGNORED, /* known, with a value of any type */
	STRING,
	NUMBER,
	XATTRS,
	VERSION,
	ENTRIES,
};

#define IS_TOP 1   /* toc 4.2 */
#define IS_ENTRY 2 /* the key is one of an entry (toc 4.3) */

struct key {
	const char *name;
	u8 len, where, kind, which;
	u64 max;
};

#define KEY(s) s, sizeof(s) - 1

// clang-format off
static const struct key keys[] = {
	{ KEY("type"), IS_ENTRY, STRING, TOC_TYPE },
	{ KEY("name"), IS_ENTRY, STRING, TOC_NAME },
	{ KEY("mode"), IS_ENTRY, NUMBER, TOC_MODE, 65535 },
	{ KEY("uid"), IS_ENTRY, NUMBER, TOC_UID, UINT32_MAX },
	{ KEY("gid"), IS_ENTRY, NUMBER, TOC_GID, UINT32_MAX },
	{ KEY("modtime"), IS_ENTRY, STRING, TOC_MODTIME },
	{ KEY("xattrs"), IS_ENTRY, XATTRS },
	{ KEY("size"), IS_ENTRY, NUMBER, TOC_SIZE, INT64_MAX },
	{ KEY("linkName"), IS_ENTRY, STRING, TOC_LINK_NAME },
	{ KEY("devMajor"), IS_ENTRY, NUMBER, TOC_MAJOR, 4095 },
	{ KEY("devMinor"), IS_ENTRY, NUMBER, TOC_MINOR, 1048575 },
	{ KEY("digest"), IS_ENTRY, STRING, TOC_DIGEST },
	{ KEY("x-payload"), IS_ENTRY, STRING, TOC_PAYLOAD },
	{ KEY("x-content"), IS_ENTRY, STRING, TOC_CONTENT },
	{ KEY("x-digest"), IS_ENTRY, STRING, TOC_VERITY },
	{ KEY("userName"), IS_ENTRY, IGNORED },
	{ KEY("groupName"), IS_ENTRY, IGNORED },
	{ KEY("accesstime"), IS_ENTRY, IGNORED },
	{ KEY("changetime"), IS_ENTRY, IGNORED },
	{ KEY("offset"), IS_ENTRY, IGNORED },
	{ KEY("endOffset"), IS_ENTRY, IGNORED },
	{ KEY("innerOffset"), IS_ENTRY, IGNORED },
	{ KEY("chunkSize"), IS_ENTRY, IGNORED },
	{ KEY("chunkOffset"), IS_ENTRY, IGNORED },
	{ KEY("chunkDigest"), IS_ENTRY, IGNORED },
	{ KEY("chunkType"), IS_ENTRY, IGNORED },
	{ KEY("NumLink"), IS_ENTRY, IGNORED },
	{ KEY("version"), IS_TOP, VERSION },
	{ KEY("entries"), IS_TOP, ENTRIES },
	{ KEY("tarSplitDigest"), IS_TOP, IGNORED },
};
// clang-format on

struct reader {
	struct json_reader json;
	struct toc_entry entry;
	struct layers *layers;
	const struct toc_input *in;
	struct error *err;
	bool has_entries;
	bool in_entry;             /* an entry is being read: */
	unsigned long long number; /* its number, counted from 1 */
};

#define LONGEST_KEY (3 * strlen("tarSplitDigest"))

/* Find a key; NULL if it is unknown. -1 and a text for an unknown key that Go would take for a known one. */
static int find_key(struct reader *r, const struct json_key *key, u8 where,
		    const struct key **found)
{
	*found = NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].len == key->len && !memcmp(keys[i].name, key->s, key->len)) {
			*found = keys[i].where & where ? &keys[i] : NULL;
			return 0;
		}
	}
	for (size_t i = 0; key->len <= LONGEST_KEY && i < sizeof(keys) / sizeof(*keys); i++)
		if (json_key_folds_to(key, keys[i].name))
			return error_set(r->err, EINVAL, "key \"%.*s\", which is not \"%s\"",
					 (int)key->len, key->s, keys[i].name);
	return 0;
}

/* Put the name of the key before the text, unless reading failed. */
static int in_key(struct reader *r, const char *name)
{
	return r->json.read_failed ? -1 : error_in(r->err, "%s", name);
}

static int read_string(struct reader *r, const struct key *key, enum json_type type)
{
	struct toc_text *text = &r->entry.string[key->which];
	struct buf *b = &r->entry.text;
	size_t at = b->len;

	if (type != JSON_STRING) {
		error_set(r->err, EINVAL, "is not a string");
		return in_key(r, key->name);
	}
	if (json_text(&r->json, b))
		return in_key(r, key->name);
	*text = (struct toc_text){ true, at, b->len - at };
	return 0;
}

static int read_number(struct reader *r, const struct key *key, enum json_type type)
{
	if (type != JSON_NUMBER) {
		error_set(r->err, EINVAL, "is not an integer");
		return in_key(r, key->name);
	}
	r->entry.has[key->which] = true;
	return json_integer(&r->json, key->max, &r->entry.number[key->which]) ? in_key(r, key->name)
									      : 0;
}

static int read_xattr(struct reader *r, const struct json_key *key)
{
	struct buf *b = &r->entry.xattrs;
	u32 len[2] = { (u32)key->len };
	size_t at = b->len, value;
	enum json_type type;

	buf_add(b, len, sizeof(len));
	buf_add(b, key->s, key->len);
	type = json_value(&r->json);
	if (type == JSON_ERROR)
		return -1;
	if (type != JSON_STRING)
		return error_set(r->err, EINVAL,
				 "value of an extended attribute that is not a string");
	value = b->len;
	if (json_text(&r->json, b))
		return -1;
	len[1] = (u32)(b->len - value);
	memcpy(b->p + at, len, sizeof(len));
	return 0;
}

static int read_xattrs(struct reader *r, enum json_type type)
{
	struct json_key key;
	int rc;

	if (type != JSON_OBJECT)
		return error_set(r->err, EINVAL, "xattrs is not an object");
	while ((rc = json_next_key(&r->json, &key)) > 0)
		if (read_xattr(r, &key))
			return -1;
	return rc;
}

static int read_member(struct reader *r, const struct json_key *name)
{
	const struct key *key;
	enum json_type type;

	if (find_key(r, name, IS_ENTRY, &key))
		return -1;
	type = json_value(&r->json);
	if (type == JSON_ERROR)
		return -1;
	if (!key || key->kind == IGNORED)
		return json_skip(&r->json, type);
	if (type == JSON_NULL)
		return 0;
	if (key->kind == STRING)
		return read_string(r, key, type);
	return key->kind == NUMBER ? read_number(r, key, type) : read_xattrs(r, type);
}

static int read_entry(struct reader *r)
{
	struct toc_entry *e = &r->entry;
	struct json_key key;
	int rc;

	e->text.len = e->xattrs.len = 0;
	memset(e->string, 0, sizeof(e->string));
	memset(e->has, 0, sizeof(e->has));
	memset(e->number, 0, sizeof(e->number));
	while ((rc = json_next_key(&r->json, &key)) > 0)
		if (read_member(r, &key))
			return -1;
	if (rc < 0)
		return -1;
	e->line = r->json.line < UINT32_MAX ? (u32)r->json.line : UINT32_MAX - 1;
	return toc_entry_put(e, r->layers, r->in, r->err);
}

static int read_entries(struct reader *r, enum json_type type)
{
	int rc;

	if (type != JSON_ARRAY)
		return error_set(r->err, EINVAL, "entries is not an array");
	r->has_entries = true;
	while ((rc = json_next_item(&r->json)) > 0) {
		r->number++;
		r->in_entry = true;
		r->entry.string[TOC_NAME].len = 0;
		type = json_value(&r->json);
		if (type == JSON_ERROR)
			return -1;
		if (type != JSON_OBJECT)
			return error_set(r->err, EINVAL, "entry that is not an object");
		if (read_entry(r))
			return -1;
		r->in_entry = false;
	}
	return rc;
}

static int read_version(struct reader *r, enum json_type type)
{
	u64 version;

	if (type != JSON_NUMBER)
		return error_set(r->err, EINVAL, "version is not an integer");
	if (json_integer(&r->json, INT64_MAX, &version))
		return in_key(r, "version");
	return version == 1 ? 0 : error_set(r->err, EINVAL, "version is not 1");
}

static int read_top(struct reader *r)
{
	enum json_type type = json_value(&r->json);
	struct json_key name;
	const struct key *key;
	int rc;

	if (type == JSON_ERROR)
		return -1;
	if (type != JSON_OBJECT)
		return error_set(r->err, EINVAL, "the text is not an object");
	while ((rc = json_next_key(&r->json, &name)) > 0) {
		if (find_key(r, &name, IS_TOP, &key))
			return -1;
		type = json_value(&r->json);
		if (type == JSON_ERROR)
			return -1;
		if (!key || key->kind == IGNORED)
			rc = json_skip(&r->json, type);
		else if (type == JSON_NULL)
			rc = 0;
		else
			rc = key->kind == ENTRIES ? read_entries(r, type) : read_version(r, type);
		if (rc)
			return -1;
	}
	if (rc < 0 || json_end(&r->json))
		return -1;
	return r->has_entries ? 0 : error_set(r->err, EINVAL, "the text has no entries");
}

/* A table is often one line: put the entry that was being read before the text. */
static int in_entry(struct reader *r)
{
	size_t len;
	const char *name = toc_string(&r->entry, TOC_NAME, &len);

	if (!len)
		return error_in(r->err, "entry %llu", r->number);
	return error_in(r->err, "entry %llu (%.*s)", r->number, len > 1000 ? 1000 : (int)len, name);
}

/* Put the path that the layers found at fault before the text. */
static int in_place(struct reader *r)
{
	struct buf path = { 0 };

	layers_path(&path, r->layers->fault);
	if (path.len > 1)
		error_in(r->err, "entry %.*s", path.len > 1000 ? 1000 : (int)path.len - 1,
			 path.p + 1);
	buf_release(&path);
	return -1;
}

static int read_layer(struct reader *r)
{
	unsigned long long line;

	if (read_top(r)) {
		if (r->json.read_failed)
			return -1;
		line = r->json.line;
		if (r->in_entry && r->err->code != ENOMEM)
			in_entry(r);
	} else {
		if (!layers_end(r->layers, r->err))
			return 0;
		line = r->layers->fault_line;
		if (r->layers->fault)
			in_place(r);
	}
	if (r->err->code == ENOMEM || !line)
		return error_in(r->err, "%s", r->in->name);
	return error_in(r->err, "%s:%llu", r->in->name, line);
}

int toc_read(struct layers *l, const struct toc_input *in, struct error *err)
{
	struct reader r = { .layers = l, .in = in, .err = err };
	int rc;

	if (json_init(&r.json, in->read, in->arg, err))
		rc = error_in(err, "%s", in->name);
	else
		rc = read_layer(&r);
	json_release(&r.json);
	buf_release(&r.entry.text);
	buf_release(&r.entry.xattrs);
	buf_release(&r.entry.scratch);
	return rc;
}

static bool same_node(const void *item, const void *want)
{
	const struct toc_sha *sha = item;

	return sha->node == want;
}

const struct toc_sha *toc_find_sha(const struct tree *tree, const struct table *shas,
				   const struct node *node)
{
	return table_find(shas, hash_bytes(&tree->key, 0, &node, sizeof(node)), same_node, node);
}
