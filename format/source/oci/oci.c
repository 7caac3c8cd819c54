// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/oci.h"

#include <stdlib.h>

static const char *const rule_words[] = {
	[OCI_PLAIN] = "plain",
	[OCI_COMPOSEFS_RS] = "composefs-rs",
	[OCI_COMPOSEFS_RS_USER] = "composefs-rs+user",
};

bool oci_rules_parse(enum oci_rules *rules, const char *word)
{
	for (size_t i = 0; i < sizeof(rule_words) / sizeof(*rule_words); i++) {
		if (strcmp(word, rule_words[i]))
			continue;
		*rules = (enum oci_rules)i;
		return true;
	}
	return false;
}

const char *oci_rules_word(enum oci_rules rules)
{
	return rule_words[rules];
}

/* A layer of the image. Several of them may be the same blob, which is read once. */
struct entry {
	const char *name;  /* in the source; in the arena */
	const char *label; /* for messages: "IMG: layer 2 (sha256:...)" */
	struct oci_layer *layer;
};

struct oci_layers {
	struct oci_source *source;
	const struct oci_image *image;
	struct arena arena;
	size_t n;
	struct entry *v;
	char **labels; /* the labels, NULL behind the last one */
};

static const struct oci_descriptor *descriptor(const struct oci_layers *l, size_t i)
{
	return l->image->entry ? NULL : &l->image->manifest.layers[i];
}

static int add_entry(struct oci_layers *l, size_t i, struct error *err)
{
	char room[OCI_BLOB_NAME], digest[OCI_DIGEST_TEXT];
	const char *name = oci_image_layer(l->image, i, room);
	const struct oci_descriptor *d = descriptor(l, i);
	struct buf b = { 0 };

	buf_str(&b, l->source->path);
	buf_str(&b, ": layer ");
	buf_dec(&b, i + 1);
	buf_str(&b, " (");
	buf_str(&b, d ? oci_digest_print(digest, &d->digest) : name);
	buf_byte(&b, ')');
	l->v[i].name = arena_copy(&l->arena, name, strlen(name));
	l->labels[i] = b.failed ? NULL : arena_copy(&l->arena, b.p, b.len);
	l->v[i].label = l->labels[i];
	buf_release(&b);
	return l->v[i].name && l->v[i].label ? 0 : error_nomem(err);
}

/* The algorithms of all diff_ids and digests that the blob of layer @i has. */
static void algorithms(const struct oci_layers *l, size_t i, unsigned int *blob,
		       unsigned int *plain)
{
	*blob = *plain = 0;
	for (size_t k = i; k < l->n; k++) {
		if (strcmp(l->v[k].name, l->v[i].name))
			continue;
		*plain |= 1u << l->image->config.diff_ids[k].algorithm;
		if (descriptor(l, k))
			*blob |= 1u << descriptor(l, k)->digest.algorithm;
	}
}

/* Reading stops at one byte more than the largest size that a descriptor of the blob has. */
static u64 limit(const struct oci_layers *l, size_t i)
{
	u64 most = 0;

	for (size_t k = i; k < l->n; k++) {
		const struct oci_descriptor *d = descriptor(l, k);

		if (!d)
			return UINT64_MAX;
		if (!strcmp(l->v[k].name, l->v[i].name) && d->size > most)
			most = d->size;
	}
	return most + 1;
}

/* Read the blob of layer @i for all layers that are the same. */
static int read_blob(struct oci_layers *l, size_t i, struct error *err)
{
	const struct oci_descriptor *d = descriptor(l, i);
	unsigned int blob, plain;
	struct oci_layer *layer;

	algorithms(l, i, &blob, &plain);
	layer = oci_source_layer(l->source, l->v[i].name, limit(l, i), blob, plain, err);
	if (!layer && err->code == ENOENT && d && d->url)
		error_set(err, ENOENT, "is not there; the manifest names %.500s", d->url);
	if (!layer)
		return error_in(err, "%s", l->v[i].label);
	for (size_t k = i; k < l->n; k++)
		if (!strcmp(l->v[k].name, l->v[i].name))
			l->v[k].layer = layer;
	return 0;
}

static int wrong(const struct entry *e, const char *what, const struct oci_hash *hash, u8 algorithm,
		 struct error *err)
{
	char text[OCI_DIGEST_TEXT];
	struct cfs_digest got;

	oci_hash_end(hash, algorithm, &got);
	error_set(err, EBADMSG, "%s: %s is %s", e->label, what, oci_digest_print(text, &got));
	return OCI_WRONG;
}

/* Everything that section 4 checks, in its order. */
static int check(const struct oci_layers *l, size_t i, struct error *err)
{
	const struct oci_descriptor *d = descriptor(l, i);
	const struct cfs_digest *diff_id = &l->image->config.diff_ids[i];
	const struct entry *e = &l->v[i];

	if (d && e->layer->size != d->size) {
		error_set(err, EBADMSG, "%s: has %s than the %llu bytes of its descriptor",
			  e->label, e->layer->size < d->size ? "less" : "more",
			  (unsigned long long)d->size);
		return OCI_WRONG;
	}
	if (d && !oci_hash_is(&e->layer->blob, &d->digest))
		return wrong(e, "digest", &e->layer->blob, d->digest.algorithm, err);
	if (e->layer->fault)
		return error_set(err, EBADMSG, "%s: %s", e->label, e->layer->fault);
	if (!oci_hash_is(&e->layer->plain, diff_id))
		return wrong(e, "diff_id", &e->layer->plain, diff_id->algorithm, err);
	return 0;
}

/* The layer that has not been read and comes first in the archive. */
static size_t next_layer(const struct oci_layers *l)
{
	size_t best = l->n;
	u64 best_at = 0;

	for (size_t i = 0; i < l->n; i++) {
		u64 at;

		if (l->v[i].layer)
			continue;
		at = oci_source_offset(l->source, l->v[i].name);
		if (best < l->n && at >= best_at)
			continue;
		best = i;
		best_at = at;
	}
	return best;
}

int oci_layers_read(struct oci_layers **layers, struct oci_source *s, const struct oci_image *image,
		    struct error *err)
{
	struct oci_layers *l = *layers = calloc(1, sizeof(*l));
	int rc = 0;
	size_t i;

	if (!l)
		return error_nomem(err);
	l->source = s;
	l->image = image;
	l->n = image->layers;
	l->v = calloc(l->n + 1, sizeof(*l->v));
	l->labels = calloc(l->n + 1, sizeof(*l->labels));
	if (!l->v || !l->labels)
		return error_nomem(err);
	for (i = 0; !rc && i < l->n; i++)
		rc = add_entry(l, i, err);
	while (!rc && (i = next_layer(l)) < l->n)
		rc = read_blob(l, i, err);
	for (i = 0; !rc && i < l->n; i++)
		rc = check(l, i, err);
	return rc;
}

void oci_layers_release(struct oci_layers *layers)
{
	if (!layers)
		return;
	free(layers->v);
	free(layers->labels);
	arena_release(&layers->arena);
	free(layers);
}

/* ---- the tree ---- */

/* The rules 5 and 6 of composefs-rs: the root is like /usr, and /run is empty. */
static int root_from_usr(struct layers *l, struct error *err)
{
	const struct node *usr = layers_directory(l, "usr", err);
	struct node *root, *run;

	if (!usr)
		return err->text[0]
			       ? -1
			       : error_set(err, ENOENT,
					   "no directory /usr, whose attributes the root gets");
	run = layers_directory(l, "run", err);
	if (!run && err->text[0])
		return -1;
	root = layers_directory(l, "", err);
	root->mode = usr->mode;
	root->uid = usr->uid;
	root->gid = usr->gid;
	root->mtime = usr->mtime;
	root->mtime_nsec = usr->mtime_nsec;
	root->nxattrs = usr->nxattrs;
	root->xattrs = usr->xattrs;
	if (run) {
		run->mtime = usr->mtime;
		run->mtime_nsec = usr->mtime_nsec;
		layers_clear(l, "run");
	}
	return 0;
}

static int put_all(struct layers *l, const struct oci_layers *from, enum oci_rules rules,
		   struct notes *notes, struct error *err)
{
	for (size_t i = 0; i < from->n; i++) {
		struct tar_put put = { .layer = (u32)i + 1,
				       .in_order = rules != OCI_PLAIN,
				       .only_capability = rules != OCI_PLAIN,
				       .and_user = rules == OCI_COMPOSEFS_RS_USER };

		if (tar_put(l, &from->v[i].layer->members, &put, err))
			return error_in(err, "%s", from->v[i].label);
		if (put.own_removed && notes)
			notes_add(
				notes,
				"%s: a whiteout removes a member of the same layer, which a container engine keeps",
				from->v[i].label);
	}
	return 0;
}

int oci_tree(struct tree *tree, const struct oci_layers *layers, enum oci_rules rules,
	     const struct tar_options *options, struct error *err)
{
	struct layers l;
	u32 line;
	int rc = layers_init(&l, tree, WHITEOUTS_APPLY) ? error_nomem(err) : 0;

	l.skip_devices = options->skip_devices;
	l.first_homes = rules != OCI_PLAIN;
	if (!rc)
		rc = put_all(&l, layers, rules, options->notes, err);
	if (!rc && rules != OCI_PLAIN && root_from_usr(&l, err))
		rc = error_in(err, "%s", layers->source->path);
	if (!rc && layers_finish(&l, err))
		rc = error_in(err, "%s", layers->source->path);
	if (!rc)
		rc = tar_finish_nodes(tree, options->use_epoch, layers->labels, err);
	layers_release(&l);
	return rc ? rc : tree_seal(tree, &line, err);
}
