// SPDX-License-Identifier: GPL-2.0-only
/* Print the lines and the summary of cfs verify. */
#include "applets/verify/verify.h"

static const char *const kinds[] = {
	[KIND_OK] = "ok",
	[KIND_UNREADABLE] = "unreadable",
	[KIND_MISSING] = "missing",
	[KIND_WRONG_TYPE] = "wrong-type",
	[KIND_WRONG_SIZE] = "wrong-size",
	[KIND_WRONG_CONTENT] = "wrong-content",
	[KIND_NO_DIGEST] = "no-digest",
	[KIND_NO_VERITY] = "no-verity",
	[KIND_REPAIRED] = "repaired",
	[KIND_BAD_IMAGE] = "bad-image",
	[KIND_ODD_IMAGE] = "odd-image",
	[KIND_NOT_CANONICAL] = "not-canonical",
	[KIND_BAD_DIGEST] = "bad-digest",
	[KIND_BAD_SIGNATURE] = "bad-signature",
	[KIND_BAD_STATEMENT] = "bad-statement",
	[KIND_BAD_REPO] = "bad-repo",
	[KIND_BAD_NAME] = "bad-name",
	[KIND_BAD_LINK] = "bad-link",
};

/* @flags as for buf_escape(): those that ls uses for this kind of name. */
static void column(struct buf *b, const char *s, size_t len, unsigned int flags)
{
	buf_byte(b, '\t');
	if (s)
		buf_escape(b, s, len, flags);
	else
		buf_byte(b, '-');
}

static void print_text(struct buf *b, const struct finding *f)
{
	buf_str(b, kinds[f->kind]);
	column(b, f->image, f->image ? strlen(f->image) : 0, ESCAPE_SPACE_OK);
	column(b, f->object, f->object_len, 0);
	column(b, f->path, f->path_len, ESCAPE_SPACE_OK);
	column(b, f->detail, f->detail ? strlen(f->detail) : 0, ESCAPE_SPACE_OK);
	buf_byte(b, '\n');
}

static void print_json(struct buf *b, const struct finding *f)
{
	struct json j;

	json_open(&j, b);
	json_string(&j, "kind", kinds[f->kind]);
	if (f->image)
		json_string(&j, "image", f->image);
	if (f->object)
		json_bytes(&j, "object", f->object, f->object_len);
	if (f->path)
		json_bytes(&j, "path", f->path, f->path_len);
	if (f->detail)
		json_string(&j, "detail", f->detail);
	json_close(&j);
}

int report_line(struct verify *v, const struct finding *f, struct error *err)
{
	if (f->kind == KIND_UNREADABLE)
		v->unchecked++;
	else if (f->kind == KIND_REPAIRED)
		v->repaired++;
	else if (f->kind != KIND_OK && !(f->kind == KIND_ODD_IMAGE && v->digest.algorithm))
		v->problems++; /* an odd image is what it should be if it has the digest */
	if (f->kind == KIND_OK && !option_verbose)
		return 0;
	if (v->json)
		print_json(&v->out.line, f);
	else
		print_text(&v->out.line, f);
	return output_poll(&v->out, err);
}

static void summary_json(struct verify *v)
{
	struct json j;

	json_open(&j, &v->out.line);
	json_number(&j, "images", v->images);
	json_number(&j, "objects", v->objects);
	json_number(&j, "bytes", v->bytes);
	json_number(&j, "problems", v->problems);
	json_number(&j, "unchecked", v->unchecked);
	json_number(&j, "without_digest", v->without_digest);
	json_number(&j, "repaired", v->repaired);
	json_close(&j);
}

static const char *plural(u64 n)
{
	return n == 1 ? "" : "s";
}

static void print_summary(const struct verify *v)
{
	u64 problems = v->problems + v->unchecked, bytes = v->bytes;

	complain("%llu image%s, %llu object%s, %llu byte%s, %llu problem%s",
		 (unsigned long long)v->images, plural(v->images), (unsigned long long)v->objects,
		 plural(v->objects), (unsigned long long)bytes, plural(bytes),
		 (unsigned long long)problems, plural(problems));
}

int report_end(struct verify *v, struct error *err)
{
	if (v->json)
		summary_json(v);
	if (output_end(&v->out, err))
		return -1;
	if (v->images && !v->dirs.n)
		warn("objects were not checked: use --basedir to say where they are");
	if (v->without_digest && !v->require_verity)
		warn("%llu %s no recorded digest: %s content was not checked",
		     (unsigned long long)v->without_digest,
		     v->without_digest == 1 ? "object has" : "objects have",
		     v->without_digest == 1 ? "its" : "their");
	if (!v->json && !option_quiet)
		print_summary(v);
	return 0;
}
