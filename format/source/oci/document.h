/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON documents of container images: indexes, manifests, configs and others (OCI 2). */
#ifndef CFS_SOURCE_OCI_DOCUMENT_H
#define CFS_SOURCE_OCI_DOCUMENT_H

#include "base/arena.h"
#include "base/error.h"
#include "source/oci/digest.h"
#include "source/oci/platform.h"

#define OCI_DOCUMENT_MAX (4u << 20) /* bytes */
#define OCI_LAYERS_MAX 1024u

enum oci_kind {
	OCI_NEITHER, /* not known yet, or something else */
	OCI_INDEX,
	OCI_MANIFEST,
};

/* A seal: an annotation with the digest of an image, one for each algorithm; NULL: none. */
struct oci_seals {
	const char *hex[CFS_SHA512 + 1];
};

/* Texts are terminated; NULL: absent. */
struct oci_descriptor {
	struct cfs_digest digest; /* CFS_NO_ALGORITHM: there is no descriptor */
	bool has_size;
	u64 size;
	const char *type, *artifact_type;
	const char *name, *containerd_name, *url;
	bool attestation;
	bool has_platform;
	struct oci_platform platform;
	struct oci_seals seals; /* of a config */
};

/* An index or a manifest. */
struct oci_document {
	struct arena arena;
	bool has_schema, has_manifests, has_layers, has_config;
	u64 schema;
	const char *type, *artifact_type;
	struct oci_descriptor *manifests, *layers;
	size_t nmanifests, nlayers, manifests_cap, layers_cap;
	struct oci_descriptor config;
	struct oci_seals seals; /* of the merged tree */
};

/*
 * Parse an index or a manifest. -1 and a text. Release it in any case; it may be all zeros.
 * Memory is proportional to the text.
 */
int oci_document_parse(struct oci_document *d, const void *text, size_t len, struct error *err);
void oci_document_release(struct oci_document *d);

/*
 * What a document with a descriptor of @type (NULL: none) is, after all checks of its form.
 * -1 and a text.
 */
int oci_document_kind(const struct oci_document *d, const char *type, struct error *err);

/* The kind that a media type stands for. */
enum oci_kind oci_type_kind(const char *type);
bool oci_type_is_schema1(const char *type);

/* The type that makes a manifest an artifact and not an image, or NULL. */
const char *oci_artifact_type(const struct oci_document *d);

/* 0, or -1 and a text for a type that no layer has. */
int oci_layer_type_check(const char *type, struct error *err);

/* The parts of a config that count. */
struct oci_config {
	struct arena arena;
	struct oci_platform platform;
	struct cfs_digest *diff_ids;
	size_t n, cap;
};

int oci_config_parse(struct oci_config *c, const void *text, size_t len, struct error *err);
void oci_config_release(struct oci_config *c);

/* 0 if the bytes of oci-layout are those of a version that is known. -1 and a text. */
int oci_layout_check(const void *text, size_t len, struct error *err);

/* An entry of the manifest.json of a docker archive. */
struct oci_docker_image {
	const char *config;
	const char **tags, **layers;
	size_t ntags, nlayers, tags_cap, layers_cap;
};

struct oci_docker {
	struct arena arena;
	struct oci_docker_image *v;
	size_t n, cap;
};

int oci_docker_parse(struct oci_docker *d, const void *text, size_t len, struct error *err);
void oci_docker_release(struct oci_docker *d);

#endif
