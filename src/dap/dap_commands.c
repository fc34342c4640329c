/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dap/guard.h"
#include "dap/identity.h"
#include "dap/link.h"
#include "dap/mem_ap.h"

/* The AP number of an optional argument; without one the selected AP. */
static enum err arg_ap(struct call *c, int index, struct dap *dap, uint8_t *apsel)
{
	uint32_t value = dap->apsel;

	if (c->argc > index)
		TRY(arg_u32(c, index, &value));
	if (value > 255)
		return error_why(ERR_ARGUMENT, "%" PRIu32 " is no access port number (0..255)",
				 value);
	*apsel = (uint8_t)value;
	return OK;
}

static enum err connected(struct dap *dap)
{
	return dap->is_connected ? OK : dap_connect(dap);
}

static enum err read_ap(struct dap *dap, uint8_t apsel, uint8_t reg, uint32_t *value)
{
	TRY(connected(dap));
	dap_read_ap(dap, apsel, reg, value);
	return dap_run(dap);
}

static enum err print_ap_register(struct call *c, uint8_t reg)
{
	uint8_t apsel = 0;
	uint32_t value;

	TRY(arg_ap(c, 1, c->user, &apsel));
	TRY(read_ap(c->user, apsel, reg, &value));
	result_printf(c, "0x%08" PRIx32, value);
	return OK;
}

static enum err cmd_apid(struct call *c)
{
	return print_ap_register(c, AP_IDR);
}

static enum err cmd_baseaddr(struct call *c)
{
	return print_ap_register(c, AP_BASE);
}

static enum err cmd_apsel(struct call *c)
{
	struct dap *dap = c->user;

	TRY(arg_ap(c, 1, dap, &dap->apsel));
	result_printf(c, "0x%x", dap->apsel);
	return OK;
}

/* apcsw ?VALUE ?MASK??: the bits of CSW besides Size and AddrInc. */
static enum err cmd_apcsw(struct call *c)
{
	struct dap *dap = c->user;
	struct mem_ap *ap = mem_ap_get(dap, dap->apsel);
	uint32_t value, mask = 0xffffffff;

	if (c->argc > 1) {
		if (c->argc == 2 && strcmp(c->argv[1], "default") == 0)
			value = ap->csw_default;
		else
			TRY(arg_u32(c, 1, &value));
		if (c->argc > 2)
			TRY(arg_u32(c, 2, &mask));
		if (value & mask & 0x37) {
			error_why(ERR_ARGUMENT,
				  "apcsw value cannot include 'Size' and 'AddrInc' bit-fields");
			return error_next(ERR_ARGUMENT, "leave bits [5:4] and [2:0] zero");
		}
		ap->csw_base = (ap->csw_base & ~mask) | (value & mask);
		mem_ap_invalidate(ap);
		return OK;
	}
	result_printf(c, "AP#0x%x selected, csw 0x%08" PRIx32, dap->apsel, ap->csw_base);
	return OK;
}

static enum err cmd_memaccess(struct call *c)
{
	struct dap *dap = c->user;
	uint32_t cycles;

	if (c->argc > 1) {
		TRY(arg_u32(c, 1, &cycles));
		if (cycles > 255)
			return error_why(ERR_ARGUMENT, "%" PRIu32 " idle cycles: 255 are the most",
					 cycles);
		dap->idle_cycles = cycles;
		if (dap->port->owner == dap)
			dap->port->idle_cycles = cycles;
	}
	result_printf(c, "memory bus access delay set to %u tck", dap->idle_cycles);
	return OK;
}

/* A write to the data registers of a MEM-AP is a write to memory, where TAR points. */
static enum err check_raw_write(struct dap *dap, uint8_t apsel, uint8_t reg)
{
	uint32_t tar = 0;

	if (dap->guards == NULL || (reg != AP_DRW && (reg & 0xf0) != AP_BD0))
		return OK;
	TRY(read_ap(dap, apsel, AP_TAR, &tar));
	return dap_guard_check(dap, reg == AP_DRW ? tar & ~3u : (tar & ~0xfu) | (reg & 0xcu), 4);
}

static enum err cmd_apreg(struct call *c)
{
	struct dap *dap = c->user;
	uint8_t apsel = 0;
	uint32_t reg, value;

	TRY(arg_ap(c, 1, dap, &apsel));
	TRY(arg_u32(c, 2, &reg));
	if (reg > 0xfc || reg % 4 != 0) {
		error_why(ERR_ARGUMENT, "0x%" PRIx32 " is no register offset of an access port",
			  reg);
		return error_next(ERR_ARGUMENT, "give a multiple of 4 up to 0xfc");
	}
	if (c->argc == 3) {
		TRY(read_ap(dap, apsel, (uint8_t)reg, &value));
		result_printf(c, "0x%08" PRIx32, value);
		return OK;
	}
	TRY(arg_u32(c, 3, &value));
	TRY(connected(dap));
	TRY(check_raw_write(dap, apsel, (uint8_t)reg));
	dap_write_ap(dap, apsel, (uint8_t)reg, value);
	mem_ap_invalidate(mem_ap_get(dap, apsel));
	return dap_run(dap);
}

static enum err cmd_dpreg(struct call *c)
{
	struct dap *dap = c->user;
	uint32_t reg, value;

	TRY(arg_u32(c, 1, &reg));
	if (reg > 0xfc || reg % 4 != 0) {
		error_why(ERR_ARGUMENT, "0x%" PRIx32 " is no register offset of a debug port", reg);
		return error_next(ERR_ARGUMENT,
				  "give 0x0, 0x4, 0x8 or 0xc, with DPBANKSEL in bits [7:4]");
	}
	TRY(connected(dap));
	if (c->argc == 2) {
		dap_read_dp(dap, (uint8_t)reg, &value);
		TRY(dap_run(dap));
		result_printf(c, "0x%08" PRIx32, value);
		return OK;
	}
	TRY(arg_u32(c, 2, &value));
	dap_write_dp(dap, (uint8_t)reg, value);
	return dap_run(dap);
}

static enum err describe(struct call *c, struct dap *dap, uint8_t apsel)
{
	struct buf text = { 0 };

	TRY(connected(dap));
	enum err rc = dap_describe(dap, apsel, &text);

	if (rc == OK)
		result_printf(c, "%.*s", (int)text.len, text.data ? (const char *)text.data : "");
	buf_free(&text);
	return rc;
}

static enum err cmd_object_info(struct call *c)
{
	uint8_t apsel = 0;

	if (c->argc > 1 && strcmp(c->argv[1], "root") == 0)
		return describe(c, c->user, 0);
	TRY(arg_ap(c, 1, c->user, &apsel));
	return describe(c, c->user, apsel);
}

static enum err cmd_quirk(struct call *c)
{
	bool on = false;

	if (c->argc > 1)
		TRY(arg_bool(c, 1, &on));
	if (on) {
		error_why(ERR_UNSUPPORTED, "%s is for parts that are not Cortex-M", c->row->name);
		return error_next(ERR_UNSUPPORTED, "leave it disabled");
	}
	result_printf(c, "%s disabled", c->row->name);
	return OK;
}

static const struct command object_rows[] = {
	{ "info", STAGE_EXEC, 0, 1, "?ap|root?", cmd_object_info,
	  "The access port and the components its ROM table names." },
	{ "apid", STAGE_EXEC, 0, 1, "?ap?", cmd_apid, "IDR of the access port." },
	{ "apsel", STAGE_ANY, 0, 1, "?ap?", cmd_apsel,
	  "Select the access port other commands use by default." },
	{ "apcsw", STAGE_ANY, 0, 2, "?value|default ?mask??", cmd_apcsw,
	  "Bits of CSW that accompany every access: protection, security. Size and AddrInc are not "
	  "among them." },
	{ "apreg", STAGE_EXEC, 2, 3, "ap offset ?value?", cmd_apreg,
	  "Read or write a register of an access port." },
	{ "dpreg", STAGE_EXEC, 1, 2, "offset ?value?", cmd_dpreg,
	  "Read or write a register of the debug port." },
	{ "baseaddr", STAGE_EXEC, 0, 1, "?ap?", cmd_baseaddr,
	  "Where the access port's ROM table is (BASE)." },
	{ "memaccess", STAGE_ANY, 0, 1, "?cycles?", cmd_memaccess,
	  "Idle clocks after each access of an access port." },
	{ "ti_be_32_quirks", STAGE_CONFIG, 0, 1, "?enable|disable?", cmd_quirk,
	  "Accepted; only \"disable\" is possible." },
	{ "nu_npcx_quirks", STAGE_CONFIG, 0, 1, "?enable|disable?", cmd_quirk,
	  "Accepted; only \"disable\" is possible." },
	{ 0 }
};

/* dap create NAME options */
struct creation {
	struct tap *tap;
	bool has_dp_id, has_instance, ignore_syspwrupack, may_be_silent;
	uint32_t dp_id, instance;
};

static enum err create_option(struct call *c, int *i, struct creation *new)
{
	static const char *const options[] = {
		"-chain-position", "-dp-id", "-instance-id", "-ignore-syspwrupack", "-adiv5",
		"-adiv6",	   "-may-be-silent", NULL
	};
	struct dap_list *list = c->user;
	int which;

	TRY(arg_word(c, *i, options, &which));
	if (which <= 2 && *i + 1 >= c->argc)
		return arg_usage(c);
	switch (which) {
	case 0:
		new->tap = adapter_find_tap(list->adapter, c->argv[++*i]);
		if (new->tap != NULL)
			return OK;
		error_why(ERR_ARGUMENT, "Tap '%s' could not be found", c->argv[*i]);
		return error_next(ERR_ARGUMENT, "declare it before with \"swj_newdap\"");
	case 1:
		new->has_dp_id = true;
		return arg_u32(c, ++*i, &new->dp_id);
	case 2:
		new->has_instance = true;
		TRY(arg_u32(c, ++*i, &new->instance));
		if (new->instance > 15)
			return error_why(ERR_ARGUMENT, "-instance-id %" PRIu32 ": 15 is the most",
					 new->instance);
		return OK;
	case 3:
		new->ignore_syspwrupack = true;
		return OK;
	case 5:
		error_why(ERR_UNSUPPORTED, "ADIv6 debug ports are not supported");
		return error_next(ERR_UNSUPPORTED, "use a probe's ADIv5 mode if the chip has one");
	case 6:
		new->may_be_silent = true;
		return OK;
	default:
		return OK;
	}
}

static enum err cmd_create(struct call *c)
{
	struct dap_list *list = c->user;
	struct creation new = { 0 };

	for (int i = 2; i < c->argc; i++)
		TRY(create_option(c, &i, &new));
	if (new.tap == NULL) {
		error_why(ERR_ARGUMENT, "dap create %s: -chain-position is missing", c->argv[1]);
		return error_next(ERR_ARGUMENT, "name a TAP of \"jtag names\"");
	}
	if (dap_find(list, c->argv[1]) != NULL)
		return error_why(ERR_ARGUMENT, "the DAP \"%s\" exists already", c->argv[1]);
	if (new.has_dp_id != new.has_instance)
		return error_why(ERR_ARGUMENT, "-dp-id and -instance-id go together");
	struct dap *dap = dap_add(list, c->argv[1], new.tap);

	dap->has_multidrop = new.has_dp_id;
	dap->dp_id = new.dp_id;
	dap->instance_id = new.instance;
	dap->ignore_syspwrupack = new.ignore_syspwrupack;
	dap->may_be_silent = new.may_be_silent;
	enum err rc = script_register_object(c->script, c->argv[1], "dap", object_rows, dap);

	if (rc != OK)
		dap_remove(list, dap);
	return rc;
}

static enum err cmd_names(struct call *c)
{
	const struct dap_list *list = c->user;

	for (const struct dap *dap = list->first; dap != NULL; dap = dap->next)
		result_append(c, dap->name);
	return OK;
}

/* Contact now, or a warning where the configuration can go on without. */
static enum err contact(struct dap *dap)
{
	enum err rc = connected(dap);

	if (rc == OK || !dap->may_be_silent || dap->adapter->is_lost || !dap->adapter->is_open)
		return rc;
	log_warning("%s: %s", dap->name, error_text(error_current()));
	error_clear();
	return OK;
}

/* Connects every DAP. Also the step of `init`. */
static enum err connect_all(void *ctx)
{
	struct dap_list *list = ctx;

	TRY(adapter_open(list->adapter));
	for (struct dap *dap = list->first; dap != NULL; dap = dap->next)
		if (dap->tap->is_enabled)
			TRY(contact(dap));
	return list->first != NULL && list->first->is_connected ? identity_check(list->first) : OK;
}

/* adapter target_uid ?HEX? */
static enum err cmd_target_uid(struct call *c)
{
	struct dap_list *list = c->user;
	struct adapter *adapter = list->adapter;
	struct identity identity;

	if (c->argc > 1) {
		char digits[IDENTITY_DIGITS + 1] = "";

		if (c->argv[1][0] != '\0')
			TRY(identity_parse(c->argv[1], digits));
		free(adapter->target_uid);
		adapter->target_uid = digits[0] ? xstrdup(digits) : NULL;
	}
	if (list->first == NULL || !list->first->is_connected) {
		result_printf(c, "%s", adapter->target_uid ? adapter->target_uid : "");
		return OK;
	}
	TRY(identity_read(list->first, &identity));
	result_printf(c, "%s", identity.uid);
	return c->argc > 1 ? identity_check(list->first) : OK;
}

static enum err cmd_init(struct call *c)
{
	return connect_all(c->user);
}

static enum err cmd_info(struct call *c)
{
	struct dap_list *list = c->user;
	uint8_t apsel = 0;

	if (list->first == NULL) {
		error_why(ERR_ADAPTER_CONFIG, "there is no DAP");
		return error_next(ERR_ADAPTER_CONFIG, "create one with \"dap create\"");
	}
	struct dap *dap = list->current ? list->current->dap : list->first;

	if (c->argc < 2 || strcmp(c->argv[1], "root") != 0)
		TRY(arg_ap(c, 1, dap, &apsel));
	return describe(c, dap, apsel);
}

static const struct command dap_rows[] = {
	{ "dap create", STAGE_CONFIG, 1, -1,
	  "name -chain-position tap ?-dp-id id -instance-id number? ?-ignore-syspwrupack? "
	  "?-adiv5|-adiv6? ?-may-be-silent?",
	  cmd_create, "Make a debug port object for a declared TAP. With -may-be-silent \"init\" only "
	  "warns if it does not answer." },
	{ "dap names", STAGE_ANY, 0, 0, "", cmd_names, "The debug ports." },
	{ "dap init", STAGE_ANY, 0, 0, "", cmd_init,
	  "Connect every debug port; \"init\" does it too." },
	{ "dap info", STAGE_EXEC, 0, 1, "?ap|root?", cmd_info,
	  "The access port of the current debug port and the components its ROM table names." },
	{ "adapter target_uid", STAGE_ANY, 0, 1, "?hex?", cmd_target_uid,
	  "Use the probe behind which the chip with this unique id is; {} for any. Returns the id of the "
	  "connected target: two hex digits per byte, in the order of the bytes in memory." },
	{ 0 }
};

void dap_register_commands(struct dap_list *list)
{
	script_register(list->adapter->script, dap_rows, list);
	script_add_init(list->adapter->script, INIT_DAP, connect_all, list);
}
