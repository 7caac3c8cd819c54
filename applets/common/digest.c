// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/digest.h"

bool digest_given(struct cfs_digest *digest, const char *text)
{
	static const char prefixes[][16] = { "sha256:", "v1-sha256-12:" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (!strncmp(text, prefixes[i], len))
			return cfs_digest_parse(digest, text + len, strlen(text + len));
	}
	return cfs_digest_parse(digest, text, strlen(text));
}
