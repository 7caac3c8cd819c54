// SPDX-License-Identifier: GPL-2.0-only
#include "applets/verify/vouch.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/text.h"
#include "files/io.h"
#include "files/newfile.h"

static void need_both(const struct vouch *v)
{
	const struct {
		bool given;
		const char *option;
	} others[] = {
		{ v->name != NULL, "--name" },
		{ v->min_serial.set, "--min-serial" },
		{ v->o.serial_file != NULL, "--serial-file" },
		{ v->update, "--update-serial" },
		{ v->now != NULL, "--now" },
	};

	if (v->keys.n && !v->o.signature)
		options_refuse("--key", "needs --signature");
	if (v->o.signature && !v->keys.n)
		options_refuse("--signature", "needs --key");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].given && !v->keys.n)
			options_refuse(others[i].option, "needs --key and --signature");
	if (v->update && !v->o.serial_file)
		options_refuse("--update-serial", "needs --serial-file");
}

void vouch_options(struct vouch *v, char *const *images)
{
	struct statement_policy *policy = &v->o.policy;

	v->dir = v->o.beneath = -1;
	need_both(v);
	v->asked = v->keys.n > 0;
	if (!v->asked)
		return;
	if (!images[0] || images[1])
		options_refuse("--signature", "needs exactly one IMAGE");
	if (v->name && !statement_name_is_good(v->name, strlen(v->name)))
		options_refuse("--name", "\"%s\" cannot be the name of a statement", v->name);
	if (v->now && !signed_now(&v->o, v->now))
		options_refuse("--now", "\"%s\" is neither \"system\" nor YYYY-MM-DDTHH:MM:SSZ",
			       v->now);
	policy->name = v->name;
	policy->wants_serial = v->min_serial.set;
	policy->min_serial = v->min_serial.value;
	v->o.keys = v->keys.v;
	v->o.nkeys = v->keys.n;
}

/* The last component of the name of the serial file. */
static const char *serial_base(const struct vouch *v)
{
	const char *slash = strrchr(v->o.serial_file, '/');

	return slash ? slash + 1 : v->o.serial_file;
}

static int open_directory(struct vouch *v, struct error *err)
{
	const char *name = v->o.serial_file, *base = serial_base(v);
	size_t len = (size_t)(base - name);
	char *dir = len ? strndup(name, len) : strdup(".");

	if (!dir)
		return error_nomem(err);
	v->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	return v->dir < 0 ? error_sys(err, "%s: open its directory", name) : 0;
}

int vouch_open(struct vouch *v, struct error *err)
{
	if (signed_read(&v->files, &v->o, err))
		return -1;
	v->serial = mmap(NULL, sizeof(*v->serial), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v->serial == MAP_FAILED) {
		v->serial = NULL;
		return error_nomem(err);
	}
	return v->update ? open_directory(v, err) : 0;
}

void vouch_close(struct vouch *v)
{
	if (!v->asked)
		return;
	signed_release(&v->files, &v->o);
	if (v->serial)
		munmap(v->serial, sizeof(*v->serial));
	if (v->dir >= 0)
		close(v->dir);
	free(v->keys.v);
}

/* A line about the image as a whole. */
static int problem(struct verify *verify, enum kind kind, const char *detail, struct error *err)
{
	const struct finding f = { .kind = kind, .image = verify->in.names[0], .detail = detail };

	return report_line(verify, &f, err);
}

int vouch_statement(struct vouch *v, struct verify *verify, struct error *err)
{
	struct error e = { 0 };

	switch (signed_judge(&v->files, &v->o, &v->st, &e)) {
	case SIGNED_GOOD:
		*v->serial = v->st.serial;
		signed_note(&v->st, &v->o, "--now");
		return 1;
	case SIGNED_BAD_SIGNATURE:
		return problem(verify, KIND_BAD_SIGNATURE, e.text, err);
	case SIGNED_BAD_STATEMENT:
		return problem(verify, KIND_BAD_STATEMENT, e.text, err);
	default:
		*err = e;
		return -1;
	}
}

int vouch_image(struct vouch *v, struct verify *verify, const void *bytes, size_t len,
		struct error *err)
{
	struct signed_image image;
	struct error e;

	if (signed_measure(&v->st, &image, bytes, len, err))
		return -1;
	if (signed_match(&v->st, &v->o, &image, &e))
		return 1;
	return problem(verify, KIND_BAD_DIGEST, e.text, err);
}

/* Write a new file with the serial, and give it the name. */
static int write_serial(struct vouch *v, u64 serial, struct error *err)
{
	struct newfile f = NEWFILE_NONE;
	char text[32];
	int len = text_format(text, sizeof(text), "%llu\n", (unsigned long long)serial);
	bool failed = newfile_named(&f, v->dir, 0600) || io_write(f.fd, text, (size_t)len) ||
		      fchmod(f.fd, 0644) || fsync(f.fd) ||
		      newfile_replace(&f, v->dir, v->dir, serial_base(v)) || fsync(v->dir);
	int code = errno;

	if (newfile_drop(&f) && !failed) {
		failed = true;
		code = errno;
	}
	if (!failed)
		return 0;
	errno = code;
	return error_sys(err, "%s: write", v->o.serial_file);
}

/*
 * The lock is held from before the file is read until the new one has its name,
 * so that of two writers the larger serial stays.
 */
int vouch_update(struct vouch *v, struct error *err)
{
	u64 old;

	newfile_sweep(v->dir);
	while (flock(v->dir, LOCK_EX))
		if (errno != EINTR)
			return error_sys(err, "%s: lock its directory", v->o.serial_file);
	if (signed_serial_read(v->o.serial_file, -1, &old, err))
		return -1;
	return *v->serial > old ? write_serial(v, *v->serial, err) : 0;
}
