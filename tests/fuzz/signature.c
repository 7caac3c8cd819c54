// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a signed statement and its keys are read from: the first byte says whether the
 * rest is a PEM file ('p'), the DER form of a key ('d') or a signed file ('s'), whose
 * text is read as if a signature held.
 */
#include <stdlib.h>
#include "signature/statement.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static void see_key(const struct public_key *key)
{
	must(key->len <= sizeof(key->bytes));
	must(key->kind != KEY_RSA || (key->len >= 256 && key->exponent[3] & 1));
	must(key->kind == KEY_RSA || key->bytes[0] == 4);
}

static void see_file(const u8 *data, size_t size)
{
	struct statement *st = malloc(sizeof(*st));
	char *file = malloc(size + 1);
	struct error err = { 0 };

	if (!st || !file)
		abort();
	memcpy(file, data, size);
	if (statement_split(st, file, size, &err)) {
		must(err.text[0]);
	} else {
		must(st->nsignatures && st->nsignatures <= STATEMENT_SIGNATURES);
		must(st->len <= STATEMENT_TEXT_MAX && !memcmp(st->text, data, st->len));
		if (statement_parse(st, &err))
			must(err.text[0]);
		else
			must(st->stated && st->ndigests <= st->stated &&
			     st->stated <= STATEMENT_DIGESTS);
	}
	free(file);
	free(st);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct keys keys = { .n = 0 };
	struct error err = { 0 };
	struct public_key key;

	if (!size)
		return 0;
	if (data[0] == 'p' && !keys_add(&keys, (const char *)data + 1, size - 1, &err))
		must(keys.n > 0);
	if (data[0] == 'd' && key_decode(&key, data + 1, size - 1))
		see_key(&key);
	if (data[0] == 's')
		see_file(data + 1, size - 1);
	return 0;
}
