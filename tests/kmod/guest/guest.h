/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program that runs inside the machines: what busybox lacks. Each command
 * prints what it saw, errors by name (ENOENT), and exits with 0 if it could do
 * its work at all.
 */
#ifndef GUEST_H
#define GUEST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A command: its operands end with NULL. */
typedef int command(char **args);

command cmd_enable, cmd_measure, cmd_mnt, cmd_fsmount, cmd_remount, cmd_umount, cmd_idmap,
	cmd_asuser;
command cmd_read, cmd_holdread, cmd_touch, cmd_mincore, cmd_pfn, cmd_maps, cmd_fiemap, cmd_poke,
	cmd_calls;
command cmd_list, cmd_walk, cmd_openn, cmd_handles, cmd_badhandles, cmd_xattr, cmd_getx, cmd_setx,
	cmd_setacl;
command cmd_readonly;
command cmd_dents, cmd_listsizes, cmd_openflags, cmd_storm, cmd_race, cmd_failnth, cmd_mutants,
	cmd_refuse;
command cmd_mapreplace, cmd_statfs, cmd_exec, cmd_bench, cmd_euid, cmd_stop;
command cmd_probe;

/* The name of an errno value, "ok" for 0. */
const char *ename(int err);
/* Run a program; its exit status, or 128 + a signal's number. */
int run(char **argv);
void die(const char *what);
/* Monotonic time in nanoseconds. */
uint64_t now(void);
/* FNV-1a over more bytes. */
uint64_t hash_add(uint64_t h, const void *p, size_t n);
#define HASH_START 0xcbf29ce484222325u

struct dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};
/* getdents64(2) */
long dents(int fd, void *buf, size_t size);
/* Mount TYPE SRC DIR with OPTS; 0 or an errno value. */
int do_mount(const char *type, const char *src, const char *dir, unsigned long flags,
	     const char *opts);
/*
 * Everything there is to touch below a directory: names, stat, links, xattrs,
 * contents. Counts entries and errors, and never more than @max entries.
 */
struct tour {
	unsigned long entries, errors, max;
	int unexpected; /* an error that a hostile image must not give */
};
void tour(int dirfd, const char *name, int depth, struct tour *t);

#endif
