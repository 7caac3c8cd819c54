// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/digest.h"
#include "base/text.h"

/* Prefixes of the digits. One without an algorithm is refused with a message of its own. */
static const struct {
	const char *prefix;
	u8 algorithm;
} forms[] = {
	{ "sha256:", CFS_SHA256 },
	{ "sha256-12:", CFS_SHA256 },
	{ "v1-sha256-12:", CFS_SHA256 },
	{ "fsverity-sha256-12:", CFS_SHA256 },
	{ "sha512:", CFS_SHA512 },
	{ "sha512-12:", CFS_SHA512 },
	{ "v1-sha512-12:", CFS_SHA512 },
	{ "fsverity-sha512-12:", CFS_SHA512 },
	{ "v2-sha256-12:", CFS_NO_ALGORITHM },
	{ "v2-sha512-12:", CFS_NO_ALGORITHM },
};

int digest_given(struct cfs_digest *digest, const char *text, struct error *err)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		size_t len = strlen(forms[i].prefix);
		u8 algorithm = forms[i].algorithm;

		if (strncmp(text, forms[i].prefix, len))
			continue;
		if (!algorithm)
			return error_set(
				err, EINVAL,
				"%s names a V2 image of composefs-rs; give its digest without the prefix",
				forms[i].prefix);
		if (cfs_digest_parse(digest, text + len, strlen(text + len)) &&
		    digest->algorithm == algorithm)
			return 0;
		return error_set(err, EINVAL, "%s: %u hex digits expected",
				 cfs_algorithm_word(algorithm), 2 * cfs_digest_size(algorithm));
	}
	if (cfs_digest_parse(digest, text, strlen(text)))
		return 0;
	return error_set(err, EINVAL, "64 or 128 hex digits expected");
}

u8 algorithm_given(const char *text)
{
	if (!text)
		return CFS_NO_ALGORITHM;
	for (u8 algorithm = CFS_SHA256; algorithm <= CFS_SHA512; algorithm++)
		if (!strcmp(text, cfs_algorithm_word(algorithm)))
			return algorithm;
	options_refuse("--hash-alg", "sha256 or sha512 expected");
}
