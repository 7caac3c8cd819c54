/* SPDX-License-Identifier: GPL-2.0-only */
/* Tar archives as layers of one tree; contents are hashed or stored (tar). */
#ifndef CFS_SOURCE_TAR_TAR_H
#define CFS_SOURCE_TAR_TAR_H

#include <sys/stat.h>
#include "store/content.h"
#include "source/layers/layers.h"
#include "source/tar/acl.h"

#define TAR_INLINE 64            /* files of up to that many bytes are inlined */
#define TAR_EXTENSION (1u << 20) /* bytes of an extension header */

struct tar_options {
	enum whiteouts whiteouts;
	bool use_epoch;           /* every mtime is 0 */
	bool skip_xattrs;         /* none */
	bool user_xattrs;         /* only user.* */
	bool skip_devices;        /* no character and block devices of the archives */
	u8 algorithm;             /* of the digests */
	struct store *store;      /* keeps what is not inlined; NULL: it is only hashed */
	const struct stat *image; /* the file that must not be an input; NULL: none */
	struct tar_ids ids;       /* the numbers of users and groups that ACLs name */
	struct notes *notes;
	/* The only file, open and not read; it is released here. NULL: see open. */
	const struct input *in;
	/* A descriptor of file @i, to be closed here. NULL: the files are opened by name. -1 and a text. */
	int (*open)(void *arg, unsigned int i, struct error *err);
	void *open_arg;
	/* Report the names and bytes that were added since the last call. May be NULL. */
	void (*progress)(void *arg, u64 names, u64 bytes);
	void *progress_arg;
};

/*
 * Make the tree of all @files, bottom to top, NULL behind the last one, and seal
 * it; "-" is stdin. -1 and a text that begins with the name of a file.
 */
int tar_files(struct tree *tree, char *const *files, const struct tar_options *options,
	      struct error *err);

struct tar;

/*
 * The members of an archive in their order, kept in the memory of a tree to be put into it,
 * or into another one, once or several times.
 */
struct tar_members {
	struct tar_kept *first, **end;
};

/* Read archives one by one into lists. NULL without memory. The options' open is not used. */
struct tar *tar_begin(struct tree *tree, const struct tar_options *options);

/*
 * Read an archive from @in, which it releases. The digests of its files are there after
 * tar_end(). -1 and a text that begins with @name.
 */
int tar_read(struct tar *t, const struct input *in, const char *name, struct tar_members *members,
	     struct error *err);

/* Complete all digests, if @rc is 0, and release everything but the lists. @rc, or -1 and a text. */
int tar_end(struct tar *t, int rc, struct error *err);

/* How the members of a list become part of a tree. */
struct tar_put {
	u32 layer;            /* its number, from 1 */
	bool in_order;        /* each member acts on the tree as it is at that moment; below */
	bool only_capability; /* of the xattrs only security.capability, */
	bool and_user;        /* and user.* */
	bool own_removed; /* set: in_order, and a whiteout has removed a member of the same archive */
};

/*
 * Put the members into the layers and end the layer. @in_order: the directory of a member and
 * the target of a hard link must be there, and a whiteout removes members of the same archive
 * that came before. -1 and a text.
 */
int tar_put(struct layers *l, const struct tar_members *members, struct tar_put *put,
	    struct error *err);

/*
 * Complete a tree that layers_finish() has made of such lists: check the sums of extended
 * attributes and set the times. The text of an error begins with the name of the layer,
 * @names[N - 1].
 */
int tar_finish_nodes(struct tree *tree, bool use_epoch, char *const *names, struct error *err);

/* A member of an archive that is only looked at. */
struct tar_seen {
	const char *name; /* as it is spelt, not terminated */
	size_t len;
	u32 mode; /* type and permissions; 0: a hard link */
	const char *link;
	size_t link_len;
	u64 size, offset; /* of the data, in the decompressed archive */
	bool sparse;
};

/* Called for each member. Its data can be read with tar_see_data(). -1 and a text stop the walk. */
typedef int tar_see_fn(void *arg, struct tar *t, const struct tar_seen *m, struct error *err);

/* Up to @len bytes of the member's data, fewer only at the end. -1 and a text. */
ssize_t tar_see_data(struct tar *t, void *to, size_t len, struct error *err);

/* Look at all members of an archive. @in is released. -1 and a text that begins with @name. */
int tar_see(const struct input *in, const char *name, struct notes *notes, tar_see_fn *see,
	    void *arg, struct error *err);

#endif
