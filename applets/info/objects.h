/* SPDX-License-Identifier: GPL-2.0-only */
/* Several images at once, and the objects they use. */
#ifndef CFS_APPLETS_OBJECTS_H
#define CFS_APPLETS_OBJECTS_H

#include "applets/info/info.h"
#include "image/objects.h"

/*
 * Open and check all images, and collect their objects in order, each once.
 * @images: an array of them, which end with one of zeros. objects_close() is
 * due in any case. -1 and a text.
 */
int objects_open(struct objects *o, struct image **images, struct info *info, struct error *err);
void objects_close(struct objects *o, struct image *images);

/* Print the name of one object: raw, or on a terminal escaped as ls does. */
void objects_line(struct info *info, const char *name, size_t len);

#endif
