// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FUSE server's request handler: an input is an image with up to 4 KiB of requests
 * behind it, each with its length in front. No bytes of either may do more than give
 * an error, and no answer may be longer than asked for.
 */
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include "applets/mount/fuse/server.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define REQUEST_MAX 4096u
#define REQUESTS 64

static void too_long(const struct fuse_in_header *h, size_t len)
{
	fprintf(stderr, "fuse: an answer of %zu bytes to request %u\n", len, h->opcode);
	abort();
}

static void check(const u8 *request, size_t len, const struct fuse_answer *a)
{
	struct fuse_in_header h;
	struct fuse_read_in in;

	if (len < sizeof(h) + sizeof(in) || a->error)
		return;
	memcpy(&h, request, sizeof(h));
	memcpy(&in, request + sizeof(h), sizeof(in));
	if (a->len > FUSE_BODY_MAX)
		too_long(&h, a->len);
	if ((h.opcode == FUSE_READ || h.opcode == FUSE_READDIR || h.opcode == FUSE_READDIRPLUS) &&
	    a->len > in.size)
		too_long(&h, a->len);
}

/* Requests of fixed kinds to a node, so that an image alone is a useful input, too. */
static void ask(struct fuse_server *s, struct fuse_answer *a, u32 op, u64 node)
{
	_Alignas(8) u8 request[128] = { 0 };
	const struct fuse_in_header h = { .opcode = op, .nodeid = node };
	const struct fuse_read_in in = { .size = 9000 };

	memcpy(request, &h, sizeof(h));
	memcpy(request + sizeof(h), &in, sizeof(in));
	fuse_handle(s, request, sizeof(h) + sizeof(in), a);
	check(request, sizeof(h) + sizeof(in), a);
}

static void ask_all(struct fuse_server *s, struct fuse_answer *a)
{
	static const u32 ops[] = { FUSE_GETATTR,  FUSE_READLINK,  FUSE_OPEN,        FUSE_READ,
				   FUSE_GETXATTR, FUSE_LISTXATTR, FUSE_READDIRPLUS, FUSE_READDIR };
	u64 nodes = s->img.len / EROFS_SLOT;

	if (nodes > 2000)
		nodes = 2000;
	for (u64 node = 1; node < nodes; node += node < 36 ? 35 : 1)
		for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
			ask(s, a, ops[i], node);
}

/* Length in two bytes, then that many bytes. */
static void play(struct fuse_server *s, struct fuse_answer *a, const u8 *data, size_t size)
{
	_Alignas(8) u8 request[REQUEST_MAX];

	for (int i = 0; i < REQUESTS && size > 2; i++) {
		size_t len = (size_t)data[0] | (size_t)(data[1] & 15) << 8;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		memcpy(request, data, len);
		fuse_handle(s, request, len, a);
		check(request, len, a);
		data += len;
		size -= len;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct basedirs none;
	struct fuse_session session = { 0 };
	struct fuse_server s = { .session = &session };
	struct fuse_answer a = { .body = malloc(FUSE_BODY_MAX) };
	size_t image = size > REQUEST_MAX ? size - REQUEST_MAX : size;
	struct error err;

	if (!a.body)
		return 0;
	if (!image_open_bytes(&s.img, data, image, &err) &&
	    !opened_init(&s.objects, &none, 1, NULL)) {
		s.view = size & 1 ? FUSE_OVERLAY : FUSE_PLAIN;
		ask_all(&s, &a);
		play(&s, &a, data + image, size - image);
		opened_release(&s.objects);
	}
	free(a.body);
	return 0;
}
