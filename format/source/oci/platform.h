/* SPDX-License-Identifier: GPL-2.0-only */
/* The platforms of images and which of them a machine runs (OCI 3.2). */
#ifndef CFS_SOURCE_OCI_PLATFORM_H
#define CFS_SOURCE_OCI_PLATFORM_H

#include "core/port.h"

/* Not terminated; NULL: absent. Borrowed. */
struct oci_word {
	const char *s;
	size_t len;
};

/* In Go's words, by oci_platform_settle(). */
struct oci_platform {
	struct oci_word os, architecture, variant;
};

/* OS/ARCH[/VARIANT]; false for anything else. It points into @s. */
bool oci_platform_parse(struct oci_platform *p, const char *s);

/* The platform that this program was built for. */
void oci_platform_own(struct oci_platform *p);

/* Replace other spellings and add the variant that is meant where there is none. */
void oci_platform_settle(struct oci_platform *p);

/* How well what is there fits what is wanted: 0 is best, the next are worse; -1: it does not fit. */
int oci_platform_rank(const struct oci_platform *wanted, const struct oci_platform *there);

bool oci_word_is(const struct oci_word *w, const char *s);

#endif
