// SPDX-License-Identifier: GPL-2.0-only
/*
 * Container images. The first byte says what the rest is: 'i' an index or a manifest; 'c' a
 * config; 'd' the manifest.json of a docker archive; 'l' the file oci-layout; another one: an
 * archive from a pipe, of which everything is read that an image may need.
 */
#include "source/oci/oci.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "files/io.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void try_document(const u8 *data, size_t size)
{
	struct oci_document d = { 0 };
	struct error err = { 0 };

	if (!oci_document_parse(&d, data, size, &err)) {
		int kind = oci_document_kind(&d, NULL, &err);

		if (kind == OCI_MANIFEST && (!d.has_layers || !d.has_config || d.has_manifests))
			abort();
		if (kind == OCI_INDEX && (!d.has_manifests || d.has_layers))
			abort();
		for (size_t i = 0; i < d.nlayers; i++)
			if (!d.layers[i].digest.algorithm || !d.layers[i].has_size)
				abort();
		(void)oci_artifact_type(&d);
	}
	oci_document_release(&d);
}

static void try_config(const u8 *data, size_t size)
{
	struct oci_config c = { 0 };
	struct error err = { 0 };

	(void)oci_config_parse(&c, data, size, &err);
	oci_config_release(&c);
}

static void try_docker(const u8 *data, size_t size)
{
	struct oci_docker d = { 0 };
	struct error err = { 0 };

	if (!oci_docker_parse(&d, data, size, &err))
		for (size_t i = 0; i < d.n; i++)
			if (!d.v[i].config)
				abort();
	oci_docker_release(&d);
}

static int read_image(struct oci_source *source, const struct tar_options *options, struct tar *tar,
		      struct error *err)
{
	struct oci_request request = { 0 };
	struct oci_image image = { 0 };
	struct oci_layers *layers = NULL;
	struct tree tree;
	int rc;

	tree_init(&tree);
	oci_platform_own(&request.platform);
	rc = oci_image_find(source, &request, &image, err);
	if (!rc)
		rc = oci_layers_read(&layers, source, &image, err);
	rc = tar_end(tar, rc, err);
	if (!rc)
		(void)oci_tree(&tree, layers, OCI_COMPOSEFS_RS, options, err);
	oci_layers_release(layers);
	oci_image_release(&image);
	tree_release(&tree);
	return rc;
}

static void try_archive(const u8 *data, size_t size, struct notes *notes)
{
	const struct tar_options options = { .algorithm = CFS_SHA256, .notes = notes };
	struct oci_source source = { 0 };
	struct error err = { 0 };
	struct tree base;
	struct tar *tar;
	int fd = memfd_create("oci", 0);

	if (fd < 0 || io_write(fd, data, size) || lseek(fd, 0, SEEK_SET))
		return;
	tree_init(&base);
	tar = tar_begin(&base, &options);
	if (!tar || oci_source_open(&source, fd, "-", true, tar, notes, &err))
		(void)(tar && tar_end(tar, -1, &err));
	else
		(void)read_image(&source, &options, tar, &err);
	oci_source_release(&source);
	tree_release(&base);
	close(fd);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct error err = { 0 };
	struct notes notes;

	if (!size)
		return 0;
	switch (data[0]) {
	case 'i':
		try_document(data + 1, size - 1);
		break;
	case 'c':
		try_config(data + 1, size - 1);
		break;
	case 'd':
		try_docker(data + 1, size - 1);
		break;
	case 'l':
		(void)oci_layout_check(data + 1, size - 1, &err);
		break;
	default:
		notes_init(&notes);
		try_archive(data + 1, size - 1, &notes);
		notes_release(&notes);
	}
	return 0;
}
