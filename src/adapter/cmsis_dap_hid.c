/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMSIS-DAP v1: HID reports through hidapi on Linux' hidraw. Every packet is a whole report, filled
 * up, with a report id of 0 in front that is not on the wire; what stands behind an answer in its
 * report is left over from another. The kernel keeps 64 reports for a reader and drops what comes
 * then, hidapi on other systems 30.
 *
 * How long a report is stands in the report descriptor; where that cannot be read, in the table of
 * products, else it is the endpoint's packet.
 */
#include <errno.h>
#include <fcntl.h>
#include <hidapi.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "adapter/cmsis_dap.h"
#include "base/clock.h"
#include "base/log.h"

#define KERNEL_QUEUE  30u
#define STALE_REPORTS 64
#define MAX_REPORT    1024u

struct hid_link {
	hid_device *hid;
	struct loop *loop;
	struct usb *usb;		/* to notice unplugging; NULL: the usb node is closed to us */
	size_t report;
	uint8_t ahead[MAX_REPORT];	/* a report that is_ready() found */
	size_t ahead_size;
	uint8_t out[MAX_REPORT + 1];
};

/* --- Which node --- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* The sysfs path of a hidraw node goes through its interface: ".../1-2/1-2:1.3/...". */
static bool is_at(const char *path, const char *location, unsigned interface)
{
	char link[PATH_MAX], real[PATH_MAX], wanted[64];

	snprintf(link, sizeof(link), "/sys/class/hidraw/%s/device", base_name(path));
	if (realpath(link, real) == NULL)
		return false;
	snprintf(wanted, sizeof(wanted), "/%s:", location);
	const char *at = strstr(real, wanted);
	unsigned number;

	if (at == NULL || sscanf(at + strlen(wanted), "%*u.%u", &number) != 1)
		return false;
	return number == interface;
}

static bool is_same_serial(const wchar_t *wide, const char *serial)
{
	char text[256];

	if (serial == NULL || wide == NULL)
		return serial == NULL;
	return wcstombs(text, wide, sizeof(text)) != (size_t)-1 && strcmp(text, serial) == 0;
}

static char *find_node(const struct usb_device *device, unsigned interface)
{
	struct hid_device_info *list = hid_enumerate(device->vid, device->pid);
	char *by_place = NULL, *by_serial = NULL;

	for (struct hid_device_info *i = list; i != NULL && by_place == NULL; i = i->next) {
		if (is_at(i->path, device->location, interface))
			by_place = xstrdup(i->path);
		else if (by_serial == NULL && i->interface_number == (int)interface &&
			 is_same_serial(i->serial_number, device->serial))
			by_serial = xstrdup(i->path);
	}
	hid_free_enumeration(list);
	if (by_place == NULL)
		return by_serial;
	free(by_serial);
	return by_place;
}

/* --- How long a report is --- */

static size_t described_report(const char *path)
{
	char file[PATH_MAX];
	uint8_t descriptor[4096];
	size_t n;
	FILE *f;

	snprintf(file, sizeof(file), "/sys/class/hidraw/%s/device/report_descriptor",
		 base_name(path));
	f = fopen(file, "re");
	if (f == NULL)
		return 0;
	n = fread(descriptor, 1, sizeof(descriptor), f);
	fclose(f);
	return cmsis_hid_report_bytes(descriptor, n);
}

static size_t report_of(const struct usb_device *device, const struct usb_interface *interface,
			const char *path)
{
	const struct cmsis_quirk *quirk = cmsis_find_kind(device);
	size_t report = 0;

	if (quirk == NULL || !(quirk->flags & QUIRK_FORCE_REPORT))
		report = described_report(path);
	if (report == 0 && quirk != NULL)
		report = quirk->report_bytes;
	for (unsigned i = 0; i < interface->endpoint_count; i++)
		if (report == 0)
			report = interface->endpoints[i].max_packet;
	if (report < CMSIS_MIN_PACKET || report > MAX_REPORT)
		report = CMSIS_MIN_PACKET;
	return report;
}

/* --- Open and close --- */

static enum err open_node(const struct usb_device *device, const char *path, hid_device **hid)
{
	char *who = usb_who_has(device, path);

	/* Every reader of a hidraw node gets all reports: two users would read each other's answers. */
	if (who != NULL) {
		free(who);
		return usb_fail_busy(device, path);
	}
	*hid = hid_open_path(path);
	if (*hid != NULL)
		return OK;
	if (access(path, R_OK | W_OK) != 0 && (errno == EACCES || errno == EPERM))
		return usb_fail_permission(device, path);
	return error_why(ERR_IO, "%s cannot be opened: %s", path, strerror(errno));
}

static enum err hid_open_link(struct adapter *adapter, const struct usb_device *device,
			      const struct cmsis_usb *where, void **link)
{
	char *path;
	hid_device *hid = NULL;

	if (hid_init() != 0)
		return error_why(ERR_IO, "hidapi cannot start");
	path = find_node(device, where->hid->number);
	if (path == NULL) {
		error_why(ERR_ADAPTER_NOT_FOUND,
			  "interface %u of the probe at USB %s is HID, but has no hidraw node",
			  where->hid->number, device->location);
		return error_next(ERR_ADAPTER_NOT_FOUND,
				  "load the kernel module \"usbhid\", plug the probe in again");
	}
	enum err rc = open_node(device, path, &hid);

	if (rc == OK) {
		struct hid_link *l = xcalloc(1, sizeof(*l));

		l->hid = hid;
		l->loop = adapter->loop;
		l->report = report_of(device, where->hid, path);
		if (adapter->loop != NULL && usb_open(adapter->loop, device, &l->usb) != OK) {
			error_clear();
			l->usb = NULL;
		}
		if (l->usb != NULL)
			usb_on_lost(l->usb, adapter_unplugged, adapter);
		*link = l;
	}
	free(path);
	return rc;
}

static void hid_close_link(void *link)
{
	struct hid_link *l = link;

	usb_close(l->usb);
	hid_close(l->hid);
	free(l);
}

/* --- Packets --- */

static enum err gone(const char *what)
{
	return error_why(ERR_ADAPTER_LOST, "the probe was unplugged while %s", what);
}

/* A report that the device did not take need not be its end: getting into step again will show. */
static enum err fail_send(int why)
{
	if (why == ENODEV || why == ENXIO || why == ESHUTDOWN)
		return gone("a command was sent");
	return error_why(ERR_ADAPTER_PROTOCOL, "a report did not get to the probe: %s",
			 strerror(why));
}

static enum err hid_send_packets(void *link, const uint8_t *batch,
				 const struct cmsis_packet *packets, size_t n)
{
	struct hid_link *l = link;

	for (size_t i = 0; i < n; i++) {
		memset(l->out, 0, l->report + 1);
		memcpy(l->out + 1, batch + packets[i].at, packets[i].size);
		errno = 0;
		if (hid_write(l->hid, l->out, l->report + 1) < 0)
			return fail_send(errno);
	}
	return OK;
}

/*
 * hidapi ends the wait at any signal and returns what it does for a lost device. Only those that end the
 * daemon may; the Ctrl-C at the terminal of a GDB that started it is no news of the probe.
 */
static int read_report(struct hid_link *l, int timeout_ms)
{
	uint64_t now = clock_now_ms(), deadline = now + (uint64_t)MAX(timeout_ms, 0);
	int n;

	do {
		errno = 0;
		n = hid_read_timeout(l->hid, l->ahead, sizeof(l->ahead),
				     now < deadline ? (int)(deadline - now) : 0);
		now = clock_now_ms();
	} while (n < 0 && errno == EINTR && !loop_is_ending(l->loop));
	return n < 0 && errno == EINTR ? 0 : n;
}

static enum err hid_receive_packet(void *link, uint8_t *response, size_t size, size_t *got,
				   int timeout_ms)
{
	struct hid_link *l = link;
	int n;

	*got = 0;
	if (l->ahead_size == 0) {
		n = read_report(l, timeout_ms);
		if (n < 0)
			return gone("it was waited for");
		if (n == 0)
			return error_why(ERR_TIMEOUT, "no answer within %d ms", timeout_ms);
		l->ahead_size = (size_t)n;
	}
	*got = MIN(l->ahead_size, size);
	memcpy(response, l->ahead, *got);
	l->ahead_size = 0;
	return OK;
}

static bool hid_has_answer(void *link)
{
	struct hid_link *l = link;
	int n;

	if (l->ahead_size > 0)
		return true;
	n = read_report(l, 0);
	if (n > 0)
		l->ahead_size = (size_t)n;
	return n != 0;		/* a failure is for receive() to tell */
}

static size_t hid_usable(size_t packet_size)
{
	return packet_size;
}

/* A probe with v1 and v2 may announce a size that fits v2 only. */
static size_t hid_set_packet_size(void *link, size_t packet_size)
{
	struct hid_link *l = link;

	return MIN(packet_size, l->report);
}

static enum err hid_resync(void *link, int quiet_ms, bool is_stalled)
{
	struct hid_link *l = link;
	int n = 1;

	(void)is_stalled;
	l->ahead_size = 0;
	for (unsigned i = 0; i < STALE_REPORTS && n > 0; i++) {
		n = read_report(l, quiet_ms);
		if (n > 0)
			log_debug("CMSIS-DAP: read away a stale report of %d bytes", n);
	}
	return n < 0 ? gone("old answers were read away") : OK;
}

const struct cmsis_transport cmsis_dap_hid = {
	.name = "hid",
	.fixed_size = true,
	.open = hid_open_link,
	.close = hid_close_link,
	.send = hid_send_packets,
	.receive = hid_receive_packet,
	.is_ready = hid_has_answer,
	.usable = hid_usable,
	.set_packet_size = hid_set_packet_size,
	.resync = hid_resync,
	.max_under_way = KERNEL_QUEUE,
};
