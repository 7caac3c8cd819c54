// SPDX-License-Identifier: GPL-2.0-only
#include "signature/pem.h"
#include "base/text.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

struct line {
	const char *s;
	size_t len; /* without the end of the line */
};

/* False at the end of the text. */
static bool next_line(struct pem *pem, struct line *line)
{
	const char *end;

	if (!pem->len)
		return false;
	end = memchr(pem->p, '\n', pem->len);
	line->s = pem->p;
	line->len = end ? (size_t)(end - pem->p) : pem->len;
	pem->p += line->len + (end != NULL);
	pem->len -= line->len + (end != NULL);
	while (line->len && (line->s[line->len - 1] == '\r' || line->s[line->len - 1] == ' ' ||
			     line->s[line->len - 1] == '\t'))
		line->len--;
	return true;
}

static bool begins_with(const struct line *line, const char *head)
{
	return line->len >= strlen(head) && !memcmp(line->s, head, strlen(head));
}

/* The label of "-----BEGIN LABEL-----" or the END of it; NULL: there is none. */
static const char *label_of(const struct line *line, const char *head, size_t *len)
{
	size_t around = strlen(head) + strlen(DASHES);

	if (line->len < around ||
	    memcmp(line->s + line->len - strlen(DASHES), DASHES, strlen(DASHES)))
		return NULL;
	*len = line->len - around;
	return line->s + strlen(head);
}

enum pem_next pem_next(struct pem *pem, struct pem_block *block)
{
	struct line line;
	const char *label;
	size_t len;

	do
		if (!next_line(pem, &line))
			return PEM_END;
	while (!begins_with(&line, BEGIN));
	block->label = label_of(&line, BEGIN, &block->label_len);
	if (!block->label)
		return PEM_DAMAGED;
	block->body = pem->p;
	do {
		block->body_len = (size_t)(pem->p - block->body);
		if (!next_line(pem, &line) || begins_with(&line, BEGIN))
			return PEM_DAMAGED;
	} while (!begins_with(&line, END));
	label = label_of(&line, END, &len);
	if (!label || len != block->label_len || memcmp(label, block->label, len))
		return PEM_DAMAGED;
	return PEM_BLOCK;
}

ssize_t pem_decode(const struct pem_block *block, u8 *to)
{
	size_t n = 0;

	for (size_t i = 0; i < block->body_len; i++) {
		const char c = block->body[i];

		if (c != '\n' && c != '\r' && c != ' ' && c != '\t')
			to[n++] = (u8)c;
	}
	return text_base64(to, (const char *)to, n);
}
