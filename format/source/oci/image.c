// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/image.h"

#include "source/oci/choose.h"

/* ---- docker archives ---- */

static bool has_tag(const struct oci_docker_image *image, const char *name)
{
	for (size_t i = 0; i < image->ntags; i++)
		if (!strcmp(image->tags[i], name))
			return true;
	return false;
}

static int choose_docker(const struct oci_request *request, struct oci_image *image,
			 struct error *err)
{
	const struct oci_docker *d = &image->docker;
	size_t found = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (request->name && !has_tag(&d->v[i], request->name))
			continue;
		image->entry = &d->v[i];
		found++;
	}
	if (found == 1)
		return 0;
	if (!request->name)
		return error_set(err, EINVAL, "%zu images: name one by a tag of it, as SOURCE:NAME",
				 found);
	return error_set(err, ENOENT, "%zu images are named %.200s", found, request->name);
}

/* The digest that the name of a config tells, HEX or HEX.json. */
static bool digest_of_name(const char *name, struct cfs_digest *d)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	size_t len = strlen(last);

	d->algorithm = CFS_SHA256;
	if (len == 69 && !strcmp(last + 64, ".json"))
		len = 64;
	return len == 64 && cfs_hex_parse(d->b, 32, last) && cfs_hex_is_lower(last, len);
}

static int check_docker_config(const struct oci_request *request, const struct oci_image *image,
			       struct error *err)
{
	char text[OCI_DIGEST_TEXT];
	struct cfs_digest wanted;
	struct oci_hash hash;

	oci_hash_init(&hash, 1u << CFS_SHA256 | 1u << CFS_SHA512);
	oci_hash_add(&hash, image->config_text.p, image->config_text.len);
	if (request->digest.algorithm && !oci_hash_is(&hash, &request->digest)) {
		error_set(err, EBADMSG, "the config does not have the digest %s",
			  oci_digest_print(text, &request->digest));
		return OCI_WRONG;
	}
	if (digest_of_name(image->entry->config, &wanted) && !oci_hash_is(&hash, &wanted)) {
		error_set(err, EBADMSG, "%.200s: does not have the digest that its name tells",
			  image->entry->config);
		return OCI_WRONG;
	}
	return 0;
}

static int find_docker(struct oci_source *s, const struct oci_request *request,
		       struct oci_image *image, struct error *err)
{
	if (oci_fetch(s, "manifest.json", &image->manifest_text, err))
		return -1;
	if (oci_docker_parse(&image->docker, image->manifest_text.p, image->manifest_text.len, err))
		return error_in(err, "manifest.json");
	if (choose_docker(request, image, err))
		return -1;
	image->layers = image->entry->nlayers;
	if (oci_fetch(s, image->entry->config, &image->config_text, err))
		return -1;
	return check_docker_config(request, image, err);
}

/* ---- others ---- */

static int in_layer(const struct oci_image *image, size_t i, struct error *err)
{
	char text[OCI_DIGEST_TEXT];

	return error_in(err, "layer %zu (%s)", i + 1,
			oci_digest_print(text, &image->manifest.layers[i].digest));
}

static int find_oci(struct oci_source *s, const struct oci_request *request,
		    struct oci_image *image, struct error *err)
{
	const struct oci_document *m = &image->manifest;
	int rc = oci_choose(s, request, image, err);

	if (rc)
		return rc;
	image->layers = m->nlayers;
	for (size_t i = 0; i < m->nlayers; i++)
		if (oci_layer_type_check(m->layers[i].type, err))
			return in_layer(image, i, err);
	rc = oci_fetch_blob(s, &m->config, &image->config_text, err);
	if (rc)
		error_in(err, "config");
	return rc;
}

static int check_platform(const struct oci_request *request, struct oci_image *image,
			  struct error *err)
{
	const struct oci_platform *is = &image->config.platform;
	int rank = oci_platform_rank(&request->platform, is);

	if (request->has_platform && rank < 0)
		return error_set(err, EINVAL, "the image is for %.*s/%.*s", (int)is->os.len,
				 is->os.s ? is->os.s : "", (int)is->architecture.len,
				 is->architecture.s ? is->architecture.s : "");
	image->is_other_platform = rank < 0 && is->os.s && is->architecture.s;
	return 0;
}

static int find(struct oci_source *s, const struct oci_request *request, struct oci_image *image,
		struct error *err)
{
	int rc = s->is_docker ? find_docker(s, request, image, err)
			      : find_oci(s, request, image, err);

	if (rc)
		return rc;
	if (oci_config_parse(&image->config, image->config_text.p, image->config_text.len, err))
		return error_in(err, "config");
	if (image->layers > OCI_LAYERS_MAX)
		return error_set(err, E2BIG, "%zu layers, at most %u are supported", image->layers,
				 OCI_LAYERS_MAX);
	if (image->layers != image->config.n)
		return error_set(err, EINVAL, "%zu layers, but the config has %zu diff_ids",
				 image->layers, image->config.n);
	return check_platform(request, image, err);
}

int oci_image_find(struct oci_source *s, const struct oci_request *request, struct oci_image *image,
		   struct error *err)
{
	int rc;

	*image = (struct oci_image){ 0 };
	rc = find(s, request, image, err);
	if (rc)
		error_in(err, "%s", s->path);
	return rc;
}

void oci_image_release(struct oci_image *image)
{
	buf_release(&image->manifest_text);
	buf_release(&image->config_text);
	oci_document_release(&image->manifest);
	oci_docker_release(&image->docker);
	oci_config_release(&image->config);
}

const char *oci_image_layer(const struct oci_image *image, size_t i, char to[OCI_BLOB_NAME])
{
	return image->entry ? image->entry->layers[i]
			    : oci_blob_name(to, &image->manifest.layers[i].digest);
}
