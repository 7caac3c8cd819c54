// SPDX-License-Identifier: GPL-2.0-only
/* cfs verify: check an image and its objects (command line 7). */
#include <stdlib.h>
#include <unistd.h>
#include "applets/common/canonical.h"
#include "applets/common/digest.h"
#include "applets/common/window.h"
#include "applets/verify/verify.h"
#include "applets/verify/vouch.h"
#include "files/input.h"
#include "verity/sha256_code.h"
#include "base/text.h"
#include "verity/verity.h"
#include "base/workers.h"
#include "image/check.h"

static int image_line(struct verify *v, const char *name, enum kind kind, const char *detail,
		      struct error *err)
{
	const struct finding f = { .kind = kind, .image = name, .detail = detail };

	return report_line(v, &f, err);
}

/* The argument of the callback to which image_check() reports soft faults. */
struct odd_arg {
	struct verify *v;
	const char *name;
	struct error *err;
	int rc;
};

static void tell_odd(void *arg, const struct check_odd *odd)
{
	struct odd_arg *a = arg;
	const struct finding f = {
		.kind = KIND_ODD_IMAGE,
		.image = a->name,
		.path = odd->path_len ? odd->path : NULL,
		.path_len = odd->path_len,
		.detail = odd->what,
	};

	if (!a->rc)
		a->rc = report_line(a->v, &f, a->err);
}

/* Write the tree of the image again and compare (RI-11). */
static int check_canonical(struct verify *v, const char *name, const struct image *img,
			   struct error *err)
{
	struct error e = { 0 };
	char text[80];
	u64 first;

	switch (canonical_compare(img, &first, &e)) {
	case CANONICAL_SAME:
		return 0;
	case CANONICAL_DIFFERS:
		text_format(text, sizeof(text), "first differing byte %llu",
			    (unsigned long long)first);
		return image_line(v, name, KIND_NOT_CANONICAL, text, err);
	case CANONICAL_CANNOT_BE_MADE:
		return image_line(v, name,
				  e.code == EOPNOTSUPP ? KIND_UNREADABLE : KIND_NOT_CANONICAL,
				  e.text, err);
	default:
		*err = e;
		return error_in(err, "%s", name);
	}
}

/* The algorithm of the digest of an image: that of the wanted one, or of the digests in it. */
static u8 algorithm_for(const struct verify *v, const struct image *img)
{
	if (v->digest.algorithm)
		return v->digest.algorithm;
	return v->algorithm ? v->algorithm : image_algorithm(img);
}

/* Compute the digest of the bytes, and ask the kernel if the file has fs-verity. */
static int check_digest(struct verify *v, const char *name, const struct image *img, int fd,
			bool compressed, struct error *err)
{
	const u8 algorithm = algorithm_for(v, img);
	struct cfs_digest is, kernel;
	struct verity *work = malloc(sizeof(*work));
	char a[TEXT_DIGEST], b[TEXT_DIGEST], text[320];
	int sealed = compressed ? VERITY_NONE : verity_kernel(fd, algorithm, &kernel);
	int rc;

	if (!work)
		return error_nomem(err);
	verity_memory(work, algorithm, img->bytes, (size_t)img->len, &is);
	free(work);
	text_digest(a, &is);
	if (sealed < 0) {
		text_format(text, sizeof(text), "FS_IOC_MEASURE_VERITY: %s", error_words(errno));
		return image_line(v, name, KIND_UNREADABLE, text, err);
	}
	if (sealed == VERITY_SEALED && !cfs_digest_equal(&is, &kernel)) {
		text_format(text, sizeof(text), "the kernel measures %s, the bytes have %s",
			    text_digest(b, &kernel), a);
		return image_line(v, name, KIND_BAD_DIGEST, text, err);
	}
	if (v->digest.algorithm && !cfs_digest_equal(&is, &v->digest)) {
		text_format(text, sizeof(text), "want %s, is %s", text_digest(b, &v->digest), a);
		return image_line(v, name, KIND_BAD_DIGEST, text, err);
	}
	if (v->enable_verity && verity_lacks(sealed)) {
		rc = verity_seal(fd, &is);
		if (rc < 0) {
			text_format(text, sizeof(text), "fs-verity cannot be enabled: %s",
				    error_words(errno));
			return image_line(v, name, KIND_UNREADABLE, text, err);
		}
		if (rc)
			return image_line(v, name, KIND_BAD_DIGEST,
					  "changed before fs-verity was enabled", err);
		sealed = VERITY_SEALED;
	}
	if (v->require_verity && sealed != VERITY_SEALED)
		return image_line(v, name, KIND_NO_VERITY, not_sealed(sealed), err);
	text_format(text, sizeof(text), "%s by content%s", a,
		    sealed == VERITY_SEALED ? " and kernel" : "");
	return image_line(v, name, KIND_OK, text, err);
}

/* Check one image completely. *usable: its objects can be checked. */
static int check_image(struct verify *v, const char *name, struct image *img,
		       const struct input *in, bool *usable, struct error *err)
{
	struct odd_arg odd = { .v = v, .name = name, .err = err };
	struct error e;

	*usable = false;
	if (image_check(img, tell_odd, &odd, &e)) {
		if (odd.rc)
			return -1;
		if (e.code != ENOMEM)
			return image_line(v, name, KIND_BAD_IMAGE, e.text, err);
		*err = e;
		return error_in(err, "%s", name);
	}
	if (odd.rc || check_digest(v, name, img, in->fd, in->compressed, err) ||
	    (v->canonical && check_canonical(v, name, img, err)))
		return -1;
	*usable = true;
	return 0;
}

/* "NAME: text" without the name, which has a column of its own. */
static const char *without_name(const char *text, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(text, name, len) && !strncmp(text + len, ": ", 2) ? text + len + 2 : text;
}

/* Check the bytes of an image, which stay with @img if *usable. */
static int take_bytes(struct verify *v, const char *name, struct image *img, const struct input *in,
		      u8 *bytes, size_t len, bool *usable, struct error *err)
{
	int rc = v->vouch ? vouch_image(v->vouch, v, bytes, len, err) : 1;
	struct error e;

	if (rc <= 0) {
		free(bytes);
		return rc;
	}
	if (image_open_bytes(img, bytes, len, &e)) {
		free(bytes);
		return image_line(v, name, KIND_BAD_IMAGE, e.text, err);
	}
	img->owned = bytes;
	rc = check_image(v, name, img, in, usable, err);
	if (!*usable)
		image_close(img);
	return rc;
}

/* Read and check an image. If *usable, @img keeps the bytes. */
static int take_image(struct verify *v, unsigned int i, struct image *img, bool *usable,
		      struct error *err)
{
	const char *name = v->in.names[i];
	struct input in;
	struct error e;
	size_t len;
	u8 *bytes;
	int rc, fd = inputs_take(&v->in, i, &e);

	*usable = false;
	if (fd < 0 || input_take_fd(&in, fd, name, &e))
		return image_line(v, name, KIND_UNREADABLE, without_name(e.text, name), err);
	v->images++;
	if (in.compressed && (v->require_verity || v->enable_verity)) {
		rc = image_line(
			v, name, KIND_UNREADABLE,
			"is compressed: fs-verity applies to the compressed bytes, not to the image",
			err);
	} else if (input_slurp(&in, &bytes, &len, &e)) {
		rc = image_line(v, name, KIND_UNREADABLE, without_name(e.text, name), err);
	} else {
		rc = take_bytes(v, name, img, &in, bytes, len, usable, err);
	}
	input_release(&in);
	return rc;
}

/* Check all images, then the objects of the good ones. */
static int verify_images(struct verify *v, struct error *err)
{
	char *const *names = v->in.names;
	struct objects objects = { 0 };
	struct image *images;
	u32 n = 0, good = 0;
	char **good_names;
	int rc = 0;

	while (names[n])
		n++;
	images = calloc(n, sizeof(*images));
	good_names = calloc(n + 1, sizeof(*good_names));
	if (!images || !good_names)
		rc = error_nomem(err);
	objects.images = images;
	for (u32 i = 0; i < n && !rc; i++) {
		bool usable;

		rc = take_image(v, i, &images[good], &usable, err);
		if (rc || !usable)
			continue;
		good_names[good++] = names[i];
		if (v->dirs.n) {
			rc = objects_add(&objects, good - 1, err);
		} else {
			image_close(&images[--good]);
			images[good] = (struct image){ 0 };
		}
	}
	if (!rc && v->dirs.n) {
		good_names[good] = NULL;
		rc = objects_sort(&objects, err) || objects_verify(v, &objects, good_names, err)
			     ? -1
			     : 0;
	}
	objects_release(&objects);
	for (u32 i = 0; i < good; i++)
		image_close(&images[i]);
	free(images);
	free(good_names);
	return rc;
}

static int open_dirs(struct verify *v, const char *dirs, const char *repair, struct error *err)
{
	if (dirs && basedirs_open(&v->dirs, dirs, err))
		return -1;
	return repair ? basedirs_open(&v->repair, repair, err) : 0;
}

/* Everything that needs more rights than to read what is open. */
static int prepare(struct verify *v, char **names, const char *dirs, const char *repair,
		   struct error *err)
{
	if (open_dirs(v, dirs, repair, err))
		return -1;
	if (repair)
		repair_sweep(v);
	if (v->vouch && vouch_open(v->vouch, err))
		return -1;
	return inputs_open(&v->in, names, err);
}

static int check_all(struct verify *v, struct error *err)
{
	int rc = v->vouch ? vouch_statement(v->vouch, v, err) : 1;

	if (rc > 0 && v->repo)
		rc = repo_verify(v, v->repo, err);
	else if (rc > 0)
		rc = *v->in.names ? verify_images(v, err) : stores_verify(v, err);
	return rc < 0 ? -1 : report_end(v, err);
}

/* The exit status; errors have been printed. */
static int work(void *arg, struct workers_pool *pool)
{
	struct verify *v = arg;
	struct error err = { 0 };

	(void)pool;
	if (check_all(v, &err))
		return fail(&err);
	if (v->unchecked)
		return EXIT_FAILED;
	return v->problems ? EXIT_MISMATCH : EXIT_DONE;
}

/*
 * Objects are looked up and sealed with the rights of the process; everything
 * else runs confined, in a child if the process has to write afterwards.
 */
static int work_confined(struct verify *v)
{
	const struct window w = { v->in.fd, v->in.n, STDOUT_FILENO, -1, 1, NULL };

	if (v->dirs.n || v->repo || v->enable_verity || !v->in.all)
		return work(v, NULL);
	if (v->vouch && v->vouch->update)
		return window_run(&w, work, v);
	window_enter(v->in.fd, v->in.n);
	return work(v, NULL);
}

static int run(struct verify *v, char **names, const char *dirs, const char *repair)
{
	struct error err = { 0 };
	int status;

	if (prepare(v, names, dirs, repair, &err))
		return fail(&err);
	status = work_confined(v);
	if (status == EXIT_DONE && v->vouch && v->vouch->update && vouch_update(v->vouch, &err))
		return fail(&err);
	return status;
}

static int verify_main(const struct applet *self, char **argv)
{
	static struct vouch vouch;
	static struct verify v;
	struct option_number threads = { .min = 1, .max = WORKERS_MAX };
	const char *dirs = NULL, *repair = NULL, *digest = NULL, *hash_alg = NULL;
	const struct option_row rows[] = {
		{ 0, "basedir", "DIR[:DIR...]", "check the objects in these directories", &dirs },
		BASEDIR_SYNONYMS(&dirs),
		{ 0, "digest", "DIGEST", "require this fs-verity digest of the image", &digest },
		{ 0, "repo", "DIR", "check a whole repository", &v.repo },
		{ 0, "hash-alg", "ALG", "algorithm of the digest of the image: sha256 or sha512",
		  &hash_alg },
		{ 0, "quick", NULL, "do not read the contents of objects", &v.quick },
		{ 0, "require-verity", NULL, "require fs-verity and recorded digests everywhere",
		  &v.require_verity },
		{ 0, "enable-verity", NULL, "enable fs-verity on every file that passed the check",
		  &v.enable_verity },
		{ 0, "repair-from", "DIR[:DIR...]",
		  "replace missing and wrong objects by copies from DIR", &repair },
		{ 0, "canonical", NULL, "require the bytes that mkfs writes for the tree",
		  &v.canonical },
		{ 0, "threads", "N", "number of threads (default: processors, at most 8)", &threads,
		  OPTION_NUMBER },
		{ 0, "progress", NULL, "show progress as lines", &v.progress_lines },
		{ 0, "json", NULL, "print JSON Lines and a summary", &v.json },
		VOUCH_ROWS(&vouch),
		{ 0 },
	};
	struct error err;
	char **names;
	int status;

	vouch.min_serial.max = UINT64_MAX;
	names = options_parse(self, rows, 0, -1, argv);

	if (v.repo && (*names || dirs || digest || v.canonical || hash_alg || vouch.keys.n))
		options_refuse(
			"--repo",
			"excludes IMAGE, --basedir, --digest, --canonical, --hash-alg and signatures");
	if (!*names && !dirs && !v.repo)
		options_refuse("IMAGE", "is missing; --basedir alone checks a store");
	if (repair && !dirs && !v.repo)
		options_refuse("--repair-from", "needs --basedir or --repo");
	if (!names[0])
		message_subject = dirs;
	if (digest && (!names[0] || names[1]))
		options_refuse("--digest", "needs exactly one IMAGE");
	if (digest && digest_given(&v.digest, digest, &err))
		options_refuse("--digest", "%s", err.text);
	v.algorithm = algorithm_given(hash_alg);
	if (digest && v.algorithm && v.algorithm != v.digest.algorithm)
		options_refuse("--hash-alg", "is %s, but --digest is %s", hash_alg,
			       cfs_algorithm_word(v.digest.algorithm));
	v.threads = threads.set ? (unsigned int)threads.value : workers_default();
	verbose("hash code: %s", sha256_chosen()->name);
	vouch_options(&vouch, names);
	v.vouch = vouch.asked ? &vouch : NULL;
	status = run(&v, names, dirs, repair);
	basedirs_close(&v.dirs);
	basedirs_close(&v.repair);
	inputs_close(&v.in);
	vouch_close(&vouch);
	return status;
}

const struct applet applet_verify = {
	.name = "verify",
	.operands = "IMAGE...\n--basedir=DIR[:DIR...]\n--repo=DIR",
	.summary = "check an image, its digest and its objects; repair a store",
	.examples = "  cfs verify --digest=$DIGEST --basedir=objects image.cfs\n"
		    "  cfs verify --basedir=objects --repair-from=/backup/objects image.cfs\n"
		    "  cfs verify --basedir=objects",
	.main = verify_main,
};
