/* SPDX-License-Identifier: GPL-2.0-only */
/* The blocks of a PEM file (RFC 7468): what stands between BEGIN and END, decoded. */
#ifndef CFS_SIGNATURE_PEM_H
#define CFS_SIGNATURE_PEM_H

#include <sys/types.h>
#include "core/port.h"

/* Walks over a text. CR before LF and a missing newline at the end do not matter. */
struct pem {
	const char *p;
	size_t len;
};

struct pem_block {
	const char *label; /* not terminated, in the text */
	size_t label_len;
	const char *body; /* base64 and white space, in the text */
	size_t body_len;
};

enum pem_next {
	PEM_END, /* there is no further block */
	PEM_BLOCK,
	PEM_DAMAGED, /* a block without an end, or with another label there */
};

/* The next block; text between blocks is skipped. */
enum pem_next pem_next(struct pem *pem, struct pem_block *block);

/*
 * Decode the body of a block into @to, which has room for block->body_len bytes.
 * Returns the length, or -1 if it is not base64.
 */
ssize_t pem_decode(const struct pem_block *block, u8 *to);

#endif
