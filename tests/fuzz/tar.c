// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tar archives. The first byte says what the rest is: 'p' records of a pax
 * header; 'a' the text of an ACL; 'c' an archive whose checksums are made right first, so that what
 * stands behind them is reached; another one: an archive as it is.
 */
#include "source/tar/tar.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "files/io.h"
#include "source/tar/header.h"
#include "source/tar/pax.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void try_pax(const u8 *data, size_t size)
{
	struct error err = { 0 };
	struct tar_pax pax;
	u64 n;
	u32 nsec;
	s64 sec;

	(void)tar_pax_parse(&pax, (const char *)data, size, true, &err);
	if (tar_pax_parse(&pax, (const char *)data, size, false, &err))
		return;
	(void)tar_pax_number(&pax.size, "size", INT64_MAX, &n, &err);
	(void)tar_pax_time(&pax.mtime, &sec, &nsec, &err);
}

static void try_acl(const u8 *data, size_t size)
{
	struct tar_acl acl;
	struct error err;
	void *to = malloc(TAR_ACL_ROOM(size));

	if (to && !tar_acl_parse(&acl, (const char *)data, size, NULL, to, &err) &&
	    (acl.len > TAR_ACL_ROOM(size) || acl.len % 8 != 4 || acl.mode > 0777))
		abort();
	free(to);
}

static void mend(u8 *block)
{
	unsigned int sum = 0;

	memset(block + 148, ' ', 8);
	for (u32 i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	for (int i = 5; i >= 0; i--, sum >>= 3)
		block[148 + i] = (u8)('0' + (sum & 7));
}

static void try_archive(const u8 *data, size_t size, struct notes *notes)
{
	struct tar_options options = { .algorithm = CFS_SHA256, .notes = notes };
	struct error err = { 0 };
	struct tree tree;
	char path[32];
	char *files[] = { path, NULL };
	int fd = memfd_create("tar", 0);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || io_write(fd, data, size))
		return;
	tree_init(&tree);
	(void)tar_files(&tree, files, &options, &err);
	tree_release(&tree);
	close(fd);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct notes notes;
	u8 *copy;

	if (!size)
		return 0;
	if (data[0] == 'p') {
		try_pax(data + 1, size - 1);
		return 0;
	}
	if (data[0] == 'a') {
		try_acl(data + 1, size - 1);
		return 0;
	}
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	for (size_t at = 1; data[0] == 'c' && size - at >= TAR_BLOCK; at += TAR_BLOCK)
		if (!tar_is_zero(copy + at))
			mend(copy + at);
	notes_init(&notes);
	try_archive(copy + 1, size - 1, &notes);
	notes_release(&notes);
	free(copy);
	return 0;
}
