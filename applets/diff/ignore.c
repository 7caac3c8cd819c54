// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/ignore.h"
#include <stdlib.h>
#include "base/grow.h"
#include "base/text.h"

static _Noreturn void refuse(const char *word, size_t len)
{
	options_refuse("--ignore", "\"%.*s\" is nothing that is compared",
		       len > 200 ? 200 : (int)len, word);
}

static bool word_is(const char *word, size_t len, const char *what)
{
	return strlen(what) == len && !memcmp(word, what, len);
}

/* "xattr:NAME" or "xattr:PREFIX*"; @name is what follows the colon. */
static int add_xattr(struct ignore *ignore, const char *word, size_t len, struct error *err)
{
	const char *name = word + strlen("xattr:");
	size_t n = len - strlen("xattr:");
	bool prefix = n && name[n - 1] == '*';
	ssize_t plain;
	char *room;

	if (grow(&ignore->xattrs, ignore->nxattrs, &ignore->cap, sizeof(*ignore->xattrs), 4))
		return error_nomem(err);
	n -= prefix;
	room = malloc(n + 1);
	if (!room)
		return error_nomem(err);
	plain = text_unescape(room, name, n);
	if (plain < 0 || (!plain && !prefix)) {
		free(room);
		refuse(word, len);
	}
	ignore->xattrs[ignore->nxattrs++] = (struct ignore_xattr){ room, (size_t)plain, prefix };
	return 0;
}

static int add_word(struct ignore *ignore, const char *word, size_t len, struct error *err)
{
	if (len > strlen("xattr:") && !memcmp(word, "xattr:", strlen("xattr:")))
		return add_xattr(ignore, word, len, err);
	for (int attr = ATTR_TYPE + 1; attr < ATTRS; attr++)
		if (word_is(word, len, attr_words[attr])) {
			ignore->attrs |= ATTR_BIT(attr);
			return 0;
		}
	if (word_is(word, len, "data"))
		ignore->attrs |= ATTR_DATA;
	else if (word_is(word, len, "nsec"))
		ignore->nsec = true;
	else if (word_is(word, len, "image"))
		ignore->image = true;
	else
		refuse(word, len);
	return 0;
}

int ignore_parse(struct ignore *ignore, const struct option_list *lists, struct error *err)
{
	*ignore = (struct ignore){ .image = lists->n > 0 };
	for (unsigned int i = 0; i < lists->n; i++) {
		const char *word = lists->v[i];

		for (;;) {
			size_t len = strcspn(word, ",");

			if (add_word(ignore, word, len, err))
				return -1;
			if (!word[len])
				break;
			word += len + 1;
		}
	}
	return 0;
}

void ignore_release(struct ignore *ignore)
{
	for (size_t i = 0; i < ignore->nxattrs; i++)
		free(ignore->xattrs[i].name);
	free(ignore->xattrs);
	*ignore = (struct ignore){ 0 };
}

/* Whether @len bytes of the full name from its start on are @s. */
static bool name_begins(const struct dump_xattr *x, const char *s, size_t len)
{
	size_t head = len < x->prefix_len ? len : x->prefix_len;

	return !memcmp(x->prefix, s, head) && !memcmp(x->suffix, s + head, len - head);
}

bool ignore_has_xattr(const struct ignore *ignore, const struct dump_xattr *x)
{
	size_t len = x->prefix_len + (size_t)x->suffix_len;

	for (size_t i = 0; i < ignore->nxattrs; i++) {
		const struct ignore_xattr *v = &ignore->xattrs[i];

		if (v->len <= len && (v->prefix || v->len == len) &&
		    name_begins(x, v->name, v->len))
			return true;
	}
	return false;
}
