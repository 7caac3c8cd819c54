// SPDX-License-Identifier: GPL-2.0-only
/* The table of commands, and what they share. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guest.h"

static const struct {
	const char *name;
	command *run;
} commands[] = {
	{ "enable", cmd_enable },
	{ "measure", cmd_measure },
	{ "mnt", cmd_mnt },
	{ "fsmount", cmd_fsmount },
	{ "remount", cmd_remount },
	{ "umount", cmd_umount },
	{ "idmap", cmd_idmap },
	{ "asuser", cmd_asuser },
	{ "read", cmd_read },
	{ "holdread", cmd_holdread },
	{ "touch", cmd_touch },
	{ "mincore", cmd_mincore },
	{ "pfn", cmd_pfn },
	{ "maps", cmd_maps },
	{ "fiemap", cmd_fiemap },
	{ "poke", cmd_poke },
	{ "calls", cmd_calls },
	{ "list", cmd_list },
	{ "walk", cmd_walk },
	{ "openn", cmd_openn },
	{ "handles", cmd_handles },
	{ "badhandles", cmd_badhandles },
	{ "xattr", cmd_xattr },
	{ "getx", cmd_getx },
	{ "setx", cmd_setx },
	{ "setacl", cmd_setacl },
	{ "readonly", cmd_readonly },
	{ "dents", cmd_dents },
	{ "listsizes", cmd_listsizes },
	{ "openflags", cmd_openflags },
	{ "storm", cmd_storm },
	{ "race", cmd_race },
	{ "failnth", cmd_failnth },
	{ "mutants", cmd_mutants },
	{ "refuse", cmd_refuse },
	{ "mapreplace", cmd_mapreplace },
	{ "statfs", cmd_statfs },
	{ "exec", cmd_exec },
	{ "bench", cmd_bench },
	{ "probe", cmd_probe },
	{ "euid", cmd_euid },
	{ "stop", cmd_stop },
};

const char *ename(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
		{ 0, "ok" },
		{ EPERM, "EPERM" },
		{ ENOENT, "ENOENT" },
		{ EINTR, "EINTR" },
		{ EIO, "EIO" },
		{ ENXIO, "ENXIO" },
		{ E2BIG, "E2BIG" },
		{ EBADF, "EBADF" },
		{ EAGAIN, "EAGAIN" },
		{ ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },
		{ EFAULT, "EFAULT" },
		{ EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },
		{ EXDEV, "EXDEV" },
		{ ENODEV, "ENODEV" },
		{ ENOTDIR, "ENOTDIR" },
		{ EISDIR, "EISDIR" },
		{ EINVAL, "EINVAL" },
		{ ENFILE, "ENFILE" },
		{ EMFILE, "EMFILE" },
		{ ENOTTY, "ENOTTY" },
		{ ETXTBSY, "ETXTBSY" },
		{ EFBIG, "EFBIG" },
		{ ENOSPC, "ENOSPC" },
		{ ESPIPE, "ESPIPE" },
		{ EROFS, "EROFS" },
		{ EMLINK, "EMLINK" },
		{ ERANGE, "ERANGE" },
		{ ENAMETOOLONG, "ENAMETOOLONG" },
		{ ENOSYS, "ENOSYS" },
		{ ENOTEMPTY, "ENOTEMPTY" },
		{ ELOOP, "ELOOP" },
		{ ENODATA, "ENODATA" },
		{ EOVERFLOW, "EOVERFLOW" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
		{ ESTALE, "ESTALE" },
		{ EUCLEAN, "EUCLEAN" },
		{ ENOTBLK, "ENOTBLK" },
		{ ECHILD, "ECHILD" },
		{ EBADMSG, "EBADMSG" },
		{ ENOKEY, "ENOKEY" },
	};
	static char other[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].err == err)
			return names[i].name;
	snprintf(other, sizeof(other), "E%d", err);
	return other;
}

void die(const char *what)
{
	printf("%s: %s\n", what, ename(errno));
	exit(1);
}

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t hash_add(uint64_t h, const void *p, size_t n)
{
	const uint8_t *s = p;

	while (n--)
		h = (h ^ *s++) * 0x100000001b3u;
	return h;
}

long dents(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

int run(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (!pid) {
		execvp(argv[0], argv);
		printf("%s: %s\n", argv[0], ename(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* exec PROGRAM...: how it ended. */
int cmd_exec(char **args)
{
	printf("%d\n", run(args));
	return 0;
}

/* euid: the effective owner */
int cmd_euid(char **args)
{
	(void)args;
	printf("%d\n", (int)geteuid());
	return 0;
}

/* stop: the machine goes off at once. */
int cmd_stop(char **args)
{
	(void)args;
	sync();
	return reboot(RB_POWER_OFF);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 4096);
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argv + 2);
	printf("guest: no such command: %s\n", argc > 1 ? argv[1] : "");
	return 2;
}
