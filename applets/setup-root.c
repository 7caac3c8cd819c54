// SPDX-License-Identifier: GPL-2.0-only
/* cfs setup-root: in an initramfs, mount the composefs root that the kernel command line names (mount 16). */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/host.h"
#include "applets/mount/signals.h"
#include "applets/mount/status.h"
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

/* Read /proc/cmdline, through a detached procfs if /proc is not mounted. -1 with an error. */
static int read_proc_cmdline(struct host *h, char **text, size_t *len, struct error *err)
{
	int rc = read_text(AT_FDCWD, "/proc/cmdline", text, len);

	if (rc && errno == ENOENT) {
		if (host_names(h, err))
			return -1;
		rc = read_text(h->names.proc, "cmdline", text, len);
		/* Other files are still to be opened, relative to the working directory. */
		host_names_end(h);
	}
	return rc ? error_sys(err, "/proc/cmdline") : 0;
}

static int read_cmdline(struct host *h, const char *given, struct cmdline *c, struct error *err)
{
	char *text;
	size_t len;
	int rc;

	if (given)
		return cmdline_parse(c, given, strlen(given), err);
	if (read_proc_cmdline(h, &text, &len, err))
		return -1;
	rc = cmdline_parse(c, text, len, err);
	free(text);
	return rc;
}

static int read_conf(const char *given, struct conf *conf, struct error *err)
{
	const char *name = given ? given : CONFIG;
	struct notes notes;
	char *text;
	size_t len;
	int rc;

	conf_init(conf);
	if (read_text(AT_FDCWD, name, &text, &len))
		return !given && errno == ENOENT ? 0 : error_sys(err, "%s", name);
	notes_init(&notes);
	rc = conf_parse(conf, text, len, &notes, err);
	for (size_t off = 0; off < notes.text.len; off += strlen(notes.text.p + off) + 1)
		warn("%s: %s", name, notes.text.p + off);
	notes_release(&notes);
	free(text);
	return rc ? error_in(err, "%s", name) : 0;
}

static int setup(struct root *r, const char *config, const char *cmdline, struct host *h,
		 struct error *err)
{
	/* The configuration decides what a command line without an image means. */
	if (read_conf(config, &r->conf, err) || read_cmdline(h, cmdline, &r->cmdline, err))
		return -1;
	if (!r->cmdline.n && r->conf.has_signature)
		return error_set(
			err, EINVAL,
			"no composefs argument on the kernel command line, but %s asks for a signed image",
			config ? config : CONFIG);
	if (!r->cmdline.n) {
		verbose("no composefs argument on the kernel command line: nothing to do");
		return 0;
	}
	return signals_hold(err) ? -1 : root_setup(r, h, err);
}

/* Returns an exit status. */
static int run(struct root *r, const char *config, const char *cmdline)
{
	struct error err;
	struct host h;
	int status = MOUNT_DONE;

	host_init(&h);
	if (setup(r, config, cmdline, &h, &err))
		status = host_report(&h, &err);
	host_close(&h);
	return status;
}

static int setup_root_main(const struct applet *self, char **argv)
{
	struct root r = { .sysroot = "/sysroot" };
	const char *config = NULL, *cmdline = NULL;
	const struct option_row rows[] = {
		{ 0, "sysroot", "DIR",
		  "the directory on which the disk is mounted (default /sysroot)", &r.sysroot },
		{ 0, "config", "FILE", "read this configuration instead of " CONFIG, &config },
		{ 0, "cmdline", "TEXT", "use TEXT instead of /proc/cmdline", &cmdline },
		{ 0, "target", "DIR", "build the root on DIR and leave sysroot as it is",
		  &r.target },
		{ 'n', NULL, NULL, "stop before the first mount call", &r.fake },
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
		"in an initramfs: replace the mounted disk by the root that the kernel command line names",
	.examples = "  cfs setup-root --sysroot=/sysroot\n"
		    "  cfs setup-root -nv --cmdline=\"composefs=$DIGEST\" --sysroot=/",
	.main = setup_root_main,
	.usage_status = MOUNT_USAGE,
};
