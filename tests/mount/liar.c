// SPDX-License-Identifier: GPL-2.0-only
/*
 * liar SERVED MOUNT DIGEST [HOW] - serve the directory SERVED read-only at MOUNT
 * over FUSE, and answer every FS_IOC_MEASURE_VERITY with DIGEST, whatever the
 * file holds. Returns when the mount is ready; the server ends with the mount.
 *
 * HOW: right (the default) an answer of the right form; nothing: success without
 * a byte; long: a digest of 200 bytes; sha512: a digest of another algorithm;
 * io: the call fails with EIO.
 *
 * A test tool for glibc: fixed tables are fine here.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fsverity.h>
#include <linux/fuse.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NODES 4096
#define BUFFER (1 << 18)

static char *nodes[NODES]; /* paths below SERVED; a node id is an index, 1 is the root */
static unsigned int used = 2;
static int served, dev;
static unsigned char digest[32];
static const char *how = "right";

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void reply(const struct fuse_in_header *in, int error, const void *data, size_t len)
{
	struct fuse_out_header out = { .len = (unsigned int)(sizeof(out) + len),
				       .error = -error,
				       .unique = in->unique };
	struct iovec v[2] = { { &out, sizeof(out) }, { (void *)data, len } };

	if (writev(dev, v, len ? 2 : 1) < 0 && errno != ENOENT && errno != ENODEV)
		perror("liar: reply");
}

static unsigned int node_of(const char *path)
{
	for (unsigned int i = 1; i < used; i++)
		if (!strcmp(nodes[i], path))
			return i;
	if (used == NODES)
		return 0;
	nodes[used] = strdup(path);
	return used++;
}

static int attributes(unsigned int node, struct fuse_attr *a)
{
	struct stat st;

	if (fstatat(served, nodes[node][0] ? nodes[node] : ".", &st, AT_SYMLINK_NOFOLLOW))
		return errno;
	*a = (struct fuse_attr){
		.ino = st.st_ino,
		.size = (unsigned long long)st.st_size,
		.blocks = (unsigned long long)st.st_blocks,
		.mtime = (unsigned long long)st.st_mtime,
		.mtimensec = (unsigned int)st.st_mtim.tv_nsec,
		.mode = st.st_mode,
		.nlink = (unsigned int)st.st_nlink,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.blksize = 4096,
	};
	return 0;
}

static void lookup(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = { .entry_valid = 1000, .attr_valid = 1000 };
	const char *parent = nodes[in->nodeid];
	char path[PATH_MAX];
	int error;

	if (snprintf(path, sizeof(path), "%s%s%.255s", parent, parent[0] ? "/" : "", name) >=
		    (int)sizeof(path) ||
	    faccessat(served, path, F_OK, AT_SYMLINK_NOFOLLOW)) {
		reply(in, ENOENT, NULL, 0);
		return;
	}
	out.nodeid = node_of(path);
	error = out.nodeid ? attributes((unsigned int)out.nodeid, &out.attr) : ENOMEM;
	reply(in, error, &out, error ? 0 : sizeof(out));
}

static void get_attributes(const struct fuse_in_header *in)
{
	struct fuse_attr_out out = { .attr_valid = 1000 };
	int error = attributes((unsigned int)in->nodeid, &out.attr);

	reply(in, error, &out, error ? 0 : sizeof(out));
}

static void open_file(const struct fuse_in_header *in)
{
	const char *path = nodes[in->nodeid];
	int fd = openat(served, path[0] ? path : ".", O_RDONLY);
	struct fuse_open_out out = { .fh = (unsigned long long)fd };

	reply(in, fd < 0 ? errno : 0, &out, fd < 0 ? 0 : sizeof(out));
}

static void read_file(const struct fuse_in_header *in, const struct fuse_read_in *arg)
{
	static char bytes[BUFFER];
	ssize_t n =
		pread((int)arg->fh, bytes, arg->size < sizeof(bytes) ? arg->size : sizeof(bytes),
		      (off_t)arg->offset);

	reply(in, n < 0 ? errno : 0, bytes, n < 0 ? 0 : (size_t)n);
}

static void read_directory(const struct fuse_in_header *in, const struct fuse_read_in *arg)
{
	char *out = calloc(1, arg->size);
	DIR *dir = fdopendir(dup((int)arg->fh));
	struct dirent *e;
	size_t n = 0;

	if (!dir || !out)
		die("liar: directory");
	rewinddir(dir);
	for (unsigned long long i = 1; (e = readdir(dir)); i++) {
		struct fuse_dirent *d = (struct fuse_dirent *)(out + n);
		size_t len = strlen(e->d_name);

		if (i <= arg->offset)
			continue;
		if (n + FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + len) > arg->size)
			break;
		*d = (struct fuse_dirent){
			.ino = e->d_ino, .off = i, .namelen = (unsigned int)len, .type = e->d_type
		};
		memcpy(d->name, e->d_name, len);
		n += FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + len);
	}
	closedir(dir);
	reply(in, 0, out, n);
	free(out);
}

static void lie(const struct fuse_in_header *in, const struct fuse_ioctl_in *arg)
{
	struct {
		struct fuse_ioctl_out out;
		struct fsverity_digest head;
		unsigned char digest[200];
	} answer = { .head = { .digest_algorithm = FS_VERITY_HASH_ALG_SHA256, .digest_size = 32 } };
	size_t len = arg->out_size;

	if (arg->cmd == FS_IOC_READ_VERITY_METADATA) {
		answer.out.result = 256;
		reply(in, 0, &answer, sizeof(answer.out));
		return;
	}
	if (arg->cmd != FS_IOC_MEASURE_VERITY || !strcmp(how, "io")) {
		reply(in, arg->cmd == FS_IOC_MEASURE_VERITY ? EIO : ENOTTY, NULL, 0);
		return;
	}
	memcpy(answer.digest, digest, sizeof(digest));
	if (!strcmp(how, "nothing"))
		len = 0;
	if (!strcmp(how, "long"))
		answer.head.digest_size = 200;
	if (!strcmp(how, "sha512")) {
		answer.head.digest_algorithm = FS_VERITY_HASH_ALG_SHA512;
		answer.head.digest_size = 64;
	}
	reply(in, 0, &answer, sizeof(answer.out) + len);
}

static void initialise(const struct fuse_in_header *in, const struct fuse_init_in *arg, int ready)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = arg->minor < FUSE_KERNEL_MINOR_VERSION ? arg->minor
								: FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = arg->max_readahead,
		.max_write = 4096,
		.time_gran = 1,
	};

	reply(in, 0, &out, sizeof(out));
	if (write(ready, "", 1) != 1)
		die("liar: ready");
	close(ready);
}

static void serve(int ready)
{
	static char buffer[BUFFER] __attribute__((aligned(8)));
	const struct fuse_in_header *in = (void *)buffer;
	const void *arg = buffer + sizeof(*in);

	for (;;) {
		ssize_t n = read(dev, buffer, sizeof(buffer));

		if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT))
			continue;
		if (n < (ssize_t)sizeof(*in))
			exit(0);
		switch (in->opcode) {
		case FUSE_INIT:
			initialise(in, arg, ready);
			break;
		case FUSE_LOOKUP:
			lookup(in, arg);
			break;
		case FUSE_GETATTR:
			get_attributes(in);
			break;
		case FUSE_OPEN:
		case FUSE_OPENDIR:
			open_file(in);
			break;
		case FUSE_READ:
			read_file(in, arg);
			break;
		case FUSE_READDIR:
			read_directory(in, arg);
			break;
		case FUSE_STATFS:
			reply(in, 0,
			      &(struct fuse_statfs_out){ .st = { .bsize = 4096, .namelen = 255 } },
			      sizeof(struct fuse_statfs_out));
			break;
		case FUSE_IOCTL:
			lie(in, arg);
			break;
		case FUSE_RELEASE:
		case FUSE_RELEASEDIR:
			close((int)((const struct fuse_release_in *)arg)->fh);
			reply(in, 0, NULL, 0);
			break;
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
		case FUSE_INTERRUPT:
			break;
		default:
			reply(in, ENOSYS, NULL, 0);
		}
	}
}

int main(int argc, char **argv)
{
	char options[128], byte;
	int ready[2];

	if (argc < 4) {
		fprintf(stderr, "usage: liar SERVED MOUNT DIGEST [HOW]\n");
		return 2;
	}
	for (int i = 0; i < 32; i++)
		if (sscanf(argv[3] + 2 * i, "%2hhx", &digest[i]) != 1)
			return 2;
	if (argc > 4)
		how = argv[4];
	nodes[1] = "";
	served = open(argv[1], O_RDONLY | O_DIRECTORY);
	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (served < 0 || dev < 0)
		die("liar");
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions", dev);
	if (mount("liar", argv[2], "fuse", MS_NOSUID | MS_NODEV, options) || pipe(ready))
		die("liar: mount");
	if (!fork()) {
		/* In a mount namespace without the mount, so that the mount ends with that of the caller. */
		if (unshare(CLONE_NEWNS) || umount2(argv[2], MNT_DETACH))
			die("liar: namespace");
		close(ready[0]);
		close(0);
		close(1);
		serve(ready[1]);
	}
	close(ready[1]);
	return read(ready[0], &byte, 1) == 1 ? 0 : 2;
}
