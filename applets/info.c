// SPDX-License-Identifier: GPL-2.0-only
/* cfs info: ask an image (command line 6). */
#include <stdlib.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/common/digest.h"
#include "applets/common/filter.h"
#include "applets/common/near.h"
#include "applets/common/window.h"
#include "applets/info/info.h"
#include "applets/info/unused.h"
#include "image/check.h"

enum {
	TAKES_JSON = 1,
	TAKES_FILTER = 2,
	NEEDS_BASEDIR = 4,
	TAKES_NULL = 8,
	TAKES_HASH_ALG = 16,
};

static const struct command {
	const char *name;
	int (*run)(struct info *info, char **args, struct error *err);
	const char *operands;
	int min; /* operands */
	unsigned int flags;
} commands[] = {
	{ "ls", info_ls, "IMAGE...", 1, TAKES_NULL | TAKES_JSON | TAKES_FILTER },
	{ "dump", info_dump, "IMAGE...", 1, TAKES_FILTER },
	{ "objects", info_objects, "IMAGE...", 1, TAKES_NULL | TAKES_JSON | TAKES_FILTER },
	{ "missing-objects", info_missing_objects, "IMAGE...", 1,
	  TAKES_NULL | TAKES_JSON | TAKES_FILTER | NEEDS_BASEDIR },
	{ "unused-objects", info_unused_objects, "IMAGE...", 1,
	  TAKES_NULL | TAKES_JSON | NEEDS_BASEDIR },
	{ "measure-file", info_measure_file, "FILE...", 1, TAKES_JSON | TAKES_HASH_ALG },
	{ "cat", info_cat, "IMAGE PATH...", 2, 0 },
	{ "stat", info_stat, "IMAGE...", 1, TAKES_JSON },
};

static const struct command *command_find(const char *word)
{
	struct near near;
	char text[96];

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, word))
			return &commands[i];
	near_start(&near, word, strlen(word));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		near_offer(&near, commands[i].name, strlen(commands[i].name));
	near_text(&near, "", text);
	options_refuse(word, "no such sub-command%s (--help shows them)", text);
}

static void options_check(struct info *info, const struct command *cmd, char **args)
{
	int n = 0;

	while (args[n])
		n++;
	if (info->repo && cmd->run != info_unused_objects)
		options_refuse("--repo", "does not apply to %s", cmd->name);
	if (info->no_lock && !info->repo)
		options_refuse("--no-lock", "needs --repo");
	if (info->repo && info->basedir)
		options_refuse("--repo", "excludes --basedir");
	if (n < cmd->min && !info->repo)
		options_refuse(cmd->name, "needs the operands %s", cmd->operands);
	if (info->json && !(cmd->flags & TAKES_JSON))
		options_refuse("--json", "does not apply to %s", cmd->name);
	if (info->null && !(cmd->flags & TAKES_NULL))
		options_refuse("--null", "does not apply to %s", cmd->name);
	if (info->null && info->json)
		options_refuse("--null", "excludes --json");
	if (info->hash_alg && !(cmd->flags & TAKES_HASH_ALG))
		options_refuse("--hash-alg", "does not apply to %s", cmd->name);
	if (info->filter.n && !(cmd->flags & TAKES_FILTER))
		options_refuse("--filter", "does not apply to %s", cmd->name);
	/* Upstream's missing-objects lists all objects if there is no basedir. */
	if (!info->basedir && !info->repo && cmd->flags & NEEDS_BASEDIR &&
	    !(program_is_upstream && cmd->run == info_missing_objects))
		options_refuse("--basedir", "is needed for %s", cmd->name);
	filter_check(&info->filter);
}

static int info_main(const struct applet *self, char **argv)
{
	struct info info = { .repository.fd = -1 };
	const struct option_row rows[] = {
		{ 0, "basedir", "DIR[:DIR...]", "where the objects are", &info.basedir,
		  OPTION_PLAIN },
		BASEDIR_SYNONYMS(&info.basedir),
		{ 0, "filter", "NAME", "show only this entry of the root; may be repeated",
		  &info.filter, OPTION_LIST },
		{ 0, "json", NULL, "print JSON Lines", &info.json, OPTION_PLAIN },
		{ 0, "repo", "DIR", "unused-objects: a repository, whose images count, too",
		  &info.repo, OPTION_PLAIN },
		{ 0, "no-lock", NULL, "with --repo: the caller holds the lock", &info.no_lock,
		  OPTION_PLAIN },
		{ 0, "hash-alg", "ALG", "measure-file: sha256 (default) or sha512", &info.hash_alg,
		  OPTION_PLAIN },
		{ '0', "null", NULL, "print raw names, each ended by NUL", &info.null,
		  OPTION_PLAIN },
		{ 0 },
	};
	char **args = options_parse(self, rows, 1, -1, argv);
	const struct command *cmd = command_find(args[0]);
	char *image[2] = { NULL };
	struct error err;
	int status = EXIT_DONE;

	message_subject = *++args;
	info.escape = isatty(STDOUT_FILENO); /* cannot be asked in the window */
	options_check(&info, cmd, args);
	info.algorithm = info.hash_alg ? algorithm_given(info.hash_alg) : CFS_SHA256;
	if (info.basedir && basedirs_open(&info.dirs, info.basedir, &err)) {
		if (err.code == EINVAL)
			options_refuse("--basedir", "%s", err.text);
		status = EXIT_FAILED;
	}
	if (status == EXIT_DONE && info.repo) {
		if (unused_repo_open(&info, args, &err))
			status = EXIT_FAILED;
		else
			args = info.images;
	}
	if (status == EXIT_DONE && cmd->run == info_cat)
		image[0] = args[0];
	if (status == EXIT_DONE && info_inputs(&info, cmd->run == info_cat ? image : args, &err))
		status = EXIT_FAILED;
	if (status == EXIT_DONE)
		status = cmd->run(&info, args, &err);
	status = info_end(&info, status, &err);
	unused_repo_close(&info);
	return status;
}

const struct applet applet_info = {
	.name = "info",
	.aliases = "composefs-info",
	.operands =
		"ls IMAGE...\ndump IMAGE...\nobjects IMAGE...\nmissing-objects IMAGE...\n"
		"unused-objects IMAGE...\nunused-objects --repo=DIR [IMAGE...]\nmeasure-file FILE...\ncat IMAGE PATH...\nstat IMAGE...",
	.summary = "show what is in an image",
	.examples =
		"  cfs info ls image.cfs\n"
		"  cfs info cat --basedir=objects image.cfs etc/fstab\n"
		"  cfs info missing-objects --basedir=objects image.cfs\n"
		"  cfs info unused-objects --basedir=objects *.cfs | (cd objects && xargs rm -f)",
	.sub_commands = "ls dump objects missing-objects unused-objects measure-file cat stat",
	.upstream_options = "basedir filter",
	.main = info_main,
};
