/* SPDX-License-Identifier: GPL-2.0-only */
/* Which image of a layout or archive is meant, and its documents (OCI 3). */
#ifndef CFS_SOURCE_OCI_IMAGE_H
#define CFS_SOURCE_OCI_IMAGE_H

#include "source/oci/request.h"

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
