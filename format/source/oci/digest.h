/* SPDX-License-Identifier: GPL-2.0-only */
/* Digests of whole blobs, "sha256:HEX" and "sha512:HEX" (OCI 2): not fs-verity digests. */
#ifndef CFS_SOURCE_OCI_DIGEST_H
#define CFS_SOURCE_OCI_DIGEST_H

#include "core/digest.h"
#include "verity/sha256.h"

#define OCI_DIGEST_TEXT (7 + CFS_HEX_MAX + 1)

/* Exactly the algorithm, a colon and the hex digits in lower case; false for anything else. */
bool oci_digest_parse(struct cfs_digest *d, const char *s, size_t len);

/* The same text, terminated. Returns @to. */
const char *oci_digest_print(char to[OCI_DIGEST_TEXT], const struct cfs_digest *d);

/* The hash of bytes that come in pieces, by one or both of the algorithms. */
struct oci_hash {
	bool sha256, sha512;
	struct sha256 s256;
	br_sha512_context s512;
};

/* @algorithms: bits 1 << CFS_SHA256 and 1 << CFS_SHA512. */
void oci_hash_init(struct oci_hash *h, unsigned int algorithms);
void oci_hash_add(struct oci_hash *h, const void *data, size_t len);

/* Whether the bytes have this digest, whose algorithm is one of those. */
bool oci_hash_is(const struct oci_hash *h, const struct cfs_digest *want);
void oci_hash_end(const struct oci_hash *h, u8 algorithm, struct cfs_digest *d);

#endif
