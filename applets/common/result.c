// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/result.h"
#include <sys/mman.h>
#include <unistd.h>
#include "applets/common/digest.h"
#include "applets/common/output.h"
#include "applets/common/progress.h"
#include "base/text.h"
#include "verity/verity.h"
#include "source/toc/print.h"
#include "dump/tree.h"

void result_init(struct result *r)
{
	*r = (struct result){
		.min_version = { .min = 0, .max = 1 },
		.max_version = { .min = 0, .max = 1 },
	};
}

void result_options(struct result *r)
{
	if (r->print_dump && r->print_digest_only)
		options_refuse("--print-dump", "excludes --print-digest-only");
	if (r->print_dump && r->print_digest)
		options_refuse("--print-dump", "excludes --print-digest");
	if (r->print_json && (r->print_dump || r->print_digest_only || r->print_digest))
		options_refuse("--print-json",
			       "excludes --print-dump, --print-digest and --print-digest-only");
	r->algorithm = algorithm_given(r->hash_alg);
	/* If one of them is given, the other one is 0. */
	r->version.min = (unsigned int)r->min_version.value;
	r->version.max = (unsigned int)r->max_version.value;
	if (!r->min_version.set && !r->max_version.set)
		r->version.max = 1;
	if (r->version.max < r->version.min)
		r->version.max = r->version.min;
}

static int print_dump(const struct tree *tree, struct error *err)
{
	struct output out = { 0 };
	struct dump_tree d;
	int rc, got;

	dump_tree_start(&d, tree);
	do {
		got = dump_tree_line(&d, &out.line);
		rc = got < 0 ? error_nomem(err) : output_poll(&out, err);
	} while (got > 0 && !rc);
	dump_tree_release(&d);
	if (rc) {
		buf_release(&out.line);
		return rc;
	}
	return output_end(&out, err);
}

static int print_json(const struct result *r, const struct tree *tree, struct error *err)
{
	struct output out = { 0 };
	struct toc_print p;
	int rc, got;

	toc_print_start(&p, tree);
	do {
		got = toc_print_line(&p, &out.line, err);
		if (got < 0 && r->source)
			error_in(err, "%s", r->source);
		rc = got < 0 ? -1 : output_poll(&out, err);
	} while (got > 0 && !rc);
	toc_print_release(&p);
	if (rc) {
		buf_release(&out.line);
		return rc;
	}
	return output_end(&out, err);
}

static void see_digest(void *arg, const void *data, size_t len)
{
	verity_add(arg, data, len);
}

/* Write the image to @fd (-1: nowhere) and compute its digest. */
static int make_image(const struct result *r, const struct tree *tree, int fd,
		      struct cfs_digest *digest, struct error *err)
{
	struct verity verity;
	struct writer w;
	int rc;

	if (writer_init(&w, fd))
		return error_nomem(err);
	if (r->print_digest || r->print_digest_only || r->wanted || r->summarize) {
		verity_init(&verity, tree->algorithm ? tree->algorithm : CFS_SHA256);
		w.see = see_digest;
		w.see_arg = &verity;
	}
	rc = image_write(tree, &r->version, &w, err);
	if (rc && r->source)
		error_in(err, "%s", r->source);
	if (!rc && writer_flush(&w)) {
		rc = error_sys(err, "write");
		error_in(err, "%s", publish_name(&r->out));
	}
	writer_release(&w);
	if (!rc && w.see)
		verity_end(&verity, digest);
	return rc;
}

static int print_digest(const struct result *r, const struct cfs_digest *digest, struct error *err)
{
	char line[CFS_HEX_MAX + 1];
	size_t len = cfs_digest_print(line, digest);

	line[len++] = '\n';
	if (r->image && r->out.to_fd && r->out.fd == STDOUT_FILENO)
		return io_write(2, line, len) ? error_sys(err, "stderr: write") : 0;
	return output_text(line, len, err);
}

/* Compare the digest with the wanted one: 0 or EXIT_MISMATCH. */
static int check_digest(const struct result *r, const struct cfs_digest *digest, struct error *err)
{
	char want[TEXT_DIGEST], got[TEXT_DIGEST];

	if (!r->wanted || cfs_digest_equal(r->wanted, digest))
		return 0;
	error_set(err, EBADMSG, "image should have the digest %s, has %s",
		  text_digest(want, r->wanted), text_digest(got, digest));
	if (r->source)
		error_in(err, "%s", r->source);
	return EXIT_MISMATCH;
}

/* Write everything that was requested, except the name of the image. 0, -1, or EXIT_MISMATCH. */
static int write_out(const struct result *r, const struct tree *tree, struct cfs_digest *digest,
		     struct error *err)
{
	bool file = r->image && !r->out.to_fd;
	int rc = 0;

	/* Only an unnamed file may be written before its digest is known. */
	if (r->wanted && !file) {
		rc = make_image(r, tree, -1, digest, err);
		if (!rc)
			rc = check_digest(r, digest, err);
	}
	if (!rc && r->print_dump)
		return print_dump(tree, err);
	if (!rc && r->print_json)
		return print_json(r, tree, err);
	if (!rc && (r->image || !r->wanted))
		rc = make_image(r, tree, r->image ? r->out.fd : -1, digest, err);
	if (!rc && file)
		rc = check_digest(r, digest, err);
	return rc;
}

/* What the confined child reports about the image to its parent. */
struct made {
	struct cfs_digest digest;
	u64 names, bytes; /* of the tree; bytes of its regular files */
};

struct run {
	struct result *r;
	int (*produce)(void *arg, struct tree *tree, struct error *err);
	void *arg;
	struct tree tree;
	struct made *made;
};

static void count(const struct tree *tree, struct made *made)
{
	made->names = (u64)tree->nodes + tree->links;
	for (u32 id = 0; id < tree->nodes; id++) {
		const struct node *node = tree->order[id];

		if (node_is(node, S_IFREG) &&
		    __builtin_add_overflow(made->bytes, node->size, &made->bytes))
			made->bytes = UINT64_MAX;
	}
}

/* All work on untrusted bytes. Returns the exit status; errors have been printed. */
static int make(void *arg, struct workers_pool *pool)
{
	struct run *run = arg;
	struct error err = { 0 };
	int rc;

	run->r->pool = pool;
	run->tree.algorithm = run->r->algorithm;
	run->tree.algorithm_is_given = run->r->algorithm != CFS_NO_ALGORITHM;
	rc = run->produce(run->arg, &run->tree, &err);
	if (!rc)
		rc = run->r->keep ? run->r->keep(run->arg, &run->tree, &run->made->digest, &err)
				  : write_out(run->r, &run->tree, &run->made->digest, &err);
	if (!rc && run->r->summarize)
		count(&run->tree, run->made);
	if (rc)
		fail(&err);
	return rc < 0 ? EXIT_FAILED : rc;
}

void result_confine(struct result *r, const struct inputs *in, int beneath, unsigned int threads)
{
	r->confined = in->all;
	r->window = (struct window){ in->fd, in->n, -1, beneath, threads, workers_park };
}

static int make_confined(struct run *run)
{
	struct result *r = run->r;
	struct made *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return make(run, NULL);
	run->made = shared;
	r->window.out = r->print_digest_only ? -1 : STDOUT_FILENO;
	if (r->image)
		r->window.out = r->out.fd;
	return window_run(&r->window, make, run);
}

/* The line on stderr: what the image holds, and how long it took. */
static void summarize(const struct result *r, const struct made *made, s64 ms)
{
	char objects[96] = "", hex[CFS_HEX_MAX];
	u64 unit = made->bytes >= (u64)10 << 20 ? 20 : 10;
	size_t digits;

	digits = cfs_digest_print(hex, &made->digest);
	if (r->objects)
		text_format(objects, sizeof(objects), ", %llu new object%s, %llu found",
			    (unsigned long long)r->new_objects, r->new_objects == 1 ? "" : "s",
			    (unsigned long long)(r->objects - r->new_objects));
	complain("%s: %llu name%s, %llu %s%s, %llu.%llu s, digest %.*s", publish_name(&r->out),
		 (unsigned long long)made->names, made->names == 1 ? "" : "s",
		 (unsigned long long)(made->bytes >> unit), unit == 20 ? "MiB" : "KiB", objects,
		 (unsigned long long)ms / 1000, (unsigned long long)ms / 100 % 10, (int)digits,
		 hex);
}

/* A new image gets the mode that the umask of the caller leaves. */
static int open_image(struct result *r, struct error *err)
{
	mode_t ours = umask(umask_given);
	int rc = publish_open(&r->out, r->image, r->no_sync, err);

	umask(ours);
	return rc;
}

static int commit(struct result *r, struct error *err)
{
	int rc = publish_commit(&r->out, err);

	if (r->out.why)
		warn("%s: written in place, which is not atomic: %s", r->image, r->out.why);
	return rc;
}

int result_run(struct result *r, int (*produce)(void *arg, struct tree *tree, struct error *err),
	       void *arg)
{
	struct made made = { 0 };
	struct run run = { r, produce, arg, .made = &made };
	s64 start = progress_now();
	struct error err = { 0 };
	int status, rc = 0;

	if (!result_needs_image(r))
		r->image = NULL;
	r->summarize = r->summarize && r->image && !option_quiet && progress_terminal();
	if (r->image && open_image(r, &err))
		return fail(&err);
	if (r->image && r->check && r->check(&r->out, &err)) {
		publish_abort(&r->out);
		return fail(&err);
	}
	tree_init(&run.tree);
	status = r->confined ? make_confined(&run) : make(&run, NULL);
	tree_release(&run.tree);
	if (!status && r->before_commit)
		rc = r->before_commit(arg, &err);
	if ((status || rc) && r->image)
		publish_abort(&r->out);
	else if (!status && r->image)
		rc = commit(r, &err);
	if (!status && !rc && (r->print_digest || r->print_digest_only))
		rc = print_digest(r, &run.made->digest, &err);
	if (!status && !rc && r->summarize)
		summarize(r, run.made, progress_now() - start);
	return rc ? fail(&err) : status;
}
