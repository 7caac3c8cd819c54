/* SPDX-License-Identifier: GPL-2.0-only */
/* mkfs --from-oci: a container image from a layout directory or an archive. */
#ifndef CFS_APPLETS_FROM_OCI_H
#define CFS_APPLETS_FROM_OCI_H

#include "applets/common/result.h"
#include "source/oci/oci.h"

struct from_oci {
	/* As given: */
	bool wanted, require_sealed, print_config, print_manifest;
	const char *platform, *rules_word, *config_out;
	/* By from_oci_options(): */
	char *path; /* allocated */
	struct oci_request request;
	enum oci_rules rules;
	/* By from_oci_open(): */
	int fd;
	int kept[2]; /* the descriptors that the confined child needs */
	struct inputs inputs;
	struct publish config; /* of --config-out */
	bool has_config;
	struct tree base; /* its memory holds the layers; the tree that is written points into it */
	bool has_base;
};

/* Whether nothing is made of the image, but one of its documents printed. */
static inline bool from_oci_prints(const struct from_oci *o)
{
	return o->print_config || o->print_manifest;
}

/* Decide what SOURCE and the options mean; what is not allowed ends the process with 2. */
void from_oci_options(struct from_oci *o, const char *source);

/* Open the source and the file of --config-out. -1 and a text. */
int from_oci_open(struct from_oci *o, const char *image, bool no_sync, struct error *err);

/* Read in a confined child, if no store is written. */
void from_oci_confine(struct from_oci *o, struct result *r);

/*
 * Make and seal the tree. 0, EXIT_MISMATCH, or -1, with a text. With from_oci_prints() nothing is
 * made, and from_oci_keep() prints.
 */
int from_oci(struct from_oci *o, struct tree *tree, const struct tar_options *options,
	     struct error *err);

/* As keep() of struct result, for from_oci_prints(). */
int from_oci_keep(struct from_oci *o, struct error *err);

/* Give the file of --config-out its name. -1 and a text. */
int from_oci_commit(struct from_oci *o, struct error *err);

void from_oci_close(struct from_oci *o);

#endif
