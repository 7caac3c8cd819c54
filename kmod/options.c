// SPDX-License-Identifier: GPL-2.0-only
/* Mount options (kmod 2), and their comparison at remount (kmod 4). */
#include "composefs.h"
#include <linux/fs_parser.h>
#include <linux/slab.h>

enum {
	CFS_OPT_SOURCE,
	CFS_OPT_BASEDIR,
	CFS_OPT_BASEDIR_ADD,
	CFS_OPT_VERITY_CHECK,
	CFS_OPT_VERITY,
	CFS_OPT_NOVERITY,
	CFS_OPT_DIGEST
};

/* A parameter that is the name of a file or a descriptor of it. */
static int cfs_param_is_place(struct p_log *log, const struct fs_parameter_spec *spec,
			      struct fs_parameter *param, struct fs_parse_result *result)
{
	if (param->type == fs_value_is_file && param->file)
		return 0;
	if (param->type == fs_value_is_string && param->string && *param->string)
		return 0;
	return inval_plog(log, "%s wants a path or a descriptor", param->key);
}

const struct fs_parameter_spec cfs_parameters[] = {
	__fsparam(cfs_param_is_place, "source", CFS_OPT_SOURCE, 0, NULL),
	fsparam_string("basedir", CFS_OPT_BASEDIR),
	__fsparam(cfs_param_is_place, "basedir+", CFS_OPT_BASEDIR_ADD, 0, NULL),
	fsparam_u32("verity_check", CFS_OPT_VERITY_CHECK),
	fsparam_flag("verity", CFS_OPT_VERITY),
	fsparam_flag("noverity", CFS_OPT_NOVERITY),
	fsparam_string("digest", CFS_OPT_DIGEST),
	{}
};

struct cfs_options *cfs_options_new(void)
{
	struct cfs_options *opts = kzalloc(sizeof(*opts), GFP_KERNEL);

	if (!opts)
		return NULL;
	INIT_LIST_HEAD(&opts->bases);
	opts->verity_check = -1;
	opts->verity_flag = -1;
	return opts;
}

static void cfs_option_base_free(struct cfs_base *base)
{
	path_put(&base->path);
	kfree(base->name);
	kfree(base);
}

void cfs_bases_free(struct list_head *bases)
{
	struct cfs_base *base, *next;

	list_for_each_entry_safe(base, next, bases, list)
	{
		list_del(&base->list);
		cfs_option_base_free(base);
	}
}

void cfs_options_free(struct cfs_options *opts)
{
	if (!opts)
		return;
	cfs_bases_free(&opts->bases);
	path_put(&opts->source);
	kfree(opts);
}

/* Add a directory: @name, which is always taken over, or the one of @file. */
static int cfs_base_add(struct fs_context *fc, struct list_head *bases, unsigned int *n, char *name,
			struct file *file)
{
	struct cfs_base *base;

	if (!name && !file)
		return -ENOMEM;
	if (*n >= CFS_BASES_MAX) {
		kfree(name);
		return invalfc(fc, "more than %d directories in basedir", CFS_BASES_MAX);
	}
	base = kzalloc(sizeof(*base), GFP_KERNEL);
	if (!base) {
		kfree(name);
		return -ENOMEM;
	}
	base->name = name;
	if (file) {
		base->path = file->f_path;
		path_get(&base->path);
	}
	list_add_tail(&base->list, bases);
	(*n)++;
	return 0;
}

/*
 * The first piece of a list, unescaped, in a string of its own. *@list moves behind its colon,
 * or becomes NULL.
 */
static char *cfs_piece_take(const char **list)
{
	const char *from = *list;
	char *piece = kmalloc(strlen(from) + 1, GFP_KERNEL), *to = piece;

	if (!piece)
		return NULL;
	for (; *from && *from != ':'; from++) {
		if (from[0] == '\\' && (from[1] == ':' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	*to = 0;
	*list = *from ? from + 1 : NULL;
	return piece;
}

/* Parse DIR[:DIR...], which replaces earlier basedirs. */
static int cfs_basedir_parse(struct fs_context *fc, struct cfs_options *opts, const char *list)
{
	LIST_HEAD(bases);
	unsigned int n = 0;
	int rc = 0;

	while (list && !rc) {
		char *name = cfs_piece_take(&list);

		if (name && !*name) {
			kfree(name);
			rc = invalfc(fc, "empty name in basedir");
		} else {
			rc = cfs_base_add(fc, &bases, &n, name, NULL);
		}
	}
	if (rc) {
		cfs_bases_free(&bases);
		return rc;
	}
	cfs_bases_free(&opts->bases);
	list_splice(&bases, &opts->bases);
	opts->nbases = n;
	return 0;
}

static int cfs_source_parse(struct fs_context *fc, struct cfs_options *opts,
			    struct fs_parameter *param)
{
	if (fc->source || opts->source.dentry)
		return invalfc(fc, "more than one source");
	if (param->type == fs_value_is_file) {
		opts->source = param->file->f_path;
		path_get(&opts->source);
		return 0;
	}
	fc->source = param->string;
	param->string = NULL;
	return 0;
}

int cfs_options_parse(struct fs_context *fc, struct fs_parameter *param)
{
	struct cfs_options *opts = fc->fs_private;
	struct fs_parse_result result;
	int opt = fs_parse(fc, cfs_parameters, param, &result);

	switch (opt) {
	case CFS_OPT_SOURCE:
		return cfs_source_parse(fc, opts, param);
	case CFS_OPT_BASEDIR:
		return cfs_basedir_parse(fc, opts, param->string);
	case CFS_OPT_BASEDIR_ADD:
		if (param->type == fs_value_is_file)
			return cfs_base_add(fc, &opts->bases, &opts->nbases, NULL, param->file);
		return cfs_base_add(fc, &opts->bases, &opts->nbases,
				    kstrdup(param->string, GFP_KERNEL), NULL);
	case CFS_OPT_VERITY_CHECK:
		if (result.uint_32 > 2)
			return invalfc(fc, "verity_check is 0, 1 or 2");
		opts->verity_check = (int)result.uint_32;
		return 0;
	case CFS_OPT_VERITY:
		opts->verity_flag = 2;
		return 0;
	case CFS_OPT_NOVERITY:
		opts->verity_flag = 0;
		return 0;
	case CFS_OPT_DIGEST:
		if (!cfs_digest_parse(&opts->digest, param->string, strlen(param->string)))
			return invalfc(fc, "digest is neither 64 nor 128 hex digits");
		return 0;
	default:
		return opt;
	}
}

u8 cfs_options_level(const struct cfs_options *opts)
{
	if (opts->verity_check >= 0)
		return (u8)opts->verity_check;
	if (opts->verity_flag >= 0)
		return (u8)opts->verity_flag;
	return opts->digest.algorithm ? 2 : 0;
}

/* Whether @base, as given now, is the directory @have. */
static bool cfs_base_same(const struct cfs_base *base, const struct cfs_base *have)
{
	struct path path;
	bool same;

	if (base->path.dentry)
		return base->path.dentry == have->mnt->mnt_root;
	if (!strcmp(base->name, have->name))
		return true;
	if (kern_path(base->name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path))
		return false;
	same = path.dentry == have->mnt->mnt_root;
	path_put(&path);
	return same;
}

int cfs_options_same(struct fs_context *fc, const struct cfs_options *opts, const struct cfs_fs *fs)
{
	const struct cfs_base *base;
	unsigned int i = 0;

	if (opts->nbases) {
		if (opts->nbases != fs->nbases)
			return invalfc(fc, "basedir cannot be changed");
		list_for_each_entry(base, &opts->bases, list) if (
			!cfs_base_same(
				base, &fs->bases[i++])) return invalfc(fc,
								       "basedir cannot be changed");
	}
	if ((opts->verity_check >= 0 || opts->verity_flag >= 0) &&
	    cfs_options_level(opts) != fs->level)
		return invalfc(fc, "verity_check cannot be changed");
	if (opts->digest.algorithm && (!cfs_digest_equal(&opts->digest, &fs->digest)))
		return invalfc(fc, "digest cannot be changed");
	return 0;
}
