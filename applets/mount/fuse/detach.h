/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server must not keep alive the mount namespace that its own mount is in: the
 * namespace would keep the mount, the mount the server, and the server the namespace
 * (fuse 8.3).
 */
#ifndef CFS_MOUNT_FUSE_DETACH_H
#define CFS_MOUNT_FUSE_DETACH_H

/*
 * Enter a mount namespace of one's own and take off every mount but the root and
 * /proc. 0, also where the caller may not have a namespace (it mounted through
 * fusermount3 then); -1 and errno if the namespace cannot be had or made private:
 * nothing was unmounted then.
 */
int detach_namespace(void);

/* Close all descriptors above 2 but the @n in @keep, which may be negative. */
void close_all_but(const int *keep, unsigned int n);

#endif
