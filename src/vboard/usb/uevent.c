/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/uevent.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define HEADER_BYTES 40u
#define MAGIC	     0xfeedcafeu

/* MurmurHash2 with seed 0, by which libudev's monitors filter subsystem and devtype. */
static uint32_t hash(const char *text)
{
	const uint32_t m = 0x5bd1e995;
	size_t n = strlen(text);
	const uint8_t *p = (const uint8_t *)text;
	uint32_t h = (uint32_t)n;

	for (; n >= 4; n -= 4, p += 4) {
		uint32_t k = get_le32(p) * m;

		h = (h * m) ^ ((k ^ k >> 24) * m);
	}
	for (size_t i = n; i-- > 0;)
		h ^= (uint32_t)p[i] << (8 * i);
	if (n > 0)
		h *= m;
	h = (h ^ h >> 13) * m;
	return h ^ h >> 15;
}

static void property(struct buf *out, const char *name, const char *prefix, const char *value)
{
	buf_printf(out, "%s=%s%s", name, prefix, value);
	buf_putc(out, 0);
}

static void put_properties(struct buf *out, const struct vb_uevent *e)
{
	static unsigned sequence;	/* the machine has one count of events */
	char number[16];
	const char *p = (const char *)e->properties->data;

	property(out, "ACTION", "", e->action);
	property(out, "DEVPATH", "", e->path);
	property(out, "SUBSYSTEM", "", e->subsystem);
	snprintf(number, sizeof(number), "%u", ++sequence);
	property(out, "SEQNUM", "", number);
	while (p != NULL && *p != 0) {
		const char *end = strchr(p, '\n');
		size_t n = end ? (size_t)(end - p) : strlen(p);

		if (strncmp(p, "DEVNAME=", 8) != 0) {
			buf_append(out, p, n);
			buf_putc(out, 0);
		}
		p = end ? end + 1 : NULL;
	}
	property(out, "DEVNAME", "/dev/", e->node);
}

static void send_to(const char *path, const struct buf *message)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* A socket file whose client has ended refuses. */
	if (fd >= 0 && sendto(fd, message->data, message->len, MSG_DONTWAIT,
			      (struct sockaddr *)&to, sizeof(to)) < 0)
		log_debug("usb: nobody listens at %s", path);
	if (fd >= 0)
		close(fd);
}

void vb_uevent_send(const char *root, const struct vb_uevent *e)
{
	uint8_t header[HEADER_BYTES] = "libudev";
	struct buf properties = { 0 }, message = { 0 };
	char *pattern = xasprintf("%s/event*", root);
	glob_t found = { 0 };

	put_properties(&properties, e);
	put_be32(header + 8, MAGIC);
	put_le32(header + 12, HEADER_BYTES);
	put_le32(header + 16, HEADER_BYTES);
	put_le32(header + 20, (uint32_t)properties.len);
	put_be32(header + 24, hash(e->subsystem));
	put_be32(header + 28, e->devtype ? hash(e->devtype) : 0);
	buf_append(&message, header, sizeof(header));
	buf_append(&message, properties.data, properties.len);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			send_to(found.gl_pathv[i], &message);
	globfree(&found);
	free(pattern);
	buf_free(&message);
	buf_free(&properties);
}
