// SPDX-License-Identifier: GPL-2.0-only
/* cfs setup-root: in an initramfs, the composefs root that the kernel command line names (mount 16). */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/setup-root/root.h"
#include "files/io.h"

#define CONFIG "/usr/lib/composefs/setup-root-conf.toml"
#define TEXT_MAX 65536u

/* A small text file. -1 and errno; the caller frees *text. */
static int read_text(int dir, const char *name, char **text, size_t *len)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int code;

	*text = NULL;
	if (fd < 0)
		return -1;
	*text = malloc(TEXT_MAX);
	n = *text ? io_read(fd, *text, TEXT_MAX) : -1;
	code = errno;
	close(fd);
	if (n == TEXT_MAX)
		code = EFBIG;
	if (n >= 0 && n < (ssize_t)TEXT_MAX) {
		*len = (size_t)n;
		return 0;
	}
	free(*text);
	*text = NULL;
	errno = code;
	return -1;
}

/* --cmdline, or that of the kernel, with a procfs of our own where there is none. */
static int read_cmdline(struct job *j, const char *given, struct cmdline *c)
{
	struct error err;
	char *text;
	size_t len;
	int rc;

	if (given) {
		rc = cmdline_parse(c, given, strlen(given), &err);
		return rc ? job_fail(j, MOUNT_FAILED, "%s", err.text) : 0;
	}
	rc = read_text(AT_FDCWD, "/proc/cmdline", &text, &len);
	if (rc && errno == ENOENT) {
		if (job_names(j))
			return -1;
		rc = read_text(j->names.proc, "cmdline", &text, &len);
		/* Other names are still to be looked up. */
		job_names_end(j);
	}
	if (rc)
		return job_sys(j, "/proc/cmdline");
	rc = cmdline_parse(c, text, len, &err);
	free(text);
	return rc ? job_fail(j, MOUNT_FAILED, "%s", err.text) : 0;
}

static int read_conf(struct job *j, const char *given, struct conf *conf)
{
	const char *name = given ? given : CONFIG;
	struct notes notes;
	struct error err;
	char *text;
	size_t len;
	int rc;

	conf_init(conf);
	if (read_text(AT_FDCWD, name, &text, &len))
		return !given && errno == ENOENT ? 0 : job_sys(j, "%s", name);
	notes_init(&notes);
	rc = conf_parse(conf, text, len, &notes, &err);
	for (size_t off = 0; off < notes.text.len; off += strlen(notes.text.p + off) + 1)
		warn("%s: %s", name, notes.text.p + off);
	notes_release(&notes);
	free(text);
	return rc ? job_fail(j, MOUNT_FAILED, "%s: %s", name, err.text) : 0;
}

static int run(struct root *r, const char *config, const char *cmdline)
{
	struct optlist opt;
	struct job j;
	int rc;

	optlist_init(&opt);
	job_init(&j, &opt);
	/* What is asked for decides what a command line without an image means. */
	rc = read_conf(&j, config, &r->conf);
	if (!rc)
		rc = read_cmdline(&j, cmdline, &r->cmdline);
	if (!rc && !r->cmdline.n && r->conf.has_signature) {
		rc = job_fail(
			&j, MOUNT_FAILED,
			"no composefs argument on the kernel command line, but %s asks for a signed image",
			config ? config : CONFIG);
	} else if (!rc && !r->cmdline.n) {
		verbose("no composefs argument on the kernel command line: nothing to do");
	} else {
		if (!rc)
			rc = job_hold_signals(&j);
		if (!rc)
			rc = root_setup(&j, &opt, r);
	}
	if (rc)
		rc = job_report(&j);
	job_release(&j);
	optlist_release(&opt);
	return rc;
}

static int setup_root_main(const struct applet *self, char **argv)
{
	struct root r = { .sysroot = "/sysroot" };
	const char *config = NULL, *cmdline = NULL;
	const struct option_row rows[] = {
		{ 0, "sysroot", "DIR", "where the physical root is mounted (default /sysroot)",
		  &r.sysroot },
		{ 0, "config", "FILE", "instead of " CONFIG, &config },
		{ 0, "cmdline", "TEXT", "instead of /proc/cmdline", &cmdline },
		{ 0, "target", "DIR", "build the root on DIR and leave sysroot as it is",
		  &r.target },
		{ 'n', NULL, NULL, "do everything up to the first mount call", &r.fake },
		{ 0 },
	};

	options_parse(self, rows, 0, 0, argv);
	return run(&r, config, cmdline);
}

const struct applet applet_setup_root = {
	.name = "setup-root",
	.aliases = "composefs-setup-root",
	.operands = "",
	.summary =
		"in an initramfs: turn the mounted disk into the root the kernel command line names",
	.examples = "  cfs setup-root --sysroot=/sysroot\n"
		    "  cfs setup-root -nv --cmdline=\"composefs=$DIGEST\" --sysroot=/",
	.main = setup_root_main,
	.usage_status = MOUNT_USAGE,
};
