// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mkfs/from_oci.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/common/output.h"
#include "files/io.h"
#include "verity/verity.h"

/* ---- SOURCE and options ---- */

/* PATH[:NAME][@DIGEST]; "\:" and "\\" in PATH stand for ":" and "\". */
static void parse_source(struct from_oci *o, const char *source)
{
	size_t len = strlen(source);
	char *copy = strdup(source), *at, *to;

	if (!copy)
		options_refuse(source, "out of memory");
	for (size_t digits = 64; digits <= 128; digits *= 2) {
		size_t n = 8 + digits; /* "@sha256:" and the digits */

		if (len < n || source[len - n] != '@' ||
		    !oci_digest_parse(&o->request.digest, source + len - n + 1, n - 1))
			continue;
		copy[len - n] = 0;
		break;
	}
	for (at = to = copy; *at && *at != ':'; at++) {
		if (*at == '\\' && (at[1] == ':' || at[1] == '\\'))
			at++;
		*to++ = *at;
	}
	if (*at) {
		o->request.name = strdup(at + 1);
		if (!o->request.name)
			options_refuse(source, "out of memory");
		if (!*o->request.name)
			options_refuse(source, "the name behind the colon is empty");
	}
	*to = 0;
	if (!*copy)
		options_refuse(source, "the path is empty: PATH[:NAME][@DIGEST] expected");
	o->path = copy;
}

void from_oci_options(struct from_oci *o, const char *source)
{
	parse_source(o, source);
	oci_platform_own(&o->request.platform);
	if (o->platform) {
		o->request.has_platform = true;
		if (!oci_platform_parse(&o->request.platform, o->platform))
			options_refuse("--platform", "\"%s\" is not OS/ARCH or OS/ARCH/VARIANT",
				       o->platform);
	}
	if (o->rules_word && !oci_rules_parse(&o->rules, o->rules_word))
		options_refuse("--oci-rules",
			       "\"%s\" is none of plain, composefs-rs and composefs-rs+user",
			       o->rules_word);
	if (o->print_config && o->print_manifest)
		options_refuse("--print-config", "excludes --print-manifest");
	if (from_oci_prints(o) && (o->config_out || o->require_sealed))
		options_refuse(o->print_config ? "--print-config" : "--print-manifest",
			       "excludes --config-out and --require-sealed");
	if (!o->require_sealed)
		return;
	if (o->rules_word && o->rules == OCI_PLAIN)
		options_refuse("--require-sealed",
			       "excludes --oci-rules=plain: a seal is that of the other rules");
	if (!o->rules_word)
		o->rules = OCI_COMPOSEFS_RS;
}

static bool is_piped(const struct from_oci *o)
{
	return !strcmp(o->path, "-");
}

int from_oci_open(struct from_oci *o, const char *image, bool no_sync, struct error *err)
{
	if (o->config_out && !strcmp(o->config_out, "-"))
		options_refuse("--config-out", "a file expected; --print-config prints the config");
	if (o->config_out && image && !strcmp(o->config_out, image))
		options_refuse("--config-out", "the config and the image need two files");
	o->fd = STDIN_FILENO;
	if (!is_piped(o)) {
		do
			o->fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		while (o->fd < 0 && errno == EINTR);
	}
	if (o->fd < 0)
		return error_sys(err, "%s: open", o->path);
	if (o->config_out) {
		if (publish_open(&o->config, o->config_out, no_sync, err))
			return -1;
		o->has_config = true;
	}
	return 0;
}

void from_oci_confine(struct from_oci *o, struct result *r)
{
	struct stat st;

	if (fstat(o->fd, &st))
		return;
	o->kept[0] = o->fd;
	o->kept[1] = o->has_config ? o->config.fd : -1;
	o->inputs = (struct inputs){ .fd = o->kept, .n = 2, .all = true };
	result_confine(r, &o->inputs, S_ISDIR(st.st_mode) ? o->fd : -1, 1);
}

int from_oci_commit(struct from_oci *o, struct error *err)
{
	if (!o->has_config)
		return 0;
	o->has_config = false;
	return publish_commit(&o->config, err);
}

void from_oci_close(struct from_oci *o)
{
	char *name = (char *)(uintptr_t)o->request.name;

	if (o->has_config)
		publish_abort(&o->config);
	if (o->wanted && o->fd > STDIN_FILENO)
		close(o->fd);
	if (o->has_base)
		tree_release(&o->base);
	free(name);
	free(o->path);
}

/* ---- seals ---- */

static void see_bytes(void *arg, const void *data, size_t len)
{
	verity_add(arg, data, len);
}

/* The digest of the image of format version 1. */
static int image_digest(const struct tree *tree, u8 algorithm, struct cfs_digest *digest,
			struct error *err)
{
	const struct image_version version = { 1, 1 };
	struct verity verity;
	struct writer w;
	int rc;

	if (writer_init(&w, -1))
		return error_nomem(err);
	verity_init(&verity, algorithm);
	w.see = see_bytes;
	w.see_arg = &verity;
	rc = image_write(tree, &version, &w, err);
	if (!rc && writer_flush(&w))
		rc = error_sys(err, "write");
	writer_release(&w);
	verity_end(&verity, digest);
	return rc;
}

static bool is_seal(const char *hex, const struct cfs_digest *digest)
{
	char text[CFS_HEX_MAX];
	size_t len = cfs_digest_print(text, digest);

	return strlen(hex) == len && !memcmp(hex, text, len);
}

static int no_seal(const struct from_oci *o, const struct oci_seals *seals, u8 algorithm,
		   struct error *err)
{
	u8 other = algorithm == CFS_SHA256 ? CFS_SHA512 : CFS_SHA256;

	error_set(err, EBADMSG, "%s: the manifest has no seal for %s%s%s", o->path,
		  cfs_algorithm_word(algorithm), seals->hex[other] ? "; there is one for " : "",
		  seals->hex[other] ? cfs_algorithm_word(other) : "");
	return EXIT_MISMATCH;
}

static int bad_seal(const struct from_oci *o, const char *what, const char *hex,
		    const struct cfs_digest *digest, struct error *err)
{
	char text[CFS_HEX_MAX];
	size_t len = cfs_digest_print(text, digest);

	error_set(err, EBADMSG, "%s: the seal of the %s is %.160s, its digest %.*s", o->path, what,
		  hex, (int)len, text);
	return EXIT_MISMATCH;
}

static int check_config_seal(const struct from_oci *o, const struct oci_image *image, u8 algorithm,
			     struct error *err)
{
	const char *hex = image->manifest.config.seals.hex[algorithm];
	struct cfs_digest digest;
	struct verity verity;

	if (!hex)
		return 0;
	verity_init(&verity, algorithm);
	verity_add(&verity, image->config_text.p, image->config_text.len);
	verity_end(&verity, &digest);
	return is_seal(hex, &digest) ? 0 : bad_seal(o, "config", hex, &digest, err);
}

/* ---- the tree ---- */

struct making {
	struct from_oci *o;
	struct tree *tree;
	const struct tar_options *options;
	const struct oci_layers *layers;
	const struct oci_image *image;
	u8 algorithm;
};

static int make_tree(const struct making *m, enum oci_rules rules, struct error *err)
{
	return oci_tree(m->tree, m->layers, rules, m->options, err);
}

/* The tree again, by other rules. */
static int make_again(const struct making *m, enum oci_rules rules, struct error *err)
{
	const u8 algorithm = m->tree->algorithm;
	const bool given = m->tree->algorithm_is_given;

	tree_release(m->tree);
	tree_init(m->tree);
	m->tree->algorithm = algorithm;
	m->tree->algorithm_is_given = given;
	return make_tree(m, rules, err);
}

static int make_sealed(const struct making *m, struct error *err)
{
	const struct from_oci *o = m->o;
	const struct oci_seals *seals = &m->image->manifest.seals;
	const char *hex = seals->hex[m->algorithm];
	enum oci_rules rules = o->rules;
	struct cfs_digest digest;
	int rc;

	if (!hex)
		return no_seal(o, seals, m->algorithm, err);
	rc = check_config_seal(o, m->image, m->algorithm, err);
	if (!rc)
		rc = make_tree(m, rules, err);
	if (!rc)
		rc = image_digest(m->tree, m->algorithm, &digest, err);
	if (!rc && !is_seal(hex, &digest) && !o->rules_word) {
		rules = OCI_COMPOSEFS_RS_USER;
		rc = make_again(m, rules, err);
		if (!rc)
			rc = image_digest(m->tree, m->algorithm, &digest, err);
	}
	if (rc)
		return rc;
	if (!is_seal(hex, &digest))
		return bad_seal(o, "image", hex, &digest, err);
	verbose("%s: the seal agrees with the rules %s", o->path, oci_rules_word(rules));
	return 0;
}

/* A seal that nobody asked for is compared all the same. */
static int compare_seal(const struct making *m, struct error *err)
{
	const char *hex = m->image->manifest.seals.hex[m->algorithm];
	struct cfs_digest digest;

	if (!hex || m->o->rules == OCI_PLAIN)
		return 0;
	if (image_digest(m->tree, m->algorithm, &digest, err))
		return -1;
	if (is_seal(hex, &digest))
		verbose("%s: the seal in the manifest agrees", m->o->path);
	else
		notes_add(m->options->notes,
			  "%s: the manifest has the seal %.160s of another image", m->o->path, hex);
	return 0;
}

static int make(const struct making *m, struct error *err)
{
	int rc;

	if (m->o->require_sealed)
		return make_sealed(m, err);
	rc = make_tree(m, m->o->rules, err);
	return rc ? rc : compare_seal(m, err);
}

static int write_config(struct from_oci *o, const struct oci_image *image, struct error *err)
{
	if (!o->has_config || !io_write(o->config.fd, image->config_text.p, image->config_text.len))
		return 0;
	return error_sys(err, "%s: write", publish_name(&o->config));
}

static void warn_of_platform(const struct oci_image *image, const struct tar_options *options,
			     const char *path)
{
	const struct oci_platform *p = &image->config.platform;

	if (image->is_other_platform)
		notes_add(options->notes, "%s: the image is for %.*s/%.*s", path, (int)p->os.len,
			  p->os.s, (int)p->architecture.len, p->architecture.s);
}

/* Both return values that are above 0 mean the same. */
static int status(int rc)
{
	return rc > 0 ? EXIT_MISMATCH : rc;
}

int from_oci(struct from_oci *o, struct tree *tree, const struct tar_options *options,
	     struct error *err)
{
	struct making m = { o, tree, options, NULL, NULL, tree->algorithm };
	struct oci_layers *layers = NULL;
	struct oci_image image = { 0 };
	struct oci_source source = { 0 };
	struct tar *tar;
	int rc;

	tree_init(&o->base);
	o->has_base = true;
	tar = tar_begin(&o->base, options);
	if (!tar)
		return error_nomem(err);
	rc = oci_source_open(&source, o->fd, o->path, is_piped(o), tar, options->notes, err);
	if (!rc)
		rc = status(oci_image_find(&source, &o->request, &image, err));
	if (!rc)
		rc = status(oci_layers_read(&layers, &source, &image, err));
	rc = tar_end(tar, rc, err);
	if (!rc) {
		m.layers = layers;
		m.image = &image;
		rc = make(&m, err);
	}
	if (!rc)
		rc = write_config(o, &image, err);
	if (!rc)
		warn_of_platform(&image, options, o->path);
	oci_layers_release(layers);
	oci_image_release(&image);
	oci_source_release(&source);
	return rc;
}

int from_oci_keep(struct from_oci *o, struct error *err)
{
	struct oci_image image = { 0 };
	struct oci_source source;
	struct notes notes;
	int rc;

	notes_init(&notes);
	rc = oci_source_open(&source, o->fd, o->path, is_piped(o), NULL, &notes, err);
	if (!rc)
		rc = status(oci_image_find(&source, &o->request, &image, err));
	if (!rc) {
		const struct buf *b = o->print_config ? &image.config_text : &image.manifest_text;

		rc = output_text(b->p, b->len, err);
	}
	warn_notes(&notes);
	notes_release(&notes);
	oci_image_release(&image);
	oci_source_release(&source);
	return rc;
}
