/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/ftdi_layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static void free_signal(struct ftdi_signal *signal)
{
	free(signal->name);
	free(signal);
}

void ftdi_layout_free(struct ftdi_layout *layout)
{
	while (layout->signals != NULL) {
		struct ftdi_signal *signal = layout->signals;

		layout->signals = signal->next;
		free_signal(signal);
	}
}

static struct ftdi_signal *find(const struct ftdi_layout *layout, const char *name)
{
	struct ftdi_signal *signal = layout->signals;

	while (signal != NULL && strcmp(signal->name, name) != 0)
		signal = signal->next;
	return signal;
}

const struct ftdi_signal *ftdi_find_signal(const struct ftdi_layout *layout, const char *name)
{
	return find(layout, name);
}

struct ftdi_signal *ftdi_new_signal(struct ftdi_layout *layout, const char *name)
{
	struct ftdi_signal *signal = find(layout, name);

	if (signal == NULL) {
		signal = xcalloc(1, sizeof(*signal));
		signal->name = xstrdup(name);
		signal->next = layout->signals;
		layout->signals = signal;
		return signal;
	}
	*signal = (struct ftdi_signal){ .name = signal->name, .next = signal->next };
	return signal;
}

bool ftdi_can_set(const struct ftdi_signal *signal, enum ftdi_level level)
{
	switch (level) {
	case FTDI_LOW:
		return signal->has_data || signal->has_oe;
	case FTDI_HIGH:
		return signal->has_data;
	default:
		return signal->has_oe;
	}
}

static void put(uint16_t *bits, uint16_t mask, bool on)
{
	*bits = (uint16_t)(on ? *bits | mask : *bits & ~mask);
}

/*
 * Data alone: push-pull. Output enable alone: a transistor that pulls low. Both on different pins:
 * a buffer, whose input rests at 0 while it is off. Both on the same pin: the pin itself, which
 * becomes an input.
 */
enum err ftdi_set_signal(const struct ftdi_signal *signal, enum ftdi_level level,
			 struct ftdi_pins *pins)
{
	static const char *const levels[] = { "low", "high", "high impedance" };
	bool data = level == FTDI_HIGH, drives = level != FTDI_Z;

	if (!ftdi_can_set(signal, level)) {
		error_why(ERR_UNSUPPORTED, "the wiring of signal %s cannot do %s", signal->name,
			  levels[level]);
		return error_next(ERR_UNSUPPORTED, "see its \"ftdi layout_signal\": %s needs %s",
				  levels[level], level == FTDI_Z ? "-oe or -noe" : "-data or -ndata");
	}
	if (signal->has_data && signal->has_oe && signal->data == signal->oe) {
		put(&pins->value, signal->data, data != signal->invert_data);
		put(&pins->direction, signal->oe, drives);
		return OK;
	}
	put(&pins->value, signal->data, data != signal->invert_data);
	put(&pins->value, signal->oe, drives != signal->invert_oe);
	return OK;
}
