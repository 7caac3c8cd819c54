// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/choose.h"

#include <stdlib.h>
#include "base/grow.h"
#include "base/text.h"

#define DEPTH_MAX 8u     /* indexes in each other, without index.json */
#define INDEXES_MAX 256u /* in all */
#define ARTIFACTS_MAX 256u
#define LIST_MAX 1000u /* bytes of names or platforms in a message */

/* A manifest that may be the one. */
struct candidate {
	const struct oci_descriptor *descriptor;
	struct oci_platform platform; /* zeros: none */
	size_t selected;              /* which of the selected descriptors has led to it */
	bool dropped;                 /* it is an artifact */
	struct buf *text;             /* the manifest once it was opened */
	struct oci_document *document;
};

struct choice {
	struct oci_source *source;
	const struct oci_request *request;
	struct oci_document top;    /* index.json */
	struct oci_descriptor blob; /* of a digest that index.json does not have */
	struct oci_document **indexes;
	size_t n_indexes, indexes_cap;
	struct candidate *v;
	size_t n, cap;
	bool schema1;         /* one was passed over */
	const char *artifact; /* the type of the first one that was passed over */
	struct error *err;
};

static int in_digest(const struct oci_descriptor *d, struct error *err)
{
	char text[OCI_DIGEST_TEXT];

	return error_in(err, "%s", oci_digest_print(text, &d->digest));
}

/* Open a document and see what it is. OCI_INDEX and the like in *kind. 0, OCI_WRONG, -1. */
static int open_document(struct choice *c, const struct oci_descriptor *d, struct buf *text,
			 struct oci_document *document, int *kind)
{
	int rc = oci_fetch_blob(c->source, d, text, c->err);

	if (rc)
		return rc;
	*kind = -1;
	if (!oci_document_parse(document, text->p, text->len, c->err))
		*kind = oci_document_kind(document, d->type, c->err);
	return *kind < 0 ? in_digest(d, c->err) : 0;
}

static int add_candidate(struct choice *c, const struct oci_descriptor *d,
			 const struct oci_platform *platform, size_t selected)
{
	if (grow(&c->v, c->n, &c->cap, sizeof(*c->v), 16))
		return error_nomem(c->err);
	c->v[c->n++] = (struct candidate){ d, *platform, selected, false, NULL, NULL };
	return 0;
}

static int visit(struct choice *c, const struct oci_descriptor *d,
		 const struct oci_platform *inherited, unsigned int depth, size_t selected);

/* Keep an index, whose descriptors the candidates point to, and visit what it lists. */
static int visit_index(struct choice *c, struct oci_document *index,
		       const struct oci_platform *platform, unsigned int depth, size_t selected)
{
	struct oci_document *kept = malloc(sizeof(*kept));
	int rc = 0;

	if (!kept || grow(&c->indexes, c->n_indexes, &c->indexes_cap, sizeof(*c->indexes), 16)) {
		free(kept);
		oci_document_release(index);
		return error_nomem(c->err);
	}
	*kept = *index;
	c->indexes[c->n_indexes++] = kept;
	if (c->n_indexes > INDEXES_MAX)
		return error_set(c->err, E2BIG, "more than %u indexes", INDEXES_MAX);
	if (depth >= DEPTH_MAX)
		return error_set(c->err, E2BIG, "more than %u indexes in each other", DEPTH_MAX);
	for (size_t i = 0; !rc && i < kept->nmanifests; i++)
		rc = visit(c, &kept->manifests[i], platform, depth + 1, selected);
	return rc;
}

/* What a descriptor leads to, at most DEPTH_MAX indexes deep. */
static int visit(struct choice *c, const struct oci_descriptor *d,
		 const struct oci_platform *inherited, unsigned int depth, size_t selected)
{
	const struct oci_platform *platform =
		d->platform.os.s || d->platform.architecture.s ? &d->platform : inherited;
	enum oci_kind expected = oci_type_kind(d->type);
	struct oci_document document = { 0 };
	struct buf text = { 0 };
	int kind, rc;

	if (d->attestation)
		return 0;
	if (d->artifact_type) {
		c->artifact = c->artifact ? c->artifact : d->artifact_type;
		return 0;
	}
	c->schema1 = c->schema1 || oci_type_is_schema1(d->type);
	if (expected == OCI_MANIFEST)
		return add_candidate(c, d, platform, selected);
	if (d->type && expected == OCI_NEITHER)
		return 0;
	if (expected == OCI_INDEX && platform == &d->platform &&
	    oci_platform_rank(&c->request->platform, platform) < 0)
		return 0;
	rc = open_document(c, d, &text, &document, &kind);
	buf_release(&text);
	if (!rc && kind == OCI_INDEX)
		return visit_index(c, &document, platform, depth, selected);
	oci_document_release(&document);
	if (!rc && kind == OCI_MANIFEST)
		rc = add_candidate(c, d, platform, selected);
	return rc;
}

/* ---- which descriptors ---- */

static bool has_name(const struct oci_descriptor *d, const char *name)
{
	return (d->name && !strcmp(d->name, name)) ||
	       (d->containerd_name && !strcmp(d->containerd_name, name));
}

static void add_to_list(struct buf *b, const char *s, size_t len)
{
	if (b->len > LIST_MAX)
		return;
	if (b->len)
		buf_str(b, ", ");
	buf_add(b, s, len); /* messages are escaped as they are printed */
	if (b->len > LIST_MAX)
		buf_str(b, "...");
}

/* The text "@what; there are: NAMES" of what index.json lists. */
static int list_names(struct choice *c, int code, const char *what)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < c->top.nmanifests; i++) {
		const struct oci_descriptor *d = &c->top.manifests[i];
		const char *name = d->name ? d->name : d->containerd_name;

		if (name)
			add_to_list(&b, name, strlen(name));
	}
	error_set(c->err, code, "%s; there are: %.*s", what, b.len ? (int)b.len : 8,
		  b.len ? b.p : "no names");
	buf_release(&b);
	return -1;
}

static int no_such_name(struct choice *c)
{
	char what[300];

	text_format(what, sizeof(what), "no image is named %s", c->request->name);
	return list_names(c, ENOENT, what);
}

/* Visit the selected descriptors. */
static int visit_selected(struct choice *c)
{
	static const struct oci_platform none;
	const struct oci_request *r = c->request;
	bool named = false, found = false;
	char text[OCI_DIGEST_TEXT];

	for (size_t i = 0; i < c->top.nmanifests && !(found && r->digest.algorithm); i++) {
		const struct oci_descriptor *d = &c->top.manifests[i];
		int rc;

		if (r->name && !has_name(d, r->name))
			continue;
		named = true;
		if (r->digest.algorithm && !cfs_digest_equal(&d->digest, &r->digest))
			continue;
		found = true;
		rc = visit(c, d, &none, 0, i);
		if (rc)
			return rc;
	}
	if (found)
		return 0;
	if (r->name && !named)
		return no_such_name(c);
	if (r->name) {
		error_set(c->err, EBADMSG, "the image of that name does not have the digest %s",
			  oci_digest_print(text, &r->digest));
		return OCI_WRONG;
	}
	if (!r->digest.algorithm)
		return error_set(c->err, ENOENT, "index.json lists no image");
	c->blob = (struct oci_descriptor){ .digest = r->digest };
	return visit(c, &c->blob, &none, 0, 0);
}

/* ---- the rules of section 3.3 ---- */

/* The best candidate of one selected descriptor, or NULL if none fits. */
static struct candidate *best_of(struct choice *c, size_t selected)
{
	struct candidate *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct candidate *v = &c->v[i];
		int rank;

		if (v->dropped || v->selected != selected)
			continue;
		rank = oci_platform_rank(&c->request->platform, &v->platform);
		if (rank < 0 || (best && rank >= best_rank))
			continue;
		best = v;
		best_rank = rank;
	}
	return best;
}

/* Mark the candidates that are left: one of each descriptor, or all without a platform. */
static void mark(struct choice *c, bool *left)
{
	size_t alive = 0, fits = 0;

	for (size_t i = 0; i < c->n; i++)
		alive += !c->v[i].dropped;
	memset(left, 0, c->n);
	for (size_t i = 0; i < c->n; i++) {
		/* The first candidate of a descriptor stands for all of it. */
		struct candidate *best = i && c->v[i - 1].selected == c->v[i].selected
						 ? NULL
						 : best_of(c, c->v[i].selected);

		if (alive == 1 && !c->request->has_platform)
			left[i] = !c->v[i].dropped;
		else if (best)
			left[best - c->v] = true;
		fits += left[i] || best;
	}
	for (size_t i = 0; !fits && i < c->n; i++)
		left[i] = !c->v[i].dropped && !c->v[i].platform.os.s &&
			  !c->v[i].platform.architecture.s;
}

static int open_candidate(struct choice *c, struct candidate *v)
{
	int kind;

	if (v->document)
		return 0;
	v->text = calloc(1, sizeof(*v->text));
	v->document = calloc(1, sizeof(*v->document));
	if (!v->text || !v->document)
		return error_nomem(c->err);
	return open_document(c, v->descriptor, v->text, v->document, &kind);
}

static void close_candidate(struct candidate *v)
{
	if (v->text)
		buf_release(v->text);
	if (v->document)
		oci_document_release(v->document);
	free(v->text);
	free(v->document);
	v->text = NULL;
	v->document = NULL;
}

static int none_left(struct choice *c)
{
	struct buf b = { 0 }, one = { 0 };
	const struct oci_platform *p = &c->request->platform;

	for (size_t i = 0; i < c->n; i++) {
		const struct oci_platform *there = &c->v[i].platform;
		const struct oci_word *words[] = { &there->os, &there->architecture,
						   &there->variant };

		one.len = 0;
		for (size_t k = 0; k < 3; k++) {
			if (words[k]->s && one.len)
				buf_byte(&one, '/');
			if (words[k]->s)
				buf_add(&one, words[k]->s, words[k]->len);
		}
		if (!c->v[i].dropped)
			add_to_list(&b, one.len ? one.p : "no platform", one.len ? one.len : 11);
	}
	if (b.len)
		error_set(c->err, ENOENT, "no image for %.*s/%.*s; there are: %.*s", (int)p->os.len,
			  p->os.s, (int)p->architecture.len, p->architecture.s, (int)b.len, b.p);
	else if (c->artifact)
		error_set(c->err, ENOENT, "is an artifact (%.200s), not a container image",
			  c->artifact);
	else if (c->schema1)
		error_set(c->err, EOPNOTSUPP,
			  "is a manifest of schema 1, which is obsolete and not supported");
	else
		error_set(c->err, ENOENT, "no image in it");
	buf_release(&b);
	buf_release(&one);
	return -1;
}

/*
 * Open the marked manifests up to the second different one, or up to an artifact, which is
 * dropped. 0, OCI_WRONG, or -1.
 */
static int open_marked(struct choice *c, const bool *left, struct candidate **first,
		       struct candidate **second, bool *dropped)
{
	*first = *second = NULL;
	*dropped = false;
	for (size_t i = 0; i < c->n && !*second; i++) {
		struct candidate *v = &c->v[i];
		const char *type;
		int rc;

		if (!left[i])
			continue;
		rc = open_candidate(c, v);
		if (rc)
			return rc;
		type = oci_artifact_type(v->document);
		if (type) {
			char *copy = arena_copy(&c->source->arena, type, strlen(type));

			c->artifact = c->artifact ? c->artifact : copy;
			v->dropped = *dropped = true;
			close_candidate(v);
			return 0;
		}
		if (!*first)
			*first = v;
		else if (!cfs_digest_equal(&(*first)->descriptor->digest, &v->descriptor->digest))
			*second = v;
	}
	return 0;
}

static int decide(struct choice *c, struct candidate **chosen)
{
	bool *left = calloc(c->n + 1, sizeof(*left));
	struct candidate *second = NULL;
	unsigned int artifacts = 0;
	bool dropped;
	int rc;

	*chosen = NULL;
	if (!left)
		return error_nomem(c->err);
	do {
		mark(c, left);
		rc = open_marked(c, left, chosen, &second, &dropped);
	} while (!rc && dropped && ++artifacts <= ARTIFACTS_MAX);
	free(left);
	if (rc)
		return rc;
	if (dropped)
		return error_set(c->err, E2BIG, "more than %u artifacts", ARTIFACTS_MAX);
	if (second)
		return list_names(c, EINVAL, "more than one image: name one as SOURCE:NAME");
	return *chosen ? 0 : none_left(c);
}

static int read_top(struct choice *c)
{
	struct buf text = { 0 };
	int rc = oci_fetch(c->source, "index.json", &text, c->err);
	int kind;

	if (!rc) {
		rc = oci_document_parse(&c->top, text.p, text.len, c->err);
		kind = rc ? -1 : oci_document_kind(&c->top, NULL, c->err);
		if (kind >= 0 && kind != OCI_INDEX)
			error_set(c->err, EINVAL, "is not an index");
		rc = kind == OCI_INDEX ? 0 : error_in(c->err, "index.json");
	}
	buf_release(&text);
	return rc;
}

int oci_choose(struct oci_source *s, const struct oci_request *request, struct oci_image *image,
	       struct error *err)
{
	struct choice c = { .source = s, .request = request, .err = err };
	struct candidate *chosen;
	int rc = read_top(&c);

	if (!rc)
		rc = visit_selected(&c);
	if (!rc)
		rc = decide(&c, &chosen);
	if (!rc) {
		image->manifest_text = *chosen->text;
		image->manifest = *chosen->document;
		*chosen->text = (struct buf){ 0 };
		*chosen->document = (struct oci_document){ 0 };
	}
	for (size_t i = 0; i < c.n; i++)
		close_candidate(&c.v[i]);
	free(c.v);
	for (size_t i = 0; i < c.n_indexes; i++) {
		oci_document_release(c.indexes[i]);
		free(c.indexes[i]);
	}
	free(c.indexes);
	oci_document_release(&c.top);
	return rc;
}
