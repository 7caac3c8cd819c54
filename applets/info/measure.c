// SPDX-License-Identifier: GPL-2.0-only
/* cfs info measure-file: fs-verity digests, asked of the kernel or computed (image format 12). */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/info/info.h"
#include "files/io.h"
#include "verity/verity.h"

/* Measure something other than a regular file: a pipe, a block device. */
static int measure_stream(struct verity_work *work, int fd, struct cfs_digest *digest)
{
	ssize_t n;

	verity_init(&work->v, work->algorithm);
	while ((n = io_read(fd, work->buf, sizeof(work->buf))) > 0)
		verity_add(&work->v, work->buf, (size_t)n);
	verity_end(&work->v, digest);
	return n < 0 ? -1 : 0;
}

static int measure(struct verity_work *work, int fd, const char *name, struct cfs_digest *digest,
		   bool *kernel, struct error *err)
{
	struct stat st;
	int rc;

	*kernel = false;
	if (fstat(fd, &st))
		return error_sys(err, "%s: stat", name);
	if (S_ISDIR(st.st_mode))
		return error_set(err, EISDIR, "%s: is a directory", name);
	if (S_ISREG(st.st_mode)) {
		rc = verity_kernel(fd, work->algorithm, digest);
		if (rc < 0)
			return error_sys(err, "%s: measure", name);
		*kernel = rc == VERITY_SEALED;
		rc = *kernel ? 0 : verity_file(work, fd, &st, digest);
	} else {
		rc = measure_stream(work, fd, digest);
	}
	if (rc > 0)
		return error_set(err, EAGAIN, "%s: changed while it was read", name);
	return rc ? error_sys(err, "%s: read", name) : 0;
}

static int measure_one(struct info *info, struct verity_work *work, unsigned int i,
		       struct error *err)
{
	const char *name = info->in.names[i];
	int fd = inputs_take(&info->in, i, err);
	bool kernel;
	struct buf *b = &info->out.line;
	struct cfs_digest digest;
	struct json j;
	int rc;

	if (fd < 0)
		return -1;
	rc = measure(work, fd, name, &digest, &kernel, err);
	if (fd != STDIN_FILENO)
		close(fd);
	if (rc)
		return -1;
	if (info->json) {
		json_open(&j, b);
		json_bytes(&j, "path", name, strlen(name));
		json_hex(&j, "digest", digest.b, cfs_digest_size(digest.algorithm));
		json_bool(&j, "verity", kernel);
		json_close(&j);
	} else {
		buf_hex(b, digest.b, cfs_digest_size(digest.algorithm));
		buf_byte(b, '\n');
	}
	return output_poll(&info->out, err);
}

int info_measure_file(struct info *info, char **args, struct error *err)
{
	struct verity_work *work = malloc(sizeof(*work));
	int rc = work ? 0 : error_nomem(err);

	(void)args;
	if (work) {
		verity_work_init(work, info->algorithm, NULL);
	}
	for (unsigned int i = 0; !rc && i < info->in.n; i++)
		rc = measure_one(info, work, i, err);
	free(work);
	return rc ? EXIT_FAILED : EXIT_DONE;
}
