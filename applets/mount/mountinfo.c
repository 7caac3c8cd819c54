// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/mountinfo.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "applets/mount/kmsg.h"
#include "applets/mount/sysnr.h"
#include "base/buf.h"
#include "base/text.h"
#include "files/io.h"

#define MOUNTINFO_STEP ((size_t)16 << 10)

/* musl has no struct statx yet. These are the offsets of its fields, and its bits. */
enum {
	STX_MASK_AT = 0,
	STX_ATTRIBUTES_AT = 8,
	STX_KNOWN_AT = 56, /* stx_attributes_mask */
	STX_MNT_ID_AT = 144,
	STX_MNT_ID = 0x1000,
	STX_MOUNT_ROOT = 0x2000,
};

void mountinfo_place(int fd, struct mount_place *place)
{
	u8 stx[256] = { 0 };
	u64 attributes, known;
	u32 mask;

	*place = (struct mount_place){ .is_root = true };
	if (syscall(SYS_statx, fd, "", AT_EMPTY, STX_MNT_ID, stx))
		return;
	memcpy(&mask, stx + STX_MASK_AT, sizeof(mask));
	memcpy(&attributes, stx + STX_ATTRIBUTES_AT, sizeof(attributes));
	memcpy(&known, stx + STX_KNOWN_AT, sizeof(known));
	if (mask & STX_MNT_ID)
		memcpy(&place->id, stx + STX_MNT_ID_AT, sizeof(place->id));
	if (known & STX_MOUNT_ROOT)
		place->is_root = attributes & STX_MOUNT_ROOT;
}

char *mountinfo_read(void)
{
	int fd = openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct buf b = { 0 };
	ssize_t n = 0;

	while (fd >= 0 && buf_room(&b, MOUNTINFO_STEP)) {
		n = io_read(fd, b.p + b.len, MOUNTINFO_STEP);
		if (n <= 0)
			break;
		b.len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	buf_byte(&b, '\0');
	if (fd >= 0 && !b.failed && n >= 0)
		return b.p;
	buf_release(&b);
	return NULL;
}

char *mountinfo_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*text = end;
	return line;
}

/* Cut off the next field. */
static const char *field(char **rest)
{
	char *start = *rest, *end = start + strcspn(start, " ");

	if (*end)
		*end++ = '\0';
	*rest = end;
	return start;
}

bool mountinfo_find(char *text, u64 id, struct mount_line *line)
{
	char *s;

	while ((s = mountinfo_line(&text))) {
		size_t digits = strcspn(s, " ");
		char *rest;
		u64 n;

		/* The field "-" ends the optional fields. */
		rest = strchr(s, '-') ? (char *)(uintptr_t)kmsg_find(s, " - ") : NULL;
		if (!rest || !text_number(s, digits, 10, UINT64_MAX, &n) || n != id)
			continue;
		rest += 3;
		line->type = field(&rest);
		line->source = field(&rest);
		line->options = field(&rest);
		return true;
	}
	return false;
}

bool mountinfo_decode(char *to, size_t room, const char *s, bool option)
{
	size_t n = 0;

	for (; *s && !(option && *s == ','); s++) {
		if (n == room - 1)
			return false;
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			to[n++] = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			to[n++] = *s;
		}
	}
	to[n] = '\0';
	return true;
}
