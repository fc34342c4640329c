/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which interface speaks CMSIS-DAP. The specification asks for "CMSIS-DAP" in a string: v2 is an
 * FF/00/00 interface with bulk OUT and bulk IN in this order, v1 a HID interface. Strings mislead
 * both ways: an XDS110 has the words in its product string and two vendor interfaces that are
 * something else, an ULINKplus or an Orbtrace has them in the interface string only, a WCH-Link in
 * the strings of its serial port. So the interface's own string counts first, and the product's only
 * if no interface has one and there is no choice.
 */
#include <string.h>

#include "adapter/cmsis_dap.h"

#define CLASS_HID    0x03
#define CLASS_VENDOR 0xff
#define BULK	     2
#define ENDPOINT_IN  0x80u

static bool says_cmsis_dap(const char *text)
{
	return text != NULL &&
	       (strstr(text, "CMSIS-DAP") != NULL || strstr(text, "CMSIS_DAP") != NULL);
}

/* In descriptor order: bulk OUT, bulk IN, and maybe bulk IN for SWO. */
static bool has_v2_endpoints(const struct usb_interface *i)
{
	return i->endpoint_count >= 2 && i->endpoints[0].type == BULK &&
	       i->endpoints[1].type == BULK && !(i->endpoints[0].address & ENDPOINT_IN) &&
	       (i->endpoints[1].address & ENDPOINT_IN);
}

/* KitProg3 gives class 0. */
static bool can_be_v2(const struct usb_interface *i)
{
	bool is_vendor = i->class == CLASS_VENDOR && i->subclass == 0 && i->protocol == 0;
	bool is_unset = i->class == 0 && says_cmsis_dap(i->name);

	return (is_vendor || is_unset) && has_v2_endpoints(i);
}

static void take_bulk(struct cmsis_usb *usb, const struct usb_interface *i)
{
	const struct usb_endpoint *swo = i->endpoint_count > 2 ? &i->endpoints[2] : NULL;

	usb->bulk = i;
	usb->out = i->endpoints[0].address;
	usb->in = i->endpoints[1].address;
	usb->swo = swo != NULL && swo->type == BULK && (swo->address & ENDPOINT_IN) ? swo->address
										    : 0;
}

/* Candidates of one kind: how many, how many by their own string, and the first of either. */
struct tally {
	const struct usb_interface *first, *named;
	unsigned count;
};

static void count(struct tally *t, const struct usb_interface *i)
{
	if (t->first == NULL)
		t->first = i;
	if (t->named == NULL && says_cmsis_dap(i->name))
		t->named = i;
	t->count++;
}

static void look(const struct usb_device *device, struct tally *bulk, struct tally *hid)
{
	for (unsigned n = 0; n < device->interface_count; n++) {
		const struct usb_interface *i = &device->interfaces[n];

		if (can_be_v2(i))
			count(bulk, i);
		else if (i->class == CLASS_HID)
			count(hid, i);
	}
}

static const struct usb_interface *interface_number(const struct usb_device *device, int number)
{
	for (unsigned n = 0; n < device->interface_count; n++)
		if (device->interfaces[n].number == number)
			return &device->interfaces[n];
	return NULL;
}

/* The user knows better than any string. */
static int find_by_number(const struct usb_device *device, int number, struct cmsis_usb *usb)
{
	const struct usb_interface *i = interface_number(device, number);

	if (i == NULL)
		return MATCH_NONE;
	if (i->class == CLASS_HID)
		usb->hid = i;
	else if (has_v2_endpoints(i))
		take_bulk(usb, i);
	else
		return MATCH_NONE;
	usb->is_certain = true;
	return MATCH_IDS;
}

static const struct usb_interface *choose_hid(const struct usb_device *device,
					      const struct tally *hid, unsigned flags,
					      bool is_probe)
{
	if (flags & QUIRK_HID_FIRST) {
		const struct usb_interface *i = interface_number(device, 0);

		if (i != NULL && i->class == CLASS_HID)
			return i;
	}
	if (hid->named != NULL)
		return hid->named;
	/* Several HID interfaces and no string, or another one: a keyboard, a KitProg3's bridge. */
	return is_probe && hid->count == 1 && hid->first->name == NULL ? hid->first : NULL;
}

int cmsis_find(const struct usb_device *device, int wanted_interface, struct cmsis_usb *usb)
{
	const struct cmsis_quirk *kind = cmsis_find_kind(device);
	unsigned flags = kind != NULL ? kind->flags : 0;
	struct tally bulk = { 0 }, hid = { 0 };
	bool by_product = says_cmsis_dap(device->product) || kind != NULL;

	*usb = (struct cmsis_usb){ 0 };
	if (wanted_interface >= 0)
		return find_by_number(device, wanted_interface, usb);
	look(device, &bulk, &hid);
	usb->hid = choose_hid(device, &hid, flags, by_product);
	if (flags & QUIRK_HID_ONLY)
		bulk = (struct tally){ 0 };
	if (bulk.named != NULL)
		take_bulk(usb, bulk.named);
	else if (by_product && hid.named == NULL && bulk.count == 1)
		take_bulk(usb, bulk.first);
	usb->is_certain = bulk.named != NULL || hid.named != NULL;
	if (usb->bulk == NULL && usb->hid == NULL)
		return MATCH_NONE;
	if (kind != NULL && kind->vid != 0)
		return MATCH_IDS;
	return by_product || usb->is_certain ? MATCH_STRINGS : MATCH_NONE;
}

void cmsis_recognise(const struct usb_device *device, struct probe_match *match)
{
	const struct cmsis_quirk *kind = cmsis_find_kind(device);
	struct cmsis_usb usb;

	match->quality = cmsis_find(device, -1, &usb);
	if (match->quality == MATCH_NONE)
		return;
	match->config = "interface/cmsis-dap.cfg";
	if (kind != NULL)
		match->kind = kind->kind;
	else
		match->kind = usb.bulk != NULL ? "CMSIS-DAP v2" : "CMSIS-DAP v1";
}

/* HID 1.11, 6.2.2: Report Size and Report Count in front of Output. Returns bytes, 0: none found. */
size_t cmsis_hid_report_bytes(const uint8_t *d, size_t n)
{
	uint32_t size = 0, count = 0;

	for (size_t at = 0; at < n;) {
		unsigned bytes = (d[at] & 3) == 3 ? 4 : d[at] & 3, item = d[at] & 0xfc;
		uint32_t value = 0;

		if (at + 1 + bytes > n)
			return 0;
		for (unsigned i = 0; i < bytes; i++)
			value |= (uint32_t)d[at + 1 + i] << 8 * i;
		if (item == 0x74)
			size = value;
		else if (item == 0x94)
			count = value;
		else if (item == 0x90)
			return size <= 32 && count <= 65536 ? size * count / 8 : 0;
		at += 1 + bytes;
	}
	return 0;
}
