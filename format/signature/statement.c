// SPDX-License-Identifier: GPL-2.0-only
#include "signature/statement.h"
#include "base/text.h"
#include "signature/date.h"
#include "verity/sha256.h"

#define MAGIC "composefs-statement-v1"
#define SIGNATURE "signature "

/* A line without its newline. */
struct line {
	const char *s;
	size_t len;
	unsigned int number;
};

/* The next line of what is left of a text, whose last line may lack its newline. */
static bool next_line(const char **at, size_t *left, struct line *line)
{
	const char *end;

	if (!*left)
		return false;
	end = memchr(*at, '\n', *left);
	line->s = *at;
	line->len = end ? (size_t)(end - *at) : *left;
	line->number++;
	*at += line->len + (end != NULL);
	*left -= line->len + (end != NULL);
	return true;
}

static bool line_is_signature(const struct line *line)
{
	return line->len >= strlen(SIGNATURE) && !memcmp(line->s, SIGNATURE, strlen(SIGNATURE));
}

/* Find the first signature line; what is in front of it is the text. */
static bool find_text(struct statement *st, const char *file, size_t len, struct line *line)
{
	const char *at = file;

	*line = (struct line){ .number = 0 };
	while (next_line(&at, &len, line))
		if (line_is_signature(line)) {
			st->text = file;
			st->len = (size_t)(line->s - file);
			return true;
		}
	return false;
}

/* Decode one signature line in its place; @s is the line again, to be written to. */
static int add_signature(struct statement *st, const struct line *line, char *s, struct error *err)
{
	ssize_t n;

	if (!line_is_signature(line))
		return error_set(err, EBADMSG, "line %u: not a signature line", line->number);
	s += strlen(SIGNATURE);
	n = text_base64(s, s, line->len - strlen(SIGNATURE));
	if (n <= 0)
		return error_set(err, EBADMSG, "line %u: bad base64", line->number);
	if (st->nsignatures < STATEMENT_SIGNATURES && n <= SIGNATURE_MAX) {
		struct statement_signature *signature = &st->signatures[st->nsignatures];

		memcpy(signature->b, s, (size_t)n);
		signature->len = (size_t)n;
	}
	st->nsignatures++;
	return 0;
}

int statement_split(struct statement *st, char *file, size_t len, struct error *err)
{
	struct line line;
	const char *at;
	size_t left;

	memset(st, 0, sizeof(*st));
	if (len > STATEMENT_FILE_MAX)
		return error_set(err, EBADMSG, "larger than %u bytes", STATEMENT_FILE_MAX);
	if (!find_text(st, file, len, &line))
		return error_set(err, EBADMSG, "no signature line");
	if (st->len > STATEMENT_TEXT_MAX)
		return error_set(err, EBADMSG, "statement larger than %u bytes",
				 STATEMENT_TEXT_MAX);
	at = line.s;
	left = len - st->len;
	line.number--;
	while (next_line(&at, &left, &line))
		if (add_signature(st, &line, file + (line.s - file), err))
			return -1;
	if (st->nsignatures > STATEMENT_SIGNATURES)
		return error_set(err, EBADMSG, "more than %u signatures", STATEMENT_SIGNATURES);
	return 0;
}

int statement_verify(const struct statement *st, const struct keys *keys, struct error *err)
{
	u8 hash[SHA256_SIZE];

	sha256_one(st->text, st->len, hash);
	for (unsigned int i = 0; i < st->nsignatures; i++)
		for (unsigned int k = 0; k < keys->n && k < KEYS_MAX; k++)
			if (key_verify(&keys->v[k], hash, st->signatures[i].b,
				       st->signatures[i].len))
				return 0;
	if (st->nsignatures == 1)
		return error_set(err, EBADMSG, "no given key made its signature");
	return error_set(err, EBADMSG, "no given key made any of its %u signatures",
			 st->nsignatures);
}

bool statement_name_is_good(const char *s, size_t len)
{
	if (!len || len > STATEMENT_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		const char c = s[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    (!c || !strchr("._/:@+~-", c)))
			return false;
	}
	return true;
}

bool statement_serial_parse(const char *s, size_t len, u64 *serial)
{
	return !(len > 1 && s[0] == '0') && text_number(s, len, 10, UINT64_MAX, serial);
}

/* Whether all bytes are lower-case letters, digits or @more. */
static bool is_word(const char *s, size_t len, char more)
{
	for (size_t i = 0; i < len; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') &&
		    !(more && s[i] == more))
			return false;
	return len > 0;
}

static bool word_is(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(s, word, len);
}

/* The algorithm of a digest by its name; CFS_NO_ALGORITHM: not one of ours. */
static u8 algorithm_of(const char *s, size_t len)
{
	if (word_is(s, len, "fsverity-sha256-12"))
		return CFS_SHA256;
	return word_is(s, len, "fsverity-sha512-12") ? CFS_SHA512 : CFS_NO_ALGORITHM;
}

/* The number of digits that the algorithm has. */
static bool decode_digest(struct cfs_digest *digest, u8 algorithm, const char *hex, size_t len)
{
	u8 bytes[CFS_DIGEST_MAX];

	if (len != 2 * (size_t)cfs_digest_size(algorithm))
		return false;
	for (size_t i = 0; i < len; i++) {
		int digit = cfs_hex_digit((u8)hex[i]);

		if (digit < 0)
			return false;
		bytes[i / 2] = (u8)(i % 2 ? bytes[i / 2] << 4 | digit : digit);
	}
	cfs_digest_set(digest, algorithm, bytes);
	return true;
}

static const char *parse_digest(struct statement *st, const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t name_len = colon ? (size_t)(colon - s) : 0, hex_len = len - name_len - 1;
	struct cfs_digest digest;
	u8 algorithm = algorithm_of(s, name_len);

	if (!colon || !is_word(s, name_len, '-') || !is_word(colon + 1, hex_len, 0) ||
	    (algorithm && !decode_digest(&digest, algorithm, colon + 1, hex_len)))
		return "bad digest";
	if (st->stated++ == STATEMENT_DIGESTS)
		return "more than 16 digests";
	if (algorithm)
		st->digests[st->ndigests++] = digest;
	return NULL;
}

static const char *parse_name(struct statement *st, const char *s, size_t len)
{
	if (!statement_name_is_good(s, len))
		return "bad name";
	memcpy(st->name, s, len);
	st->name[len] = 0;
	st->has_name = true;
	return NULL;
}

static const char *parse_serial(struct statement *st, const char *s, size_t len)
{
	if (!statement_serial_parse(s, len, &st->serial))
		return "bad serial";
	st->has_serial = true;
	return NULL;
}

static const char *parse_expires(struct statement *st, const char *s, size_t len)
{
	if (!date_parse(s, len, &st->expires))
		return "bad time";
	st->has_expires = true;
	return NULL;
}

/* The keys of a statement. parse() returns NULL for a good value, else what is wrong with it. */
static const struct {
	const char *key;
	const char *(*parse)(struct statement *st, const char *value, size_t len);
	bool once;
} fields[] = {
	{ "digest", parse_digest, false },
	{ "name", parse_name, true },
	{ "serial", parse_serial, true },
	{ "expires", parse_expires, true },
};

static bool is_given(const struct statement *st, size_t field)
{
	if (field == 1)
		return st->has_name;
	return field == 2 ? st->has_serial : st->has_expires;
}

static int parse_field(struct statement *st, const struct line *line, size_t key_len,
		       struct error *err)
{
	const char *value = line->s + key_len + 1, *bad;
	size_t i = 0;

	if (key_len >= 2 && !memcmp(line->s, "x-", 2))
		return 0;
	while (i < sizeof(fields) / sizeof(fields[0]) && !word_is(line->s, key_len, fields[i].key))
		i++;
	if (i == sizeof(fields) / sizeof(fields[0]))
		return error_set(err, EBADMSG, "line %u: unknown key %.*s", line->number,
				 key_len > 255 ? 255 : (int)key_len, line->s);
	if (fields[i].once && is_given(st, i))
		return error_set(err, EBADMSG, "line %u: %s is given twice", line->number,
				 fields[i].key);
	bad = fields[i].parse(st, value, line->len - key_len - 1);
	return bad ? error_set(err, EBADMSG, "line %u: %s", line->number, bad) : 0;
}

static int parse_line(struct statement *st, const struct line *line, struct error *err)
{
	const char *space;
	size_t key_len;

	for (size_t i = 0; i < line->len; i++) {
		u8 c = (u8)line->s[i];

		if (c < 0x20 || c > 0x7e)
			return error_set(err, EBADMSG, "line %u: byte 0x%02x is not allowed",
					 line->number, c);
	}
	if (line->number == 1)
		return word_is(line->s, line->len, MAGIC)
			       ? 0
			       : error_set(err, EBADMSG, "line 1: not a composefs statement");
	space = memchr(line->s, ' ', line->len);
	key_len = space ? (size_t)(space - line->s) : 0;
	if (!key_len || key_len + 1 == line->len || space[1] == ' ' ||
	    line->s[line->len - 1] == ' ')
		return error_set(err, EBADMSG, "line %u: not KEY VALUE", line->number);
	return parse_field(st, line, key_len, err);
}

int statement_parse(struct statement *st, struct error *err)
{
	struct line line = { .number = 0 };
	const char *at = st->text;
	size_t left = st->len;

	while (next_line(&at, &left, &line))
		if (parse_line(st, &line, err))
			return -1;
	if (!line.number)
		return error_set(err, EBADMSG, "line 1: not a composefs statement");
	return st->stated ? 0 : error_set(err, EBADMSG, "no digest");
}

static int check_serial(const struct statement *st, u64 min, struct error *err)
{
	if (!st->has_serial)
		return error_set(err, EBADMSG, "has no serial, wanted %llu or later",
				 (unsigned long long)min);
	if (st->serial < min)
		return error_set(err, EBADMSG, "serial %llu is older than %llu",
				 (unsigned long long)st->serial, (unsigned long long)min);
	return 0;
}

int statement_allows(const struct statement *st, const struct statement_policy *policy,
		     struct error *err)
{
	char expired[DATE_LEN + 1], now[DATE_LEN + 1];

	if (policy->name && !st->has_name)
		return error_set(err, EBADMSG, "has no name, wanted %s", policy->name);
	if (policy->name && strcmp(policy->name, st->name))
		return error_set(err, EBADMSG, "is for %s, wanted %s", st->name, policy->name);
	if (policy->wants_serial && check_serial(st, policy->min_serial, err))
		return -1;
	if (!st->has_expires || !policy->has_now || policy->now <= st->expires)
		return 0;
	date_print(expired, st->expires);
	date_print(now, policy->now);
	return error_set(err, EBADMSG, "expired at %s, it is %s", expired, now);
}

bool statement_has(const struct statement *st, const struct cfs_digest *digest)
{
	for (unsigned int i = 0; i < st->ndigests; i++)
		if (cfs_digest_equal(&st->digests[i], digest))
			return true;
	return false;
}
