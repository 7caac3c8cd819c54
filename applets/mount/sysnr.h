/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mount calls of Linux 5.2 and later, which musl does not wrap (mount 9).
 * All return -1 and errno. Everything is close-on-exec.
 */
#ifndef CFS_MOUNT_SYSNR_H
#define CFS_MOUNT_SYSNR_H

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* These numbers hold on all architectures but alpha, whose headers define them. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_fsmount
#define SYS_fsmount 432
#endif
#ifndef SYS_fspick
#define SYS_fspick 433
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

#define FS_STRING_MAX 255 /* bytes of a value; fsconfig refuses more */
#define UMOUNT_LAZY 2   /* MNT_DETACH; <sys/mount.h> and <linux/mount.h> cannot both be included */
#define AT_EMPTY 0x1000 /* AT_EMPTY_PATH */

/* Magic numbers of file systems, as statfs() gives them. */
#define PROC_MAGIC 0x9fa0
#define OVERLAY_MAGIC 0x794c7630u
#define FUSE_MAGIC 0x65735546u

static inline int sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int sys_fsconfig(int fs, enum fsconfig_command cmd, const char *key,
			       const void *value, int aux)
{
	return (int)syscall(SYS_fsconfig, fs, cmd, key, value, aux);
}

static inline int sys_fsmount(int fs, unsigned int attrs)
{
	return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attrs);
}

static inline int sys_fspick(int at)
{
	return (int)syscall(SYS_fspick, at, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
}

/* Attach the mount @from to what @to is open on. */
static inline int sys_move_mount(int from, int to)
{
	return (int)syscall(SYS_move_mount, from, "", to, "",
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* A detached copy of the mount @at is open on. */
static inline int sys_clone_mount(int at, unsigned int flags)
{
	return (int)syscall(SYS_open_tree, at, "",
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY | flags);
}

static inline int sys_mount_setattr(int at, const struct mount_attr *attr)
{
	return (int)syscall(SYS_mount_setattr, at, "", AT_EMPTY, attr, sizeof(*attr));
}

static inline int sys_umount(const char *name)
{
	return (int)syscall(SYS_umount2, name, UMOUNT_LAZY);
}

#endif
