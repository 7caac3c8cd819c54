// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/signed.h"
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "applets/applet.h"
#include "base/text.h"
#include "files/beneath.h"
#include "files/io.h"
#include "signature/date.h"
#include "verity/verity.h"

bool signed_now(struct signed_options *o, const char *value)
{
	o->policy.has_now = true;
	o->system_now = !strcmp(value, "system");
	return o->system_now || date_parse(value, strlen(value), &o->policy.now);
}

static int open_file(const char *name, int beneath)
{
	int fd;

	if (beneath >= 0)
		return beneath_open(beneath, name, strlen(name), O_RDONLY | O_NOCTTY);
	do
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* Read up to @max bytes of a file. With @missing, a missing file counts as an empty one. */
static int read_file(struct signed_file *f, const char *name, int beneath, size_t max,
		     bool *missing, struct error *err)
{
	int fd = open_file(name, beneath);
	ssize_t n;

	if (fd < 0 && missing && errno == ENOENT) {
		*missing = true;
		return 0;
	}
	if (fd < 0)
		return error_sys(err, "%s", name);
	f->p = malloc(max + 1);
	if (!f->p) {
		close(fd);
		return error_nomem(err);
	}
	n = io_read(fd, f->p, max + 1);
	if (n < 0)
		error_sys(err, "%s", name);
	close(fd);
	if (n < 0)
		return -1;
	f->too_large = (size_t)n > max;
	f->len = f->too_large ? max : (size_t)n;
	return 0;
}

int signed_read(struct signed_files *files, const struct signed_options *o, struct error *err)
{
	bool missing = false;

	*files = (struct signed_files){ .keys = calloc(o->nkeys, sizeof(*files->keys)) };
	if (!files->keys)
		return error_nomem(err);
	for (unsigned int i = 0; i < o->nkeys; i++)
		if (read_file(&files->keys[i], o->keys[i], -1, KEY_FILE_MAX, NULL, err))
			return -1;
	if (o->serial_file &&
	    read_file(&files->serial, o->serial_file, o->beneath, SIGNED_SERIAL_MAX, &missing, err))
		return -1;
	return read_file(&files->signature, o->signature, o->beneath, STATEMENT_FILE_MAX, NULL,
			 err);
}

void signed_release(struct signed_files *files, const struct signed_options *o)
{
	for (unsigned int i = 0; files->keys && i < o->nkeys; i++)
		free(files->keys[i].p);
	free(files->keys);
	free(files->serial.p);
	free(files->signature.p);
	*files = (struct signed_files){ 0 };
}

static int take_keys(const struct signed_files *files, const struct signed_options *o,
		     struct keys *keys, struct error *err)
{
	keys->n = 0;
	for (unsigned int i = 0; i < o->nkeys; i++) {
		const struct signed_file *f = &files->keys[i];

		if (f->too_large)
			return error_set(err, EINVAL, "%s: larger than %u bytes", o->keys[i],
					 KEY_FILE_MAX);
		if (keys_add(keys, f->p, f->len, err))
			return error_in(err, "%s", o->keys[i]);
	}
	if (keys->n > KEYS_MAX)
		return error_set(err, EINVAL, "%u keys given, at most %u", keys->n, KEYS_MAX);
	return 0;
}

/* Decimal digits and perhaps a newline; a file that is missing has no bytes at all. */
static int take_serial(const struct signed_file *f, const char *name, u64 *serial,
		       struct error *err)
{
	size_t len = f->len;

	*serial = 0;
	if (!f->p)
		return 0;
	if (len && f->p[len - 1] == '\n')
		len--;
	if (f->too_large || !statement_serial_parse(f->p, len, serial))
		return error_set(err, EINVAL, "%s: not a serial number", name);
	return 0;
}

int signed_serial_read(const char *name, int beneath, u64 *serial, struct error *err)
{
	struct signed_file f = { 0 };
	bool missing = false;
	int rc = read_file(&f, name, beneath, SIGNED_SERIAL_MAX, &missing, err);

	if (!rc)
		rc = take_serial(&f, name, serial, err);
	free(f.p);
	return rc;
}

/* Complete the policy with the serial file and the clock. */
static int complete_policy(const struct signed_files *files, const struct signed_options *o,
			   struct statement_policy *policy, struct error *err)
{
	u64 serial;

	*policy = o->policy;
	if (o->system_now)
		policy->now = (u64)time(NULL);
	if (!o->serial_file)
		return 0;
	policy->wants_serial = true;
	if (take_serial(&files->serial, o->serial_file, &serial, err))
		return -1;
	if (serial > policy->min_serial)
		policy->min_serial = serial;
	return 0;
}

static enum signed_verdict judge(struct signed_files *files, const struct signed_options *o,
				 const struct keys *keys, struct statement *st, struct error *err)
{
	const struct signed_file *f = &files->signature;
	struct statement_policy policy;

	if (complete_policy(files, o, &policy, err))
		return SIGNED_UNUSABLE;
	if (statement_split(st, f->p, f->len + f->too_large, err) ||
	    statement_verify(st, keys, err)) {
		error_in(err, "%s", o->signature);
		return SIGNED_BAD_SIGNATURE;
	}
	if (statement_parse(st, err) || statement_allows(st, &policy, err)) {
		error_in(err, "%s", o->signature);
		return SIGNED_BAD_STATEMENT;
	}
	return SIGNED_GOOD;
}

enum signed_verdict signed_judge(struct signed_files *files, const struct signed_options *o,
				 struct statement *st, struct error *err)
{
	struct keys *keys = malloc(sizeof(*keys));
	enum signed_verdict verdict = SIGNED_UNUSABLE;

	if (!keys)
		error_nomem(err);
	else if (!take_keys(files, o, keys, err))
		verdict = judge(files, o, keys, st, err);
	free(keys);
	return verdict;
}

void signed_note(const struct statement *st, const struct signed_options *o, const char *option)
{
	char when[DATE_LEN + 1];

	if (!st->has_expires || o->policy.has_now)
		return;
	date_print(when, st->expires);
	warn("%s: expires %s, which is not checked without %s", o->signature, when, option);
}

int signed_measure(const struct statement *st, struct signed_image *image, const void *bytes,
		   size_t len, struct error *err)
{
	struct verity *v = malloc(sizeof(*v));
	bool wanted[CFS_SHA512 + 1] = { [CFS_SHA256] = true };

	*image = (struct signed_image){ 0 };
	if (!v)
		return error_nomem(err);
	for (unsigned int i = 0; i < st->ndigests; i++)
		wanted[st->digests[i].algorithm] = true;
	for (u8 a = CFS_SHA256; a <= CFS_SHA512; a++)
		if (wanted[a])
			verity_memory(v, a, bytes, len, &image->digest[a]);
	free(v);
	return 0;
}

/* Say why no digest matches. */
static void mismatch(const struct statement *st, const struct signed_options *o,
		     const struct signed_image *image, struct error *err)
{
	char want[TEXT_DIGEST], is[TEXT_DIGEST];

	text_digest(is, &image->digest[CFS_SHA256]);
	if (st->stated > 1) {
		error_set(err, EBADMSG, "is %s, none of the %u digests of %s", is, st->stated,
			  o->signature);
	} else if (!st->ndigests) {
		error_set(err, EBADMSG, "is %s, not what %s states", is, o->signature);
	} else {
		text_digest(want, &st->digests[0]);
		text_digest(is, &image->digest[st->digests[0].algorithm]);
		error_set(err, EBADMSG, "want %s, is %s", want, is);
	}
}

const struct cfs_digest *signed_match(const struct statement *st, const struct signed_options *o,
				      const struct signed_image *image, struct error *err)
{
	for (unsigned int i = 0; i < st->ndigests; i++)
		if (cfs_digest_equal(&st->digests[i], &image->digest[st->digests[i].algorithm]))
			return &st->digests[i];
	mismatch(st, o, image, err);
	return NULL;
}
