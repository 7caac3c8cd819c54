// SPDX-License-Identifier: GPL-2.0-only
#include "files/sandbox.h"

#include <elf.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fsverity.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "files/xattrat.h"

/*
 * The architectures whose system calls the lists below name, as musl makes them.
 * Another C library, and a library that LD_PRELOAD adds, make others, so a
 * dynamically linked program has no filter.
 */
#if defined(CFS_DYNAMIC)
#elif defined(__x86_64__) && defined(__LP64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__s390x__)
#define ARCH AUDIT_ARCH_S390X
#endif

/* ---- Landlock ----------------------------------------------------------- */

/* The access rights of Linux 5.13. Linux 5.19, 6.2 and 6.10 each added one. */
#define RIGHTS 13u

static int new_ruleset(unsigned int rights)
{
	u64 handled = ((u64)1 << rights) - 1; /* the first version of the structure */

	return (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
}

static bool allow_beneath(int ruleset, int dir)
{
	struct landlock_path_beneath_attr below = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = dir,
	};

	return !syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
}

/* Files beneath the @n directories in @beneath can still be read. */
static bool enter_landlock(const int *beneath, unsigned int n)
{
	static const u8 added[] = { 0, 1, 2, 2, 3 };
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	bool on = true;
	int fd;

	if (version < 1)
		return false;
	fd = new_ruleset(RIGHTS + added[version < 5 ? version - 1 : 4]);
	if (fd < 0)
		fd = new_ruleset(RIGHTS); /* the kernel may support less than it reports */
	if (fd < 0)
		return false;
	for (unsigned int i = 0; i < n; i++)
		on = on && allow_beneath(fd, beneath[i]);
	on = on && !syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
	return on;
}

/* The kinds of processes that are confined. */
enum role {
	ROLE_PARSER,  /* has its bytes already */
	ROLE_BENEATH, /* opens files beneath one directory */
	ROLE_SERVER,
};

/* ---- seccomp ------------------------------------------------------------ */
#ifdef ARCH

/* The position of the flags among the arguments of clone(). */
#ifdef __s390x__
#define SYS_CLONE_FLAGS 1
#else
#define SYS_CLONE_FLAGS 0
#endif

/* These calls are allowed with any arguments. */
static const u16 calls[] = {
	SYS_read,          SYS_write,        SYS_pread64, SYS_pwrite64,   SYS_readv,
	SYS_writev,        SYS_lseek,        SYS_fstat,   SYS_fstatfs,    SYS_close,
	SYS_futex,         SYS_brk,          SYS_munmap,  SYS_mremap,     SYS_madvise,
	SYS_clock_gettime, SYS_rt_sigreturn, SYS_exit,    SYS_exit_group,
#ifdef __s390x__
	SYS_mmap, /* takes a pointer to its arguments, which a filter cannot follow */
#endif
};

/* To read objects of an OSTree repository, with the attributes of bare ones. */
static const u16 calls_beneath[] = {
	SYS_openat2,   SYS_fgetxattr,  SYS_flistxattr,  SYS_readlinkat, SYS_getxattr,
	SYS_listxattr, SYS_getxattrat, SYS_listxattrat, SYS_newfstatat,
};

/* For the FUSE server: its objects, threads, and a signal handler that maps memory. */
static const u16 calls_server[] = {
	SYS_openat2,         SYS_preadv2,         SYS_dup,        SYS_rt_sigprocmask,
	SYS_set_robust_list, SYS_restart_syscall, SYS_newfstatat,
};

struct filter {
	struct sock_filter v[128];
	u16 n;
};

static void add(struct filter *f, int code, u32 k, u8 yes, u8 no)
{
	f->v[f->n++] = (struct sock_filter){ (u16)code, yes, no, k };
}

static void load(struct filter *f, size_t off)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, (u32)off, 0, 0);
}

/* The low half of an argument. */
static void load_arg(struct filter *f, unsigned int i)
{
	load(f, offsetof(struct seccomp_data, args[i]) +
			(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0));
}

static void answer(struct filter *f, u32 what)
{
	add(f, BPF_RET | BPF_K, what, 0, 0);
}

/* Allow the call if the accumulator is @k. */
static void allow(struct filter *f, u32 k)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	answer(f, SECCOMP_RET_ALLOW);
}

static void allow_all(struct filter *f, const u16 *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		allow(f, v[i]);
}

/* Memory calls whose third argument says how it may be used. */
static void allow_without_exec(struct filter *f, u32 nr)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4);
	load_arg(f, 2);
	add(f, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
	answer(f, SECCOMP_RET_ALLOW);
	answer(f, SECCOMP_RET_ERRNO | EPERM);
}

/* New threads, but no new processes. */
static void allow_threads(struct filter *f)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
	load_arg(f, SYS_CLONE_FLAGS);
	add(f, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
	answer(f, SECCOMP_RET_ALLOW);
	answer(f, SECCOMP_RET_ERRNO | EPERM);
}

static void make_filter(struct filter *f, enum role role)
{
	f->n = 0;
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	answer(f, SECCOMP_RET_ERRNO | EPERM);
	load(f, offsetof(struct seccomp_data, nr));
	allow_all(f, calls, sizeof(calls) / sizeof(*calls));
	if (role == ROLE_BENEATH)
		allow_all(f, calls_beneath, sizeof(calls_beneath) / sizeof(*calls_beneath));
	if (role == ROLE_SERVER) {
		allow_all(f, calls_server, sizeof(calls_server) / sizeof(*calls_server));
		allow_threads(f);
	}
#ifndef __s390x__
	allow_without_exec(f, SYS_mmap);
#endif
	allow_without_exec(f, SYS_mprotect); /* malloc() opens its pages with it */
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 1, 0);
	answer(f, SECCOMP_RET_ERRNO | EPERM);
	load_arg(f, 1);
	allow(f, FS_IOC_MEASURE_VERITY);
	allow(f, FS_IOC_READ_VERITY_METADATA);
	answer(f, SECCOMP_RET_ERRNO | EPERM);
}

/* Whether beneath_open() will call openat2(): what it does instead cannot be told from any other open. */
static bool has_openat2(void)
{
	return syscall(SYS_openat2, -1, NULL, NULL, 0) < 0 && errno == EINVAL;
}

static bool enter_seccomp(enum role role)
{
	struct filter f;
	struct sock_fprog program = { .filter = f.v };

	if (role != ROLE_PARSER && !has_openat2())
		return false;
	make_filter(&f, role);
	program.len = f.n;
	/* With TSYNC for the threads that exist, too; a positive result is one that cannot. */
	return !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}

#else

static bool enter_seccomp(enum role role)
{
	(void)role;
	return false;
}

#endif

static bool confine_files(const int *dirs, unsigned int n)
{
	if (!SANDBOX_WANTED)
		return false;
	/* Both parts need it without privilege. If it is refused, so are they. */
	(void)syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return enter_landlock(dirs, n);
}

bool sandbox_files(int beneath)
{
	return confine_files(&beneath, beneath >= 0);
}

bool sandbox_calls(bool beneath)
{
	return SANDBOX_WANTED && enter_seccomp(beneath ? ROLE_BENEATH : ROLE_PARSER);
}

struct sandbox sandbox_enter_server(const int *dirs, unsigned int n)
{
	struct sandbox s = { .landlock = confine_files(dirs, n) };

	s.seccomp = SANDBOX_WANTED && enter_seccomp(ROLE_SERVER);
	return s;
}
