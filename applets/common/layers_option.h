/* SPDX-License-Identifier: GPL-2.0-only */
/* --whiteouts=apply|overlay|keep, of json-convert and mkfs --from-tar (toc-json 6). */
#ifndef CFS_APPLETS_LAYERS_OPTION_H
#define CFS_APPLETS_LAYERS_OPTION_H

#include "source/layers/layers.h"

/* @value NULL: the default. Ends the process with 2 for another value, and for overlay with several inputs. */
enum whiteouts layers_option(const char *value, unsigned int inputs);

#endif
