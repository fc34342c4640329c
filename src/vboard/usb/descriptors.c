/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device says about itself, and the standard requests of USB 2.0 chapter 9. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/usb/device.h"

#define DEVICE_BYTES 18u

enum { REQ_GET_STATUS = 0, REQ_CLEAR_FEATURE = 1, REQ_SET_FEATURE = 3, REQ_GET_DESCRIPTOR = 6,
       REQ_GET_CONFIGURATION = 8, REQ_SET_CONFIGURATION = 9, REQ_GET_INTERFACE = 10,
       REQ_SET_INTERFACE = 11 };
enum { DESC_DEVICE = 1, DESC_CONFIGURATION = 2, DESC_STRING = 3, DESC_QUALIFIER = 6, DESC_BOS = 15,
       DESC_HID = 0x21, DESC_REPORT = 0x22 };
#define MICROSOFT_STRING 0xeeu

const uint8_t *vb_usb_next_descriptor(const struct vb_usb_model *model, const uint8_t *after,
				      uint8_t type)
{
	const uint8_t *end = model->descriptors + model->descriptors_size;
	const uint8_t *p = after ? after + after[0] : model->descriptors + DEVICE_BYTES;

	for (; p + 2 <= end && p[0] >= 2 && p + p[0] <= end; p += p[0])
		if (type == 0 || p[1] == type)
			return p;
	return NULL;
}

bool vb_usb_has_interface(const struct vb_usb_model *model, unsigned number, unsigned alternate)
{
	const uint8_t *p = NULL;

	while ((p = vb_usb_next_descriptor(model, p, 4)) != NULL)
		if (p[2] == number && p[3] == alternate)
			return true;
	return false;
}

int vb_usb_interface_of(const struct vb_usb_model *model, uint8_t endpoint)
{
	const uint8_t *p = NULL;
	int number = -1;

	while ((p = vb_usb_next_descriptor(model, p, 0)) != NULL) {
		if (p[1] == 4)
			number = p[2];
		else if (p[1] == 5 && p[2] == endpoint)
			return number;
	}
	return -1;
}

char *vb_usb_string(const struct vb_usb_device *d, unsigned index)
{
	const char *text = d->model->string ? d->model->string(d->priv, index) : NULL;

	if (text != NULL)
		return xstrdup(text);
	for (unsigned i = 0; i < index && d->model->strings[i] != NULL; i++)
		text = i + 1 == index ? d->model->strings[i] : NULL;
	if (text == NULL)
		return NULL;
	if (strcmp(text, "%s") == 0)
		return d->serial ? xstrdup(d->serial) : NULL;
	return xstrdup(text);
}

/* UTF-16 of a text whose characters are all in Latin-1: a serial number may be raw bytes. */
static size_t put_string(uint8_t *data, const char *text)
{
	size_t n = MIN(strlen(text), 126u);

	data[0] = (uint8_t)(2 + 2 * n);
	data[1] = DESC_STRING;
	for (size_t i = 0; i < n; i++)
		put_le16(data + 2 + 2 * i, (uint8_t)text[i]);
	return data[0];
}

static int get_string(const struct vb_usb_device *d, unsigned index, uint8_t *data)
{
	static const uint8_t languages[] = { 4, DESC_STRING, 0x09, 0x04 };
	char *text;
	size_t n;

	if (index == 0) {
		memcpy(data, languages, sizeof(languages));
		return sizeof(languages);
	}
	if (index == MICROSOFT_STRING && d->model->ms_vendor_code != 0) {
		n = put_string(data, "MSFT100");
		data[n] = d->model->ms_vendor_code;
		data[n + 1] = 0;
		return data[0] = (uint8_t)(n + 2);
	}
	text = vb_usb_string(d, index);
	if (text == NULL)
		return -1;
	n = put_string(data, text);
	free(text);
	return (int)n;
}

/* What the device would be at the other speed (USB 2.0, 9.6.2). */
static int get_qualifier(const struct vb_usb_model *m, uint8_t *data)
{
	if (!m->is_high_speed)
		return -1;
	if (m->qualifier != NULL) {
		memcpy(data, m->qualifier, m->qualifier[0]);
		return m->qualifier[0];
	}
	data[0] = 10;
	data[1] = DESC_QUALIFIER;
	memcpy(data + 2, m->descriptors + 2, 6);
	data[8] = m->descriptors[17];
	data[9] = 0;
	return 10;
}

static int get_descriptor(const struct vb_usb_device *d, const struct vb_usb_setup *setup,
			  uint8_t *data)
{
	const struct vb_usb_model *m = d->model;
	const uint8_t *src = NULL;
	size_t n = 0;
	uint8_t scratch[256];
	int length;

	switch (setup->value >> 8) {
	case DESC_DEVICE:
		src = m->descriptors;
		n = DEVICE_BYTES;
		break;
	case DESC_CONFIGURATION:
		if ((setup->value & 0xff) != 0)
			return -1;
		src = m->descriptors + DEVICE_BYTES;
		n = m->descriptors_size - DEVICE_BYTES;
		break;
	case DESC_BOS:
		src = m->bos;
		n = m->bos_size;
		break;
	case DESC_STRING:
	case DESC_QUALIFIER:
		length = setup->value >> 8 == DESC_STRING
				 ? get_string(d, setup->value & 0xff, scratch)
				 : get_qualifier(m, scratch);
		src = length < 0 ? NULL : scratch;
		n = length < 0 ? 0 : (size_t)length;
		break;
	}
	if (src == NULL)
		return -1;
	n = MIN(n, setup->length);
	memcpy(data, src, n);
	return (int)n;
}

/* HID 1.11, 7.1.1: the class descriptors are asked for with a standard request to the interface. */
static int get_hid_descriptor(const struct vb_usb_device *d, const struct vb_usb_setup *setup,
			      uint8_t *data)
{
	const struct vb_usb_model *m = d->model;
	const uint8_t *src = NULL;
	size_t n = 0;

	if (m->report == NULL || setup->index != m->hid_interface)
		return -1;
	if (setup->value >> 8 == DESC_REPORT) {
		src = m->report;
		n = m->report_size;
	} else if (setup->value >> 8 == DESC_HID) {
		src = vb_usb_next_descriptor(m, NULL, DESC_HID);
		n = src ? src[0] : 0;
	}
	if (src == NULL)
		return -1;
	n = MIN(n, setup->length);
	memcpy(data, src, n);
	return (int)n;
}

static int get_status(struct vb_usb_device *d, const struct vb_usb_setup *setup, uint8_t *data)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, (uint8_t)setup->index);
	uint8_t status[2] = { 0, 0 };
	size_t n = MIN(setup->length, sizeof(status));

	switch (setup->type & 0x1f) {
	case 0:			/* bit 0: self-powered */
		status[0] = d->model->descriptors[DEVICE_BYTES + 7] >> 6 & 1;
		break;
	case 1:
		if (!vb_usb_has_interface(d->model, setup->index, 0))
			return -1;
		break;
	case 2:
		if (ep == NULL && (setup->index & 0x7f) != 0)
			return -1;
		status[0] = ep != NULL && ep->is_halted;
		break;
	}
	memcpy(data, status, n);
	return (int)n;
}

static int feature(struct vb_usb_device *d, const struct vb_usb_setup *setup, bool on)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, (uint8_t)setup->index);

	if ((setup->type & 0x1f) != 2)
		return 0;	/* remote wake-up and the like: nothing to do */
	if (setup->value != 0 || ep == NULL)
		return -1;
	ep->is_halted = on;
	return 0;
}

/* Endpoints start afresh (USB 2.0, 9.1.1.5 and 9.4.10). */
bool vb_usb_set_configuration(struct vb_usb_device *d, unsigned value)
{
	if (value != 0 && value != d->model->descriptors[DEVICE_BYTES + 5])
		return false;
	d->configuration = (uint8_t)value;
	memset(d->alternate, 0, sizeof(d->alternate));
	for (size_t i = 0; i < d->endpoint_count; i++)
		d->endpoints[i].is_halted = false;
	return true;
}

bool vb_usb_set_interface(struct vb_usb_device *d, unsigned number, unsigned alternate)
{
	if (number >= MAX_INTERFACES || !vb_usb_has_interface(d->model, number, alternate))
		return false;
	d->alternate[number] = (uint8_t)alternate;
	for (size_t i = 0; i < d->endpoint_count; i++)
		if (vb_usb_interface_of(d->model, d->endpoints[i].address) == (int)number)
			d->endpoints[i].is_halted = false;
	return true;
}

static int get_byte(const struct vb_usb_setup *setup, uint8_t value, uint8_t *data)
{
	if (setup->length == 0)
		return 0;
	data[0] = value;
	return 1;
}

static int standard_request(struct vb_usb_device *d, const struct vb_usb_setup *setup, uint8_t *data)
{
	switch (setup->request) {
	case REQ_GET_STATUS:	return get_status(d, setup, data);
	case REQ_CLEAR_FEATURE: return feature(d, setup, false);
	case REQ_SET_FEATURE:	return feature(d, setup, true);
	case REQ_GET_DESCRIPTOR:
		return (setup->type & 0x1f) == 1 ? get_hid_descriptor(d, setup, data)
						 : get_descriptor(d, setup, data);
	case REQ_GET_CONFIGURATION: return get_byte(setup, d->configuration, data);
	case REQ_SET_CONFIGURATION: return vb_usb_set_configuration(d, setup->value) ? 0 : -1;
	case REQ_GET_INTERFACE:
		return setup->index < MAX_INTERFACES &&
				       vb_usb_has_interface(d->model, setup->index, 0)
			       ? get_byte(setup, d->alternate[setup->index], data)
			       : -1;
	case REQ_SET_INTERFACE:
		return vb_usb_set_interface(d, setup->index, setup->value) ? 0 : -1;
	}
	return -1;
}

int vb_usb_control_request(struct vb_usb_device *d, const struct vb_usb_setup *setup, uint8_t *data)
{
	if ((setup->type & 0x60) == 0)
		return standard_request(d, setup, data);
	return d->model->control ? d->model->control(d->priv, setup, data) : -1;
}
