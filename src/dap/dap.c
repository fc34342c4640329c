/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/dap.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/chain.h"
#include "adapter/flight.h"
#include "base/log.h"
#include "dap/contact.h"
#include "dap/cti.h"
#include "dap/doctor.h"
#include "dap/guard.h"
#include "dap/identity.h"
#include "dap/link.h"
#include "dap/mem_ap.h"

/* Makes this DP the one the port talks to. Multidrop targets are silent until they are selected. */
static void take_port(struct dap *dap)
{
	struct dap_port *port = dap->port;

	if (port->owner == dap)
		return;
	assert(port->item_count == 0);	/* another DP's accesses must have been run */
	if (port->owner != NULL && port->transport == TRANSPORT_SWD && dap->has_multidrop &&
	    dap->is_connected && dap->deferred == OK) {
		dap->deferred = dap_link_reselect(dap);
		if (dap->deferred != OK) {
			dap->deferred_error = xcalloc(1, sizeof(*dap->deferred_error));
			error_take(dap->deferred_error);
		}
	}
	dap_link_own(dap);
}

static void write_select(struct dap *dap, uint32_t value)
{
	if (dap->select_valid && dap->select == value)
		return;
	dap->port->ops->write(dap->port, PORT_DP(DP_SELECT), value);
	dap->select = value;
	dap->select_valid = true;
}

/* DPBANKSEL is 0 between uses: with a sticky flag set, SELECT itself would be refused and CTRL/STAT
 * out of reach (IHI 0031 B2.2.2). */
static void select_dp_bank(struct dap *dap, uint8_t reg)
{
	if ((reg & 0xc) == DP_CTRL_STAT && (reg >> 4) != 0)
		write_select(dap, (dap->select & ~0xfu) | reg >> 4);
}

static void unselect_dp_bank(struct dap *dap)
{
	if (dap->select_valid && (dap->select & 0xf))
		write_select(dap, dap->select & ~0xfu);
}

void dap_read_dp(struct dap *dap, uint8_t reg, uint32_t *dst)
{
	take_port(dap);
	select_dp_bank(dap, reg);
	dap->port->ops->read(dap->port, PORT_DP(reg), dst);
	unselect_dp_bank(dap);
}

void dap_write_dp(struct dap *dap, uint8_t reg, uint32_t value)
{
	take_port(dap);
	if ((reg & 0xc) == DP_SELECT) {
		write_select(dap, value);
		return;
	}
	select_dp_bank(dap, reg);
	dap->port->ops->write(dap->port, PORT_DP(reg), value);
	unselect_dp_bank(dap);
}

static void select_ap(struct dap *dap, uint8_t apsel, uint8_t reg)
{
	take_port(dap);
	write_select(dap, (uint32_t)apsel << 24 | (reg & 0xf0u));
}

void dap_read_ap(struct dap *dap, uint8_t apsel, uint8_t reg, uint32_t *dst)
{
	select_ap(dap, apsel, reg);
	dap->port->ops->read(dap->port, PORT_AP(reg), dst);
}

void dap_write_ap(struct dap *dap, uint8_t apsel, uint8_t reg, uint32_t value)
{
	select_ap(dap, apsel, reg);
	dap->port->ops->write(dap->port, PORT_AP(reg), value);
}

void dap_read_ap_block(struct dap *dap, uint8_t apsel, uint8_t reg, uint32_t *dst, size_t words)
{
	select_ap(dap, apsel, reg);
	dap->port->ops->read_block(dap->port, PORT_AP(reg), dst, words);
}

void dap_write_ap_block(struct dap *dap, uint8_t apsel, uint8_t reg, const uint32_t *src,
			size_t words)
{
	select_ap(dap, apsel, reg);
	dap->port->ops->write_block(dap->port, PORT_AP(reg), src, words);
}

void dap_invalidate(struct dap *dap)
{
	dap->select_valid = false;
	dap->select = 0;
	dap->generation++;
}

static enum err return_deferred(struct dap *dap)
{
	enum err rc = dap->deferred;

	error_put(dap->deferred_error);
	free(dap->deferred_error);
	dap->deferred_error = NULL;
	dap->deferred = OK;
	port_reset_queue(dap->port);
	dap_invalidate(dap);
	return rc;
}

enum err dap_run(struct dap *dap)
{
	if (dap->deferred != OK)
		return return_deferred(dap);
	enum err rc = dap->port->ops->run(dap->port);

	return rc == OK ? OK : dap_link_recover(dap, rc);
}

void dap_describe_ctrl_stat(uint32_t ctrl_stat, char *text, size_t size)
{
	/* IHI 0031 B2.2.2. */
	static const struct {
		uint32_t bit;
		const char *words;
	} flags[] = {
		{ BIT(5), "STICKYERR: the bus refused an access" },
		{ BIT(7), "WDATAERR: a write's data was damaged on the wire" },
		{ BIT(1), "STICKYORUN: an access came while another was running" },
		{ BIT(4), "STICKYCMP: a pushed operation matched" },
	};
	size_t n = 0;

	/* With ORUNDETECT a FAULT answer sets STICKYORUN by itself: not worth a word. */
	if ((ctrl_stat & BIT(0)) && (ctrl_stat & (BIT(5) | BIT(7))))
		ctrl_stat &= ~BIT(1);
	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if ((ctrl_stat & flags[i].bit) && n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "",
					      flags[i].words);
	if (!(ctrl_stat & BIT(29)) && n < size)
		n += (size_t)snprintf(text + n, size - n, "%sno CDBGPWRUPACK: debug is unpowered",
				      n ? ", " : "");
	if (n == 0)
		snprintf(text, size, "no error flag");
}

struct dap *dap_find(struct dap_list *list, const char *name)
{
	for (struct dap *dap = list->first; dap != NULL; dap = dap->next)
		if (strcmp(dap->name, name) == 0)
			return dap;
	return NULL;
}

/* The probe was opened again: whoever was connected wants to be so again. */
static enum err reconnect_all(void *ctx)
{
	struct dap_list *list = ctx;
	enum err rc = OK;

	for (struct dap *dap = list->first; dap != NULL; dap = dap->next) {
		dap_invalidate(dap);
		dap->is_connected = false;
		dap->is_silent = false;
		rc = error_first(rc, dap_connect(dap));
	}
	return rc;
}

/* The chain does not answer, and no debug port has been asked yet. */
static enum err explain_link(void *ctx, enum err rc)
{
	struct dap_list *list = ctx;
	struct dap *dap = list->first;

	if (dap == NULL)
		return rc;
	rc = dap_contact_failed(dap, rc, CONTACT_TRY_ALL);
	if (rc != OK && dap->may_be_silent && dap_contact_is_mute(dap)) {
		error_clear();		/* the next step asks the debug port, and warns */
		return OK;
	}
	return rc;
}

struct dap *dap_add(struct dap_list *list, const char *name, struct tap *tap)
{
	struct dap *dap = xcalloc(1, sizeof(*dap)), **end = &list->first;

	dap->name = xstrdup(name);
	dap->adapter = list->adapter;
	dap->port = &list->adapter->port;
	dap->tap = tap;
	while (*end != NULL)
		end = &(*end)->next;
	*end = dap;
	return dap;
}

void dap_remove(struct dap_list *list, struct dap *dap)
{
	for (struct dap **p = &list->first; *p != NULL; p = &(*p)->next) {
		if (*p != dap)
			continue;
		*p = dap->next;
		break;
	}
	if (dap->port->owner == dap)
		dap->port->owner = NULL;
	mem_ap_free_all(dap);
	dap_guard_free_all(dap);
	free(dap->deferred_error);
	free(dap->name);
	free(dap);
}

struct dap_list *dap_list_new(struct adapter *adapter)
{
	struct dap_list *list = xcalloc(1, sizeof(*list));

	list->adapter = adapter;
	adapter->on_reopened = reconnect_all;
	adapter->on_reopened_ctx = list;
	adapter->hooks = (struct adapter_hooks){ .ctx = list, .explain_link = explain_link,
						  .choose_by_target = identity_choose };
	if (adapter->script != NULL) {
		dap_register_commands(list);
		doctor_register_commands(list);
		cti_register_commands(list);
	}
	return list;
}

void dap_list_free(struct dap_list *list)
{
	if (list == NULL)
		return;
	for (struct dap *dap = list->first; dap != NULL; dap = dap->next)
		if (list->adapter->is_open && !list->adapter->is_lost && dap_disconnect(dap) != OK)
			error_clear();		/* the target may have no power any more */
	cti_free_all(list);
	while (list->first != NULL)
		dap_remove(list, list->first);
	list->adapter->on_reopened = NULL;
	list->adapter->hooks = (struct adapter_hooks){ 0 };
	list->adapter->port.owner = NULL;
	free(list);
}
