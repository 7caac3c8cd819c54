// SPDX-License-Identifier: GPL-2.0-only
#include "source/tar/stream.h"

#include <stdlib.h>

#define ROOM ((size_t)64 << 10)

int tar_stream_take(struct tar_stream *s, const struct input *in, struct error *err)
{
	*s = (struct tar_stream){ .in = *in };
	s->in.limit = UINT64_MAX;
	s->room = malloc(ROOM);
	if (s->room)
		return 0;
	error_nomem(err);
	error_in(err, "%s", s->in.name);
	input_release(&s->in);
	return -1;
}

int tar_stream_open(struct tar_stream *s, const char *path, int fd, struct error *err)
{
	struct input in;

	*s = (struct tar_stream){ 0 };
	if (fd < 0 ? input_open(&in, path, err) : input_take_fd(&in, fd, path, err))
		return -1;
	return tar_stream_take(s, &in, err);
}

void tar_stream_release(struct tar_stream *s)
{
	input_release(&s->in);
	free(s->room);
	s->room = NULL;
}

int tar_stream_in(const struct tar_stream *s, u64 back, struct error *err)
{
	u64 at = s->taken > back ? s->taken - back : 0;

	return error_in(err, "%s: block %llu", s->in.name, (unsigned long long)(at / TAR_BLOCK));
}

/* Errors of the input begin with the name of the file: put the block behind it. */
static int failed(struct tar_stream *s, struct error *err)
{
	size_t len = strlen(s->in.name);

	s->failed = true;
	if (!strncmp(err->text, s->in.name, len) && !strncmp(err->text + len, ": ", 2))
		memmove(err->text, err->text + len + 2, strlen(err->text + len + 2) + 1);
	return tar_stream_in(s, 0, err);
}

ssize_t tar_stream_read(struct tar_stream *s, void *to, size_t len, struct error *err)
{
	u8 *at = to;
	size_t got = 0;

	while (got < len) {
		size_t n = s->len - s->pos;
		ssize_t more;

		if (n) {
			n = n < len - got ? n : len - got;
			memcpy(at + got, s->room + s->pos, n);
			s->pos += n;
		} else if (len - got >= ROOM) {
			more = input_read(&s->in, at + got, len - got, err);
			if (more <= 0)
				return more ? failed(s, err) : (ssize_t)got;
			n = (size_t)more;
		} else {
			more = input_read(&s->in, s->room, ROOM, err);
			if (more <= 0)
				return more ? failed(s, err) : (ssize_t)got;
			s->pos = 0;
			s->len = (size_t)more;
			continue;
		}
		got += n;
		s->taken += n;
	}
	return (ssize_t)got;
}

s64 tar_stream_skip(struct tar_stream *s, u64 len, struct error *err)
{
	u8 rest[4096];
	u64 got = 0;

	while (got < len) {
		size_t n = len - got < sizeof(rest) ? (size_t)(len - got) : sizeof(rest);
		ssize_t is = tar_stream_read(s, rest, n, err);

		if (is < 0)
			return -1;
		got += (u64)is;
		if ((size_t)is < n)
			break;
	}
	return (s64)got;
}
