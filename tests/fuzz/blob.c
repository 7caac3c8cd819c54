// SPDX-License-Identifier: GPL-2.0-only
/* What may hold a table of contents: the footer alone, and the text to its end. */
#include "source/toc/blob.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "files/io.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* @digest: of the table, or NULL. */
static void read_all(const char *path, const u8 *digest)
{
	struct error err = { 0 };
	struct blob blob;
	u8 text[512];

	if (blob_open(&blob, path, digest, &err))
		return;
	while (blob_read(&blob, text, sizeof(text), &err) > 0)
		;
	blob_release(&blob);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u8 other[32] = { 1 };
	struct blob_bytes bytes = { .mem = data, .len = size };
	struct blob_footer footer;
	struct error err = { 0 };
	char path[32];
	int fd;

	(void)blob_footer(&bytes, false, &footer, &err);
	(void)blob_footer(&bytes, true, &footer, &err);
	fd = memfd_create("blob", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || io_write(fd, data, size))
		return 0;
	read_all(path, NULL);
	read_all(path, other);
	close(fd);
	return 0;
}
