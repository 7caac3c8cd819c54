/* SPDX-License-Identifier: GPL-2.0-only */
/* The source tree that changes under a run, and what can happen to a file. */
#ifndef CFS_TESTS_FAULT_TREE_H
#define CFS_TESTS_FAULT_TREE_H

/* @to, which is removed first, becomes a copy: types, modes, times, user.one. */
void tree_copy(const char *from, const char *to);

enum action {
	GROW,
	SHRINK,
	EMPTY_IT,
	REWRITE, /* in place, other bytes, the same size */
	DELETE,
	TO_LINK, /* to the file of the same name below outside/ */
	TO_FIFO,
	TO_DEVICE, /* /dev/zero */
	TO_DIRECTORY,
	TO_OTHER, /* another file takes the name */
	MODE,
	ACTIONS, /* of files; for directories: */
	PARENT_TO_LINK = ACTIONS,
	PARENT_TO_OTHER,
	PARENT_GONE,
	ALL_ACTIONS,
};
extern const char *const action_names[ALL_ACTIONS];

/* Do it to @victim, a path below @top. Times become those of a fixed moment. */
void tree_change(enum action action, const char *top, const char *victim);

#endif
