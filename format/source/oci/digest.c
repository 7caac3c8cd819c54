// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/digest.h"

bool oci_digest_parse(struct cfs_digest *d, const char *s, size_t len)
{
	if (len < 7 || (memcmp(s, "sha256:", 7) && memcmp(s, "sha512:", 7)))
		return false;
	d->algorithm = s[3] == '2' ? CFS_SHA256 : CFS_SHA512;
	len -= 7;
	return len == 2u * cfs_digest_size(d->algorithm) && cfs_hex_is_lower(s + 7, len) &&
	       cfs_hex_parse(d->b, cfs_digest_size(d->algorithm), s + 7);
}

const char *oci_digest_print(char to[OCI_DIGEST_TEXT], const struct cfs_digest *d)
{
	memcpy(to, cfs_algorithm_word(d->algorithm), 6);
	to[6] = ':';
	to[7 + cfs_digest_print(to + 7, d)] = 0;
	return to;
}

void oci_hash_init(struct oci_hash *h, unsigned int algorithms)
{
	h->sha256 = algorithms & 1u << CFS_SHA256;
	h->sha512 = algorithms & 1u << CFS_SHA512;
	sha256_init(&h->s256);
	br_sha512_init(&h->s512);
}

void oci_hash_add(struct oci_hash *h, const void *data, size_t len)
{
	if (h->sha256)
		sha256_add(&h->s256, data, len);
	if (h->sha512)
		br_sha512_update(&h->s512, data, len);
}

void oci_hash_end(const struct oci_hash *h, u8 algorithm, struct cfs_digest *d)
{
	d->algorithm = algorithm;
	if (algorithm == CFS_SHA512)
		br_sha512_out(&h->s512, d->b);
	else
		sha256_end(&h->s256, d->b);
}

bool oci_hash_is(const struct oci_hash *h, const struct cfs_digest *want)
{
	struct cfs_digest got;

	oci_hash_end(h, want->algorithm, &got);
	return cfs_digest_equal(&got, want);
}
