// SPDX-License-Identifier: GPL-2.0-only
#include "source/tar/sparse.h"

#include "base/text.h"

static int bad(struct error *err, const char *text)
{
	return error_set(err, EINVAL, "sparse file: %s", text);
}

void tar_map_clear(struct tar_map *map)
{
	struct buf b = map->b;

	b.len = 0;
	*map = (struct tar_map){ .b = b };
}

/* Store a number with seven bits in each byte, the lowest first. */
static void put(struct buf *b, u64 v)
{
	for (; v >= 0x80; v >>= 7)
		buf_byte(b, (char)(v | 0x80));
	buf_byte(b, (char)v);
}

static u64 get(const struct tar_map *map, size_t *at)
{
	u64 v = 0;
	u8 c;

	for (u32 shift = 0;; shift += 7) {
		c = (u8)map->b.p[(*at)++];
		v |= (u64)(c & 0x7f) << shift;
		if (c < 0x80)
			return v;
	}
}

int tar_map_add(struct tar_map *map, u64 off, u64 len, struct error *err)
{
	if (map->segments == TAR_SEGMENTS)
		return bad(err, "more than 1048576 segments");
	if (off > TAR_SPARSE_MAX || len > TAR_SPARSE_MAX - off)
		return bad(err, "segment beyond 2^53 bytes");
	if (off < map->end)
		return bad(err, "segments overlap or are not in order");
	if (len && map->uneven)
		return bad(err, "segment that is not a number of blocks in front of another one");
	map->segments++;
	map->end = off + len;
	if (!len)
		return 0;
	put(&map->b, off - map->kept);
	put(&map->b, len);
	map->kept = map->end;
	map->data += len;
	map->uneven = len % TAR_BLOCK != 0;
	return map->b.failed ? error_nomem(err) : 0;
}

static int finish(const struct tar_map *map, u64 stored, struct error *err)
{
	if (map->real > TAR_SPARSE_MAX)
		return bad(err, "more than 2^53 bytes");
	if (map->end > map->real)
		return bad(err, "segment behind the end of the file");
	return map->data == stored ? 0 : bad(err, "segments are not as long as the data");
}

static int read_block(struct tar_stream *s, u8 block[TAR_BLOCK], u64 *stored, struct error *err)
{
	ssize_t n = tar_stream_read(s, block, TAR_BLOCK, err);

	if (n < 0)
		return -1;
	if (n < (ssize_t)TAR_BLOCK || (stored && *stored < TAR_BLOCK))
		return bad(err, "the map ends too early");
	if (stored)
		*stored -= TAR_BLOCK;
	return 0;
}

/* Add @n pairs of numbers from a block. A pair whose first byte is NUL ends the list. */
static int add_pairs(struct tar_map *map, const u8 *at, int n, bool *ended, struct error *err)
{
	for (; n && !*ended; n--, at += 24) {
		const struct tar_field off = { "offset in the map", 0, 12 },
				       len = { "length in the map", 12, 12 };
		u64 v[2];

		*ended = !*at;
		if (*ended)
			break;
		if (tar_count(at, off, INT64_MAX, &v[0], err) ||
		    tar_count(at, len, INT64_MAX, &v[1], err) || tar_map_add(map, v[0], v[1], err))
			return -1;
	}
	return 0;
}

int tar_map_gnu(struct tar_map *map, struct tar_stream *s, const u8 block[TAR_BLOCK], u64 *stored,
		struct error *err)
{
	const struct tar_field real = { "real size", 483, 12 };
	bool more = block[482], ended = false;
	u8 extension[TAR_BLOCK];

	tar_map_clear(map);
	if (tar_count(block, real, INT64_MAX, &map->real, err) ||
	    add_pairs(map, block + 386, 4, &ended, err))
		return -1;
	while (more) {
		if (read_block(s, extension, NULL, err) ||
		    add_pairs(map, extension, 21, &ended, err))
			return -1;
		more = extension[504];
	}
	return finish(map, *stored, err);
}

/* Encoding 0.0: GNU.sparse.offset and GNU.sparse.numbytes alternate. */
static int add_records(struct tar_map *map, const struct tar_pax *pax, struct error *err)
{
	const char *at = pax->data, *end = at + pax->len;
	struct tar_record r = { 0 };
	bool has_off = false;
	u64 off = 0, len;

	while (tar_pax_next(&at, end, &r, err) > 0) {
		bool is_off = tar_pax_is(&r, "GNU.sparse.offset");

		if (!r.len || !(is_off || tar_pax_is(&r, "GNU.sparse.numbytes")))
			continue;
		if (is_off == has_off)
			return bad(err, "offsets and lengths do not alternate");
		has_off = is_off;
		if (!text_number(r.value, r.len, 10, INT64_MAX, is_off ? &off : &len))
			return bad(err, "the map has something that is not a number");
		if (!is_off && tar_map_add(map, off, len, err))
			return -1;
	}
	return has_off ? bad(err, "offset without length") : 0;
}

/* Encoding 0.1: GNU.sparse.map holds all numbers, separated by commas. */
static int add_list(struct tar_map *map, const struct tar_value *list, struct error *err)
{
	const char *s = list->s, *end = s + list->len;
	u64 v[2];
	int n = 0;

	for (;;) {
		const char *stop = memchr(s, ',', (size_t)(end - s));

		if (!stop)
			stop = end;
		if (!text_number(s, (size_t)(stop - s), 10, INT64_MAX, &v[n]))
			return bad(err, "the map has something that is not a number");
		n = !n;
		if (!n && tar_map_add(map, v[0], v[1], err))
			return -1;
		if (stop == end)
			break;
		s = stop + 1;
	}
	return n ? bad(err, "offset without length") : 0;
}

/* Encoding 1.0: lines of decimal digits in the blocks in front of the data. */
struct lines {
	struct tar_stream *s;
	u64 *stored;
	u32 at; /* TAR_BLOCK: all of block is used */
	u8 block[TAR_BLOCK];
};

static int next_line(struct lines *lines, u64 *out, struct error *err)
{
	char digits[20];
	size_t n = 0;

	for (;;) {
		u8 c;

		if (lines->at == TAR_BLOCK) {
			if (read_block(lines->s, lines->block, lines->stored, err))
				return -1;
			lines->at = 0;
		}
		c = lines->block[lines->at++];
		if (c == '\n')
			break;
		if (n == sizeof(digits))
			return bad(err, "the map has something that is not a number");
		digits[n++] = (char)c;
	}
	return text_number(digits, n, 10, INT64_MAX, out)
		       ? 0
		       : bad(err, "the map has something that is not a number");
}

static int add_lines(struct tar_map *map, struct tar_stream *s, u64 *stored, struct error *err)
{
	struct lines lines = { .s = s, .stored = stored, .at = TAR_BLOCK };
	u64 n = 0, v[2] = { 0 };

	if (next_line(&lines, &n, err))
		return -1;
	if (n > TAR_SEGMENTS)
		return bad(err, "more than 1048576 segments");
	for (; n; n--)
		if (next_line(&lines, &v[0], err) || next_line(&lines, &v[1], err) ||
		    tar_map_add(map, v[0], v[1], err))
			return -1;
	return 0;
}

static int check_version(const struct tar_pax *pax, u64 *major, struct error *err)
{
	u64 minor = 0;

	*major = 0;
	if (tar_pax_number(&pax->sp_major, "GNU.sparse.major", UINT32_MAX, major, err) ||
	    tar_pax_number(&pax->sp_minor, "GNU.sparse.minor", UINT32_MAX, &minor, err))
		return -1;
	if (*major > 1 || minor > (*major ? 0 : 1))
		return bad(err, "version that is neither 0.0, 0.1 nor 1.0");
	return 0;
}

static int check_size(const struct tar_pax *pax, u64 *real, struct error *err)
{
	u64 a = 0, b = 0;

	if (!pax->sp_size.s && !pax->sp_realsize.s)
		return bad(err, "no real size");
	if (tar_pax_number(&pax->sp_size, "GNU.sparse.size", INT64_MAX, &a, err) ||
	    tar_pax_number(&pax->sp_realsize, "GNU.sparse.realsize", INT64_MAX, &b, err))
		return -1;
	if (pax->sp_size.s && pax->sp_realsize.s && a != b)
		return bad(err, "two real sizes");
	*real = pax->sp_size.s ? a : b;
	return 0;
}

int tar_map_pax(struct tar_map *map, struct tar_stream *s, const struct tar_pax *pax, u64 *stored,
		struct error *err)
{
	u64 major, blocks;
	int rc;

	tar_map_clear(map);
	if (check_version(pax, &major, err) || check_size(pax, &map->real, err))
		return -1;
	if ((major == 1) + !!pax->sp_map.s + !!pax->sp_pairs != 1)
		return bad(err, "not exactly one map");
	if (major)
		rc = add_lines(map, s, stored, err);
	else
		rc = pax->sp_map.s ? add_list(map, &pax->sp_map, err) : add_records(map, pax, err);
	if (rc)
		return -1;
	blocks = map->segments;
	if (tar_pax_number(&pax->sp_numblocks, "GNU.sparse.numblocks", UINT32_MAX, &blocks, err))
		return -1;
	if (blocks != map->segments)
		return bad(err, "numblocks is not the number of segments");
	return finish(map, *stored, err);
}

void tar_walk_start(struct tar_walk *w, const struct tar_map *map)
{
	*w = (struct tar_walk){ .map = map, .left = map->real };
}

void tar_walk_next(struct tar_walk *w)
{
	while (!w->hole && !w->data && w->left) {
		if (w->at < w->map->b.len) {
			w->hole = get(w->map, &w->at);
			w->data = get(w->map, &w->at);
		} else {
			w->hole = w->left;
		}
		w->left -= w->hole + w->data;
	}
}
