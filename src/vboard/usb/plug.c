/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a device out of what --usb says: "MODEL,key=value,...". */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/usb/device.h"

/* --- Options --- */

static enum err no_model(const char *name, size_t n)
{
	struct buf names = { 0 };

	for (size_t i = 0; vb_usb_models[i] != NULL; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", vb_usb_models[i]->name);
	error_why(ERR_ARGUMENT, "--usb %.*s: it is high, full or none (the cost of the TCP door), or a "
		  "probe: %s", (int)n, name, (const char *)names.data);
	buf_free(&names);
	return ERR_ARGUMENT;
}

enum err vb_usb_find_model(const char *spec, const struct vb_usb_model **model,
			   const char **options)
{
	size_t n = strcspn(spec, ",");

	*options = spec[n] == ',' ? spec + n + 1 : "";
	for (size_t i = 0; vb_usb_models[i] != NULL; i++) {
		if (strlen(vb_usb_models[i]->name) == n &&
		    strncmp(vb_usb_models[i]->name, spec, n) == 0) {
			*model = vb_usb_models[i];
			return OK;
		}
	}
	return no_model(spec, n);
}

static bool knows_option(const struct vb_usb_model *m, const char *key)
{
	for (size_t i = 0; m->options != NULL && m->options[i] != NULL; i++)
		if (strcmp(m->options[i], key) == 0)
			return true;
	return false;
}

static enum err no_option(const struct vb_usb_model *m, const char *key)
{
	struct buf names = { 0 };

	for (size_t i = 0; m->options != NULL && m->options[i] != NULL; i++)
		buf_printf(&names, ", %s", m->options[i]);
	error_why(ERR_ARGUMENT, "--usb %s: no option \"%s\"; there are serial, mode, drivers%s",
		  m->name, key, names.data ? (const char *)names.data : "");
	buf_free(&names);
	return ERR_ARGUMENT;
}

static enum err set_option(struct vb_usb_device *d, const char *key, char *value, unsigned *mode)
{
	char *end = NULL;

	if (strcmp(key, "serial") == 0) {
		free(d->serial);
		d->serial = xstrdup(value);
		return OK;
	}
	if (strcmp(key, "mode") == 0) {
		*mode = (unsigned)strtoul(value, &end, 8);
		return *end == 0 && *mode <= 0777
			       ? OK
			       : error_why(ERR_ARGUMENT, "--usb %s: mode=%s: an octal number is needed",
					   d->model->name, value);
	}
	if (strcmp(key, "drivers") == 0) {
		d->has_drivers = strcmp(value, "1") == 0;
		return d->has_drivers || strcmp(value, "0") == 0
			       ? OK
			       : error_why(ERR_ARGUMENT, "--usb %s: drivers=%s: 0 or 1 is needed",
					   d->model->name, value);
	}
	if (!knows_option(d->model, key))
		return no_option(d->model, key);
	if (!d->model->set_option(d->priv, key, value))
		return error_why(ERR_ARGUMENT, "--usb %s: %s=%s is not possible", d->model->name, key,
				 value);
	return OK;
}

static enum err set_options(struct vb_usb_device *d, char *words, unsigned *mode)
{
	char *save = NULL;

	for (char *w = strtok_r(words, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		char *value = strchr(w, '=');

		if (value == NULL)
			return error_why(ERR_ARGUMENT, "--usb %s: \"%s\" is no key=value",
					 d->model->name, w);
		*value++ = 0;
		TRY(set_option(d, w, value, mode));
	}
	return OK;
}

/* --- The device --- */

/* USB 2.0, 9.6.6: bInterval counts frames on full speed and is an exponent of microframes on high
 * speed. */
static uint64_t interval_ns(const struct vb_usb_model *m, uint8_t interval)
{
	unsigned n = MAX(interval, 1u);

	return m->is_high_speed ? 125000ull << (MIN(n, 16u) - 1) : 1000000ull * n;
}

static void find_endpoints(struct vb_usb_device *d)
{
	const uint8_t *p = NULL;

	while ((p = vb_usb_next_descriptor(d->model, p, 5)) != NULL) {
		struct vb_endpoint *ep;

		if (d->endpoint_count == MAX_ENDPOINTS || vb_usb_endpoint(d, p[2]) != NULL)
			continue;
		ep = &d->endpoints[d->endpoint_count++];
		ep->device = d;
		ep->address = p[2];
		ep->type = (p[3] & 3) == 3 ? VB_INTERRUPT : VB_BULK;
		ep->size = get_le16(p + 4) & 0x7ff;
		ep->interval_ns = interval_ns(d->model, p[6]);
		ep->pending_end = &ep->pending;
		ep->queue_end = &ep->queue;
	}
}

enum err vb_usb_device_new(const struct vb_usb_model *m, const char *options,
			   struct vb_board *board, struct loop *loop, struct vb_usb_device **out,
			   unsigned *mode)
{
	struct vb_usb_device *d = xcalloc(1, sizeof(*d));
	char *words = xstrdup(options);
	enum err rc;

	d->model = m;
	d->board = board;
	d->loop = loop;
	d->serial = m->default_serial ? xstrdup(m->default_serial) : NULL;
	d->priv = xcalloc(1, MAX(m->priv_size, (size_t)1));
	vb_timeline_init(&d->time, vb_usb_find(m->is_high_speed ? "high" : "full"));
	find_endpoints(d);
	rc = set_options(d, words, mode);
	free(words);
	if (rc == OK && m->create != NULL && !m->create(d, d->priv))
		rc = error_why(ERR_INTERNAL, "--usb %s: the probe could not be built", m->name);
	d->seen_ns = vb_clock_now(board->clock);
	d->time.host_ns = d->seen_ns;
	if (rc == OK) {
		*out = d;
		return OK;
	}
	error_hold(rc);
	vb_usb_device_free(d);
	return error_settle(rc, OK);
}

void vb_usb_device_free(struct vb_usb_device *d)
{
	if (d == NULL)
		return;
	if (d->model != NULL && d->model->destroy != NULL)
		d->model->destroy(d->priv);
	loop_remove_timer(d->loop, d->poke);
	for (size_t i = 0; i < d->endpoint_count; i++) {
		loop_remove_timer(d->loop, d->endpoints[i].starving);
		loop_remove_timer(d->loop, d->endpoints[i].late);
		vb_usb_drop_queued(d, d->endpoints[i].address);
		free(d->endpoints[i].buffered);
	}
	vb_fault_clear(&d->faults);
	vb_timeline_free(&d->time);
	free(d->serial);
	free(d->priv);
	free(d);
}

void vb_usb_reenumerate(struct vb_usb_device *d)
{
	d->is_leaving = d->is_returning = true;
	vb_usb_poke(d);
}
