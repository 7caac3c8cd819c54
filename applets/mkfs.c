// SPDX-License-Identifier: GPL-2.0-only
/* cfs mkfs: make an image from a directory or a dump (command line 5). */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <string.h>
#include <sys/stat.h>
#include "applets/applet.h"
#include "applets/common/layers_option.h"
#include "applets/common/owners.h"
#include "applets/common/progress.h"
#include "applets/common/replace.h"
#include "applets/common/result.h"
#include "applets/mkfs/below.h"
#include "applets/mkfs/from_oci.h"
#include "applets/mkfs/from_tar.h"
#include "applets/mkfs/ids.h"
#include "applets/mkfs/repo.h"
#include "applets/mkfs/source.h"
#include "verity/sha256_code.h"
#include "store/store.h"
#include "base/text.h"
#include "base/workers.h"
#include "source/dir/scan.h"
#include "dump/parse.h"

struct mkfs {
	struct result result;
	const char *source, *store_path;
	struct mkfs_repo repo;
	char **names;     /* of the dump or the layers, NULL behind the last one */
	struct inputs in; /* the files that names lists */
	bool from_file, from_tar, require_verity, progress, force;
	const char *whiteouts;
	enum whiteouts whiteouts_are;
	struct from_oci oci;
	struct ids ids; /* --from-tar, --from-oci: read before the sandbox is entered */
	struct scan_options scan;
	struct option_optional clamp;
	bool clamps;
	s64 clamp_to;
	struct option_number threads;
	int lock; /* on the store, until the image that needs its objects has its name; -1: none */
};

/* --clamp-mtime: every later time becomes SECONDS.0. */
static void clamp_mtimes(const struct mkfs *m, struct tree *tree)
{
	for (u32 id = 0; m->clamps && id < tree->nodes; id++) {
		struct node *node = tree->order[id];

		if (node->mtime > m->clamp_to || (node->mtime == m->clamp_to && node->mtime_nsec)) {
			node->mtime = m->clamp_to;
			node->mtime_nsec = 0;
		}
	}
}

static bool is_output(const struct mkfs *m, const struct stat *st)
{
	const struct publish *out = &m->result.out;

	return m->result.image && !out->to_fd && out->exists && out->st.st_dev == st->st_dev &&
	       out->st.st_ino == st->st_ino;
}

static void see_dump(void *progress, u64 bytes)
{
	progress_add(progress, 0, bytes);
}

static int parse_dump(struct mkfs *m, struct tree *tree, struct input *in, struct error *err)
{
	struct progress progress;
	int rc;

	progress_start(&progress, m->progress, S_ISREG(in->st.st_mode) ? (u64)in->st.st_size : 0);
	in->seen = see_dump;
	in->seen_arg = &progress;
	rc = dump_parse(tree, in, m->source, getenv("CFS_PARSE_STRICT") != NULL, err);
	progress_end(&progress);
	return rc;
}

static int read_dump(struct mkfs *m, struct tree *tree, struct error *err)
{
	int fd = inputs_take(&m->in, 0, err), rc;
	struct input in;

	if (fd < 0 || input_take_fd(&in, fd, m->source, err))
		return -1;
	if (is_output(m, &in.st))
		rc = error_set(err, EINVAL, "%s: is the input and cannot be the output as well",
			       m->result.image);
	else
		rc = parse_dump(m, tree, &in, err);
	input_release(&in);
	return rc;
}

/* List the image and the store, which may lie below the source (WI-10). */
static size_t exclude_ours(const struct mkfs *m, const struct store *store,
			   struct scan_exclude ours[4])
{
	const struct publish *out = &m->result.out;
	size_t n = 0;

	if (m->result.image && out->exists)
		ours[n++] = (struct scan_exclude){ out->st.st_dev, out->st.st_ino, "the image" };
	if (m->result.image && out->has_temp)
		ours[n++] =
			(struct scan_exclude){ out->temp.st_dev, out->temp.st_ino, "the image" };
	if (store)
		ours[n++] = (struct scan_exclude){ store->st.st_dev, store->st.st_ino,
						   "the object store" };
	if (m->repo.is_open)
		ours[n++] = (struct scan_exclude){ m->repo.st.st_dev, m->repo.st.st_ino,
						   "the object store" };
	return n;
}

/* Writing the image changes the mtime of its directory, which is part of the next image. */
static void warn_of_own_source(const struct mkfs *m)
{
	const struct publish *out = &m->result.out;

	if (!m->result.image || out->dir < 0 || out->place >= 0 || m->scan.use_epoch || m->clamps)
		return;
	if (below(out->dir, m->source))
		warn("%s: is written into its own source %s: this changes the mtime of its "
		     "directory, so the next image will have another digest",
		     m->result.image, m->source);
}

static int read_layers(struct mkfs *m, struct store *store, struct tree *tree, struct error *err)
{
	const struct publish *out = &m->result.out;
	struct tar_options options = {
		.whiteouts = m->whiteouts_are,
		.use_epoch = m->scan.use_epoch,
		.skip_xattrs = m->scan.skip_xattrs,
		.user_xattrs = m->scan.user_xattrs,
		.skip_devices = m->scan.skip_devices,
		.algorithm = tree->algorithm,
		.store = store,
		.image = m->result.image && !out->to_fd && out->exists ? &out->st : NULL,
		.ids = { ids_find, &m->ids },
		.notes = m->scan.notes,
	};

	if (m->oci.wanted)
		return from_oci(&m->oci, tree, &options, err);
	return from_tar(tree, &m->in, &options, m->progress, err);
}

static int scan(struct mkfs *m, struct store *store, struct tree *tree, struct error *err)
{
	struct scan_options options = m->scan;
	struct scan_exclude ours[4];
	struct progress progress;
	u32 line;
	int rc;

	if (m->from_tar || m->oci.wanted)
		return read_layers(m, store, tree, err);
	options.threads = m->threads.set ? (unsigned int)m->threads.value : workers_default();
	options.algorithm = tree->algorithm;
	options.store = store;
	options.exclude = ours;
	options.excludes = exclude_ours(m, store, ours);
	options.progress = progress_add;
	options.progress_arg = &progress;
	warn_of_own_source(m);
	verbose("%u threads", options.threads);
	progress_start(&progress, m->progress, 0);
	rc = scan_directory(tree, m->source, &options, err);
	progress_end(&progress);
	if (rc)
		return -1;
	return tree_seal(tree, &line, err) ? error_in(err, "%s", m->source) : 0;
}

/* Make the directories above @path that are missing, as upstream's program does. */
static int make_parents(const char *path, struct error *err)
{
	char *copy = strdup(path), *p = copy;
	int rc = 0;

	if (!copy)
		return error_nomem(err);
	while (!rc && (p = strchr(p + strspn(p, "/"), '/')) && p[strspn(p, "/")]) {
		*p = 0;
		if (mkdir(copy, 0755) && errno != EEXIST)
			rc = error_sys(err, "%s: mkdir", copy);
		*p = '/';
	}
	free(copy);
	return rc;
}

static int scan_into_store(struct mkfs *m, struct tree *tree, struct error *err)
{
	struct store_flags flags = { .algorithm = tree->algorithm,
				     .require_verity = m->require_verity,
				     .no_sync = m->result.no_sync };
	struct store store;
	int rc;

	if (!m->store_path)
		return scan(m, NULL, tree, err);
	if (program_is_upstream && make_parents(m->store_path, err))
		return -1;
	if (store_open(&store, m->store_path, flags, m->scan.notes, err))
		return -1;
	rc = scan(m, &store, tree, err);
	if (!rc)
		rc = store_finish(&store, err);
	if (!rc)
		verbose("%s: %llu objects stored (%llu of them cloned), %llu were there, %llu replaced; fs-verity %s",
			m->store_path, store.counts.stored, store.counts.cloned, store.counts.found,
			store.counts.replaced, store.verity ? "on" : "not available");
	if (!rc && (m->lock = fcntl(store.dir, F_DUPFD_CLOEXEC, 3)) < 0)
		rc = error_sys(err, "%s: dup", m->store_path);
	m->result.new_objects = store.counts.stored;
	m->result.objects = store.counts.stored + store.counts.found;
	store_close(&store);
	return rc;
}

/* --repo: contents go to the repository; from a dump they must be there. */
static int fill_repo(struct mkfs *m, struct tree *tree, struct error *err)
{
	const struct store_flags flags = { .require_verity = m->require_verity,
					   .no_sync = m->result.no_sync };
	u8 wanted = tree->algorithm;
	int rc = 0;

	if (m->from_file) {
		rc = read_dump(m, tree, err);
		wanted = tree->algorithm;
	}
	if (rc || mkfs_repo_open(&m->repo, wanted, flags, m->scan.notes, err))
		return -1;
	if (m->oci.wanted && m->oci.rules != OCI_PLAIN)
		rc = mkfs_repo_takes(&m->repo, 1, err);
	else if (!m->result.min_version.set && !m->result.max_version.set)
		rc = mkfs_repo_version(&m->repo, &m->result.version, err);
	tree->algorithm = m->repo.repo.algorithm;
	if (!rc)
		rc = m->from_file ? mkfs_repo_check(&m->repo, tree, err)
				  : scan(m, &m->repo.store, tree, err);
	return rc;
}

static int keep(void *arg, const struct tree *tree, struct cfs_digest *digest, struct error *err)
{
	struct mkfs *m = arg;
	struct notes notes;
	int rc;

	notes_init(&notes);
	m->repo.store.notes = &notes; /* those of produce() are gone */
	rc = mkfs_repo_keep(&m->repo, tree, &m->result.version, digest, err);
	warn_notes(&notes);
	notes_release(&notes);
	return rc;
}

/* In place of an image: a document of the container image. */
static int print_document(void *arg, const struct tree *tree, struct cfs_digest *digest,
			  struct error *err)
{
	struct mkfs *m = arg;

	(void)tree;
	(void)digest;
	return from_oci_keep(&m->oci, err);
}

/* The config of a container image is there before the image. */
static int before_commit(void *arg, struct error *err)
{
	struct mkfs *m = arg;

	return from_oci_commit(&m->oci, err);
}

static int produce(void *arg, struct tree *tree, struct error *err)
{
	struct mkfs *m = arg;
	struct notes notes;
	int rc;

	if (from_oci_prints(&m->oci))
		return 0;
	verbose("hash code: %s", sha256_chosen()->name);
	notes_init(&notes);
	m->scan.notes = &notes;
	if (!m->from_file && !m->repo.path && !tree->algorithm)
		tree->algorithm = CFS_SHA256;
	if (m->repo.path)
		rc = fill_repo(m, tree, err);
	else
		rc = m->from_file ? read_dump(m, tree, err) : scan_into_store(m, tree, err);
	warn_notes(&notes);
	notes_release(&notes);
	if (!rc)
		clamp_mtimes(m, tree);
	return rc;
}

static void parse_clamp(struct mkfs *m)
{
	const char *value = m->clamp.value;

	if (!m->clamp.set)
		return;
	if (!value)
		value = getenv("SOURCE_DATE_EPOCH");
	if (!value)
		options_refuse("--clamp-mtime",
			       "needs a value, because SOURCE_DATE_EPOCH is not set");
	if (!text_signed(value, strlen(value), &m->clamp_to))
		options_refuse("--clamp-mtime", "\"%s\" is not a number of seconds", value);
	m->clamps = true;
}

/* Decide what each operand is. */
static void take_operands(struct mkfs *m, char **operands)
{
	unsigned int n = 0, stdins = 0;

	m->names = operands;
	m->source = operands[0];
	if (m->oci.wanted)
		from_oci_options(&m->oci, m->source);
	while (operands[n])
		n++;
	if (!m->from_tar) {
		if (n > 1 && m->repo.path)
			options_refuse(operands[1], "unexpected operand: --repo takes no IMAGE");
		if (n > 2)
			options_refuse(operands[2], "unexpected operand");
		if (m->whiteouts && !m->oci.wanted)
			options_refuse("--whiteouts", "needs --from-tar");
		m->result.image = operands[1];
		m->result.source = m->source;
		operands[1] = NULL;
		return;
	}
	if (m->from_file)
		options_refuse("--from-tar", "excludes --from-file");
	if (result_needs_image(&m->result) && n > 1 && !m->repo.path) {
		m->result.image = operands[--n];
		operands[n] = NULL;
	}
	for (unsigned int i = 0; i < n; i++)
		stdins += !strcmp(operands[i], "-");
	if (stdins > 1)
		options_refuse("-", "standard input can be read only once");
	m->whiteouts_are = layers_option(m->whiteouts, n);
	m->result.source = n == 1 ? m->source : NULL;
}

static void check_repo(struct mkfs *m)
{
	if (m->repo.ref && !m->repo.path)
		options_refuse("--name", "needs --repo");
	if (m->repo.ref && !repo_ref_is_valid(m->repo.ref))
		options_refuse("--name",
			       "not a name: components of 1 to 255 bytes between slashes expected");
	if (!m->repo.path)
		return;
	if (m->store_path)
		options_refuse("--repo", "excludes --digest-store");
	if (m->result.print_digest_only || m->result.print_dump)
		options_refuse("--repo", "excludes --print-digest-only and --print-dump");
	m->result.print_digest = true;
	m->result.keep = keep;
}

static void check_oci(struct mkfs *m)
{
	const struct from_oci *o = &m->oci;
	const struct scan_options *s = &m->scan;

	if (!o->wanted) {
		if (o->platform || o->rules_word || o->config_out || o->require_sealed ||
		    from_oci_prints(o))
			options_refuse(
				from_oci_prints(o)
					? "--print-config and --print-manifest"
					: "--platform, --oci-rules, --config-out and --require-sealed",
				"need --from-oci");
		return;
	}
	if (m->from_file || m->from_tar)
		options_refuse("--from-oci", "excludes --from-file and --from-tar");
	if (m->whiteouts && strcmp(m->whiteouts, "apply"))
		options_refuse("--whiteouts", "only \"apply\" goes with --from-oci");
	if (from_oci_prints(o) && (m->result.print_digest || m->result.print_digest_only ||
				   m->result.print_dump || m->repo.path))
		options_refuse(o->print_config ? "--print-config" : "--print-manifest",
			       "excludes --repo and the other --print options");
	if (o->require_sealed &&
	    (m->result.min_version.set || m->result.max_version.set || s->use_epoch || m->clamps ||
	     s->skip_xattrs || s->user_xattrs || s->skip_devices))
		options_refuse("--require-sealed",
			       "excludes options that change the tree or the format version");
	if (o->rules != OCI_PLAIN && !m->result.min_version.set && !m->result.max_version.set)
		m->result.version = (struct image_version){ 1, 1 };
	if (from_oci_prints(o)) {
		m->result.keep = print_document;
		if (m->result.image)
			options_refuse(m->result.image, "unexpected operand: no image is written");
	}
	m->result.before_commit = before_commit;
}

/* Check what the option rows alone cannot express. */
static void check_options(struct mkfs *m)
{
	result_options(&m->result);
	parse_clamp(m);
	m->result.summarize = !program_is_upstream;
	/* Upstream's mkcomposefs replaces any file; --from-tar is not upstream's. */
	if (!m->force && (!program_is_upstream || m->from_tar))
		m->result.check = replace_check;
	if (m->scan.skip_xattrs && m->scan.user_xattrs)
		options_refuse("--skip-xattrs", "excludes --user-xattrs");
	if (m->require_verity && !m->store_path && !m->repo.path)
		options_refuse("--require-verity", "needs --digest-store");
	if (m->store_path && m->from_file) {
		warn("--digest-store: ignored with --from-file, because a dump has no contents");
		m->store_path = NULL;
	}
	check_repo(m);
	check_oci(m);
	if (!m->result.image && !m->repo.path && !from_oci_prints(&m->oci) &&
	    result_needs_image(&m->result))
		options_refuse("IMAGE",
			       "missing; only --print-digest-only and --print-dump need none");
	if (m->result.image && !result_needs_image(&m->result))
		options_refuse(m->result.print_dump ? "--print-dump" : "--print-digest-only",
			       "excludes IMAGE");
}

/* Tell a source of another kind than the options say before anything is opened for good. */
static int check_sources(const struct mkfs *m, struct error *err)
{
	enum source_form form = m->from_file ? SOURCE_DUMP : SOURCE_DIRECTORY;

	if (m->from_tar)
		form = SOURCE_TAR;
	for (char *const *name = m->names; !m->oci.wanted && *name; name++)
		if (source_check(*name, form, m->result.image, err))
			return -1;
	return 0;
}

static int open_inputs(struct mkfs *m, struct error *err)
{
	if (m->oci.wanted) {
		if (from_oci_open(&m->oci, m->result.image, m->result.no_sync, err))
			return -1;
		if (!m->store_path && !m->repo.path)
			from_oci_confine(&m->oci, &m->result);
		return 0;
	}
	if (inputs_open(&m->in, m->names, err))
		return -1;
	if (!m->store_path && !m->repo.path)
		result_confine(&m->result, &m->in, -1, 1);
	return 0;
}

static int mkfs_main(const struct applet *self, char **argv)
{
	struct mkfs m = { .threads = { .min = 1, .max = WORKERS_MAX }, .lock = -1 };
	const struct option_row rows[] = {
		{ 0, "from-file", NULL, "read a dump instead of a directory", &m.from_file },
		{ 0, "from-tar", NULL, "read tar archives, the layers from bottom to top",
		  &m.from_tar },
		{ 0, "from-oci", NULL, "the source is a container image: PATH[:NAME][@DIGEST]",
		  &m.oci.wanted },
		{ 0, "platform", "OS/ARCH[/VARIANT]",
		  "which of several images (default: this machine)", &m.oci.platform },
		{ 0, "oci-rules", "RULES", "plain (default), composefs-rs or composefs-rs+user",
		  &m.oci.rules_word },
		{ 0, "require-sealed", NULL, "fail unless the manifest has the digest of the image",
		  &m.oci.require_sealed },
		{ 0, "config-out", "FILE", "write the config of the container image to FILE",
		  &m.oci.config_out },
		{ 0, "print-config", NULL, "print that config and do nothing else",
		  &m.oci.print_config },
		{ 0, "print-manifest", NULL, "print the manifest and do nothing else",
		  &m.oci.print_manifest },
		{ 0, "whiteouts", "apply|overlay|keep",
		  "how to treat whiteouts of layers (default: apply)", &m.whiteouts },
		{ 0, "digest-store", "DIR", "store the contents of files as objects below DIR",
		  &m.store_path },
		{ 0, "basedir", "DIR", NULL, &m.store_path },
		{ 'o', NULL, "basedir=DIR", NULL, &m.store_path, OPTION_BASEDIR },
		{ 0, "repo", "DIR", "store contents and image in the repository DIR",
		  &m.repo.path },
		{ 0, "name", "REF", "with --repo: also name the image REF", &m.repo.ref },
		{ 0, "require-verity", NULL, "fail unless every object gets fs-verity",
		  &m.require_verity },
		RESULT_ROWS(&m.result),
		{ 0, "use-epoch", NULL, "set every mtime to 0", &m.scan.use_epoch },
		{ 0, "clamp-mtime", "SECONDS",
		  "limit mtimes to SECONDS (default: $SOURCE_DATE_EPOCH)", &m.clamp,
		  OPTION_OPTIONAL },
		{ 0, "skip-xattrs", NULL, "record no extended attributes", &m.scan.skip_xattrs },
		{ 0, "user-xattrs", NULL, "record only user.* extended attributes",
		  &m.scan.user_xattrs },
		{ 0, "skip-devices", NULL, "leave out device nodes", &m.scan.skip_devices },
		{ 0, "hardlinks", NULL, "keep hard links: all names of an inode are one inode",
		  &m.scan.hardlinks },
		{ 0, "threads", "N", "number of threads (default: processors, at most 8)",
		  &m.threads, OPTION_NUMBER },
		{ 0, "progress", NULL, "print progress as lines, even without a terminal",
		  &m.progress },
		{ 0, "force", NULL, "replace IMAGE even if it is not a composefs image", &m.force },
		{ 0 },
	};
	struct error err;
	char **operands;
	int rc;

	result_init(&m.result);
	operands = options_parse(self, rows, 1, -1, argv);
	take_operands(&m, operands);
	check_options(&m);
	if (check_sources(&m, &err))
		return fail(&err);
	if (m.from_file || m.from_tar || m.oci.wanted ? open_inputs(&m, &err)
						      : owners_check(m.source, &err))
		return fail(&err);
	if (m.from_tar || m.oci.wanted)
		ids_load(&m.ids);
	rc = result_run(&m.result, produce, &m);
	if (m.lock >= 0)
		close(m.lock);
	mkfs_repo_close(&m.repo);
	inputs_close(&m.in);
	ids_release(&m.ids);
	from_oci_close(&m.oci);
	return rc;
}

const struct applet applet_mkfs = {
	.name = "mkfs",
	.aliases = "mkcomposefs mkfs.composefs",
	.operands =
		"SOURCE IMAGE\n--repo=DIR SOURCE\n--from-file DUMP IMAGE\n--from-tar LAYER... IMAGE\n--from-oci PATH[:NAME][@DIGEST] IMAGE\n--print-digest-only|--print-dump SOURCE",
	.summary = "make an image from a directory, a dump or tar layers",
	.examples =
		"  cfs mkfs --digest-store=objects --print-digest tree image.cfs\n"
		"  cfs mkfs --from-tar --digest-store=objects layer0.tar.gz layer1.tar.gz image.cfs\n"
		"  cfs dump old.cfs | cfs mkfs --from-file - new.cfs",
	.upstream_options =
		"skip-xattrs user-xattrs skip-devices use-epoch digest-store print-digest "
		"print-digest-only from-file max-version min-version threads",
	.main = mkfs_main,
};
