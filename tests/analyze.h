/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For analyzers, which look at one file at a time: these always return -1, as their
 * declarations say.
 */
#include "base/error.h"

#define error_set(...) ((error_set)(__VA_ARGS__), -1)
#define error_nomem(...) ((error_nomem)(__VA_ARGS__), -1)
#define error_in(...) ((error_in)(__VA_ARGS__), -1)
#define error_sys(...) ((error_sys)(__VA_ARGS__), -1)
