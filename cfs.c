// SPDX-License-Identifier: GPL-2.0-only
/* cfs: choose the applet by argv[0] or argv[1]; global options (command line 1 and 2). */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/common/near.h"
#include "applets/common/output.h"
#include "base/text.h"

extern const char __ehdr_start[] __attribute__((visibility("hidden"))); /* linked at 0 */

/* musl's static start-up leaves PT_GNU_RELRO writable (PH-1). */
static void protect_relro(void)
{
	const ElfW(Phdr) *ph = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);
	uintptr_t page = getauxval(AT_PAGESZ), base = (uintptr_t)__ehdr_start;

	for (unsigned long i = 0; ph && i < n; i++) {
		uintptr_t from = (base + ph[i].p_vaddr) & ~(page - 1);
		uintptr_t to = (base + ph[i].p_vaddr + ph[i].p_memsz) & ~(page - 1);

		/* Best effort: a kernel that refuses leaves us where musl left us. */
		if (ph[i].p_type == PT_GNU_RELRO)
			(void)mprotect((void *)from, to - from, PROT_READ);
	}
}

/*
 * An open() must never land on 0, 1 or 2 (ER-6). What is missing is opened in
 * the direction that cannot be used, so that reading or writing still fails.
 */
static void hold_standard_fds(void)
{
	struct pollfd p[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	/* Usually one call shows that all three are open. Otherwise ask for each one. */
	if (poll(p, 3, 0) >= 0 && !((p[0].revents | p[1].revents | p[2].revents) & POLLNVAL))
		return;
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0 && open("/", O_PATH) < 0)
			_exit(EXIT_FAILED);
	}
}

/* Print and return the exit status. */
static int print(struct buf *b)
{
	struct error err;
	int rc = b->failed ? error_nomem(&err) : output_text(b->p, b->len, &err);

	buf_release(b);
	return rc ? fail(&err) : EXIT_DONE;
}

static int print_list(void)
{
	struct buf b = { 0 };

	for (const struct applet *const *a = applets; *a; a++) {
		buf_str(&b, (*a)->name);
		buf_byte(&b, '\n');
	}
	return print(&b);
}

static void add_applets(struct buf *b)
{
	for (const struct applet *const *a = applets; *a; a++) {
		size_t start = b->len;

		buf_str(b, "  ");
		buf_str(b, (*a)->name);
		do
			buf_byte(b, ' ');
		while (!b->failed && b->len - start < 18);
		buf_str(b, (*a)->summary);
		buf_byte(b, '\n');
	}
}

static int print_help(void)
{
	struct buf b = { 0 };

	buf_str(&b, "cfs " CFS_VERSION ": make, read, check and mount composefs images\n\n"
		    "Usage: cfs APPLET [OPTION...] [OPERAND...]\n"
		    "       cfs help [APPLET]\n"
		    "       cfs --version | --list | --install [-s] DIR [NAME...] | "
		    "--completion bash|zsh|fish\n\n"
		    "Make an image of a directory, and mount it (as root):\n"
		    "  cfs mkfs --digest-store=OBJECTS DIRECTORY IMAGE\n"
		    "  cfs mount -o basedir=OBJECTS IMAGE MOUNTPOINT\n\n"
		    "Applets:\n");
	add_applets(&b);
	buf_str(&b, "\ncfs help APPLET shows the options of an applet; "
		    "the manual has more: man cfs\n");
	return print(&b);
}

int applet_unknown(const char *before, const char *name)
{
	struct near near;
	char text[96];

	if (applet_word_in(build_applets, name)) {
		complain("%s%s: not in this build", before, name);
		return EXIT_USAGE;
	}
	near_start(&near, name, strlen(name));
	for (const struct applet *const *a = applets; *a; a++) {
		near_offer(&near, (*a)->name, strlen((*a)->name));
		near_offer_words(&near, (*a)->aliases);
	}
	near_text(&near, "", text);
	complain("%s%s: no such applet%s", before, name, text);
	return EXIT_USAGE;
}

/* Run an applet in the two-word form, with the words that follow its name. */
static int run_applet(const struct applet *applet, char **argv)
{
	char both[64];

	applet_word = argv[0];
	text_format(both, sizeof(both), "cfs %s", argv[0]);
	program_name = both;
	return applet->main(applet, argv);
}

/* cfs help [APPLET] */
static int help_command(char **argv)
{
	static char help[] = "--help";
	char *words[] = { argv[0], help, NULL };
	const struct applet *applet;

	if (!argv[0])
		return print_help();
	applet = applet_find(argv[0]);
	return applet ? run_applet(applet, words) : applet_unknown("", argv[0]);
}

/* For the test of protect_relro(): has to end in SIGSEGV. */
static int debug_relro(void)
{
	volatile uintptr_t *table = (volatile uintptr_t *)(uintptr_t)applets;

	*table = 0;
	complain("the table of applets can be written");
	return EXIT_FAILED;
}

static int unknown_option(const char *word)
{
	struct near near;
	char text[96];

	near_start(&near, word, strlen(word));
	near_offer_words(&near, "--help --version --list --install --completion");
	near_text(&near, "", text);
	complain("%s: no such option%s (--help shows them)", word, text);
	return EXIT_USAGE;
}

static int global_option(char **argv)
{
	const char *word = argv[1];

	if (!word || !strcmp(word, "--help") || !strcmp(word, "-h"))
		return print_help();
	if (!strcmp(word, "help"))
		return help_command(argv + 2);
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		options_version();
	if (!strcmp(word, "--list"))
		return print_list();
	if (!strcmp(word, "--install"))
		return install_links(argv + 2);
	if (!strcmp(word, "--completion"))
		return completion_print(argv[2]);
	if (!strcmp(word, "--debug-relro"))
		return debug_relro();
	return word[0] == '-' ? unknown_option(word) : applet_unknown("", word);
}

/*
 * Links of these names behave as upstream's programs: their long options may be
 * abbreviated and a wrong command line is exit status 1.
 */
static const char upstream_names[] = "mkcomposefs mkfs.composefs composefs-info composefs-dump "
				     "mount.composefs composefs-from-json writer-json";

/* Whether the words are "APPLET help", and no file of that name is meant. */
static bool asks_for_help(char *const *argv)
{
	return argv[1] && !argv[2] && !strcmp(argv[1], "help") && access("help", F_OK);
}

/* Before anything is reordered: where the kernel has put the arguments. */
static void find_args(char **argv)
{
	char *end = argv[0];

	program_args = argv[0];
	for (; *argv && *argv == end; argv++)
		end += strlen(*argv) + 1;
	program_args_len = (size_t)(end - program_args);
}

int main(int argc, char **argv)
{
	static char self[] = "cfs";
	char *no_args[] = { self, NULL, NULL };
	const struct applet *applet;
	const char *name;

	find_args(argv);
	protect_relro();
	hold_standard_fds();
	signal(SIGXFSZ, SIG_IGN); /* a size limit is an error like others: EFBIG (ER-4) */
	umask_given = umask(022); /* a kill never leaves a directory that is too narrow (ST-7) */
	if (argc < 1)
		argv = no_args;
	name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	applet = applet_find(name);
	if (applet) {
		program_name = applet_word = name;
		program_is_upstream = applet_word_in(upstream_names, name);
		return applet->main(applet, argv);
	}
	if (applet_word_in(build_applets, name))
		return applet_unknown("", name);
	applet = argv[1] ? applet_find(argv[1]) : NULL;
	if (!applet)
		return global_option(argv);
	if (asks_for_help(argv + 1))
		return help_command(argv + 1);
	return run_applet(applet, argv + 1);
}
