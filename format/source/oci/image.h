/* SPDX-License-Identifier: GPL-2.0-only */
/* Which image of a layout or archive is meant, and its documents (OCI 3). */
#ifndef CFS_SOURCE_OCI_IMAGE_H
#define CFS_SOURCE_OCI_IMAGE_H

#include "source/oci/source.h"

struct oci_request {
	const char *name;             /* NULL: none */
	struct cfs_digest digest;     /* CFS_NO_ALGORITHM: none */
	bool has_platform;            /* the user asked for */
	struct oci_platform platform; /* this one; else it is that of this machine */
};

struct oci_image {
	struct buf manifest_text, config_text; /* byte for byte */
	struct oci_document manifest;          /* zeros for a docker archive */
	struct oci_docker docker;              /* zeros for others */
	const struct oci_docker_image *entry;  /* of docker */
	struct oci_config config;
	size_t layers;
	bool is_other_platform; /* a warning: nothing was asked for, and this is not that of the machine */
};

/*
 * Choose the image and read its documents, without any layer. 0, OCI_WRONG, or -1, with a text
 * that begins with the path of the source. Release it in any case.
 */
int oci_image_find(struct oci_source *s, const struct oci_request *request, struct oci_image *image,
		   struct error *err);
void oci_image_release(struct oci_image *image);

/* The name of layer @i in the source, terminated. Returns @to or a text of the image. */
const char *oci_image_layer(const struct oci_image *image, size_t i, char to[OCI_BLOB_NAME]);

#endif
