// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/owners.h"
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Libraries that fake owners, by the beginning of their file names. */
static const char fakers[][16] = { "libfake", "libpseudo", "libuid_wrapper" };

static bool is_faker(const char *path, size_t len)
{
	for (size_t i = len; i; i--)
		if (path[i - 1] == '/') {
			path += i;
			len -= i;
			break;
		}
	for (size_t i = 0; i < sizeof(fakers) / sizeof(*fakers); i++)
		if (len >= strlen(fakers[i]) && !memcmp(path, fakers[i], strlen(fakers[i])))
			return true;
	return false;
}

/* The first faking library of a list that is separated by spaces and colons, or NULL. */
static const char *find_faker(const char *list, size_t *len)
{
	while (list && *list) {
		*len = strcspn(list, " :");
		if (is_faker(list, *len))
			return list;
		list += *len + (list[*len] != 0);
	}
	return NULL;
}

#ifdef CFS_DYNAMIC
static int see_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	return info->dlpi_name && is_faker(info->dlpi_name, strlen(info->dlpi_name));
}

/* The loader skips a library that was built for another C library. */
static bool is_loaded(void)
{
	return dl_iterate_phdr(see_object, NULL) != 0;
}
#define REMEDY "its library is not loaded into this program, which needs another C library"
#else
static bool is_loaded(void)
{
	return false;
}
#define REMEDY                                                                                     \
	"it does not reach a static program: use the program of \"make LINK=dynamic\", "           \
	"or a user namespace (unshare --map-auto --map-root-user)"
#endif

int owners_check(const char *path, struct error *err)
{
	size_t len = 0;
	const char *faker = find_faker(getenv("LD_PRELOAD"), &len);

	if ((!faker && !getenv("FAKEROOTKEY")) || is_loaded())
		return 0;
	if (faker)
		return error_set(err, ENOTSUP, "%s: LD_PRELOAD=%.*s fakes owners, but " REMEDY,
				 path, (int)len, faker);
	return error_set(err, ENOTSUP,
			 "%s: fakeroot fakes owners (FAKEROOTKEY is set), but " REMEDY, path);
}
