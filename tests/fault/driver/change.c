// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver change NAME mkfs|repair short|long COMMAND... - the source changes
 * while the command is stopped before its K-th system call (SC-1, SC-2, SC-3, SC-4, ST-2,
 * ST-6, VE-6). Never data from outside/, an object whose content is not its
 * name, a wait without end, or an entry that is neither as before nor as after.
 *
 * In the working directory: src.orig/ with its image good.img and the objects
 * good/, outside/ with its objects secret/, replacement/ (for a parent).
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../unit/naive.h"
#include "driver.h"
#include "trace.h"
#include "tree.h"
#include "world.h"

struct change {
	char **argv;
	const char *top; /* of the tree that changes */
	bool repair;
	char *cfs; /* the program */
	struct world world;
	struct blob before, after; /* dumps */
	/* This run: */
	enum action action;
	const char *victim;
	unsigned int at;
	bool did;
	/* All: */
	unsigned int runs, invisible, reported, torn, wrong, leaks, hung, inconsistent, lost,
		debris, crashed, shown;
};

static void bad(struct change *c, unsigned int *count, const char *what, const char *more)
{
	++*count;
	if (c->shown++ < 40)
		printf("bad at %u, %s %s: %s: %s\n", c->at, c->victim, action_names[c->action],
		       what, more);
}

static struct trace_act on_enter(void *arg, const struct trace_call *call)
{
	struct change *c = arg;

	if (call->at == c->at && !c->did) {
		tree_change(c->action, c->top, c->victim);
		c->did = true;
	}
	return (struct trace_act){ TRACE_GO, 0 };
}

static bool run_tool(char *const argv[], const char *out)
{
	return plain_run(argv, out, "tool.err", 0, SECONDS) == 0;
}

/* The dump of an image, into @to. */
static bool dump(struct change *c, const char *image, struct blob *to)
{
	char *argv[] = { c->cfs, "dump", (char *)(uintptr_t)image, NULL };

	free(to->p);
	return run_tool(argv, "tool.out") && blob_read(to, "tool.out");
}

/* The objects and the dump that the change gives when it comes first. */
static bool make_after(struct change *c)
{
	char *argv[] = { c->cfs, "mkfs", "--digest-store=after", "src", "after.img", NULL };

	remove_tree("after");
	tree_copy("src.orig", "src");
	tree_change(c->action, c->top, c->victim);
	return run_tool(argv, "tool.out") && dump(c, "after.img", &c->after);
}

/* ---- the store --------------------------------------------------------------- */

static bool has(const char *dir, const char *object)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "%.100s/%.150s", dir, object);
	return lstat(path, &st) == 0;
}

/* Whether the file is the one of the same name below @dir. */
static bool is_that_of(const char *dir, const char *object, const struct blob *b)
{
	char path[300];

	snprintf(path, sizeof(path), "%.100s/%.150s", dir, object);
	return blob_is(b, path);
}

static void look_at_object(struct change *c, const char *object)
{
	char path[300], hex[66];
	uint8_t is[32];
	struct blob b;

	snprintf(path, sizeof(path), "store/%.200s", object);
	if (has("secret", object))
		bad(c, &c->leaks, "data from outside", object);
	if (!blob_read(&b, path)) {
		bad(c, &c->wrong, "no regular file", object);
		return;
	}
	if (!is_that_of("good", object, &b) && !is_that_of("after", object, &b)) {
		naive_verity(b.p, b.len, is);
		for (int i = 0; i < 32; i++)
			sprintf(hex + 2 * i + (i > 0), i ? "%02x" : "%02x/", is[i]);
		if (strcmp(hex, object))
			bad(c, &c->wrong, "has another digest", object);
	}
	free(b.p);
}

static void look_at_store(struct change *c)
{
	struct dirent *x, *y;
	DIR *top = opendir("store"), *shelf;
	char path[300];

	while (top && (x = readdir(top))) {
		if (x->d_name[0] == '.') {
			if (x->d_name[1] && strcmp(x->d_name, ".."))
				bad(c, &c->debris, "left over", x->d_name);
			continue;
		}
		snprintf(path, sizeof(path), "store/%.200s", x->d_name);
		shelf = opendir(path);
		while (shelf && (y = readdir(shelf))) {
			snprintf(path, sizeof(path), "%.2s/%.200s", x->d_name, y->d_name);
			if (y->d_name[0] != '.')
				look_at_object(c, path);
		}
		if (shelf)
			closedir(shelf);
	}
	if (top)
		closedir(top);
}

/* ---- the image ------------------------------------------------------------------ */

static bool has_line(const struct blob *b, const char *line, size_t len)
{
	for (const char *p = (char *)b->p; p && *p; p = strchr(p, '\n'), p += p != NULL)
		if (!strncmp(p, line, len) && (p[len] == '\n' || !p[len]))
			return true;
	return false;
}

/* The payload of a regular file is an object that is there. */
static bool line_has_object(const char *line, char object[128])
{
	char path[512], mode[32], payload[128];

	if (sscanf(line, "%511s %*s %31s %*s %*s %*s %*s %*s %127s", path, mode, payload) != 3)
		return true;
	object[0] = 0;
	if (strncmp(mode, "100", 3) || strlen(payload) != 65)
		return true;
	strcpy(object, payload);
	return has("store", payload);
}

static void look_at_image(struct change *c)
{
	struct blob is = { 0 };
	char object[128];

	if (!dump(c, "out.img", &is)) {
		bad(c, &c->inconsistent, "dump", "fails");
		return;
	}
	for (char *p = (char *)is.p, *end; p && *p; p = end) {
		size_t len = strcspn(p, "\n");
		bool known = has_line(&c->before, p, len) || has_line(&c->after, p, len);

		end = p + len + (p[len] == '\n');
		p[len] = 0;
		if (!line_has_object(p, object))
			bad(c, &c->inconsistent, "an object is missing", p);
		if (strstr(p, "SECRET"))
			bad(c, &c->leaks, "data from outside", p);
		/* Bytes from both sides of the change, under their own name: look_at_store() has seen to it. */
		if (!known && c->action == REWRITE && object[0])
			c->torn++;
		else if (!known)
			bad(c, &c->inconsistent, "neither before nor after", p);
	}
	free(is.p);
}

static void judge_mkfs(struct change *c, int rc)
{
	struct blob err;

	look_at_store(c);
	if (rc == 0) {
		c->invisible++;
		look_at_image(c);
		return;
	}
	c->reported++;
	if (!blob_is(&c->world.old, "out.img"))
		bad(c, &c->lost, "older image", "is not what it was");
	if (!blob_read(&err, ERR))
		abort();
	if (rc != 1 || strncmp((char *)err.p, "cfs mkfs: src", 13) ||
	    strchr((char *)err.p, '\n') != (char *)err.p + err.len - 1)
		bad(c, &c->crashed, "not one line that names the path", (char *)err.p);
	free(err.p);
}

/* verify --repair-from: what changes is where it copies from, or where to. */
static void judge_repair(struct change *c, int rc)
{
	struct world_state s;
	char path[300];

	/* What was put there from outside the run does not count. */
	if (!strcmp(c->top, "store")) {
		struct blob b;

		snprintf(path, sizeof(path), "store/%.200s", c->victim);
		if (c->action == MODE)
			chmod(path, 0644);
		if (!blob_read(&b, path) || !is_that_of("good", c->victim, &b)) {
			char from[300];

			remove_tree(path);
			snprintf(from, sizeof(from), "good/%.200s", c->victim);
			(void)!link(from, path);
		}
		free(b.p);
	}
	world_look(&c->world, &s);
	if (s.wrong)
		bad(c, &c->wrong, "object", s.what);
	if (s.debris)
		bad(c, &c->debris, "left over", s.what);
	if (rc == 0)
		c->invisible++;
	else if (rc == 1 || rc == 3)
		c->reported++;
	else
		bad(c, &c->crashed, "exit", "");
}

static unsigned int one(struct change *c, unsigned int at)
{
	struct trace tr = { .arg = c, .enter = on_enter, .seconds = SECONDS };
	int status;

	c->at = at;
	c->did = false;
	tree_copy(c->repair ? "from.orig" : "src.orig", c->repair ? "from" : "src");
	world_reset(&c->world);
	status = trace_run(&tr, c->argv, OUT, ERR);
	if (at == (unsigned int)-1)
		return tr.calls;
	c->runs++;
	if (tr.hung)
		bad(c, &c->hung, "does not end", "");
	else if (!WIFEXITED(status))
		bad(c, &c->crashed, "killed", "");
	else if (c->repair)
		judge_repair(c, WEXITSTATUS(status));
	else
		judge_mkfs(c, WEXITSTATUS(status));
	return tr.calls;
}

static void every_position(struct change *c, unsigned int calls, bool all)
{
	unsigned int step = all ? 1 : (calls + 9) / 10,
		     from = all ? 0 : (unsigned int)(c->action * 7 + c->runs) % step;

	if (!c->repair && !make_after(c)) {
		bad(c, &c->crashed, "the run after the change", "fails");
		return;
	}
	for (unsigned int at = from; at < calls; at += step)
		one(c, at);
}

static bool outside_is_as_it_was(void)
{
	char *argv[] = { "/usr/bin/diff", "-r", "outside", "outside.orig", NULL };

	return run_tool(argv, "tool.out");
}

static void all_mkfs(struct change *c, unsigned int calls, bool all)
{
	static const char *const victims[] = { "dir/large", "dir/small", "dir/inline" };

	c->top = "src";
	for (unsigned int v = 0; v < 3; v++)
		for (c->victim = victims[v], c->action = 0; c->action < ACTIONS; c->action++)
			every_position(c, calls, all);
	for (c->victim = "dir", c->action = PARENT_TO_LINK; c->action < ALL_ACTIONS; c->action++)
		every_position(c, calls, all);
}

static void all_repair(struct change *c, unsigned int calls, bool all)
{
	for (size_t i = 0; i < c->world.count; i++) {
		/* In the short form the largest. */
		if (!all && c->world.objects[i].data.len < 1000000)
			continue;
		c->victim = c->world.objects[i].name;
		for (c->top = "from", c->action = 0; c->action < ACTIONS; c->action++)
			every_position(c, calls, all && c->world.objects[i].data.len > 1000000);
		for (c->top = "store", c->action = 0; c->action < ACTIONS; c->action++)
			every_position(c, calls, all && c->world.objects[i].data.len > 1000000);
	}
}

int change_main(const char *name, const char *kind, bool all, char **argv)
{
	struct change c = { .argv = argv, .cfs = argv[0], .victim = "dir/large", .top = "src" };
	unsigned int calls, none = 0;

	c.repair = !strcmp(kind, "repair");
	world_load(&c.world, c.repair ? "repair" : "store", argv);
	if (!dump(&c, "good.img", &c.before)) {
		printf("bad dump of good.img\n");
		return 1;
	}
	calls = one(&c, (unsigned int)-1);
	if (c.repair)
		all_repair(&c, calls, all);
	else
		all_mkfs(&c, calls, all);
	if (!outside_is_as_it_was())
		bad(&c, &none, "outside", "is not as it was");
	printf("result %s calls=%u runs=%u invisible=%u reported=%u torn=%u wrong=%u leaks=%u hung=%u inconsistent=%u "
	       "lost=%u debris=%u crashed=%u\n",
	       name, calls, c.runs, c.invisible, c.reported, c.torn, c.wrong, c.leaks, c.hung,
	       c.inconsistent, c.lost, c.debris, c.crashed);
	return c.shown != 0;
}
