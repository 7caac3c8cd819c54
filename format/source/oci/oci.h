/* SPDX-License-Identifier: GPL-2.0-only */
/* The layers of a container image as one tree (OCI 4 and 5). */
#ifndef CFS_SOURCE_OCI_OCI_H
#define CFS_SOURCE_OCI_OCI_H

#include "source/oci/image.h"

enum oci_rules {
	OCI_PLAIN,        /* as engines see layers */
	OCI_COMPOSEFS_RS, /* as the tool in Rust does, for equal digests: 5.2 */
	OCI_COMPOSEFS_RS_USER,
};

/* One of the words plain, composefs-rs, composefs-rs+user. false: another word. */
bool oci_rules_parse(enum oci_rules *rules, const char *word);
const char *oci_rules_word(enum oci_rules rules);

struct oci_layers; /* all layers of an image, read and checked */

/*
 * Read the layers with the tar reader of the source. 0, OCI_WRONG, or -1, with a text that begins
 * with the path of the source. Release it in any case.
 */
int oci_layers_read(struct oci_layers **layers, struct oci_source *s, const struct oci_image *image,
		    struct error *err);
void oci_layers_release(struct oci_layers *layers);

/*
 * Make and seal a tree, empty before, of the layers once their digests are complete. Several
 * trees can be made of the same layers. -1 and a text.
 */
int oci_tree(struct tree *tree, const struct oci_layers *layers, enum oci_rules rules,
	     const struct tar_options *options, struct error *err);

#endif
