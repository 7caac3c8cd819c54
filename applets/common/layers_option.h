/* SPDX-License-Identifier: GPL-2.0-only */
/* --whiteouts=apply|overlay|keep of json-convert and mkfs --from-tar (tables of contents 6). */
#ifndef CFS_APPLETS_LAYERS_OPTION_H
#define CFS_APPLETS_LAYERS_OPTION_H

#include "source/layers/layers.h"

/*
 * Parse the value; NULL is the default. Another value, and overlay with several inputs,
 * end the process with status 2.
 */
enum whiteouts layers_option(const char *value, unsigned int inputs);

#endif
