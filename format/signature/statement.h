/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A signed statement: a text that says which image digests are fit for a system, and
 * the signatures of that text, in one file (signature 2). The functions here have to be
 * called in the order in which they stand: nothing of the text is looked at before
 * statement_verify() has found a good signature. Texts of errors do not name the file.
 */
#ifndef CFS_SIGNATURE_STATEMENT_H
#define CFS_SIGNATURE_STATEMENT_H

#include "base/error.h"
#include "core/digest.h"
#include "signature/key.h"

#define STATEMENT_FILE_MAX 65536
#define STATEMENT_TEXT_MAX 8192
#define STATEMENT_SIGNATURES 8
#define STATEMENT_DIGESTS 16
#define STATEMENT_NAME_MAX 255

struct statement_signature {
	u8 b[SIGNATURE_MAX];
	size_t len; /* 0: longer than any key can verify */
};

struct statement {
	const char *text; /* every byte in front of the first signature line; in the file */
	size_t len;
	struct statement_signature signatures[STATEMENT_SIGNATURES];
	unsigned int nsignatures;

	/* By statement_parse(). */
	struct cfs_digest digests[STATEMENT_DIGESTS]; /* those with an algorithm of ours */
	unsigned int ndigests;
	unsigned int stated; /* all digests, also those of other algorithms */
	char name[STATEMENT_NAME_MAX + 1];
	bool has_name, has_serial, has_expires;
	u64 serial, expires;
};

/*
 * Cut a file into the text, which stays in @file, and the signatures, which are
 * decoded there and copied. -1 and a text.
 */
int statement_split(struct statement *st, char *file, size_t len, struct error *err);

/* Whether one of the keys made one of the signatures. -1 and a text if none did. */
int statement_verify(const struct statement *st, const struct keys *keys, struct error *err);

/* Read the text. -1 and a text that names the line, if it breaks a rule. */
int statement_parse(struct statement *st, struct error *err);

/* The conditions that a statement must fulfil, apart from its signature. */
struct statement_policy {
	const char *name; /* NULL: any or none */
	bool wants_serial;
	u64 min_serial;
	bool has_now; /* expires is compared with now */
	u64 now;      /* seconds since 1970 */
};

/* -1 and a text if the statement is for another system, too old, or expired. */
int statement_allows(const struct statement *st, const struct statement_policy *policy,
		     struct error *err);

/* Whether the statement has this digest. */
bool statement_has(const struct statement *st, const struct cfs_digest *digest);

/* A value of "name"; "serial" and minserial; false: it cannot be one. */
bool statement_name_is_good(const char *s, size_t len);
bool statement_serial_parse(const char *s, size_t len, u64 *serial);

#endif
