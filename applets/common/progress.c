// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/progress.h"
#include <time.h>
#include <unistd.h>
#include "applets/applet.h"
#include "files/io.h"
#include "base/text.h"

#define UNIT ((u64)256 << 20)

static s64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (s64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool progress_terminal(void)
{
	static int is = -1;

	if (is < 0)
		is = isatty(2);
	return is;
}

void progress_start(struct progress *p, bool forced, u64 total)
{
	*p = (struct progress){ .forced = forced && !option_quiet, .total = total };
	pthread_mutex_init(&p->lock, NULL);
	p->on_terminal = !p->forced && !option_quiet && progress_terminal();
	if (p->on_terminal)
		p->start = p->last = now();
}

static void print(struct progress *p, const char *before, const char *after)
{
	char line[160];
	int len = p->total ? text_format(line, sizeof(line),
					 "%s%s: %llu %% of %llu MiB, %llu files%s", before,
					 program_name,
					 (unsigned long long)(p->bytes / (p->total / 100 + 1)),
					 (unsigned long long)(p->total >> 20),
					 (unsigned long long)p->names, after)
			   : text_format(line, sizeof(line), "%s%s: %llu files, %llu MiB%s", before,
					 program_name, (unsigned long long)p->names,
					 (unsigned long long)(p->bytes >> 20), after);

	/* Whoever cannot see the progress misses nothing else. */
	(void)io_write(2, line, (size_t)len);
}

void progress_add(void *arg, u64 names, u64 bytes)
{
	struct progress *p = arg;

	if (!progress_wanted(p))
		return;
	pthread_mutex_lock(&p->lock);
	p->names += names;
	p->bytes += bytes;
	if (p->forced) {
		u64 step = p->total ? p->bytes / (p->total / 100 + 1) : p->bytes / UNIT;

		if (step != p->step)
			print(p, "", "\n");
		p->step = step;
	} else {
		s64 t = now();

		if (t - p->start >= 1000 && t - p->last >= 100) {
			print(p, "\r", "\033[K");
			p->last = t;
			p->shown = true;
		}
	}
	pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress *p)
{
	static const char clear[] = "\r\033[K";

	if (p->shown)
		(void)io_write(2, clear, sizeof(clear) - 1);
	pthread_mutex_destroy(&p->lock);
}
