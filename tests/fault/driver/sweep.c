// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver sweep NAME KIND short|long COMMAND... - each system call of the
 * command fails, alone and with all later ones of its kind (ST-4, WI-1, WI-3,
 * ER-2, ER-3).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "driver.h"
#include "trace.h"
#include "world.h"

#define FDS 256

/* One plan: which call, and how it fails. */
struct plan {
	unsigned int at; /* of the clean run */
	bool later;      /* and all later ones of this kind */
	struct trace_act act;
};

/* A call of the clean run. */
struct clean {
	struct trace_call *v;
	size_t n;
};

/* One run. */
struct sweep {
	struct plan plan;
	struct trace_call hit; /* the first one that failed */
	bool did, did_stderr, renamed, must_fail;
	bool placed; /* something has been written into a file that had its name before */
	bool written[FDS], named[FDS], unnamed[FDS];
};

/* The errors, with the words that the program's C library has for them. */
/* clang-format off */
static const struct { int code; const char *words; } errors[] = {
	{ EIO, "I/O error" }, { ENOSPC, "No space left on device" }, { EDQUOT, "Quota exceeded" },
	{ ENOMEM, "out of memory" }, { EMFILE, "No file descriptors available" },
	{ EACCES, "Permission denied" }, { EPERM, "Operation not permitted" },
	{ ENOSYS, "Function not implemented" }, { EOPNOTSUPP, "Not supported" },
	{ EXDEV, "Cross-device link" }, { EINTR, "Interrupted system call" },
};
#define ERRORS (sizeof(errors) / sizeof(errors[0]))
#define AT_INTR (ERRORS - 1) /* never with all later ones: asking again is right */
/* clang-format on */

static const char *words_of(int code)
{
	for (size_t i = 0; i < ERRORS; i++)
		if (errors[i].code == code)
			return errors[i].words;
	return "?";
}

/* The likeliest error of a call, for the short form. */
static int likely(long nr)
{
	switch (nr) {
	case SYS_open:
	case SYS_openat:
	case SYS_openat2:
	case SYS_dup:
		return EMFILE;
	case SYS_write:
	case SYS_mkdirat:
	case SYS_mkdir:
	case SYS_linkat:
	case SYS_ftruncate:
		return ENOSPC;
	case SYS_mmap:
	case SYS_brk:
		return ENOMEM;
	case SYS_fchmod:
	case SYS_fchown:
		return EPERM;
	default:
		return EIO;
	}
}

/* Calls that wait, or that may be made by a file system that is far away. */
static bool can_be_interrupted(long nr)
{
	switch (nr) {
	case SYS_open:
	case SYS_openat:
	case SYS_openat2:
	case SYS_read:
	case SYS_pread64:
	case SYS_write:
	case SYS_close:
	case SYS_flock:
	case SYS_fsync:
	case SYS_syncfs:
	case SYS_getdents64:
	case SYS_ioctl:
	case SYS_fcntl:
	case SYS_getrandom:
	case SYS_ftruncate:
	case SYS_wait4:
	case SYS_nanosleep:
		return true;
	default:
		return false;
	}
}

/*
 * EOPNOTSUPP is how a file system says that it has no extended attributes, and
 * EXDEV how openat2() says that a mount point is on the way, behind which no
 * object counts. Neither is an error, and neither can be told from the truth.
 */
static bool is_an_answer(long nr, int error)
{
	return (error == EOPNOTSUPP && (nr == SYS_flistxattr || nr == SYS_listxattr)) ||
	       (error == EXDEV && nr == SYS_openat2);
}

static bool is_sync(long nr)
{
	return nr == SYS_fsync || nr == SYS_fdatasync || nr == SYS_syncfs;
}

static struct trace_act on_enter(void *arg, const struct trace_call *c)
{
	struct sweep *s = arg;
	uint64_t fd = c->a[0];
	bool this = c->at == s->plan.at || (s->did && s->plan.later && c->nr == s->hit.nr);

	if (!this || c->nr == SYS_exit_group)
		return (struct trace_act){ TRACE_GO, 0 };
	if (!s->did)
		s->hit = *c;
	s->did = true;
	if (c->nr == SYS_write && fd == 2)
		s->did_stderr = true;
	/*
	 * Of what an error must not be passed over (ER-3, ST-10). A close() that was
	 * interrupted has closed, and all was synced before.
	 */
	if (s->plan.act.what == TRACE_FAIL &&
	    (is_sync(c->nr) || (c->nr == SYS_close && s->plan.act.error != EINTR && fd < FDS &&
				s->written[fd] && s->named[fd])))
		s->must_fail = true;
	return s->plan.act;
}

static void on_leave(void *arg, const struct trace_call *c)
{
	struct sweep *s = arg;
	uint64_t fd = c->a[0];

	if (c->ret < 0)
		return;
	if (c->nr == SYS_renameat)
		s->renamed = true;
	if (c->nr == SYS_unlinkat) /* of a temporary name: its file counts no longer */
		memset(s->named, 0, sizeof(s->named));
	if (c->nr == SYS_write && fd < FDS)
		s->written[fd] = true;
	if ((c->nr == SYS_write || c->nr == SYS_ftruncate) && fd > 2 && fd < FDS && !s->unnamed[fd])
		s->placed = true;
	if (c->nr == SYS_openat && c->ret < FDS)
		s->unnamed[c->ret] = (c->a[2] & O_TMPFILE) == O_TMPFILE;
	if (c->nr == SYS_linkat && fd < FDS)
		s->named[fd] = true;
	if ((c->nr == SYS_openat || c->nr == SYS_open || c->nr == SYS_openat2) && c->ret < FDS)
		s->written[c->ret] = s->named[c->ret] = false;
}

/* ---- what came of it ---------------------------------------------------------- */

struct tally {
	unsigned int runs, reported, harmless, silent, lost, wrong, debris, crashed, hung, mute;
	unsigned int no_file, no_error, late, answers;
	unsigned int shown;
};

static void bad(struct tally *t, const struct sweep *s, const char *what, const char *more)
{
	if (t->shown++ >= 40)
		return;
	printf("bad %s %u (at %u, %s %s): %s: %s\n", trace_name(s->hit.nr), s->hit.k, s->hit.at,
	       s->plan.act.what == TRACE_SHORT ? "short" : words_of(s->plan.act.error),
	       s->plan.later ? "on" : "once", what, more);
}

/* One line that begins with the program and names a file of the fixture. */
static bool names_a_file(const char *text)
{
	static const char *const files[] = { "src",  "store", "out.img", "old.img", "text", "good",
					     "from", "-:",    "stderr",  "link",    "bound" };
	const char *p = strstr(text, ": ");

	for (size_t i = 0; p && i < sizeof(files) / sizeof(files[0]); i++)
		if (!strncmp(p + 2, files[i], strlen(files[i])))
			return true;
	return false;
}

/* Exit status 1 (verify: also 3): what it says. */
static void judge_message(struct tally *t, const struct sweep *s, const struct world *w)
{
	struct blob err, out;
	size_t lines = 0;
	bool file, error, repair = w->kind == WORLD_REPAIR;

	if (!blob_read(&err, ERR) || !blob_read(&out, OUT))
		abort();
	for (size_t i = 0; i < err.len; i++)
		lines += err.p[i] == '\n';
	file = names_a_file((char *)err.p);
	error = s->plan.act.what == TRACE_SHORT ||
		strstr((char *)err.p, words_of(s->plan.act.error));
	/* What the C library's fdopendir() makes of any failure of its fcntl(). */
	if (s->hit.nr == SYS_fcntl && strstr((char *)err.p, "Bad file descriptor"))
		error = true;
	/* malloc() knows one error, whatever the kernel said. */
	if ((s->hit.nr == SYS_mmap || s->hit.nr == SYS_brk || s->hit.nr == SYS_mremap) &&
	    strstr((char *)err.p, words_of(ENOMEM)))
		error = true;
	if (repair) { /* verify tells of objects on stdout, and of sources in warnings */
		file = file || out.len;
		error = error || strstr((char *)out.p, words_of(s->plan.act.error));
	}
	if (s->did_stderr && !lines)
		file = error = true; /* nobody to tell */
	else if (!(repair && out.len) &&
		 (!lines || (lines != 1 && !repair) || strncmp((char *)err.p, "cfs ", 4))) {
		t->mute++;
		bad(t, s, "not one line", (char *)err.p);
	}
	if (!file)
		t->no_file++;
	if (!error)
		t->no_error++;
	if ((!file || !error) && getenv("CFS_FAULT_SHOW"))
		printf("# %s %u %s %s: %.200s", trace_name(s->hit.nr), s->hit.at,
		       words_of(s->plan.act.error), s->plan.later ? "on" : "once", (char *)err.p);
	free(err.p);
	free(out.p);
}

/* The next run collects what is left. */
static void judge_rerun(struct tally *t, const struct sweep *s, const struct world *w)
{
	struct world_state after;
	struct blob want = w->output;
	struct world again = *w;
	int status = plain_run(w->argv, OUT, ERR, 0, SECONDS);

	/* What was repaired by the first run is no line of the second. */
	if (w->kind == WORLD_REPAIR)
		again.output.p = NULL;
	world_look(&again, &after);
	again.output = want;
	if (status || !after.complete) {
		t->debris++;
		bad(t, s, "the next run", after.what);
	}
}

static void judge(struct tally *t, const struct sweep *s, const struct world *w, int status)
{
	struct world_state is;
	int rc = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	world_look(w, &is);
	if (rc == 0 && !is.wrong && !is.debris && is_an_answer(s->hit.nr, s->plan.act.error)) {
		t->answers++;
		return;
	}
	if (rc == 0 && is.complete && !s->must_fail) {
		t->harmless++;
		return;
	}
	if (rc == 0) {
		t->silent++;
		bad(t, s, "exit 0", s->must_fail ? "and a failed sync or close" : is.what);
	} else if (rc == 1 || (rc == 3 && w->kind == WORLD_REPAIR)) {
		t->reported++;
		judge_message(t, s, w);
	} else {
		t->crashed++;
		bad(t, s, "no exit", is.what);
	}
	if (is.wrong) {
		t->wrong++;
		bad(t, s, "wrong", is.what);
	}
	if (w->kind == WORLD_PLACE)
		is.lost = is.lost && !s->placed;
	else if (is.published && !s->renamed)
		is.lost = true;
	if (is.published && rc != 0)
		t->late++;
	if (is.lost) {
		t->lost++;
		bad(t, s, "older image", is.what);
	}
	if (is.debris || t->runs % 7 == 0)
		judge_rerun(t, s, w);
}

static void one(struct tally *t, const struct world *w, unsigned int at, bool later,
		struct trace_act act)
{
	struct sweep s;
	struct trace tr;
	int status;

	/* Of two processes one may come to a call less or more: a wait is told that it was interrupted. */
	for (int tries = 0; tries < 10; tries++) {
		s = (struct sweep){ .plan = { at, later, act } };
		tr = (struct trace){
			.arg = &s, .enter = on_enter, .leave = on_leave, .seconds = SECONDS
		};
		world_reset(w);
		status = trace_run(&tr, w->argv, OUT, ERR);
		if (s.did || tr.hung)
			break;
	}
	t->runs++;
	if (!s.did) {
		t->crashed++;
		bad(t, &s, "never came to this call", "");
		return;
	}
	if (tr.hung) {
		t->hung++;
		bad(t, &s, "does not end", "");
		return;
	}
	judge(t, &s, w, status);
}

/* ---- all of them ----------------------------------------------------------------- */

static struct trace_act remember(void *arg, const struct trace_call *c)
{
	struct clean *calls = arg;

	calls->v = realloc(calls->v, (calls->n + 1) * sizeof(*calls->v));
	calls->v[calls->n++] = *c;
	return (struct trace_act){ TRACE_GO, 0 };
}

/* In the short form one error for each call; what else there is for the first of a kind and some others. */
static void every_error(struct tally *t, const struct world *w, const struct trace_call *c,
			bool all)
{
	bool more = all || c->k < 2 || c->k % 16 == 0;

	for (size_t e = 0; e < ERRORS; e++) {
		const struct trace_act act = { TRACE_FAIL, errors[e].code };

		if (e == AT_INTR ? !more || !can_be_interrupted(c->nr)
				 : !all && errors[e].code != likely(c->nr))
			continue;
		one(t, w, c->at, false, act);
		if (more && e != AT_INTR)
			one(t, w, c->at, true, act);
	}
	/* The kernel cuts the text of a link only for a buffer that is too small. */
	if (c->nr == SYS_readlinkat)
		return;
	if (more && trace_can_short(c)) {
		one(t, w, c->at, false, (struct trace_act){ TRACE_SHORT, 0 });
		one(t, w, c->at, true, (struct trace_act){ TRACE_SHORT, 0 });
	}
}

/* The reading of a large file, over and over: its first calls stand for the others. */
static bool is_repetition(const struct clean *calls, size_t i)
{
	for (size_t back = 1; back <= 3; back++) {
		size_t same = 0;

		while (i >= (same + 1) * back && same < 3 &&
		       calls->v[i - same * back].nr == calls->v[i - (same + 1) * back].nr &&
		       calls->v[i].a[0] == calls->v[i - (same + 1) * back].a[0])
			same++;
		if (same == 3 && trace_can_short(&calls->v[i]))
			return true;
		if (same == 3 && calls->v[i].nr == SYS_lseek)
			return true;
	}
	return false;
}

int sweep_main(const char *name, const char *kind, bool all, char **argv)
{
	struct tally t = { 0 };
	struct clean calls = { 0 };
	struct trace tr = { .arg = &calls, .enter = remember, .seconds = SECONDS };
	struct world w;

	world_load(&w, kind, argv);
	world_reset(&w);
	if (trace_run(&tr, argv, OUT, ERR) || !calls.n) {
		printf("bad the clean run under trace\n");
		return 1;
	}
	for (size_t i = 0; i < calls.n; i++)
		if (calls.v[i].nr != SYS_exit_group && (all || !is_repetition(&calls, i)))
			every_error(&t, &w, &calls.v[i], all);
	if (t.no_file * 100 > t.reported || t.no_error * 100 > t.reported)
		printf("bad of %u reports %u name no file, %u another error\n", t.reported,
		       t.no_file, t.no_error);
	printf("result %s calls=%zu runs=%u reported=%u harmless=%u silent=%u lost=%u wrong=%u debris=%u crashed=%u "
	       "hung=%u mute=%u no_file=%u no_error=%u late=%u answers=%u\n",
	       name, calls.n, t.runs, t.reported, t.harmless, t.silent, t.lost, t.wrong, t.debris,
	       t.crashed, t.hung, t.mute, t.no_file, t.no_error, t.late, t.answers);
	return t.shown || t.no_file * 100 > t.reported || t.no_error * 100 > t.reported;
}
