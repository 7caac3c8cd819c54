// SPDX-License-Identifier: GPL-2.0-only
#include "source/tar/member.h"

#include "core/erofs.h"

static int bad(struct error *err, const char *text)
{
	return error_set(err, EINVAL, "%s", text);
}

/* The form of every number is checked, also where pax replaces it. */
static int check_forms(const u8 *block, bool device, struct error *err)
{
	const struct tar_field *fields[] = { &tar_f_mode,  &tar_f_uid,   &tar_f_gid,  &tar_f_size,
					     &tar_f_mtime, &tar_f_major, &tar_f_minor };
	size_t n = sizeof(fields) / sizeof(*fields) - (device ? 0 : 2);
	struct tar_number number;

	for (size_t i = 0; i < n; i++)
		if (tar_number(block, *fields[i], &number, err))
			return -1;
	return 0;
}

static void set_name(struct tar_member *m, const char *s, size_t len)
{
	m->name = s;
	m->name_len = len;
}

/*
 * Programs disagree on which of two extensions counts: Go takes that of GNU, GNU
 * tar and Python take the one that comes last or that of pax.
 */
static int check_extensions(const struct tar_member *m, const struct tar_extensions *ext,
			    struct error *err)
{
	if (ext->has_name && (m->pax.path.s || m->pax.sp_name.s))
		return bad(err, "a pax header and a GNU long name both name it, "
				"and programs disagree on which one counts");
	if (ext->has_link && m->pax.linkpath.s)
		return bad(err, "a pax header and a GNU long link both give its target, "
				"and programs disagree on which one counts");
	return 0;
}

/* Take the name from the first of: GNU L, GNU.sparse.name, pax path, header with prefix. */
static int find_name(struct tar_member *m, const u8 *block, const struct tar_extensions *ext,
		     bool sparse, struct error *err)
{
	const char *s, *prefix;
	size_t len, prefix_len;

	if (ext->has_name) {
		set_name(m, ext->name.p, ext->name.len);
		return 0;
	}
	if (sparse && m->pax.sp_name.s) {
		set_name(m, m->pax.sp_name.s, m->pax.sp_name.len);
		return 0;
	}
	if (m->pax.path.s) {
		set_name(m, m->pax.path.s, m->pax.path.len);
		return 0;
	}
	len = tar_string(block, tar_f_name, &s);
	set_name(m, s, len);
	if (!tar_has_prefix(block))
		return 0;
	prefix_len = tar_string(block, tar_f_prefix, &prefix);
	m->path.len = 0;
	buf_add(&m->path, prefix, prefix_len);
	buf_byte(&m->path, '/');
	buf_add(&m->path, s, len);
	if (m->path.failed)
		return error_nomem(err);
	set_name(m, m->path.p, m->path.len);
	return 0;
}

static void find_link(struct tar_member *m, const u8 *block, const struct tar_extensions *ext)
{
	if (ext->has_link) {
		m->link = ext->link.p;
		m->link_len = ext->link.len;
	} else if (m->pax.linkpath.s) {
		m->link = m->pax.linkpath.s;
		m->link_len = m->pax.linkpath.len;
	} else {
		m->link_len = tar_string(block, tar_f_link, &m->link);
	}
}

static int find_id(const u8 *block, const struct tar_field *field, const struct tar_value *pax,
		   u32 *out, struct error *err)
{
	u64 v;

	if (pax->s ? tar_pax_number(pax, field->name, UINT32_MAX, &v, err)
		   : tar_count(block, *field, UINT32_MAX, &v, err))
		return -1;
	*out = (u32)v;
	return 0;
}

static int find_time(struct tar_member *m, const u8 *block, struct error *err)
{
	struct tar_number n;

	m->mtime_nsec = 0;
	if (m->pax.mtime.s)
		return tar_pax_time(&m->pax.mtime, &m->mtime, &m->mtime_nsec, err);
	if (tar_number(block, tar_f_mtime, &n, err))
		return -1;
	if (n.huge || n.v > (u64)INT64_MAX + n.minus)
		return bad(err, "mtime does not fit");
	m->mtime = (s64)(n.minus ? -n.v : n.v);
	return 0;
}

static int find_device(struct tar_member *m, const u8 *block, struct error *err)
{
	u64 major, minor;

	if (tar_format(block) == TAR_V7)
		return bad(err, "device in an archive of V7, which has no device numbers");
	if (tar_count(block, tar_f_major, 4095, &major, err) ||
	    tar_count(block, tar_f_minor, (1 << 20) - 1, &minor, err))
		return -1;
	m->rdev = (u32)((minor & 0xff) | major << 8 | (minor & ~(u64)0xff) << 12);
	return 0;
}

static bool is_regular(u8 type)
{
	return type == '0' || type == 0 || type == '7' || type == 'S';
}

/* Find the type bits of the mode; hard links have none. */
static int find_type(const struct tar_member *m, const u8 *block, u32 *mode, struct error *err)
{
	static const u32 modes[] = { CFS_IFREG, 0,         CFS_IFLNK, CFS_IFCHR,
				     CFS_IFBLK, CFS_IFDIR, CFS_IFIFO, CFS_IFREG };
	u8 type = block[TAR_AT_TYPE];
	bool slash = m->name_len && m->name[m->name_len - 1] == '/';

	if (type == 'S' && tar_format(block) != TAR_GNU)
		return bad(err, "sparse file of GNU without its magic");
	if (is_regular(type)) {
		*mode = type == 0 && slash ? CFS_IFDIR : CFS_IFREG;
		return slash && type ? bad(err, "regular file with a slash at the end of its name")
				     : 0;
	}
	if (type < '0' || type > '7')
		return error_set(err, EINVAL,
				 type > ' ' && type < 0x7f ? "unsupported member type %c"
							   : "unsupported member type 0x%02x",
				 type);
	*mode = modes[type - '0'];
	return 0;
}

/* Find how many bytes of data follow, and the size of a file. */
static int find_size(struct tar_member *m, const u8 *block, struct error *err)
{
	u8 type = block[TAR_AT_TYPE];

	m->stored = m->size = 0;
	if (m->pax.size.s
		    ? tar_pax_number(&m->pax.size, "size", INT64_MAX, &m->stored, err)
		    : is_regular(type) && tar_count(block, tar_f_size, INT64_MAX, &m->stored, err))
		return -1;
	if (!is_regular(type))
		m->stored = 0;
	m->size = m->stored;
	return 0;
}

/*
 * POSIX lets a hard link in a pax archive carry the content of the file. bsdtar
 * reads it, Go, GNU tar and Python take the content for the next header.
 */
static int check_body(const struct tar_member *m, const u8 *block, bool pax_archive,
		      struct error *err)
{
	u64 size = 0;

	if (block[TAR_AT_TYPE] != '1' || !pax_archive)
		return 0;
	if (m->pax.size.s ? tar_pax_number(&m->pax.size, "size", INT64_MAX, &size, err)
			  : tar_count(block, tar_f_size, INT64_MAX, &size, err))
		return -1;
	if (size)
		return bad(err, "hard link with a body in a pax archive, "
				"and programs disagree on where the next header is");
	return 0;
}

static int check_target(const struct tar_member *m, struct error *err)
{
	if (m->mode == 0 && m->link_len > TAR_PATH_MAX)
		return bad(err, "target of the hard link is more than 4095 bytes");
	if (m->mode == 0)
		return m->link_len ? 0 : bad(err, "hard link without target");
	if (!m->link_len || m->link_len > CFS_PATH_MAX || memchr(m->link, 0, m->link_len))
		return bad(err, "target of a symlink is not 1 to 4095 bytes without NUL");
	return 0;
}

int tar_member_parse(struct tar_member *m, const u8 block[TAR_BLOCK],
		     const struct tar_extensions *ext, struct error *err)
{
	u8 type = block[TAR_AT_TYPE];
	bool device = type == '3' || type == '4';
	struct tar_number mode;
	u32 bits = 0;

	m->name = NULL;
	m->rdev = 0;
	m->pax = (struct tar_pax){ 0 };
	m->name_len = tar_string(block, tar_f_name, &m->name);
	if (ext->has_pax && tar_pax_parse(&m->pax, ext->pax.p, ext->pax.len, false, err))
		return -1;
	m->sparse = type == 'S' || (m->pax.sparse && (type == '0' || type == 0 || type == '7'));
	if (check_extensions(m, ext, err) ||
	    find_name(m, block, ext, m->sparse && type != 'S', err) ||
	    check_forms(block, device, err) || find_type(m, block, &bits, err) ||
	    find_size(m, block, err) || find_time(m, block, err) ||
	    find_id(block, &tar_f_uid, &m->pax.uid, &m->uid, err) ||
	    find_id(block, &tar_f_gid, &m->pax.gid, &m->gid, err) ||
	    tar_number(block, tar_f_mode, &mode, err))
		return -1;
	if (!m->name_len)
		return bad(err, "empty name");
	if (m->name_len > TAR_PATH_MAX)
		return bad(err, "path of more than 4095 bytes");
	if (check_body(m, block, ext->pax_archive, err))
		return -1;
	if (mode.minus && mode.v)
		return bad(err, "mode is negative");
	m->mode = bits | (bits ? (u32)(mode.v & 07777) : 0);
	find_link(m, block, ext);
	if ((type == '1' || type == '2') && check_target(m, err))
		return -1;
	return device ? find_device(m, block, err) : 0;
}
