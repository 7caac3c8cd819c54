// SPDX-License-Identifier: GPL-2.0-only
/* The table of applets, searched by name. */
#include "applets/applet.h"

bool applet_word_in(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list && *list) {
		size_t word = strcspn(list, " ");

		if (word == len && !memcmp(list, name, len))
			return true;
		list += word + (list[word] == ' ');
	}
	return false;
}

const struct applet *applet_find(const char *name)
{
	for (const struct applet *const *a = applets; *a; a++)
		if (!strcmp((*a)->name, name) || applet_word_in((*a)->aliases, name))
			return *a;
	return NULL;
}
