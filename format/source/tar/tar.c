// SPDX-License-Identifier: GPL-2.0-only
#include "source/tar/tar_inside.h"

#include <stdlib.h>
#include "core/erofs.h"

/* Put the file and the member before the text. */
static int in_member(struct tar *t)
{
	size_t len = t->m.name_len < 1000 ? t->m.name_len : 1000;

	if (t->s.failed)
		return -1;
	return error_in(t->err, "%s: member %.*s", t->file, (int)len, t->m.name ? t->m.name : "");
}

/* An error about the header that was read last. */
static int in_block(struct tar *t, const char *text)
{
	error_set(t->err, EBADMSG, "%s", text);
	return tar_stream_in(&t->s, TAR_BLOCK, t->err);
}

static int cut_short(struct tar *t)
{
	error_set(t->err, EBADMSG, "ends too early");
	return tar_stream_in(&t->s, 0, t->err);
}

/* ---- members ---- */

static int add_node(struct tar *t, struct place *place)
{
	struct node *node = tar_make_node(t);

	if (!node)
		return -1;
	return layers_append(&t->layers, place, &node->name) ? error_nomem(t->err) : 0;
}

static int add_link(struct tar *t, struct place *place)
{
	struct link *link = layers_link(&t->layers, t->m.link, t->m.link_len, t->layer, t->err);

	if (!link)
		return -1;
	return layers_append(&t->layers, place, &link->name) ? error_nomem(t->err) : 0;
}

/* Skip the data and padding in front of the next header. 0; 1: the archive ends without padding; -1. */
static int skip_rest(struct tar *t, u64 stored)
{
	u64 padding = -stored & (TAR_BLOCK - 1);
	s64 n = tar_stream_skip(&t->s, t->left, t->err);

	if (n < 0)
		return -1;
	if ((u64)n < t->left)
		return cut_short(t);
	n = tar_stream_skip(&t->s, padding, t->err);
	if (n < 0)
		return -1;
	if (padding && !n)
		return 1;
	return (u64)n < padding ? cut_short(t) : 0;
}

static int put_member(struct tar *t)
{
	const struct tar_member *m = &t->m;
	const struct layers_name what = { .line = t->layer,
					  .is_dir = (m->mode & CFS_IFMT) == CFS_IFDIR,
					  .uid = m->uid,
					  .gid = m->gid };
	struct place *place;

	if (t->members)
		return tar_keep_member(t, &what);
	if (layers_name(&t->layers, m->name, m->name_len, &what, &place, t->err))
		return -1;
	if (!place)
		return 0;
	return m->mode ? add_node(t, place) : add_link(t, place);
}

static int see_member(struct tar *t)
{
	const struct tar_member *m = &t->m;
	const struct tar_seen seen = { .name = m->name,
				       .len = m->name_len,
				       .mode = m->mode,
				       .link = m->link,
				       .link_len = m->link_len,
				       .size = t->left,
				       .offset = t->s.taken,
				       .sparse = m->sparse };

	return t->see(t->see_arg, t, &seen, t->err);
}

static int member(struct tar *t, const u8 *block)
{
	struct tar_member *m = &t->m;
	u64 stored;

	if (tar_member_parse(m, block, &t->ext, t->err))
		return in_member(t);
	t->ext.has_pax = t->ext.has_name = t->ext.has_link = false;
	tar_warn_rights(t, &m->pax, m->name, m->name_len);
	stored = m->stored;
	t->left = stored;
	if (m->sparse &&
	    (block[TAR_AT_TYPE] == 'S' ? tar_map_gnu(&t->map, &t->s, block, &t->left, t->err)
				       : tar_map_pax(&t->map, &t->s, &m->pax, &t->left, t->err)))
		return in_member(t);
	if (t->see)
		return see_member(t) ? -1 : skip_rest(t, stored);
	if (put_member(t))
		return in_member(t);
	if (t->options->progress)
		t->options->progress(t->options->progress_arg, 1, 0);
	return skip_rest(t, stored);
}

/* Read the data of an extension header. */
static int read_extension(struct tar *t, struct buf *b, u64 size)
{
	char *room;
	ssize_t n;
	int rc;

	if (size > TAR_EXTENSION)
		return in_block(t, "extension header of more than 1 MiB");
	b->len = 0;
	room = buf_room(b, (size_t)size + 1);
	if (!room) {
		error_nomem(t->err);
		return error_in(t->err, "%s", t->file);
	}
	n = tar_stream_read(&t->s, room, (size_t)size, t->err);
	if (n < 0)
		return -1;
	b->len = (size_t)n;
	t->left = 0;
	rc = (u64)n < size ? 1 : skip_rest(t, size);
	return rc > 0 ? cut_short(t) : rc;
}

/* A global pax header, which must have no effect. */
static int global_header(struct tar *t, u64 size)
{
	struct buf data = { 0 };
	struct tar_pax pax;
	int rc = read_extension(t, &data, size);

	if (!rc && tar_pax_parse(&pax, data.p, data.len, true, t->err))
		rc = tar_stream_in(&t->s, TAR_BLOCK, t->err);
	if (!rc)
		tar_warn_rights(t, &pax, "of a global header", strlen("of a global header"));
	buf_release(&data);
	return rc;
}

static int pax_header(struct tar *t, u64 size)
{
	if (t->ext.has_pax)
		return in_block(t, "second pax header for one member");
	t->ext.has_pax = true;
	return read_extension(t, &t->ext.pax, size);
}

/* L or K. A second one that says the same is accepted, as GNU tar does. */
static int long_header(struct tar *t, bool *has, struct buf *b, u64 size)
{
	struct buf *to = *has ? &t->ext.again : b;

	if (read_extension(t, to, size))
		return -1;
	to->len = strnlen(to->p, to->len);
	if (*has && (to->len != b->len || memcmp(to->p, b->p, b->len)))
		return in_block(
			t, "second GNU long name for one member, which differs from the first");
	*has = true;
	return 0;
}

/* x, g, L and K. */
static int extension(struct tar *t, const u8 *block)
{
	u8 type = block[TAR_AT_TYPE];
	u64 size;

	if (tar_count(block, tar_f_size, INT64_MAX, &size, t->err))
		return tar_stream_in(&t->s, TAR_BLOCK, t->err);
	t->ext.pax_archive = t->ext.pax_archive || type == 'x' || type == 'g';
	switch (type) {
	case 'g':
		return global_header(t, size);
	case 'x':
		return pax_header(t, size);
	case 'L':
		return long_header(t, &t->ext.has_name, &t->ext.name, size);
	default:
		return long_header(t, &t->ext.has_link, &t->ext.link, size);
	}
}

/* Skip a volume label. */
static int volume(struct tar *t, const u8 *block)
{
	u64 size;

	if (t->ext.has_pax || t->ext.has_name || t->ext.has_link)
		return in_block(t, "extension header in front of a volume label");
	if (tar_count(block, tar_f_size, INT64_MAX, &size, t->err))
		return tar_stream_in(&t->s, TAR_BLOCK, t->err);
	t->left = size;
	return skip_rest(t, size);
}

/* ---- the archive ---- */

static int not_a_header(struct tar *t, const u8 *block)
{
	static const struct {
		const char *name, *magic;
		size_t len;
	} others[] = {
		{ "xz", "\xfd\x37zXZ", 6 },
		{ "bzip2", "BZh", 3 },
		{ "lzip", "LZIP", 4 },
		{ "lz4", "\x04\x22\x4d\x18", 4 },
		{ "lz4", "\x02\x21\x4c\x18", 4 },
	};
	bool first = t->s.taken <= TAR_BLOCK;

	for (size_t i = 0; first && i < sizeof(others) / sizeof(*others); i++) {
		if (memcmp(block, others[i].magic, others[i].len))
			continue;
		error_set(t->err, EBADMSG, "is compressed with %s, which is not supported",
			  others[i].name);
		return tar_stream_in(&t->s, TAR_BLOCK, t->err);
	}
	return in_block(t, first ? "not a tar archive: the checksum of the header is wrong"
				 : "the checksum of the header is wrong");
}

/* After a block of zeros: another one or the end must follow. Anything behind that is ignored. */
static int end_mark(struct tar *t)
{
	u8 block[TAR_BLOCK];
	ssize_t n = tar_stream_read(&t->s, block, sizeof(block), t->err);

	if (n < 0)
		return -1;
	if (n > 0 && n < (ssize_t)TAR_BLOCK)
		return cut_short(t);
	if (n && !tar_is_zero(block))
		return in_block(t, "something follows a single block of zeros");
	if (!t->s.in.compressed && S_ISREG(t->s.in.st.st_mode) && strcmp(t->file, "-"))
		return 0;
	return tar_stream_skip(&t->s, UINT64_MAX, t->err) < 0 ? -1 : 0;
}

/* Read the next header and its data. 1: there may be more; 0: the archive has ended; -1. */
static int next(struct tar *t)
{
	u8 block[TAR_BLOCK] = { 0 };
	ssize_t n = tar_stream_read(&t->s, block, sizeof(block), t->err);
	bool pending = t->ext.has_pax || t->ext.has_name || t->ext.has_link;
	int rc;

	if (n < 0)
		return -1;
	if (n > 0 && n < (ssize_t)TAR_BLOCK)
		return t->s.taken < TAR_BLOCK ? not_a_header(t, block) : cut_short(t);
	if (!n && !t->s.taken) {
		error_set(t->err, EBADMSG, "not a tar archive: it is empty");
		return tar_stream_in(&t->s, 0, t->err);
	}
	if ((!n || tar_is_zero(block)) && pending) {
		error_set(t->err, EBADMSG, "an extension header has no member");
		return tar_stream_in(&t->s, (u64)n, t->err);
	}
	if (!n) {
		notes_add(t->options->notes, "%s: has no end mark and may be truncated", t->file);
		return 0;
	}
	if (tar_is_zero(block))
		return end_mark(t);
	if (!tar_checksum_is_right(block))
		return not_a_header(t, block);
	if (tar_is_extension(block[TAR_AT_TYPE]))
		return extension(t, block) ? -1 : 1;
	rc = block[TAR_AT_TYPE] == 'V' ? volume(t, block) : member(t, block);
	if (rc == 1)
		notes_add(t->options->notes,
			  "%s: ends without padding and end mark; it may have been cut", t->file);
	return rc < 0 ? -1 : !rc;
}

/* Put the file and the member at which layers_end() failed before the text. */
static int in_layers(struct tar *t, char *const *files)
{
	const struct layers *l = &t->layers;

	tar_in_fault(l, t->err);
	return error_in(t->err, "%s",
			l->fault_line ? files[(l->fault_line & LAYER_MASK) - 1] : t->file);
}

/* Read all members. -1 and a text. */
static int read_all(struct tar *t)
{
	int rc;

	t->ext.pax_archive = false;
	do
		rc = next(t);
	while (rc > 0);
	return rc;
}

/* Read all members, then put the layer over the others. */
static int read_members(struct tar *t, char *const *files)
{
	u32 implied = t->layers.implied;

	if (read_all(t))
		return -1;
	if (layers_end(&t->layers, t->err))
		return in_layers(t, files);
	/* A directory that no member names costs as much as one that is named. */
	if (t->options->progress)
		t->options->progress(t->options->progress_arg, t->layers.implied - implied, 0);
	return 0;
}

static int open_file(struct tar *t)
{
	int fd = -1;

	if (t->options->in)
		return tar_stream_take(&t->s, t->options->in, t->err);
	if (t->options->open) {
		fd = t->options->open(t->options->open_arg, t->layer - 1, t->err);
		if (fd < 0)
			return -1;
	}
	return tar_stream_open(&t->s, t->file, fd, t->err);
}

static int read_file(struct tar *t, char *const *files)
{
	const struct stat *image = t->options->image;
	int rc;

	t->file = files[t->layer - 1];
	if (open_file(t))
		return -1;
	if (image && image->st_dev == t->s.in.st.st_dev && image->st_ino == t->s.in.st.st_ino)
		rc = error_set(t->err, EINVAL, "%s: is an input and cannot be the output as well",
			       t->file);
	else
		rc = read_members(t, files);
	tar_stream_release(&t->s);
	return rc;
}

int tar_finish_nodes(struct tree *tree, bool use_epoch, char *const *names, struct error *err)
{
	struct buf b = { 0 };

	for (struct name *n = &tree->root->name; n; n = tree_next(n)) {
		struct node *node = (struct node *)n;

		if (n->is_link)
			continue;
		if (use_epoch) {
			node->mtime = 0;
			node->mtime_nsec = 0;
		}
		if (!(n->origin & TOO_MANY) || n->origin == UINT32_MAX)
			continue;
		tree_path(&b, n);
		errno = ENOSPC;
		xattr_failed(err);
		if (b.len)
			tar_in_path(err, &b);
		buf_release(&b);
		return error_in(err, "%s", names[(n->origin & LAYER_MASK) - 1]);
	}
	return 0;
}

static void release(struct tar *t)
{
	buf_release(&t->ext.pax);
	buf_release(&t->ext.name);
	buf_release(&t->ext.link);
	buf_release(&t->ext.again);
	buf_release(&t->m.path);
	buf_release(&t->map.b);
	tar_attrs_release(&t->attrs);
	layers_release(&t->layers);
	if (t->content)
		content_close(t->content);
}

int tar_files(struct tree *tree, char *const *files, const struct tar_options *options,
	      struct error *err)
{
	struct tar t = { .options = options, .err = err };
	int rc = layers_init(&t.layers, tree, options->whiteouts);
	u32 line;

	t.layers.skip_devices = options->skip_devices;
	t.content = content_open(options->store, options->algorithm, NULL);
	if (rc || !t.content)
		rc = error_nomem(err);
	for (t.layer = 1; !rc && files[t.layer - 1]; t.layer++)
		rc = read_file(&t, files);
	if (!rc && content_finish(t.content, err))
		rc = error_in(err, "%s", files[0]);
	if (!rc)
		rc = layers_finish(&t.layers, err);
	if (!rc)
		rc = tar_finish_nodes(tree, options->use_epoch, files, err);
	release(&t);
	return rc ? rc : tree_seal(tree, &line, err);
}

/* ---- archives one by one ---- */

struct tar *tar_begin(struct tree *tree, const struct tar_options *options)
{
	struct tar *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->options = options;
	t->content = content_open(options->store, options->algorithm, NULL);
	if (layers_init(&t->layers, tree, options->whiteouts) || !t->content) {
		release(t);
		free(t);
		return NULL;
	}
	return t;
}

int tar_read(struct tar *t, const struct input *in, const char *name, struct tar_members *members,
	     struct error *err)
{
	int rc;

	t->err = err;
	t->file = name;
	t->members = members;
	t->ext.has_pax = t->ext.has_name = t->ext.has_link = false;
	*members = (struct tar_members){ .end = &members->first };
	if (tar_stream_take(&t->s, in, err))
		return -1;
	rc = read_all(t);
	tar_stream_release(&t->s);
	return rc;
}

int tar_end(struct tar *t, int rc, struct error *err)
{
	if (!rc && content_finish(t->content, err))
		rc = -1;
	release(t);
	free(t);
	return rc;
}

ssize_t tar_see_data(struct tar *t, void *to, size_t len, struct error *err)
{
	t->err = err;
	return tar_read_data(t, to, len, err);
}

int tar_see(const struct input *in, const char *name, struct notes *notes, tar_see_fn *see,
	    void *arg, struct error *err)
{
	const struct tar_options options = { .notes = notes };
	struct tar t = {
		.options = &options, .file = name, .see = see, .see_arg = arg, .err = err
	};
	int rc;

	if (tar_stream_take(&t.s, in, err))
		return -1;
	rc = read_all(&t);
	tar_stream_release(&t.s);
	release(&t);
	return rc;
}
