/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot of a device as data, and what the operating system knows about its node. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/usb.h"
#include "base/bytes.h"

#define MAX_HOLDERS 8	/* of a node that are named */

static char *copy_text(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

struct usb_device *usb_copy_device(const struct usb_device *device)
{
	struct usb_device *copy = xcalloc(1, sizeof(*copy));

	*copy = *device;
	copy->next = NULL;
	copy->manufacturer = copy_text(device->manufacturer);
	copy->product = copy_text(device->product);
	copy->serial = copy_text(device->serial);
	for (unsigned i = 0; i < copy->interface_count; i++)
		copy->interfaces[i].name = copy_text(device->interfaces[i].name);
	return copy;
}

void usb_free_list(struct usb_device *list)
{
	while (list != NULL) {
		struct usb_device *device = list;

		list = device->next;
		free(device->manufacturer);
		free(device->product);
		free(device->serial);
		for (unsigned i = 0; i < device->interface_count; i++)
			free(device->interfaces[i].name);
		free(device);
	}
}

const char *usb_node(const struct usb_device *device, char node[USB_NODE_SIZE])
{
	snprintf(node, USB_NODE_SIZE, "/dev/bus/usb/%03u/%03u", device->bus, device->address);
	return node;
}

bool usb_has_hid(const struct usb_device *device)
{
	for (unsigned i = 0; i < device->interface_count; i++)
		if (device->interfaces[i].class == 3)
			return true;
	return false;
}

char *usb_udev_rule(const struct usb_device *device)
{
	return xasprintf("SUBSYSTEM==\"%s\", ATTRS{idVendor}==\"%04x\", "
			 "ATTRS{idProduct}==\"%04x\", MODE=\"0660\", GROUP=\"plugdev\", "
			 "TAG+=\"uaccess\"", usb_has_hid(device) ? "usb|hidraw" : "usb", device->vid,
			 device->pid);
}

static const char *name_of(const struct usb_device *device)
{
	return device->product != NULL ? device->product : "the probe";
}

enum err usb_fail_permission(const struct usb_device *device, const char *node)
{
	char *rule = usb_udev_rule(device), own[USB_NODE_SIZE];

	if (node == NULL)
		node = usb_node(device, own);
	error_why(ERR_ADAPTER_PERMISSION,
		  "this user may not open %s (%04x:%04x at USB %s): no write permission for %s",
		  name_of(device), device->vid, device->pid, device->location, node);
	error_next(ERR_ADAPTER_PERMISSION,
		   "put '%s' into /etc/udev/rules.d/60-probed.rules, run \"sudo udevadm control "
		   "--reload\", plug the probe in again", rule);
	free(rule);
	return ERR_ADAPTER_PERMISSION;
}

enum err usb_fail_busy(const struct usb_device *device, const char *node)
{
	char *who = usb_who_has(device, node), own[USB_NODE_SIZE];

	error_why(ERR_ADAPTER_BUSY, "%s at USB %s is in use by %s", name_of(device),
		  device->location, who ? who : "another program");
	if (who == NULL)
		error_next(ERR_ADAPTER_BUSY,
			   "end that program; \"sudo fuser -v %s\" tells which",
			   usb_node(device, own));
	free(who);
	return ERR_ADAPTER_BUSY;
}

/* The link of an open file ends with the node's path; a node that was replaced meanwhile is marked. */
static bool is_node(const char *link, const char *node)
{
	static const char mark[] = " (deleted)", hidraw[] = "/dev/hidraw";
	size_t length = strlen(link), n = strlen(node), m = sizeof(mark) - 1;
	const char *root = getenv("UMOCKDEV_DIR");

	/* Every emulated /dev has a hidraw0 of its own. */
	if (root != NULL && strncmp(node, hidraw, sizeof(hidraw) - 1) == 0 &&
	    strncmp(link, root, strlen(root)) != 0)
		return false;
	if (length > m && strcmp(link + length - m, mark) == 0)
		length -= m;
	return length >= n && strncmp(link + length - n, node, n) == 0;
}

/* How many descriptors of this process are the node. */
static unsigned count_open(const char *pid, const char *node)
{
	char dir[64], path[NAME_MAX + 80], link[PATH_MAX];
	unsigned count = 0;
	struct dirent *entry;
	DIR *fds;

	snprintf(dir, sizeof(dir), "/proc/%.20s/fd", pid);
	fds = opendir(dir);
	while (fds != NULL && (entry = readdir(fds)) != NULL) {
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		count += is_node(link, node);
	}
	if (fds != NULL)
		closedir(fds);
	return count;
}

/*
 * In an emulated /dev (umockdev) the program that serves a node has it open as well. It is no user:
 * only users were started with the variable.
 */
static bool is_server(const char *pid)
{
	char path[64], text[32768];
	size_t n = 0;
	FILE *f;

	if (getenv("UMOCKDEV_DIR") == NULL)
		return false;
	snprintf(path, sizeof(path), "/proc/%.20s/environ", pid);
	f = fopen(path, "re");
	if (f != NULL) {
		n = fread(text, 1, sizeof(text), f);
		fclose(f);
	}
	return memmem(text, n, "UMOCKDEV_DIR=", 13) == NULL;
}

struct holder {
	char pid[20];
	unsigned count;
};

/* A program that uses a probe has it open once; one that has it often only passes it on. */
static int by_count(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return (x->count > y->count) - (x->count < y->count);
}

static size_t find_holders(const char *node, struct holder *holders, size_t max)
{
	size_t n = 0;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc != NULL && n < max && (entry = readdir(proc)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    strtol(entry->d_name, NULL, 10) == getpid())
			continue;
		holders[n].count = count_open(entry->d_name, node);
		if (holders[n].count == 0 || is_server(entry->d_name))
			continue;
		snprintf(holders[n].pid, sizeof(holders[n].pid), "%.19s", entry->d_name);
		n++;
	}
	if (proc != NULL)
		closedir(proc);
	qsort(holders, n, sizeof(*holders), by_count);
	return n;
}

static void name_process(struct buf *out, const char *pid)
{
	char path[64], name[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	f = fopen(path, "re");
	if (f != NULL) {
		if (fgets(name, sizeof(name), f) != NULL)
			name[strcspn(name, "\n")] = '\0';
		fclose(f);
	}
	buf_printf(out, "%spid %s (%s)", out->len > 0 ? ", " : "", pid, name[0] ? name : "?");
}

char *usb_who_has(const struct usb_device *device, const char *node)
{
	struct holder holders[64];
	char own[USB_NODE_SIZE];
	struct buf out = { 0 };
	size_t n;

	n = find_holders(node != NULL ? node : usb_node(device, own), holders, ARRAY_SIZE(holders));
	for (size_t i = 0; i < n && i < MAX_HOLDERS; i++)
		name_process(&out, holders[i].pid);
	return (char *)out.data;
}
