// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/progress.h"
#include <time.h>
#include <unistd.h>
#include "applets/applet.h"
#include "files/io.h"
#include "base/text.h"

#define UNIT ((u64)256 << 20)

s64 progress_now(void)
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
	if (progress_wanted(p))
		p->start = p->last = progress_now();
}

/* Scale @part, which is a part of @whole, to p->total. */
static u64 share(const struct progress *p, u64 part, u64 whole)
{
	unsigned int shift = 0;

	while (p->total >> shift > UINT32_MAX)
		shift++;
	return (part >> shift) * whole / (p->total >> shift);
}

static u64 percent(const struct progress *p)
{
	return p->done >= p->total ? 100 : share(p, p->done, 100);
}

/* " 45 %, 0:12 left," or nothing. */
static void format_left(const struct progress *p, s64 ms, char *to, size_t size)
{
	u64 part, left = 0;

	*to = 0;
	if (!p->total)
		return;
	part = p->done < p->total ? share(p, p->done, 1 << 20) : 0;
	if (part)
		left = (((u64)1 << 20) - part) * (u64)ms / part / 1000;
	text_format(to, size, " %llu %%, %llu:%02llu left,", (unsigned long long)percent(p),
		    (unsigned long long)left / 60, (unsigned long long)left % 60);
}

static void format_names(const struct progress *p, char *to, size_t size)
{
	*to = 0;
	if (p->names)
		text_format(to, size, " %llu files,", (unsigned long long)p->names);
}

static void print(const struct progress *p, const char *before, const char *after)
{
	s64 ms = progress_now() - p->start + 1;
	char line[200], left[64], names[40];
	int len;

	format_left(p, ms, left, sizeof(left));
	format_names(p, names, sizeof(names));
	len = text_format(line, sizeof(line), "%s%s:%s%s %llu MiB, %llu MiB/s%s", before,
			  program_name, left, names, (unsigned long long)(p->bytes >> 20),
			  (unsigned long long)((p->bytes >> 10) * 1000 / (u64)ms >> 10), after);
	/* An error of this write loses only the progress line. */
	(void)io_write(2, line, (size_t)len);
}

/* Show the progress if enough time has passed. */
static void show(struct progress *p)
{
	s64 now;

	if (p->forced) {
		u64 step = p->total ? percent(p) : p->bytes / UNIT;

		if (step != p->step)
			print(p, "", "\n");
		p->step = step;
		return;
	}
	now = progress_now();
	if (now - p->start >= 1000 && now - p->last >= 100) {
		print(p, "\r", "\033[K");
		p->last = now;
		p->shown = true;
	}
}

void progress_add(void *arg, u64 names, u64 bytes)
{
	struct progress *p = arg;

	if (!progress_wanted(p))
		return;
	pthread_mutex_lock(&p->lock);
	p->names += names;
	p->bytes += bytes;
	if (!p->counted)
		p->done = p->bytes;
	show(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_at(struct progress *p, u64 done)
{
	if (!progress_wanted(p))
		return;
	pthread_mutex_lock(&p->lock);
	p->counted = true;
	p->done = done;
	show(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress *p)
{
	static const char clear[] = "\r\033[K";

	if (p->shown)
		(void)io_write(2, clear, sizeof(clear) - 1);
	pthread_mutex_destroy(&p->lock);
}
