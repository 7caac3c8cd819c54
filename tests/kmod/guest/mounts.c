// SPDX-License-Identifier: GPL-2.0-only
/* Mounting, by each of the ways there are, and fs-verity. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <grp.h>
#include "guest.h"

#define FSCONFIG_FLAG 0
#define FSCONFIG_STRING 1
#define FSCONFIG_FD 5
#define FSCONFIG_CREATE 6
#define FSCONFIG_RECONFIGURE 7

/* <linux/fsverity.h>, which musl's compiler does not see */
struct enable_arg {
	uint32_t version, hash_algorithm, block_size, salt_size;
	uint64_t salt_ptr;
	uint32_t sig_size, reserved1;
	uint64_t sig_ptr, reserved2[11];
};
struct verity_digest {
	uint16_t algorithm, size;
	uint8_t digest[64];
};
#define IOC_ENABLE _IOW('f', 133, struct enable_arg)
#define IOC_MEASURE _IOWR('f', 134, uint8_t[4])

/* enable [sha512] [salt] [1k] FILE... */
int cmd_enable(char **args)
{
	struct enable_arg arg = { .version = 1, .hash_algorithm = 1, .block_size = 4096 };
	static const char salt[] = "pepper";
	int bad = 0;

	for (; *args; args++) {
		int fd, rc;

		if (!strcmp(*args, "sha512")) {
			arg.hash_algorithm = 2;
		} else if (!strcmp(*args, "salt")) {
			arg.salt_ptr = (uintptr_t)salt;
			arg.salt_size = sizeof(salt);
		} else if (!strcmp(*args, "1k")) {
			arg.block_size = 1024;
		} else {
			fd = open(*args, O_RDONLY);
			rc = fd < 0 ? -1 : ioctl(fd, IOC_ENABLE, &arg);
			if (rc && errno != EEXIST) {
				printf("%s: %s\n", *args, ename(errno));
				bad = 1;
			}
			close(fd);
		}
	}
	return bad;
}

/* measure FILE...: digest or error, one a line */
int cmd_measure(char **args)
{
	for (; *args; args++) {
		struct verity_digest d = { .size = sizeof(d.digest) };
		int fd = open(*args, O_RDONLY);

		if (fd < 0 || ioctl(fd, IOC_MEASURE, &d)) {
			puts(ename(errno));
		} else {
			for (int i = 0; i < d.size; i++)
				printf("%02x", d.digest[i]);
			puts("");
		}
		close(fd);
	}
	return 0;
}

int do_mount(const char *type, const char *src, const char *dir, unsigned long flags,
	     const char *opts)
{
	return mount(src, dir, type, flags, opts) ? errno : 0;
}

/* mnt TYPE SRC DIR FLAGS [OPTS]: mount(2) as it is */
int cmd_mnt(char **args)
{
	int err = do_mount(args[0], args[1], args[2], strtoul(args[3], NULL, 0), args[4]);

	puts(ename(err));
	return err != 0;
}

/* remount DIR FLAGS [OPTS] */
int cmd_remount(char **args)
{
	return cmd_mnt((char *[]){ "none", "none", args[0],
				   (char[]){ '0', 'x', '2', args[1][0] == '1' ? '1' : '0', 0 },
				   args[2], NULL });
}

/* umount [lazy] DIR */
int cmd_umount(char **args)
{
	bool lazy = !strcmp(args[0], "lazy");
	int rc = umount2(args[lazy], lazy ? MNT_DETACH : 0);

	puts(ename(rc ? errno : 0));
	return rc != 0;
}

static void context_log(int fs)
{
	char text[512];
	ssize_t n;

	while ((n = read(fs, text, sizeof(text) - 1)) > 0) {
		text[n] = 0;
		printf("%s%s", text, text[n - 1] == '\n' ? "" : "\n");
	}
}

static int context_set(int fs, char *arg)
{
	char *value = strchr(arg, '=');

	if (!value)
		return (int)syscall(SYS_fsconfig, fs, FSCONFIG_FLAG, arg, NULL, 0);
	*value++ = 0;
	if (!strncmp(arg, "fd:", 3)) {
		int fd = open(value, O_RDONLY | O_CLOEXEC);

		return fd < 0 ? -1 : (int)syscall(SYS_fsconfig, fs, FSCONFIG_FD, arg + 3, NULL, fd);
	}
	return (int)syscall(SYS_fsconfig, fs, FSCONFIG_STRING, arg, value, 0);
}

/*
 * fsmount TYPE DIR [KEY] [KEY=VALUE] [fd:KEY=PATH]...: by descriptor; the
 * errno, and after a failure what the context has to say. A DIR of "-" makes no
 * mount.
 */
int cmd_fsmount(char **args)
{
	int fs = (int)syscall(SYS_fsopen, args[0], 0), rc = 0, mnt = -1, err;

	if (fs < 0)
		die("fsopen");
	for (char **a = args + 2; *a && !rc; a++)
		rc = context_set(fs, *a);
	if (!rc)
		rc = (int)syscall(SYS_fsconfig, fs, FSCONFIG_CREATE, NULL, NULL, 0);
	if (!rc && strcmp(args[1], "-")) {
		mnt = (int)syscall(SYS_fsmount, fs, 0, 0);
		rc = mnt < 0 ? -1 : (int)syscall(SYS_move_mount, mnt, "", AT_FDCWD, args[1], 4);
	}
	err = rc ? errno : 0;
	puts(ename(err));
	if (err)
		context_log(fs);
	return err != 0;
}

/* idmap SRC DIR BASE: a bind mount that shows owner N as BASE + N */
int cmd_idmap(char **args)
{
	struct {
		uint64_t set, clr, propagation, userns;
	} attr = { .set = 0x100000 };
	int pipes[2], ns, tree;
	char text[64];
	pid_t pid = -1;

	if (pipe(pipes) || (pid = fork()) < 0)
		die("fork");
	if (!pid) {
		if (unshare(CLONE_NEWUSER))
			_exit(1);
		(void)!write(pipes[1], "x", 1);
		pause();
	}
	(void)!read(pipes[0], text, 1);
	for (int i = 0; i < 2; i++) {
		int fd;

		snprintf(text, sizeof(text), "/proc/%d/%s", pid, i ? "gid_map" : "uid_map");
		fd = open(text, O_WRONLY);
		snprintf(text, sizeof(text), "0 %s 65536", args[2]);
		if (write(fd, text, strlen(text)) < 0)
			die("map");
		close(fd);
	}
	snprintf(text, sizeof(text), "/proc/%d/ns/user", pid);
	ns = open(text, O_RDONLY);
	attr.userns = (uint64_t)ns;
	tree = (int)syscall(428, AT_FDCWD, args[0], 1); /* open_tree, OPEN_TREE_CLONE */
	if (tree < 0)
		die("open_tree");
	if (syscall(442, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		die("mount_setattr");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, args[1], 4))
		die("move_mount");
	kill(pid, 9);
	waitpid(pid, NULL, 0);
	puts("ok");
	return 0;
}

/* asuser UID COMMAND... */
int cmd_asuser(char **args)
{
	unsigned int id = (unsigned int)strtoul(args[0], NULL, 10);

	if (setgroups(0, NULL) || setgid(id) || setuid(id))
		die("setuid");
	execvp(args[1], args + 1);
	die(args[1]);
	return 1;
}

/* refuse OP...: mount a list of images below a directory, each expected to fail
 * as its name says: DIR/NAME.ERRNO; prints those that did otherwise. */
int cmd_refuse(char **args)
{
	int bad = 0;

	for (char **f = args + 1; *f; f++) {
		const char *want = strrchr(*f, '.');
		int err = do_mount("composefs", *f, args[0], 0, NULL);

		if (!err)
			umount2(args[0], 0);
		if (!want || strcmp(want + 1, ename(err))) {
			printf("%s: %s\n", *f, ename(err));
			bad = 1;
		}
	}
	return bad;
}

/* statfs DIR: type, block size, blocks, name length, fsid */
int cmd_statfs(char **args)
{
	struct statfs s;

	if (statfs(args[0], &s))
		die("statfs");
	printf("%lx %lu %llu %lu %x\n", (unsigned long)s.f_type, (unsigned long)s.f_bsize,
	       (unsigned long long)s.f_blocks, (unsigned long)s.f_namelen,
	       (unsigned int)s.f_fsid.__val[0]);
	return 0;
}
