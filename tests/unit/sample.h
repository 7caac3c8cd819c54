/* SPDX-License-Identifier: GPL-2.0-only */
/* Images for tests: made from dump text, one that has every kind of inode, and where its parts are. */
#ifndef CFS_TESTS_SAMPLE_H
#define CFS_TESTS_SAMPLE_H

#include "base/buf.h"
#include "image/image.h"

struct sample {
	u8 *bytes;
	u64 len;
};

/* The image of a dump; ends the program if there is none. */
void sample_make(struct sample *s, const char *dump, size_t len, unsigned int min,
		 unsigned int max);
void sample_release(struct sample *s);

/* A dump with every kind of inode, and its image (version 1): more than 16 KiB. */
void sample_text(struct buf *b);
void sample_all(struct sample *s);

/* Offsets of what belongs to a path of a good image; all end the program if it is not there. */
u64 sample_inode(const struct sample *s, const char *path);
u64 sample_area(const struct sample *s, const char *path);                    /* xattr area */
u64 sample_xattr(const struct sample *s, const char *path, const char *name); /* its entry */
u64 sample_dirent(const struct sample *s, const char *path,
		  const char *name);                                         /* in the directory */
u64 sample_name(const struct sample *s, const char *path, const char *name); /* its bytes there */
u64 sample_data(const struct sample *s, const char *path, u64 piece); /* piece of the content */

/* A little endian number of @width bytes. */
void sample_put(struct sample *s, u64 off, unsigned int width, u64 value);

/* What the cursor says of an image: the dump, and the listing with objects; -1 if it fails. */
int sample_dump(const struct image *img, struct buf *b);

#endif
