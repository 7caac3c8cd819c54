/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of the fault tests, and the judge. The working directory holds
 *
 *	good/ good.img   the store and the image of a run without faults
 *	old.img          another image
 *
 * and what the runs change: store/ and out.img.
 */
#ifndef CFS_TESTS_FAULT_WORLD_H
#define CFS_TESTS_FAULT_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob {
	uint8_t *p;
	size_t len;
};

/* False: not there, or no regular file. Allocated. */
bool blob_read(struct blob *b, const char *path);
bool blob_is(const struct blob *b, const char *path);
void blob_write(const char *path, const void *p, size_t len);
void remove_tree(const char *path);

struct world_object {
	char name[66]; /* xx/yyyy... */
	struct blob data;
};

enum world_kind {
	WORLD_STORE,   /* mkfs into an empty store */
	WORLD_AGAIN,   /* mkfs into one that has everything */
	WORLD_DAMAGED, /* mkfs into one in which things are wrong */
	WORLD_IMAGE,   /* mkfs without a store */
	WORLD_OUTPUT,  /* what prints */
	WORLD_REPAIR,  /* verify --repair-from of the damaged store */
	WORLD_PLACE,   /* mkfs without a store, into a file that no rename can replace */
};

struct world {
	enum world_kind kind;
	char **argv;
	struct world_object *objects;
	size_t count;
	struct blob good, old, output; /* output: of the clean run */
};

/* What the working directory holds. */
void world_find(struct world *w, const char *kind);

/* The same, and a command, which runs once and must go well. */
void world_load(struct world *w, const char *kind, char **argv);

/* As before a run. */
void world_reset(const struct world *w);

/* What became of it. */
struct world_state {
	bool complete;       /* image, store and output are those of the clean run */
	bool published;      /* out.img is the new image */
	bool lost;           /* out.img is neither the old nor the new image */
	unsigned int wrong;  /* under final names: neither right nor as it was */
	unsigned int debris; /* other names */
	char what[256];      /* about the first that is wrong */
};
void world_look(const struct world *w, struct world_state *s);

/* Whether file names of a store are what their content says, by a second implementation. */
bool world_digests(const char *store, char what[256]);

#define OUT "run.out"
#define ERR "run.err"
#define SECONDS 20

#endif
