/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow by one element at a time. */
#ifndef CFS_BASE_GROW_H
#define CFS_BASE_GROW_H

#include <stddef.h>

/*
 * Make room for element @n of an array. @array is the address of the pointer to
 * the array, which comes from malloc() or is NULL; *@cap is the number of elements
 * it has room for; @size is the size of one. An array that is full grows by half
 * and by @step elements. Returns 0, or -1 without memory: the array is then as it was.
 */
int grow(void *array, size_t n, size_t *cap, size_t size, size_t step);

#endif
