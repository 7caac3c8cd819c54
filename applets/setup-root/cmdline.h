/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel command line of setup-root (setup-root 10). It is the root of trust of a
 * signed boot, so it fails closed: a word that looks like composefs and is not
 * understood is an error, wherever it stands.
 */
#ifndef CFS_SETUP_ROOT_CMDLINE_H
#define CFS_SETUP_ROOT_CMDLINE_H

#include "base/error.h"
#include "core/digest.h"

#define CMDLINE_IMAGES 16u
#define CMDLINE_HEX 128
/* Room for an argument as cmdline_word() prints it. */
#define CMDLINE_WORD (CMDLINE_HEX + 40)

struct cmdline_form; /* one way to name an image */

/* An argument that names an image. */
struct cmdline_image {
	const struct cmdline_form *form;
	bool is_v2;    /* an image format that this program does not know; without a digest */
	bool insecure; /* '?': level 0 */
	struct cfs_digest digest;
	char hex[CMDLINE_HEX + 1]; /* the digits in lower case: the name of the image */
};

/* The images in the order in which they are tried; none: nothing is to be done. */
struct cmdline {
	unsigned int n;
	struct cmdline_image image[CMDLINE_IMAGES];
};

/*
 * Parse a whole command line. 0, or -1 with EINVAL and a text that names the
 * word that was not understood.
 */
int cmdline_parse(struct cmdline *c, const char *text, size_t len, struct error *err);

/* Print an argument as it was understood, without quotes and in lower case. */
void cmdline_word(char to[CMDLINE_WORD], const struct cmdline_image *image);

#endif
