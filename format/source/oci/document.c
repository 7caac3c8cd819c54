// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/document.h"

#include <stdlib.h>
#include "base/grow.h"
#include "source/json/json.h"

struct reader {
	struct json_reader json;
	struct arena *arena;
	struct error *err;
	const char *text;
	size_t left;
};

static ssize_t read_text(void *arg, void *to, size_t len, struct error *err)
{
	struct reader *r = arg;

	(void)err;
	if (len > r->left)
		len = r->left;
	memcpy(to, r->text, len);
	r->text += len;
	r->left -= len;
	return (ssize_t)len;
}

/* ---- keys and values ---- */

/*
 * The next key of the object that is one of @words, which NULL ends; the values of others are
 * skipped. 1: *which is the word and *type the type of the value, which is not null; 0: the
 * object has ended; -1 and a text.
 */
static int next_known(struct reader *r, const char *const *words, size_t *which,
		      enum json_type *type)
{
	struct json_key key;
	int rc;

	while ((rc = json_next_key(&r->json, &key)) > 0) {
		size_t i = 0;

		while (words[i] && !json_key_folds_to(&key, words[i]))
			i++;
		if (words[i] && (key.len != strlen(words[i]) || memcmp(key.s, words[i], key.len)))
			return error_set(r->err, EINVAL,
					 "key \"%.*s\", which some programs take for \"%s\"",
					 (int)key.len, key.s, words[i]);
		*type = json_value(&r->json);
		if (*type == JSON_ERROR)
			return -1;
		if (words[i] && *type != JSON_NULL) {
			*which = i;
			return 1;
		}
		if (json_skip(&r->json, *type))
			return -1;
	}
	return rc;
}

static int wrong_type(struct reader *r, const char *what, const char *type)
{
	return error_set(r->err, EINVAL, "%s is not %s", what, type);
}

/* The string that has begun, terminated, in the arena. A NUL in it is refused. */
static int take_string(struct reader *r, const char *what, enum json_type type, const char **out)
{
	struct buf b = { 0 };
	int rc = 0;

	if (type != JSON_STRING)
		return wrong_type(r, what, "a string");
	if (json_text(&r->json, &b)) {
		buf_release(&b);
		return -1;
	}
	if (b.len && memchr(b.p, 0, b.len))
		rc = error_set(r->err, EINVAL, "%s has a NUL character", what);
	else if (!(*out = arena_copy(r->arena, b.len ? b.p : "", b.len)))
		rc = error_nomem(r->err);
	buf_release(&b);
	return rc;
}

static int take_word(struct reader *r, const char *what, enum json_type type, struct oci_word *w)
{
	const char *s;

	if (take_string(r, what, type, &s))
		return -1;
	*w = (struct oci_word){ s, strlen(s) };
	/* Go leaves a string empty that is absent. */
	if (!w->len)
		*w = (struct oci_word){ 0 };
	return 0;
}

static int take_digest(struct reader *r, const char *what, enum json_type type,
		       struct cfs_digest *d)
{
	const char *s;

	if (take_string(r, what, type, &s))
		return -1;
	if (oci_digest_parse(d, s, strlen(s)))
		return 0;
	return error_set(r->err, EINVAL,
			 "%s \"%.80s\" is not sha256: or sha512: and hex digits in lower case",
			 what, s);
}

/* Begin with a text: its only value must be an object or an array. */
static int begin(struct reader *r, struct arena *arena, const void *text, size_t len,
		 enum json_type type, struct error *err)
{
	enum json_type got;

	*r = (struct reader){ .arena = arena, .err = err, .text = text, .left = len };
	if (json_init(&r->json, read_text, r, err))
		return -1;
	got = json_value(&r->json);
	if (got == JSON_ERROR)
		return -1;
	if (got == type)
		return 0;
	return error_set(err, EINVAL, type == JSON_OBJECT ? "is not an object" : "is not an array");
}

/* The end of a text whose value has been read with @rc. */
static int end(struct reader *r, int rc)
{
	if (!rc)
		rc = json_end(&r->json);
	json_release(&r->json);
	return rc ? -1 : 0;
}

/* ---- descriptors ---- */

static int take_platform(struct reader *r, enum json_type type, struct oci_platform *p)
{
	static const char *const words[] = { "os", "architecture", "variant", NULL };
	struct oci_word *const to[] = { &p->os, &p->architecture, &p->variant };
	size_t which;
	int rc;

	if (type != JSON_OBJECT)
		return wrong_type(r, "platform", "an object");
	while ((rc = next_known(r, words, &which, &type)) > 0)
		if (take_word(r, words[which], type, to[which]))
			return -1;
	return rc;
}

/* The seal of @head, "fsverity-ALG-12" and nothing else. */
static void see_seal(struct oci_seals *seals, const char *head, const char *key, const char *value)
{
	size_t len = strlen(head);

	if (strncmp(key, head, len))
		return;
	if (!strcmp(key + len, "fsverity-sha256-12"))
		seals->hex[CFS_SHA256] = value;
	else if (!strcmp(key + len, "fsverity-sha512-12"))
		seals->hex[CFS_SHA512] = value;
}

static void see_annotation(struct oci_descriptor *d, const char *key, const char *value)
{
	if (!strcmp(key, "org.opencontainers.image.ref.name"))
		d->name = value;
	else if (!strcmp(key, "io.containerd.image.name"))
		d->containerd_name = value;
	else if (!strcmp(key, "vnd.docker.reference.type"))
		d->attestation = true;
	see_seal(&d->seals, "composefs.config.", key, value);
}

/* An object of strings, of a descriptor or of a manifest, which has only seals. */
static int take_annotations(struct reader *r, enum json_type type, struct oci_descriptor *d,
			    struct oci_seals *merged)
{
	struct json_key key;
	int rc;

	if (type != JSON_OBJECT)
		return wrong_type(r, "annotations", "an object");
	while ((rc = json_next_key(&r->json, &key)) > 0) {
		const char *name = arena_copy(r->arena, key.s, key.len), *value;

		if (!name)
			return error_nomem(r->err);
		type = json_value(&r->json);
		if (type == JSON_ERROR || take_string(r, "annotation", type, &value))
			return -1;
		if (d)
			see_annotation(d, name, value);
		if (merged)
			see_seal(merged, "composefs.merged.erofs.v1.", name, value);
	}
	return rc;
}

static int take_urls(struct reader *r, enum json_type type, struct oci_descriptor *d)
{
	const char *s;
	int rc;

	if (type != JSON_ARRAY)
		return wrong_type(r, "urls", "an array");
	while ((rc = json_next_item(&r->json)) > 0) {
		type = json_value(&r->json);
		if (type == JSON_ERROR || take_string(r, "URL", type, &s))
			return -1;
		if (!d->url)
			d->url = s;
	}
	return rc;
}

enum {
	D_TYPE,
	D_ARTIFACT,
	D_DIGEST,
	D_SIZE,
	D_PLATFORM,
	D_URLS,
	D_ANNOTATIONS,
};

static int take_descriptor(struct reader *r, enum json_type type, struct oci_descriptor *d)
{
	static const char *const words[] = { "mediaType", "artifactType", "digest",      "size",
					     "platform",  "urls",         "annotations", NULL };
	size_t which;
	int rc;

	*d = (struct oci_descriptor){ 0 };
	if (type != JSON_OBJECT)
		return wrong_type(r, "descriptor", "an object");
	while ((rc = next_known(r, words, &which, &type)) > 0) {
		switch (which) {
		case D_TYPE:
			rc = take_string(r, "mediaType", type, &d->type);
			break;
		case D_ARTIFACT:
			rc = take_string(r, "artifactType", type, &d->artifact_type);
			break;
		case D_DIGEST:
			rc = take_digest(r, "digest", type, &d->digest);
			break;
		case D_SIZE:
			rc = type == JSON_NUMBER ? json_integer(&r->json, INT64_MAX, &d->size)
						 : wrong_type(r, "size", "a number");
			d->has_size = true;
			break;
		case D_PLATFORM:
			d->has_platform = true;
			rc = take_platform(r, type, &d->platform);
			break;
		case D_URLS:
			rc = take_urls(r, type, d);
			break;
		default:
			rc = take_annotations(r, type, d, NULL);
		}
		if (rc)
			return -1;
	}
	if (rc)
		return -1;
	if (!d->digest.algorithm || !d->has_size)
		return error_set(r->err, EINVAL, "descriptor without %s",
				 d->has_size ? "digest" : "size");
	d->attestation = d->attestation || oci_word_is(&d->platform.os, "unknown") ||
			 oci_word_is(&d->platform.architecture, "unknown");
	oci_platform_settle(&d->platform);
	return 0;
}

static int take_descriptors(struct reader *r, const char *what, enum json_type type,
			    struct oci_descriptor **v, size_t *n, size_t *cap)
{
	int rc;

	if (type != JSON_ARRAY)
		return wrong_type(r, what, "an array");
	while ((rc = json_next_item(&r->json)) > 0) {
		if (grow(v, *n, cap, sizeof(**v), 16))
			return error_nomem(r->err);
		type = json_value(&r->json);
		if (type == JSON_ERROR || take_descriptor(r, type, &(*v)[*n]))
			return -1;
		++*n;
	}
	return rc;
}

/* ---- indexes and manifests ---- */

enum {
	I_SCHEMA,
	I_TYPE,
	I_ARTIFACT,
	I_MANIFESTS,
	I_LAYERS,
	I_CONFIG,
	I_ANNOTATIONS,
};

static int take_document(struct reader *r, struct oci_document *d)
{
	static const char *const words[] = { "schemaVersion", "mediaType", "artifactType",
					     "manifests",     "layers",    "config",
					     "annotations",   NULL };
	enum json_type type;
	size_t which;
	int rc;

	while ((rc = next_known(r, words, &which, &type)) > 0) {
		switch (which) {
		case I_SCHEMA:
			d->has_schema = true;
			rc = type == JSON_NUMBER ? json_integer(&r->json, INT64_MAX, &d->schema)
						 : wrong_type(r, "schemaVersion", "a number");
			break;
		case I_TYPE:
			rc = take_string(r, "mediaType", type, &d->type);
			break;
		case I_ARTIFACT:
			rc = take_string(r, "artifactType", type, &d->artifact_type);
			break;
		case I_MANIFESTS:
			d->has_manifests = true;
			rc = take_descriptors(r, "manifests", type, &d->manifests, &d->nmanifests,
					      &d->manifests_cap);
			break;
		case I_LAYERS:
			d->has_layers = true;
			rc = take_descriptors(r, "layers", type, &d->layers, &d->nlayers,
					      &d->layers_cap);
			break;
		case I_CONFIG:
			d->has_config = true;
			rc = take_descriptor(r, type, &d->config);
			break;
		default:
			rc = take_annotations(r, type, NULL, &d->seals);
		}
		if (rc)
			return -1;
	}
	return rc;
}

int oci_document_parse(struct oci_document *d, const void *text, size_t len, struct error *err)
{
	struct reader r;
	int rc = begin(&r, &d->arena, text, len, JSON_OBJECT, err);

	return end(&r, rc ? rc : take_document(&r, d));
}

void oci_document_release(struct oci_document *d)
{
	arena_release(&d->arena);
	free(d->manifests);
	free(d->layers);
	*d = (struct oci_document){ 0 };
}

static bool is_one_of(const char *type, const char *const *list)
{
	while (*list && strcmp(type, *list))
		list++;
	return *list;
}

enum oci_kind oci_type_kind(const char *type)
{
	static const char *const indexes[] = {
		"application/vnd.oci.image.index.v1+json",
		"application/vnd.docker.distribution.manifest.list.v2+json", NULL
	};
	static const char *const manifests[] = {
		"application/vnd.oci.image.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v2+json", NULL
	};

	if (!type)
		return OCI_NEITHER;
	if (is_one_of(type, indexes))
		return OCI_INDEX;
	return is_one_of(type, manifests) ? OCI_MANIFEST : OCI_NEITHER;
}

bool oci_type_is_schema1(const char *type)
{
	static const char *const types[] = {
		"application/vnd.docker.distribution.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v1+prettyjws", NULL
	};

	return type && is_one_of(type, types);
}

static int no_schema1(struct error *err)
{
	return error_set(err, EOPNOTSUPP,
			 "is a manifest of schema 1, which is obsolete and not supported");
}

int oci_document_kind(const struct oci_document *d, const char *type, struct error *err)
{
	enum oci_kind kind = oci_type_kind(type ? type : d->type);

	if (oci_type_is_schema1(type) || oci_type_is_schema1(d->type) ||
	    (d->has_schema && d->schema == 1))
		return no_schema1(err);
	if (type && d->type && strcmp(type, d->type))
		return error_set(err, EINVAL, "says that it is %.100s, its descriptor says %.100s",
				 d->type, type);
	if (d->has_manifests && (d->has_layers || d->has_config))
		return error_set(err, EINVAL, "is an index and a manifest at once");
	if (!d->has_schema || d->schema != 2)
		return error_set(err, EINVAL, "schemaVersion is not 2");
	if (!type && !d->type && d->has_manifests)
		kind = OCI_INDEX;
	else if (!type && !d->type && d->has_layers)
		kind = OCI_MANIFEST;
	if (kind == OCI_INDEX && !d->has_manifests)
		return error_set(err, EINVAL, "is an index without \"manifests\"");
	if (kind == OCI_MANIFEST && (!d->has_layers || !d->has_config))
		return error_set(err, EINVAL, "is a manifest without \"%s\"",
				 d->has_layers ? "config" : "layers");
	return (int)kind;
}

const char *oci_artifact_type(const struct oci_document *d)
{
	static const char *const configs[] = { "application/vnd.oci.image.config.v1+json",
					       "application/vnd.docker.container.image.v1+json",
					       NULL };

	if (d->artifact_type)
		return d->artifact_type;
	if (!d->config.type)
		return "its config has no type";
	return is_one_of(d->config.type, configs) ? NULL : d->config.type;
}

int oci_layer_type_check(const char *type, struct error *err)
{
	static const char *const heads[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
	};

	if (!type)
		return error_set(err, EINVAL, "has no media type");
	if (strlen(type) > 10 && !strcmp(type + strlen(type) - 10, "+encrypted"))
		return error_set(err, EOPNOTSUPP, "is encrypted, which is not supported");
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		const char *rest = type + strlen(heads[i]);
		const char *sign = i < 2 ? "+" : ".";

		if (strncmp(type, heads[i], strlen(heads[i])))
			continue;
		if (!*rest ||
		    (*rest == *sign && (!strcmp(rest + 1, "gzip") || !strcmp(rest + 1, "zstd"))))
			return 0;
	}
	return error_set(err, EOPNOTSUPP, "has the media type %.100s, which is not that of a layer",
			 type);
}

/* ---- configs ---- */

static int take_diff_ids(struct reader *r, enum json_type type, struct oci_config *c)
{
	int rc;

	if (type != JSON_ARRAY)
		return wrong_type(r, "rootfs.diff_ids", "an array");
	while ((rc = json_next_item(&r->json)) > 0) {
		if (grow(&c->diff_ids, c->n, &c->cap, sizeof(*c->diff_ids), 16))
			return error_nomem(r->err);
		type = json_value(&r->json);
		if (type == JSON_ERROR || take_digest(r, "diff_id", type, &c->diff_ids[c->n]))
			return -1;
		c->n++;
	}
	return rc;
}

static int take_rootfs(struct reader *r, enum json_type type, struct oci_config *c)
{
	static const char *const words[] = { "type", "diff_ids", NULL };
	const char *is = NULL;
	bool has_ids = false;
	size_t which;
	int rc;

	if (type != JSON_OBJECT)
		return wrong_type(r, "rootfs", "an object");
	while ((rc = next_known(r, words, &which, &type)) > 0) {
		has_ids = has_ids || which;
		if (which ? take_diff_ids(r, type, c) : take_string(r, "rootfs.type", type, &is))
			return -1;
	}
	if (rc)
		return -1;
	if (!is || strcmp(is, "layers"))
		return error_set(r->err, EINVAL, "rootfs.type is not \"layers\"");
	return has_ids ? 0 : error_set(r->err, EINVAL, "rootfs has no diff_ids");
}

int oci_config_parse(struct oci_config *c, const void *text, size_t len, struct error *err)
{
	static const char *const words[] = { "os", "architecture", "variant", "rootfs", NULL };
	struct oci_word *const to[] = { &c->platform.os, &c->platform.architecture,
					&c->platform.variant };
	bool has_rootfs = false;
	struct reader r;
	enum json_type type;
	size_t which;
	int rc = begin(&r, &c->arena, text, len, JSON_OBJECT, err);

	while (!rc && (rc = next_known(&r, words, &which, &type)) > 0) {
		has_rootfs = has_rootfs || which == 3;
		rc = which == 3 ? take_rootfs(&r, type, c)
				: take_word(&r, words[which], type, to[which]);
	}
	rc = end(&r, rc);
	oci_platform_settle(&c->platform);
	return !rc && !has_rootfs ? error_set(err, EINVAL, "has no rootfs") : rc;
}

void oci_config_release(struct oci_config *c)
{
	arena_release(&c->arena);
	free(c->diff_ids);
	*c = (struct oci_config){ 0 };
}

/* ---- others ---- */

int oci_layout_check(const void *text, size_t len, struct error *err)
{
	static const char *const words[] = { "imageLayoutVersion", NULL };
	struct arena arena = { 0 };
	const char *version = NULL;
	struct reader r;
	enum json_type type;
	size_t which;
	int rc = begin(&r, &arena, text, len, JSON_OBJECT, err);

	while (!rc && (rc = next_known(&r, words, &which, &type)) > 0)
		rc = take_string(&r, words[which], type, &version);
	rc = end(&r, rc);
	if (!rc && (!version || strncmp(version, "1.", 2)))
		rc = error_set(err, EOPNOTSUPP, "imageLayoutVersion is %.40s, this program knows 1",
			       version ? version : "missing");
	arena_release(&arena);
	return rc;
}

static int take_strings(struct reader *r, const char *what, enum json_type type, const char ***v,
			size_t *n, size_t *cap)
{
	int rc;

	if (type != JSON_ARRAY)
		return wrong_type(r, what, "an array");
	while ((rc = json_next_item(&r->json)) > 0) {
		if (grow(v, *n, cap, sizeof(**v), 16))
			return error_nomem(r->err);
		type = json_value(&r->json);
		if (type == JSON_ERROR || take_string(r, what, type, &(*v)[*n]))
			return -1;
		++*n;
	}
	return rc;
}

static int take_docker_image(struct reader *r, struct oci_docker_image *image)
{
	static const char *const words[] = { "Config", "RepoTags", "Layers", NULL };
	enum json_type type = json_value(&r->json);
	bool has_layers = false;
	size_t which;
	int rc;

	if (type == JSON_ERROR)
		return -1;
	if (type != JSON_OBJECT)
		return wrong_type(r, "entry", "an object");
	while ((rc = next_known(r, words, &which, &type)) > 0) {
		if (which == 0)
			rc = take_string(r, "Config", type, &image->config);
		else if (which == 1)
			rc = take_strings(r, "RepoTags", type, &image->tags, &image->ntags,
					  &image->tags_cap);
		else
			rc = take_strings(r, "Layers", type, &image->layers, &image->nlayers,
					  &image->layers_cap);
		if (rc)
			return -1;
		has_layers = has_layers || which == 2;
	}
	if (!rc && (!image->config || !has_layers))
		return error_set(r->err, EINVAL, "an entry has no \"%s\"",
				 image->config ? "Layers" : "Config");
	return rc;
}

int oci_docker_parse(struct oci_docker *d, const void *text, size_t len, struct error *err)
{
	struct reader r;
	int rc = begin(&r, &d->arena, text, len, JSON_ARRAY, err);

	while (!rc && (rc = json_next_item(&r.json)) > 0) {
		if (grow(&d->v, d->n, &d->cap, sizeof(*d->v), 4)) {
			rc = error_nomem(err);
			break;
		}
		d->v[d->n] = (struct oci_docker_image){ 0 };
		rc = take_docker_image(&r, &d->v[d->n++]);
	}
	return end(&r, rc);
}

void oci_docker_release(struct oci_docker *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->v[i].tags);
		free(d->v[i].layers);
	}
	free(d->v);
	arena_release(&d->arena);
	*d = (struct oci_docker){ 0 };
}
