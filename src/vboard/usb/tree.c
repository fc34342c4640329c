/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USB_MAJOR    189u
#define HIDRAW_MAJOR 240u

/* --- Files --- */

static enum err make_folders(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		int rc;

		*p = 0;
		rc = mkdir(path, 0755);
		if (rc < 0 && errno != EEXIST)
			return error_why(ERR_IO, "cannot make the folder %s: %s", path,
					 strerror(errno));
		*p = '/';
	}
	return OK;
}

static enum err put_bytes(char *path, const void *data, size_t n)
{
	enum err rc = make_folders(path);
	FILE *f = rc == OK ? fopen(path, "wb") : NULL;
	bool ok = f != NULL && fwrite(data, 1, n, f) == n;

	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	if (rc == OK && !ok)
		rc = error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
	free(path);
	return rc;
}

/* An attribute: one line. */
static enum err put(const struct vb_seat *s, const char *folder, const char *name, const char *text)
{
	char *line = xasprintf("%s\n", text);
	enum err rc = put_bytes(xasprintf("%s/sys%s/%s", s->root, folder, name), line, strlen(line));

	free(line);
	return rc;
}

static enum err put_number(const struct vb_seat *s, const char *folder, const char *name,
			   const char *format, unsigned value)
{
	char text[32];

	if (strcmp(format, "%02x") == 0)
		snprintf(text, sizeof(text), "%02x", value);
	else if (strcmp(format, "%04x") == 0)
		snprintf(text, sizeof(text), "%04x", value);
	else
		snprintf(text, sizeof(text), "%u", value);
	return put(s, folder, name, text);
}

/* A link at /sys`from` to /sys`to`, relative as the kernel makes them. */
static enum err link_to(const struct vb_seat *s, const char *from, const char *to)
{
	char *path = xasprintf("%s/sys%s", s->root, from);
	struct buf target = { 0 };
	enum err rc = make_folders(path);

	for (const char *p = strchr(from + 1, '/'); p != NULL; p = strchr(p + 1, '/'))
		buf_printf(&target, "../");
	buf_printf(&target, "%s", to + 1);
	unlink(path);
	if (rc == OK && symlink((const char *)target.data, path) < 0)
		rc = error_why(ERR_IO, "cannot make the link %s: %s", path, strerror(errno));
	buf_free(&target);
	free(path);
	return rc;
}

static int delete_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static void delete_tree(char *path)
{
	nftw(path, delete_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}

static void delete_link(const struct vb_seat *s, char *name)
{
	char *path = xasprintf("%s/sys%s", s->root, name);

	unlink(path);
	free(path);
	free(name);
}

enum err vb_tree_new(const char *root)
{
	static const char *const folders[] = { "sys/class", "sys/bus/usb/devices", "sys/devices/usb1",
					       "dev/bus/usb/001", "ioctl/dev/bus/usb/001" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char *path = xasprintf("%s/%s/", root, folders[i]);
		enum err rc = make_folders(path);

		free(path);
		TRY(rc);
	}
	return OK;
}

void vb_tree_delete(const char *root)
{
	delete_tree(xstrdup(root));
}

/* --- Names --- */

char *vb_tree_usb_path(const struct vb_seat *s)
{
	return xasprintf("/devices/usb1/1-%u", s->port);
}

char *vb_tree_usb_node(const struct vb_seat *s)
{
	return xasprintf("bus/usb/001/%03u", s->devnum);
}

static unsigned word(const struct vb_seat *s, size_t at)
{
	return get_le16(s->device->model->descriptors + at);
}

/* The HID device on its interface: bus:vendor:product.instance. */
static char *hid_path(const struct vb_seat *s)
{
	return xasprintf("/devices/usb1/1-%u/1-%u:1.%u/0003:%04X:%04X.%04X", s->port, s->port,
			 s->device->model->hid_interface, word(s, 8), word(s, 10), s->hidraw + 1);
}

char *vb_tree_hidraw_path(const struct vb_seat *s)
{
	char *hid = hid_path(s);
	char *path = xasprintf("%s/hidraw/hidraw%u", hid, s->hidraw);

	free(hid);
	return path;
}

char *vb_tree_hidraw_node(const struct vb_seat *s)
{
	return xasprintf("hidraw%u", s->hidraw);
}

/* --- The USB device --- */

void vb_tree_usb_uevent(const struct vb_seat *s, struct buf *out)
{
	const uint8_t *d = s->device->model->descriptors;

	buf_printf(out, "MAJOR=%u\nMINOR=%u\n", USB_MAJOR, s->devnum - 1);
	buf_printf(out, "DEVNAME=bus/usb/001/%03u\nDEVTYPE=usb_device\nDRIVER=usb\n", s->devnum);
	buf_printf(out, "PRODUCT=%x/%x/%x\n", word(s, 8), word(s, 10), word(s, 12));
	buf_printf(out, "TYPE=%u/%u/%u\nBUSNUM=001\nDEVNUM=%03u\n", d[4], d[5], d[6], s->devnum);
}

static enum err put_uevent(const struct vb_seat *s, const char *folder,
			   void (*write)(const struct vb_seat *s, struct buf *out))
{
	struct buf text = { 0 };
	enum err rc;

	write(s, &text);
	rc = put_bytes(xasprintf("%s/sys%s/uevent", s->root, folder), text.data, text.len);
	buf_free(&text);
	return rc;
}

/* sysfs shows strings as UTF-8; in the device they are characters of Latin-1. */
static enum err put_string(const struct vb_seat *s, const char *folder, const char *name,
			   unsigned index)
{
	char *text = index ? vb_usb_string(s->device, index) : NULL;
	struct buf utf8 = { 0 };
	enum err rc;

	if (text == NULL)
		return OK;
	for (const char *p = text; *p != 0; p++) {
		uint8_t c = (uint8_t)*p;

		if (c >= 0x80)
			buf_putc(&utf8, (char)(0xc0 | c >> 6));
		buf_putc(&utf8, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
	}
	rc = put(s, folder, name, utf8.len ? (const char *)utf8.data : "");
	buf_free(&utf8);
	free(text);
	return rc;
}

static enum err add_attributes(const struct vb_seat *s, const char *folder)
{
	static const struct { const char *name, *format; uint8_t at; bool is_word; } rows[] = {
		{ "idVendor", "%04x", 8, true },	{ "idProduct", "%04x", 10, true },
		{ "bcdDevice", "%04x", 12, true },	{ "bDeviceClass", "%02x", 4, false },
		{ "bDeviceSubClass", "%02x", 5, false }, { "bDeviceProtocol", "%02x", 6, false },
		{ "bMaxPacketSize0", "%u", 7, false },	{ "bNumConfigurations", "%u", 17, false },
		{ "bNumInterfaces", "%u", 18 + 4, false },
		{ "bConfigurationValue", "%u", 18 + 5, false },
		{ "bmAttributes", "%02x", 18 + 7, false },
	};
	const struct vb_usb_model *m = s->device->model;
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		TRY(put_number(s, folder, rows[i].name, rows[i].format,
			       rows[i].is_word ? word(s, rows[i].at) : m->descriptors[rows[i].at]));
	TRY(put_number(s, folder, "busnum", "%u", 1));
	TRY(put_number(s, folder, "devnum", "%u", s->devnum));
	TRY(put_number(s, folder, "devpath", "%u", s->port));
	TRY(put_number(s, folder, "speed", "%u", m->is_high_speed ? 480 : 12));
	snprintf(text, sizeof(text), "%2x.%02x", m->descriptors[3], m->descriptors[2]);
	TRY(put(s, folder, "version", text));
	snprintf(text, sizeof(text), "%umA", 2u * m->descriptors[18 + 8]);
	TRY(put(s, folder, "bMaxPower", text));
	snprintf(text, sizeof(text), "%u:%u", USB_MAJOR, s->devnum - 1);
	TRY(put(s, folder, "dev", text));
	TRY(put_string(s, folder, "manufacturer", m->descriptors[14]));
	TRY(put_string(s, folder, "product", m->descriptors[15]));
	return put_string(s, folder, "serial", m->descriptors[16]);
}

static enum err add_interface(const struct vb_seat *s, const uint8_t *p)
{
	static const struct { const char *name; uint8_t at; } rows[] = {
		{ "bInterfaceNumber", 2 },   { "bNumEndpoints", 4 },	  { "bInterfaceClass", 5 },
		{ "bInterfaceSubClass", 6 }, { "bInterfaceProtocol", 7 },
	};
	char *folder = xasprintf("/devices/usb1/1-%u/1-%u:1.%u", s->port, s->port, p[2]);
	char *bus = xasprintf("/bus/usb/devices/1-%u:1.%u", s->port, p[2]);
	char *subsystem = xasprintf("%s/subsystem", folder);
	struct buf uevent = { 0 };
	enum err rc = OK;

	buf_printf(&uevent, "DEVTYPE=usb_interface\nPRODUCT=%x/%x/%x\nINTERFACE=%u/%u/%u\n",
		   word(s, 8), word(s, 10), word(s, 12), p[5], p[6], p[7]);
	for (size_t i = 0; rc == OK && i < ARRAY_SIZE(rows); i++)
		rc = put_number(s, folder, rows[i].name, "%02x", p[rows[i].at]);
	if (rc == OK)
		rc = put_number(s, folder, "bAlternateSetting", "%u", p[3]);
	if (rc == OK)
		rc = put_string(s, folder, "interface", p[8]);
	if (rc == OK)
		rc = put_bytes(xasprintf("%s/sys%s/uevent", s->root, folder), uevent.data,
			       uevent.len);
	if (rc == OK)
		rc = link_to(s, subsystem, "/bus/usb");
	if (rc == OK)
		rc = link_to(s, bus, folder);
	buf_free(&uevent);
	free(subsystem);
	free(bus);
	free(folder);
	return rc;
}

static enum err add_device(const struct vb_seat *s, const char *folder)
{
	const struct vb_usb_model *m = s->device->model;
	char *bus = xasprintf("/bus/usb/devices/1-%u", s->port);
	char *subsystem = xasprintf("%s/subsystem", folder);
	char *by_number = xasprintf("/dev/char/%u:%u", USB_MAJOR, s->devnum - 1);
	const uint8_t *p = NULL;
	enum err rc = add_attributes(s, folder);

	while (rc == OK && (p = vb_usb_next_descriptor(m, p, 4)) != NULL)
		if (p[3] == 0)
			rc = add_interface(s, p);
	if (rc == OK)
		rc = put_bytes(xasprintf("%s/sys%s/descriptors", s->root, folder), m->descriptors,
			       m->descriptors_size);
	if (rc == OK)
		rc = put_uevent(s, folder, vb_tree_usb_uevent);
	if (rc == OK)
		rc = link_to(s, subsystem, "/bus/usb");
	if (rc == OK)
		rc = link_to(s, by_number, folder);
	/* Last: a client that scans the bus finds a complete device. */
	if (rc == OK)
		rc = link_to(s, bus, folder);
	free(by_number);
	free(subsystem);
	free(bus);
	return rc;
}

enum err vb_tree_add(const struct vb_seat *s)
{
	char *folder = vb_tree_usb_path(s);
	enum err rc = add_device(s, folder);

	free(folder);
	return rc;
}

void vb_tree_remove(const struct vb_seat *s)
{
	char *folder = vb_tree_usb_path(s);
	const uint8_t *p = NULL;

	delete_link(s, xasprintf("/bus/usb/devices/1-%u", s->port));
	delete_link(s, xasprintf("/dev/char/%u:%u", USB_MAJOR, s->devnum - 1));
	while ((p = vb_usb_next_descriptor(s->device->model, p, 4)) != NULL)
		delete_link(s, xasprintf("/bus/usb/devices/1-%u:1.%u", s->port, p[2]));
	delete_tree(xasprintf("%s/sys%s", s->root, folder));
	free(folder);
}

/* --- hidraw --- */

void vb_tree_hidraw_uevent(const struct vb_seat *s, struct buf *out)
{
	buf_printf(out, "MAJOR=%u\nMINOR=%u\nDEVNAME=hidraw%u\n", HIDRAW_MAJOR, s->hidraw, s->hidraw);
}

static void hid_uevent(const struct vb_seat *s, struct buf *out)
{
	const uint8_t *d = s->device->model->descriptors;
	char *maker = vb_usb_string(s->device, d[14]), *product = vb_usb_string(s->device, d[15]);

	buf_printf(out, "DRIVER=hid-generic\nHID_ID=0003:%08X:%08X\n", word(s, 8), word(s, 10));
	buf_printf(out, "HID_NAME=%s %s\n", maker ? maker : "", product ? product : "");
	buf_printf(out, "HID_PHYS=usb-0000:00:14.0-%u/input%u\n", s->port,
		   s->device->model->hid_interface);
	buf_printf(out, "HID_UNIQ=%s\n", s->device->serial ? s->device->serial : "");
	free(maker);
	free(product);
}

static enum err add_hid(const struct vb_seat *s, const char *hid, const char *hidraw)
{
	const struct vb_usb_model *m = s->device->model;
	char *subsystem = xasprintf("%s/subsystem", hid);
	char *raw_subsystem = xasprintf("%s/subsystem", hidraw);
	char *device = xasprintf("%s/device", hidraw);
	char *class = xasprintf("/class/hidraw/hidraw%u", s->hidraw);
	char *by_number = xasprintf("/dev/char/%u:%u", HIDRAW_MAJOR, s->hidraw);
	char numbers[32];
	enum err rc = put_uevent(s, hid, hid_uevent);

	snprintf(numbers, sizeof(numbers), "%u:%u", HIDRAW_MAJOR, s->hidraw);
	if (rc == OK)
		rc = put_bytes(xasprintf("%s/sys%s/report_descriptor", s->root, hid), m->report,
			       m->report_size);
	if (rc == OK)
		rc = link_to(s, subsystem, "/bus/hid");
	if (rc == OK)
		rc = put_uevent(s, hidraw, vb_tree_hidraw_uevent);
	if (rc == OK)
		rc = put(s, hidraw, "dev", numbers);
	if (rc == OK)
		rc = link_to(s, raw_subsystem, "/class/hidraw");
	if (rc == OK)
		rc = link_to(s, device, hid);
	if (rc == OK)
		rc = link_to(s, by_number, hidraw);
	if (rc == OK)
		rc = link_to(s, class, hidraw);
	free(by_number);
	free(class);
	free(device);
	free(raw_subsystem);
	free(subsystem);
	return rc;
}

enum err vb_tree_add_hidraw(const struct vb_seat *s)
{
	char *hid = hid_path(s), *hidraw = vb_tree_hidraw_path(s);
	enum err rc = add_hid(s, hid, hidraw);

	free(hidraw);
	free(hid);
	return rc;
}

void vb_tree_remove_hidraw(const struct vb_seat *s)
{
	char *hid = hid_path(s);

	delete_link(s, xasprintf("/class/hidraw/hidraw%u", s->hidraw));
	delete_link(s, xasprintf("/dev/char/%u:%u", HIDRAW_MAJOR, s->hidraw));
	delete_tree(xasprintf("%s/sys%s", s->root, hid));
	free(hid);
}
