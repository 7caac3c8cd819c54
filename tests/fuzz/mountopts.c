// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a mount is told in text (MO-1, MO-3): the first byte says whether the
 * rest is a mount's option list ('o', 's': sloppy), a kernel command line ('c') or a
 * configuration of setup-root ('f'). No fail-open: what is accepted is looked at.
 */
#include <stdlib.h>
#include "applets/mount/optlist.h"
#include "applets/setup-root/cmdline.h"
#include "applets/setup-root/conf.h"
#include "tests/unit/lookalikes.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

/* The text of an error is one, and short. */
static void see_error(const struct error *err)
{
	must(err->text[0] && memchr(err->text, '\0', sizeof(err->text)));
}

static bool has_word(const char *list, const char *word)
{
	return strstr(list, word) != NULL;
}

static void see_options(const struct optlist *o, const char *list)
{
	size_t total = 0;
	bool tries;
	int level = optlist_level(o, &tries);

	must(o->paths.basedirs <= OPTIONS_BASEDIRS);
	for (unsigned int i = 0; i < o->paths.basedirs; i++) {
		must(o->paths.basedir[i][0]);
		total += strlen(o->paths.basedir[i]) + 1;
	}
	must(total <= strlen(list) + 1);
	must(level >= 0 && level <= 2);
	/* A digest means level 2 unless somebody said otherwise; and it is never without its name. */
	if (o->digest.algorithm) {
		must(has_word(list, "digest="));
		must(level == 2 || has_word(list, "verity_check=") || has_word(list, "noverity"));
	}
	if (tries)
		must(has_word(list, "tryverity"));
	must(!o->paths.upper || o->paths.upper[0]);
	must(!o->paths.work || o->paths.work[0]);
	must(!(o->flags.attr & ~o->flags.touched));
}

static void try_options(const char *list, bool sloppy)
{
	struct error err = { 0 };
	struct optlist o;

	optlist_init(&o);
	if (optlist_parse(&o, list, sloppy, &err) || optlist_finish(&o, &err))
		see_error(&err);
	else
		see_options(&o, list);
	/* A second list goes on from there. */
	if (optlist_parse(&o, "basedir=x:y,noverity", false, &err))
		abort();
	must(o.paths.basedirs == 2 && !strcmp(o.paths.basedir[1], "y"));
	optlist_release(&o);
}

/* No fail-open: each word that looks like composefs is an image, or an error. */
static void try_cmdline(const char *text, size_t len)
{
	char word[CMDLINE_WORD];
	struct error err = { 0 };
	struct cmdline c, again;

	if (cmdline_parse(&c, text, len, &err)) {
		see_error(&err);
		must(lookalikes(text, len) > 0);
		return;
	}
	must(c.n == lookalikes(text, len));
	for (unsigned int i = 0; i < c.n; i++) {
		must(strlen(c.image[i].hex) == 64 || strlen(c.image[i].hex) == 128);
		cmdline_word(word, &c.image[i]);
		must(!cmdline_parse(&again, word, strlen(word), &err) && again.n == 1);
		must(!strcmp(again.image[0].hex, c.image[i].hex) &&
		     again.image[0].insecure == c.image[i].insecure);
	}
}

static void try_conf(const char *text, size_t len)
{
	struct error err = { 0 };
	struct notes notes;
	struct conf c;

	notes_init(&notes);
	conf_init(&c);
	if (conf_parse(&c, text, len, &notes, &err))
		see_error(&err);
	must(c.etc <= CONF_TRANSIENT && c.var <= CONF_TRANSIENT);
	notes_release(&notes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 'o' || data[0] == 's')
		try_options(text, data[0] == 's');
	else if (data[0] == 'c')
		try_cmdline(text, size - 1);
	else
		try_conf(text, size - 1);
	free(text);
	return 0;
}
