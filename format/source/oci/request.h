/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked for, and what was found (OCI 3). */
#ifndef CFS_SOURCE_OCI_REQUEST_H
#define CFS_SOURCE_OCI_REQUEST_H

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

#endif
