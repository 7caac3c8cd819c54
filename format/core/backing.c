// SPDX-License-Identifier: GPL-2.0-only
#include "core/backing.h"

#define CFS_USER_OVERLAY "user.overlay."
#define CFS_LEN(s) ((u32)sizeof(s) - 1)

/*
 * True if the full name of @x begins with @head; *@rest is then the part behind it. In that
 * case the prefix of the index is a prefix of @head, or the name has none.
 */
static bool cfs_name_behind(const struct cfs_xattr *x, const char *head, u32 head_len,
			    struct cfs_span *rest)
{
	u32 n;
	const char *prefix = cfs_xattr_prefix(x->index, &n);

	if (n > head_len || head_len - n > x->suffix_len || memcmp(prefix, head, n) ||
	    memcmp(x->suffix, head + n, head_len - n))
		return false;
	rest->p = x->suffix + (head_len - n);
	rest->len = x->suffix_len - (head_len - n);
	return true;
}

static bool cfs_span_is(struct cfs_span s, const char *text, u32 len)
{
	return s.len == len && !memcmp(s.p, text, len);
}

/* Whether a component is ".."; with @odd, whether one is empty or ".". */
static bool cfs_path_scan(const char *path, size_t len, bool odd)
{
	size_t i = 0, start = 0;

	for (;; i++) {
		if (i < len && path[i] != '/')
			continue;
		if (odd && (i == start || (i - start == 1 && path[start] == '.')))
			return true;
		if (!odd && i - start == 2 && path[start] == '.' && path[start + 1] == '.')
			return true;
		if (i == len)
			return false;
		start = i + 1;
	}
}

bool cfs_path_has_dotdot(const char *path, size_t len)
{
	return cfs_path_scan(path, len, false);
}

bool cfs_path_is_odd(const char *path, size_t len)
{
	return cfs_path_scan(path, len, true);
}

static int cfs_redirect_decode(struct cfs_backing *b, const struct cfs_xattr *x,
			       struct cfs_fault *f)
{
	const char *path = (const char *)x->value;
	size_t nul;

	if (b->has_redirect)
		return cfs_refuse(f, 0, "two redirect xattrs on one inode");
	if (!x->len || path[0] != '/')
		return cfs_refuse(f, 0, "redirect does not begin with a slash");
	if (x->len == 1)
		return cfs_refuse(f, 0, "redirect to nothing");
	if (x->len > CFS_PATH_MAX + 1)
		return cfs_refuse(f, 0, "redirect of more than 4096 bytes");
	nul = strnlen(path, x->len);
	if (nul != x->len)
		return cfs_refuse(f, nul, "NUL in a redirect");
	b->path = path + 1;
	b->path_len = (u16)(x->len - 1);
	if (cfs_path_has_dotdot(b->path, b->path_len))
		return cfs_refuse(f, 0, "redirect with a component ..");
	b->has_redirect = true;
	return 0;
}

static int cfs_metacopy_decode(struct cfs_backing *b, const struct cfs_xattr *x,
			       struct cfs_fault *f)
{
	struct cfs_metacopy m;
	u8 algorithm;

	if (b->has_metacopy)
		return cfs_refuse(f, 0, "two metacopy xattrs on one inode");
	b->has_metacopy = true;
	if (!x->len)
		return 0;
	algorithm = x->len == cfs_metacopy_len(CFS_SHA512) ? CFS_SHA512 : CFS_SHA256;
	if (x->len != cfs_metacopy_len(algorithm))
		return cfs_refuse(f, 0, "metacopy of a length other than 0, 36 or 68");
	memcpy(&m, x->value, x->len);
	if (m.version)
		return cfs_refuse(f, 0, "unknown metacopy version");
	if (m.len != x->len)
		return cfs_refuse(f, 1, "metacopy with a wrong length byte");
	if (m.flags)
		return cfs_refuse(f, 2, "unknown metacopy flags");
	if (m.digest_algo != algorithm)
		return cfs_refuse(f, 3, "unknown metacopy digest algorithm");
	cfs_digest_set(&b->digest, m.digest_algo, m.digest);
	return 0;
}

/* The xattr called trusted.overlay. and then @rest: rules 1 to 6 of image format 15.2. */
static int cfs_overlay_xattr(struct cfs_backing *b, const struct cfs_xattr *x, struct cfs_span rest,
			     struct cfs_shown *shown, struct cfs_fault *f)
{
	const u32 escape = CFS_LEN(CFS_ESCAPE);

	if (rest.len >= escape && !memcmp(rest.p, CFS_ESCAPE, escape)) {
		rest = cfs_span_cut(rest, escape, rest.len - escape);
		if (b->is_file && b->is_empty && cfs_span_is(rest, "whiteout", 8)) {
			b->is_file = false;
			b->is_whiteout = true;
			return 0;
		}
		if (cfs_span_is(rest, "whiteouts", 9))
			return 0;
		shown->prefix = CFS_OVERLAY;
		shown->prefix_len = CFS_LEN(CFS_OVERLAY);
		shown->suffix = rest.p;
		shown->suffix_len = (u32)rest.len;
		return 1;
	}
	if (cfs_span_is(rest, "redirect", 8)) {
		b->any_redirect = true;
		return b->is_file ? cfs_redirect_decode(b, x, f) : 0;
	}
	if (cfs_span_is(rest, "metacopy", 8)) {
		b->any_metacopy = true;
		return b->is_file ? cfs_metacopy_decode(b, x, f) : 0;
	}
	if (cfs_span_is(rest, "opaque", 6) && x->len == 1 && x->value[0] == 'y')
		b->any_opaque = true;
	else
		b->any_other = true;
	return 0;
}

bool cfs_xattr_is_acl(const struct cfs_xattr *x)
{
	static const char access[] = "system.posix_acl_access", def[] = "system.posix_acl_default";
	struct cfs_span rest;

	if (x->index == EROFS_XATTR_INDEX_POSIX_ACL_ACCESS ||
	    x->index == EROFS_XATTR_INDEX_POSIX_ACL_DEFAULT)
		return !x->suffix_len;
	return x->index == EROFS_XATTR_INDEX_NONE &&
	       ((cfs_name_behind(x, access, CFS_LEN(access), &rest) && !rest.len) ||
		(cfs_name_behind(x, def, CFS_LEN(def), &rest) && !rest.len));
}

int cfs_backing_xattr(struct cfs_backing *b, const struct cfs_xattr *x, struct cfs_shown *shown,
		      struct cfs_fault *f)
{
	struct cfs_span rest;

	if (cfs_name_behind(x, CFS_OVERLAY, CFS_LEN(CFS_OVERLAY), &rest))
		return cfs_overlay_xattr(b, x, rest, shown, f);
	if (cfs_name_behind(x, CFS_USER_OVERLAY, CFS_LEN(CFS_USER_OVERLAY), &rest) &&
	    (cfs_span_is(rest, "whiteout", 8) || cfs_span_is(rest, "whiteouts", 9)))
		return 0;
	shown->prefix = cfs_xattr_prefix(x->index, &shown->prefix_len);
	shown->suffix = x->suffix;
	shown->suffix_len = x->suffix_len;
	return 1;
}
