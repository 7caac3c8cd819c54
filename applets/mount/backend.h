/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways to mount an image, and the choice between them (mount 8).
 *
 * A back end is a file that defines `const struct backend backend_NAME`, with NAME in the
 * Makefile's list `backends`, which is in order of preference. The Makefile turns the list
 * into the table `backends[]`; a program without NAME in it has no such back end. Code
 * that only one back end uses lies in a folder applets/mount/NAME/.
 */
#ifndef CFS_MOUNT_BACKEND_H
#define CFS_MOUNT_BACKEND_H

#include "applets/mount/imagecheck.h"
#include "applets/mount/request.h"

struct host;

struct backend {
	/* The value of backend= that asks for it, and another one or NULL. */
	const char *name, *synonym;

	/*
	 * Whether this kernel and this caller have the back end, and it can honour every
	 * option and the level: 1; 0 with the reason, and the next back end is tried; -1
	 * with an error that ends the attempt. Attaches nothing.
	 */
	int (*able)(const struct mount_request *r, struct host *host, struct error *err);

	/*
	 * Mount the image, which has been checked. The mount is detached, unless
	 * to->attached says that it is on the target. The target may be used to attach
	 * something for a moment, unless r->named->ns is open. 0; or -1 with an error, and
	 * nothing is left behind.
	 */
	int (*build)(const struct mount_request *r, struct host *host, struct mount_result *to,
		     struct error *err);

	/*
	 * Stay until the attached mount ends: 0, or -1 with an error. NULL: the back end
	 * has no process to wait for. The caller has closed the descriptor of the mount.
	 */
	int (*wait)(const struct mount_request *r, pid_t server, struct error *err);

	/*
	 * Answer the requests that come from @fd, which somebody else mounted ("fd:N"): 0,
	 * or -1 with an error. NULL: the back end cannot.
	 */
	int (*serve)(const struct mount_request *r, int fd, struct error *err);

	/* It always makes an overlay, so an upper directory adds no level of stacking. */
	bool layers;

	/* It hashes objects of a store without fs-verity. */
	bool hashes;

	/* Taken only if backend= names it. */
	bool named_only;
};

/* In order of preference; NULL ends them. */
extern const struct backend *const backends[];

/* What is asked of the image and of the back end. */
struct backend_wish {
	const char *backend; /* NULL: any */
	struct image_trust trust;
	int level;
	bool tries;     /* take level 0 if no back end can check objects */
	bool no_server; /* take no back end whose mount depends on a process */
};

/* The functions below return 0, or -1 with an error. */

/*
 * Steps 3 to 7 of mount 5, for a request whose files are open: check the image, choose
 * back end and level, look at the store. Nothing is mounted.
 */
int backend_prepare(struct mount_request *r, const struct backend_wish *wish, struct host *host,
		    struct error *err);

/* Make the mount with the back end that was chosen. */
int backend_build(const struct mount_request *r, struct host *host, struct mount_result *to,
		  struct error *err);

/* Check the image, and serve it to the descriptor @fd instead of mounting it. */
int backend_serve(struct mount_request *r, const struct backend_wish *wish, struct host *host,
		  int fd, struct error *err);

/*
 * Whether this caller may not mount file systems of @type, which the kernel has; then
 * @err is "must be root". Distinguishes root of a user namespace from root.
 */
bool backend_denied(const char *type, struct error *err);

#endif
