/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the sub-commands of cfs info (command line 6). */
#ifndef CFS_APPLETS_INFO_H
#define CFS_APPLETS_INFO_H

#include "applets/applet.h"
#include "applets/common/inputs.h"
#include "repo/repo.h"
#include "applets/common/output.h"
#include "store/basedirs.h"
#include "image/cursor.h"

struct info {
	bool json;
	bool null;   /* raw names, each ended by NUL */
	bool escape; /* escape names that are otherwise printed raw, because stdout is a terminal */
	const char *hash_alg; /* --hash-alg; NULL: not given */
	u8 algorithm;         /* of measure-file */
	const char *basedir;  /* as given; NULL: none */
	const char *repo;     /* --repo, of unused-objects; NULL: not given */
	bool no_lock;
	struct repo repository; /* with --repo: it, and the paths of all images that count */
	char **images;          /* operands first; owned */
	size_t nimages, operands;
	struct option_list filter;
	struct basedirs dirs; /* open if basedir is given */
	struct inputs in;     /* the files among the operands */
	struct output out;
};

/*
 * Each sub-command takes the operands behind its name and leaves its answer in info->out,
 * which the caller ends. It returns an exit status, and sets the error if that is not
 * EXIT_DONE.
 */
int info_ls(struct info *info, char **args, struct error *err);
int info_dump(struct info *info, char **args, struct error *err);
int info_objects(struct info *info, char **args, struct error *err);
int info_missing_objects(struct info *info, char **args, struct error *err);
int info_unused_objects(struct info *info, char **args, struct error *err);
int info_measure_file(struct info *info, char **args, struct error *err);
int info_cat(struct info *info, char **args, struct error *err);
int info_stat(struct info *info, char **args, struct error *err);

/* End the answer of a sub-command. Returns the exit status. */
int info_end(struct info *info, int status, struct error *err);

/* inputs_take(), image_open() and image_check(). -1 and a text that begins with the name. */
int info_open(struct inputs *in, unsigned int i, struct image *img, struct error *err);

/* Open the files, and with no basedir enter the window (PH-2). -1 and a text. */
int info_inputs(struct info *info, char *const *names, struct error *err);

/*
 * Call @fn for each name of a checked image, as far as the filter shows it. It
 * returns 0, or -1 with a text. The error begins with @name.
 */
typedef int info_entry_fn(struct info *info, const struct cursor_entry *e, void *arg,
			  struct error *err);
int info_walk(struct info *info, const struct image *img, const char *name, unsigned int flags,
	      info_entry_fn *fn, void *arg, struct error *err);

#endif
