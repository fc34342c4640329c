/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which devices are there. Descriptors come from libusb, which has them without any traffic. So has
 * sysfs the strings, and for everybody: a device is opened only for strings that sysfs lacks.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libusb.h>

#include "adapter/usb.h"
#include "adapter/usb_text.h"
#include "base/bytes.h"

#define SYSFS "/sys/bus/usb/devices"

struct place {			/* a folder of sysfs */
	unsigned bus, address;
	char name[32];		/* "1-2.3": the location */
};

struct scan {
	struct place *places;
	size_t place_count;
};

/* One line of an attribute; NULL if it is not there or empty. */
static char *read_attribute(const char *folder, const char *name)
{
	char path[160], line[256];
	FILE *f;
	char *text = NULL;

	snprintf(path, sizeof(path), SYSFS "/%s/%s", folder, name);
	f = fopen(path, "re");
	if (f == NULL)
		return NULL;
	if (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		text = line[0] != '\0' ? xstrdup(line) : NULL;
	}
	fclose(f);
	return text;
}

static unsigned read_number(const char *folder, const char *name)
{
	char *text = read_attribute(folder, name);
	unsigned value = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 0;

	free(text);
	return value;
}

static void read_places(struct scan *scan)
{
	struct dirent *entry;
	DIR *dir = opendir(SYSFS);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct place place = { 0 };

		/* 1-2.3 is a device, 1-2.3:1.0 an interface, usb1 a root hub. */
		if (strchr(entry->d_name, '-') == NULL || strchr(entry->d_name, ':') != NULL ||
		    strlen(entry->d_name) >= sizeof(place.name))
			continue;
		memcpy(place.name, entry->d_name, strlen(entry->d_name) + 1);
		place.bus = read_number(place.name, "busnum");
		place.address = read_number(place.name, "devnum");
		scan->places = xrealloc(scan->places,
					(scan->place_count + 1) * sizeof(*scan->places));
		scan->places[scan->place_count++] = place;
	}
	if (dir != NULL)
		closedir(dir);
}

static const char *find_place(const struct scan *scan, const struct usb_device *device)
{
	for (size_t i = 0; i < scan->place_count; i++)
		if (scan->places[i].bus == device->bus &&
		    scan->places[i].address == device->address)
			return scan->places[i].name;
	return NULL;
}

static void set_location(const char *folder, struct libusb_device *from, struct usb_device *device)
{
	uint8_t ports[7];
	int n = folder == NULL ? libusb_get_port_numbers(from, ports, sizeof(ports)) : 0;
	size_t used;

	if (folder != NULL) {
		snprintf(device->location, sizeof(device->location), "%s", folder);
		return;
	}
	used = (size_t)snprintf(device->location, sizeof(device->location), "%u", device->bus);
	for (int i = 0; i < n && used < sizeof(device->location); i++)
		used += (size_t)snprintf(device->location + used, sizeof(device->location) - used,
					 "%c%u", i == 0 ? '-' : '.', ports[i]);
}

static enum usb_speed speed_of(struct libusb_device *from)
{
	switch (libusb_get_device_speed(from)) {
	case LIBUSB_SPEED_LOW: return USB_SPEED_LOW;
	case LIBUSB_SPEED_FULL: return USB_SPEED_FULL;
	case LIBUSB_SPEED_HIGH: return USB_SPEED_HIGH;
	case LIBUSB_SPEED_SUPER:
	case LIBUSB_SPEED_SUPER_PLUS: return USB_SPEED_SUPER;
	default: return USB_SPEED_UNKNOWN;
	}
}

static void set_access(struct usb_device *device)
{
	char node[USB_NODE_SIZE];

	usb_node(device, node);
	if (access(node, F_OK) != 0)
		device->access = ERR_ADAPTER_LOST;
	else if (access(node, R_OK | W_OK) != 0)
		device->access = ERR_ADAPTER_PERMISSION;
}

/* What a device is asked for when sysfs does not know: opened at the first need. */
struct strings {
	struct libusb_device *from;
	struct libusb_device_handle *handle;
	struct usb_device *device;
	const char *folder;
	bool is_tried;
};

static size_t fetch_string(struct strings *s, uint8_t index, uint8_t *raw, size_t size)
{
	int n;

	if (!s->is_tried) {
		s->is_tried = true;
		n = libusb_open(s->from, &s->handle);
		if (n != 0)
			s->handle = NULL;
		if (n == LIBUSB_ERROR_ACCESS)
			s->device->access = ERR_ADAPTER_PERMISSION;
	}
	if (s->handle == NULL)
		return 0;
	n = libusb_get_string_descriptor(s->handle, index, 0x0409, raw, (int)size);
	return n > 0 ? (size_t)n : 0;
}

static char *get_string(struct strings *s, uint8_t index, const char *folder, const char *attribute)
{
	uint8_t raw[255];
	char *text;
	size_t n;

	if (index == 0)
		return NULL;
	text = folder != NULL ? read_attribute(folder, attribute) : NULL;
	if (text != NULL)
		return text;
	n = fetch_string(s, index, raw, sizeof(raw));
	return usb_text_of_descriptor(raw, n);
}

static char *get_serial(struct strings *s, uint8_t index)
{
	uint8_t raw[255];
	char *text, *better;
	size_t n;

	if (index == 0)
		return NULL;
	text = s->folder != NULL ? read_attribute(s->folder, "serial") : NULL;
	if (text != NULL && !usb_serial_is_binary(s->device, text))
		return text;
	n = fetch_string(s, index, raw, sizeof(raw));
	better = usb_serial_of_descriptor(s->device, raw, n);
	if (better == NULL && text != NULL)
		better = usb_serial_of_text(s->device, text);
	free(text);
	return better;
}

static void copy_interface(struct usb_interface *to, const struct libusb_interface_descriptor *from)
{
	*to = (struct usb_interface){ .number = from->bInterfaceNumber,
				      .class = from->bInterfaceClass,
				      .subclass = from->bInterfaceSubClass,
				      .protocol = from->bInterfaceProtocol };
	for (int i = 0; i < from->bNumEndpoints && i < (int)ARRAY_SIZE(to->endpoints); i++)
		to->endpoints[to->endpoint_count++] = (struct usb_endpoint){
			from->endpoint[i].bEndpointAddress,
			from->endpoint[i].bmAttributes & 3,
			/* bits 12:11 are the extra transactions of a high-speed interrupt pipe */
			from->endpoint[i].wMaxPacketSize & 0x7ff,
		};
}

static void read_interfaces(struct strings *s, struct usb_device *device)
{
	struct libusb_config_descriptor *config = NULL;
	char folder[64];

	if (libusb_get_active_config_descriptor(s->from, &config) != 0 &&
	    libusb_get_config_descriptor(s->from, 0, &config) != 0)
		return;
	for (int i = 0; i < config->bNumInterfaces; i++) {
		const struct libusb_interface *each = &config->interface[i];
		struct usb_interface *to = &device->interfaces[device->interface_count];

		if (each->num_altsetting == 0 ||
		    device->interface_count == ARRAY_SIZE(device->interfaces))
			continue;
		copy_interface(to, &each->altsetting[0]);
		device->interface_count++;
		snprintf(folder, sizeof(folder), "%s:%u.%u", s->folder ? s->folder : "?",
			 config->bConfigurationValue, to->number);
		to->name = get_string(s, each->altsetting[0].iInterface, folder, "interface");
	}
	libusb_free_config_descriptor(config);
}

static struct usb_device *read_device(const struct scan *scan, struct libusb_device *from)
{
	struct libusb_device_descriptor d;
	struct usb_device *device;
	struct strings strings = { .from = from };

	if (libusb_get_device_descriptor(from, &d) != 0 || d.bDeviceClass == LIBUSB_CLASS_HUB)
		return NULL;
	device = xcalloc(1, sizeof(*device));
	device->vid = d.idVendor;
	device->pid = d.idProduct;
	device->bcd_device = d.bcdDevice;
	device->bus = libusb_get_bus_number(from);
	device->address = libusb_get_device_address(from);
	device->speed = speed_of(from);
	strings.device = device;
	strings.folder = find_place(scan, device);
	set_location(strings.folder, from, device);
	set_access(device);
	device->manufacturer = get_string(&strings, d.iManufacturer, strings.folder, "manufacturer");
	device->product = get_string(&strings, d.iProduct, strings.folder, "product");
	device->serial = get_serial(&strings, d.iSerialNumber);
	read_interfaces(&strings, device);
	if (strings.handle != NULL)
		libusb_close(strings.handle);
	return device;
}

/* "1-10" is after "1-9": by the numbers, not the characters. */
static int compare_locations(const char *a, const char *b)
{
	for (;;) {
		char *end_a, *end_b;
		unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);

		if (x != y)
			return x < y ? -1 : 1;
		if (*end_a == '\0' || *end_b == '\0')
			return (*end_a != '\0') - (*end_b != '\0');
		a = end_a + 1;
		b = end_b + 1;
	}
}

static void insert_sorted(struct usb_device **list, struct usb_device *device)
{
	while (*list != NULL && compare_locations((*list)->location, device->location) <= 0)
		list = &(*list)->next;
	device->next = *list;
	*list = device;
}

enum err usb_scan(struct usb_device **list)
{
	struct libusb_context *libusb = NULL;
	struct libusb_device **all = NULL;
	struct scan scan = { 0 };
	ssize_t n;
	int code = libusb_init(&libusb);

	*list = NULL;
	if (code != 0)
		return error_why(ERR_IO, "libusb cannot start: %s", libusb_strerror(code));
	n = libusb_get_device_list(libusb, &all);
	if (n >= 0)
		read_places(&scan);
	for (ssize_t i = 0; i < n; i++) {
		struct usb_device *device = read_device(&scan, all[i]);

		if (device != NULL)
			insert_sorted(list, device);
	}
	if (n >= 0)
		libusb_free_device_list(all, 1);
	libusb_exit(libusb);
	free(scan.places);
	if (n < 0)
		return error_why(ERR_IO, "the USB devices cannot be listed: %s",
				 libusb_strerror((int)n));
	return OK;
}
