// SPDX-License-Identifier: GPL-2.0-only
#include "base/error.h"
#include "base/text.h"
#include <stdarg.h>

int error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	text_vformat(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

/* Append to the text what still fits. */
static void append(struct error *err, const char *a, const char *b)
{
	size_t len = strlen(err->text);

	text_format(err->text + len, sizeof(err->text) - len, "%s%s", a, b);
}

int error_sys(struct error *err, const char *fmt, ...)
{
	int code = errno;
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	text_vformat(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	append(err, ": ", error_words(code));
	return -1;
}

int error_in(struct error *err, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;

	memcpy(text, err->text, sizeof(text));
	va_start(ap, fmt);
	text_vformat(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	append(err, ": ", text);
	return -1;
}

int error_nomem(struct error *err)
{
	return error_set(err, ENOMEM, "%s", error_words(ENOMEM));
}

const char *error_words(int code)
{
	switch (code) {
	case EUCLEAN:
		return "image damaged";
	case ENOMEM:
		return "out of memory";
	case ENOPKG: /* what opening a file with fs-verity says */
		return "this kernel has no SHA-512; load sha512_generic.ko";
	default:
		return strerror(code);
	}
}

#define NOTES_MAX ((size_t)64 << 10)

void notes_init(struct notes *notes)
{
	memset(notes, 0, sizeof(*notes));
	pthread_mutex_init(&notes->lock, NULL);
}

void notes_release(struct notes *notes)
{
	buf_release(&notes->text);
	pthread_mutex_destroy(&notes->lock);
}

void notes_add(struct notes *notes, const char *fmt, ...)
{
	struct error text;
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text.text, sizeof(text.text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&notes->lock);
	size_t len = strlen(text.text) + 1;

	if (notes->text.len < NOTES_MAX && buf_room(&notes->text, len))
		buf_add(&notes->text, text.text, len);
	else
		notes->lost++;
	notes->text.failed = false;
	pthread_mutex_unlock(&notes->lock);
}
