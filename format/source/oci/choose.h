/* SPDX-License-Identifier: GPL-2.0-only */
/* The choice among the images that an index leads to (OCI 3.1 to 3.3). */
#ifndef CFS_SOURCE_OCI_CHOOSE_H
#define CFS_SOURCE_OCI_CHOOSE_H

#include "source/oci/request.h"

/* Put the manifest into the image. 0, OCI_WRONG, or -1, with a text. */
int oci_choose(struct oci_source *s, const struct oci_request *request, struct oci_image *image,
	       struct error *err);

#endif
