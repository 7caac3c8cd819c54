// SPDX-License-Identifier: GPL-2.0-only
#include "source/json/json_inside.h"

#include <stdlib.h>

#define FEW 16u /* up to so many keys of an object are compared one by one */

int json_init(struct json_reader *j,
	      ssize_t (*read)(void *arg, void *to, size_t len, struct error *err), void *arg,
	      struct error *err)
{
	memset(j, 0, sizeof(*j));
	j->read = read;
	j->arg = arg;
	j->err = err;
	j->line = 1;
	j->got = 1;
	hash_key_init(&j->hash);
	j->room = malloc(JSON_ROOM);
	return j->room ? 0 : error_nomem(err);
}

void json_release(struct json_reader *j)
{
	for (u32 i = 0; i < j->depth; i++)
		table_release(&j->level[i].table);
	buf_release(&j->keys);
	free(j->room);
	j->room = NULL;
}

/* Skip white space and look at the next byte; returns as json_peek(). */
static int peek_token(struct json_reader *j)
{
	for (;;) {
		int c = json_peek(j);

		if (c == '\n')
			j->line++;
		else if (c != ' ' && c != '\t' && c != '\r')
			return c;
		j->p++;
	}
}

/* The same where the text must not end. -1 and a text. */
static int need_token(struct json_reader *j)
{
	int c = json_peek(j);

	if (c >= 0 && c <= ' ')
		c = peek_token(j);
	if (c == -1)
		return json_bad(j, "the JSON text ends too early");
	return c < 0 ? -1 : c;
}

static int push(struct json_reader *j, bool object)
{
	if (j->depth == JSON_DEPTH)
		return error_set(j->err, EINVAL, "more than %u objects and arrays in each other",
				 JSON_DEPTH);
	j->level[j->depth++] = (struct json_level){ .object = object, .keys = j->keys.len };
	j->p++;
	return 0;
}

static void pop(struct json_reader *j)
{
	struct json_level *l = &j->level[--j->depth];

	table_release(&l->table);
	j->keys.len = l->keys;
	j->p++;
}

static int word(struct json_reader *j, const char *s)
{
	for (; *s; s++) {
		int c = json_take(j);

		if (c < 0)
			return -1;
		if (c != *s)
			return json_bad(j, "not a JSON value");
	}
	return 0;
}

enum json_type json_value(struct json_reader *j)
{
	int c = need_token(j);
	enum json_type type;

	switch (c) {
	case -1:
		return JSON_ERROR;
	case '{':
	case '[':
		type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
		return push(j, c == '{') ? JSON_ERROR : type;
	case '"':
		j->p++;
		return JSON_STRING;
	case 'n':
		return word(j, "null") ? JSON_ERROR : JSON_NULL;
	case 't':
		return word(j, "true") ? JSON_ERROR : JSON_BOOL;
	case 'f':
		return word(j, "false") ? JSON_ERROR : JSON_BOOL;
	default:
		if (c != '-' && (c < '0' || c > '9'))
			return json_bad(j, "not a JSON value");
		return JSON_NUMBER;
	}
}

/* A number that is being read. */
struct number {
	bool minus, integer, fits;
	u64 v;
};

/* Read one or more digits, and the byte behind them into @next. -1 and a text. */
static int digits(struct json_reader *j, struct number *n, int *next)
{
	bool some = false;

	while (*next = json_peek(j), *next >= '0' && *next <= '9') {
		some = true;
		if (__builtin_mul_overflow(n->v, (u64)10, &n->v) ||
		    __builtin_add_overflow(n->v, (u64)(*next - '0'), &n->v))
			n->fits = false;
		j->p++;
	}
	if (*next == -2)
		return -1;
	return some ? 0 : json_bad(j, "a number lacks a digit");
}

static int number(struct json_reader *j, struct number *n)
{
	struct number rest = { 0 };
	int c = json_peek(j);

	*n = (struct number){ .integer = true, .fits = true, .minus = c == '-' };
	if (n->minus) {
		j->p++;
		c = json_peek(j);
	}
	if (c == '0') {
		j->p++;
		c = json_peek(j);
	} else if (digits(j, n, &c)) {
		return -1;
	}
	n->integer = c != '.' && c != 'e' && c != 'E';
	if (c == '.') {
		j->p++;
		if (digits(j, &rest, &c))
			return -1;
	}
	if (c == 'e' || c == 'E') {
		j->p++;
		c = json_peek(j);
		if (c == '+' || c == '-')
			j->p++;
		if (digits(j, &rest, &c))
			return -1;
	}
	return c == -2 ? -1 : 0;
}

int json_integer(struct json_reader *j, u64 max, u64 *out)
{
	struct number n;

	if (number(j, &n))
		return -1;
	if (!n.integer)
		return json_bad(j, "is not an integer");
	if (!n.fits || n.v > max || (n.minus && n.v))
		return error_set(j->err, ERANGE, "is not between 0 and %llu",
				 (unsigned long long)max);
	*out = n.v;
	return 0;
}

/* A key in j->keys: its length and its bytes. */
static u32 key_len(const struct json_reader *j, size_t at)
{
	u32 len;

	memcpy(&len, j->keys.p + at, sizeof(len));
	return len;
}

static const char *key_bytes(const struct json_reader *j, size_t at)
{
	return j->keys.p + at + sizeof(u32);
}

static bool same_keys(const struct json_reader *j, size_t a, size_t b)
{
	u32 len = key_len(j, a);

	return len == key_len(j, b) && !memcmp(key_bytes(j, a), key_bytes(j, b), len);
}

/* Keys with different bits are different. */
static u64 key_bit(const struct json_reader *j, size_t at)
{
	const u8 *s = (const u8 *)key_bytes(j, at);
	u32 len = key_len(j, at);

	return (u64)1 << ((len ? len + 5u * s[0] + 3u * s[len - 1] : 0) & 63);
}

struct wanted {
	const struct json_reader *j;
	size_t at;
};

/* An item of the table is a position in j->keys plus one. */
static bool same_item(const void *item, const void *want)
{
	const struct wanted *w = want;

	return same_keys(w->j, (size_t)(uintptr_t)item - 1, w->at);
}

static u64 key_hash(const struct json_reader *j, size_t at)
{
	return hash_bytes(&j->hash, 0, key_bytes(j, at), key_len(j, at));
}

static int remember(struct json_reader *j, struct json_level *l, size_t at)
{
	return table_add(&l->table, key_hash(j, at), (void *)(uintptr_t)(at + 1))
		       ? error_nomem(j->err)
		       : 0;
}

/* Refuse the last key, which is at @at, if the object already has it. */
static int check_key(struct json_reader *j, struct json_level *l, size_t at)
{
	struct wanted want = { j, at };
	size_t i = l->keys;
	u64 bit = key_bit(j, at);
	bool again = false;

	if (l->count < FEW) {
		for (; l->seen & bit && i < at && !again; i += sizeof(u32) + key_len(j, i))
			again = same_keys(j, i, at);
	} else {
		if (l->count == FEW)
			for (; i < at; i += sizeof(u32) + key_len(j, i))
				if (remember(j, l, i))
					return -1;
		again = table_find(&l->table, key_hash(j, at), same_item, &want) != NULL;
		if (!again && remember(j, l, at))
			return -1;
	}
	if (again)
		return error_set(j->err, EINVAL, "key \"%.*s\" twice in one object",
				 key_len(j, at) > 200 ? 200 : (int)key_len(j, at),
				 key_bytes(j, at));
	l->seen |= bit;
	l->count++;
	return 0;
}

/* Go to the next member, past a comma if one is due: 1; or past the end: 0. */
static int next_member(struct json_reader *j, char end)
{
	struct json_level *l = &j->level[j->depth - 1];
	int c = need_token(j);

	if (c < 0)
		return -1;
	if (c == end) {
		pop(j);
		return 0;
	}
	if (!l->some) {
		l->some = true;
		return 1;
	}
	if (c != ',')
		return error_set(j->err, EINVAL, "expected ',' or '%c' after a value", end);
	j->p++;
	return 1;
}

int json_next_key(struct json_reader *j, struct json_key *key)
{
	struct json_level *l = &j->level[j->depth - 1];
	size_t at = j->keys.len;
	u32 len = 0;
	int rc = next_member(j, '}'), c;

	if (rc <= 0)
		return rc;
	c = need_token(j);
	if (c != '"')
		return c < 0 ? -1 : json_bad(j, "a key is missing");
	j->p++;
	buf_add(&j->keys, &len, sizeof(len));
	if (json_text(j, &j->keys))
		return -1;
	len = (u32)(j->keys.len - at - sizeof(len)); /* JSON_LIMIT */
	memcpy(j->keys.p + at, &len, sizeof(len));
	if (check_key(j, l, at))
		return -1;
	c = need_token(j);
	if (c != ':')
		return c < 0 ? -1 : json_bad(j, "expected ':' after a key");
	j->p++;
	*key = (struct json_key){ key_bytes(j, at), len };
	return 1;
}

int json_next_item(struct json_reader *j)
{
	return next_member(j, ']');
}

/* Skip a value that has begun; of an object or array only the opening bracket. */
static int skip_flat(struct json_reader *j, enum json_type type)
{
	struct number n;

	if (type == JSON_STRING)
		return json_text(j, NULL);
	return type == JSON_NUMBER ? number(j, &n) : 0;
}

int json_skip(struct json_reader *j, enum json_type type)
{
	u32 outside = type >= JSON_ARRAY ? j->depth - 1 : j->depth;
	struct json_key key;
	int rc = skip_flat(j, type);

	while (!rc && j->depth > outside) {
		rc = j->level[j->depth - 1].object ? json_next_key(j, &key) : json_next_item(j);
		if (rc <= 0)
			continue;
		type = json_value(j);
		rc = type == JSON_ERROR ? -1 : skip_flat(j, type);
	}
	return rc;
}

int json_end(struct json_reader *j)
{
	int c = peek_token(j);

	if (c >= 0)
		return json_bad(j, "unexpected data after the end of the JSON text");
	return c == -1 ? 0 : -1;
}

/* Read a character of a key as Go's decoder compares it, and advance *s. */
static char fold(const char **s, const char *end)
{
	const char *at = *s;

	if (end - at >= 2 && !memcmp(at, "\xc5\xbf", 2)) { /* U+017F */
		*s = at + 2;
		return 's';
	}
	if (end - at >= 3 && !memcmp(at, "\xe2\x84\xaa", 3)) { /* U+212A */
		*s = at + 3;
		return 'k';
	}
	*s = at + 1;
	return *at >= 'A' && *at <= 'Z' ? (char)(*at + 'a' - 'A') : *at;
}

bool json_key_folds_to(const struct json_key *key, const char *word)
{
	const char *s = key->s, *end = s + key->len, *word_end = word + strlen(word);

	while (s < end && word < word_end)
		if (fold(&s, end) != fold(&word, word_end))
			return false;
	return s == end && word == word_end;
}
