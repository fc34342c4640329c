/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/cti.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dap/mem_ap.h"
#include "script/script.h"

#define DEVTYPE_CTI	0x14u		/* sub type 1, major type 4: trigger matrix */
#define MAX_CHANNELS	32u

/* As OpenOCD names them. */
static const struct cti_register {
	const char *name;
	uint32_t offset;
} registers[] = {
	{ "CTR", CTI_CONTROL },
	{ "GATE", CTI_GATE },
	{ "INEN0", CTI_INEN(0) }, { "INEN1", CTI_INEN(1) }, { "INEN2", CTI_INEN(2) },
	{ "INEN3", CTI_INEN(3) }, { "INEN4", CTI_INEN(4) }, { "INEN5", CTI_INEN(5) },
	{ "INEN6", CTI_INEN(6) }, { "INEN7", CTI_INEN(7) }, { "INEN8", CTI_INEN(8) },
	{ "OUTEN0", CTI_OUTEN(0) }, { "OUTEN1", CTI_OUTEN(1) }, { "OUTEN2", CTI_OUTEN(2) },
	{ "OUTEN3", CTI_OUTEN(3) }, { "OUTEN4", CTI_OUTEN(4) }, { "OUTEN5", CTI_OUTEN(5) },
	{ "OUTEN6", CTI_OUTEN(6) }, { "OUTEN7", CTI_OUTEN(7) }, { "OUTEN8", CTI_OUTEN(8) },
	{ "TRIN", CTI_TRIGINSTATUS },
	{ "TROUT", CTI_TRIGOUTSTATUS },
	{ "CHIN", CTI_CHINSTATUS },
	{ "CHOUT", CTI_CHOUTSTATUS },
	{ "APPSET", CTI_APPSET },
	{ "APPCLR", CTI_APPCLEAR },
	{ "APPPULSE", CTI_APPPULSE },
	{ "INACK", CTI_INTACK },
};

static enum err failed(const struct cti *cti, enum err rc)
{
	return error_what(rc, "%s (AP %u, 0x%08" PRIx32 ")", cti->name, cti->apsel, cti->base);
}

static enum err look(struct cti *cti)
{
	struct mem_ap *ap = mem_ap_get(cti->dap, cti->apsel);
	uint32_t devid = 0, devtype = 0;

	if (!cti->dap->is_connected)
		TRY(dap_connect(cti->dap));
	TRY(mem_ap_probe(ap));
	mem_ap_queue_read32(ap, cti->base + CTI_DEVID, &devid);
	mem_ap_queue_read32(ap, cti->base + CTI_DEVTYPE, &devtype);
	TRY(mem_ap_run(ap));
	cti->is_known = true;
	cti->triggers = bits_get(devid, 13, 8);
	cti->channels = bits_get(devid, 21, 16);
	if ((devtype & 0xff) != DEVTYPE_CTI)
		log_warning("%s: what answers at 0x%08" PRIx32 " of AP %u is no CTI (DEVTYPE 0x%02" PRIx32
			    "): \"dap info %u\" lists what is there", cti->name, cti->base, cti->apsel,
			    devtype & 0xff, cti->apsel);
	if (cti->channels == 0 || cti->channels > MAX_CHANNELS)
		cti->channels = MAX_CHANNELS;
	return OK;
}

enum err cti_look(struct cti *cti)
{
	return cti->is_known && cti->dap->is_connected ? OK : failed(cti, look(cti));
}

enum err cti_read(struct cti *cti, const uint32_t *offsets, uint32_t *values, size_t count)
{
	struct mem_ap *ap = mem_ap_get(cti->dap, cti->apsel);

	TRY(cti_look(cti));
	for (size_t i = 0; i < count; i++)
		mem_ap_queue_read32(ap, cti->base + offsets[i], &values[i]);
	return failed(cti, mem_ap_run(ap));
}

enum err cti_write(struct cti *cti, const struct cti_write *writes, size_t count)
{
	struct mem_ap *ap = mem_ap_get(cti->dap, cti->apsel);

	TRY(cti_look(cti));
	mem_ap_queue_write32(ap, cti->base + CTI_LAR, CTI_LAR_KEY);
	for (size_t i = 0; i < count; i++)
		mem_ap_queue_write32(ap, cti->base + writes[i].offset, writes[i].value);
	return failed(cti, mem_ap_run(ap));
}

static enum err write_one(struct cti *cti, uint32_t offset, uint32_t value)
{
	return cti_write(cti, &(struct cti_write){ offset, value }, 1);
}

/* --- The verbs of an object --- */

static enum err arg_register(struct call *c, int index, uint32_t *offset)
{
	struct buf all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		if (strcmp(registers[i].name, c->argv[index]) == 0) {
			*offset = registers[i].offset;
			return OK;
		}
		if (strpbrk(registers[i].name, "12345678") == NULL)
			buf_printf(&all, " %s", registers[i].name);
	}
	error_why(ERR_ARGUMENT, "unknown CTI register %s", c->argv[index]);
	error_next(ERR_ARGUMENT, "the names are%s; INEN and OUTEN go up to 8", (const char *)all.data);
	buf_free(&all);
	return ERR_ARGUMENT;
}

static enum err cmd_enable(struct call *c)
{
	bool on;

	TRY(arg_bool(c, 1, &on));
	return write_one(c->user, CTI_CONTROL, on);
}

static enum err cmd_testmode(struct call *c)
{
	bool on;

	TRY(arg_bool(c, 1, &on));
	return write_one(c->user, CTI_ITCTRL, on);
}

static enum err cmd_dump(struct call *c)
{
	uint32_t offsets[ARRAY_SIZE(registers)], values[ARRAY_SIZE(registers)] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		offsets[i] = registers[i].offset;
	TRY(cti_read(c->user, offsets, values, ARRAY_SIZE(registers)));
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		result_printf(c, "%8s (0x%04" PRIx32 ") 0x%08" PRIx32 "\n", registers[i].name, offsets[i],
			      values[i]);
	return OK;
}

static enum err cmd_read(struct call *c)
{
	uint32_t offset = 0, value = 0;

	TRY(arg_register(c, 1, &offset));
	TRY(cti_read(c->user, &offset, &value, 1));
	result_printf(c, "0x%08" PRIx32, value);
	return OK;
}

static enum err cmd_write(struct call *c)
{
	uint32_t offset = 0, value;

	TRY(arg_register(c, 1, &offset));
	TRY(arg_u32(c, 2, &value));
	return write_one(c->user, offset, value);
}

/* SoC-400 3.6.2: an acknowledge is ignored while the channel that asserted the output is active. */
static enum err cmd_ack(struct call *c)
{
	static const uint32_t status[] = { CTI_TRIGOUTSTATUS };
	struct cti *cti = c->user;
	uint32_t event, outputs = 0;

	TRY(arg_u32(c, 1, &event));
	TRY(cti_look(cti));
	if (event >= 32 || (cti->triggers != 0 && event >= cti->triggers))
		return error_why(ERR_ARGUMENT, "%s has no trigger output %" PRIu32 " (0..%u)", cti->name,
				 event, cti->triggers != 0 ? cti->triggers - 1 : 31);
	TRY(write_one(cti, CTI_INTACK, 1u << event));
	TRY(cti_read(cti, status, &outputs, 1));
	if (outputs >> event & 1)
		log_warning("%s: output %" PRIu32 " stays asserted: a channel that drives it is active "
			    "(\"%s read CHIN\", \"%s read APPSET\")", cti->name, event, cti->name,
			    cti->name);
	return OK;
}

static enum err change_gate(struct cti *cti, uint32_t channel, bool passes)
{
	static const uint32_t offset[] = { CTI_GATE };
	uint32_t gate = 0;

	TRY(cti_read(cti, offset, &gate, 1));
	return write_one(cti, CTI_GATE, passes ? gate | channel : gate & ~channel);
}

static enum err cmd_channel(struct call *c)
{
	static const char *const operations[] = { "gate", "ungate", "set", "clear", "pulse", NULL };
	static const uint32_t offsets[] = { 0, 0, CTI_APPSET, CTI_APPCLEAR, CTI_APPPULSE };
	struct cti *cti = c->user;
	uint32_t n;
	int which;

	TRY(arg_u32(c, 1, &n));
	TRY(arg_word(c, 2, operations, &which));
	TRY(cti_look(cti));
	if (n >= cti->channels)
		return error_why(ERR_ARGUMENT, "%s has no channel %" PRIu32 " (0..%u)", cti->name, n,
				 cti->channels - 1);
	if (which < 2)
		return change_gate(cti, 1u << n, which == 1);
	return write_one(cti, offsets[which], 1u << n);
}

static const struct command object_rows[] = {
	{ "enable", STAGE_ANY, 1, 1, "on|off", cmd_enable,
	  "Enable or disable the cross trigger interface as a whole (CTICONTROL.GLBEN)." },
	{ "dump", STAGE_ANY, 0, 0, "", cmd_dump, "All registers, one to a line." },
	{ "read", STAGE_ANY, 1, 1, "register", cmd_read,
	  "A register: CTR, GATE, INENn, OUTENn, TRIN, TROUT, CHIN, CHOUT, APPSET." },
	{ "write", STAGE_ANY, 2, 2, "register value", cmd_write,
	  "Write a register: CTR, GATE, INENn, OUTENn, APPSET, APPCLR, APPPULSE, INACK. INENn: the "
	  "channels that trigger input n raises; OUTENn: those that raise output n." },
	{ "ack", STAGE_ANY, 1, 1, "event", cmd_ack,
	  "Acknowledge trigger output `event` (0..7): a core that was halted by output 0 can be resumed "
	  "only after it." },
	{ "channel", STAGE_ANY, 2, 2, "number gate|ungate|set|clear|pulse", cmd_channel,
	  "gate keeps what happens on a channel from the other interfaces, ungate lets it pass; set, clear "
	  "and pulse raise it by hand." },
	{ "testmode", STAGE_ANY, 1, 1, "on|off", cmd_testmode, "Integration test mode (ITCTRL)." },
	{ 0 }
};

/* --- The objects --- */

struct cti *cti_find(const struct dap_list *list, const char *name)
{
	struct cti *cti = list->ctis;

	while (cti != NULL && strcmp(cti->name, name) != 0)
		cti = cti->next;
	return cti;
}

struct creation {
	struct dap *dap;
	uint32_t ap_num, base;
	bool has_ap, has_base;
};

static enum err create_option(struct call *c, int i, struct creation *new)
{
	static const char *const options[] = { "-dap", "-ap-num", "-baseaddr", NULL };
	int which;

	TRY(arg_word(c, i, options, &which));
	if (i + 1 >= c->argc)
		return error_why(ERR_ARGUMENT, "%s needs a value", c->argv[i]);
	switch (which) {
	case 0:
		new->dap = dap_find(c->user, c->argv[i + 1]);
		if (new->dap != NULL)
			return OK;
		error_why(ERR_ARGUMENT, "there is no DAP named %s", c->argv[i + 1]);
		return error_next(ERR_ARGUMENT, "name one of \"dap names\"");
	case 1:
		new->has_ap = true;
		TRY(arg_u32(c, i + 1, &new->ap_num));
		if (new->ap_num <= 255)
			return OK;
		return error_why(ERR_ARGUMENT, "%" PRIu32 " is no access port number (0..255)",
				 new->ap_num);
	default:
		new->has_base = true;
		TRY(arg_u32(c, i + 1, &new->base));
		if (new->base % 0x1000 == 0)
			return OK;
		return error_why(ERR_ARGUMENT, "-baseaddr 0x%08" PRIx32 ": a component begins at a "
				 "multiple of 0x1000", new->base);
	}
}

static enum err creation_parse(struct call *c, struct creation *new)
{
	const char *missing = NULL;

	for (int i = 2; i < c->argc; i += 2)
		TRY(create_option(c, i, new));
	if (new->dap == NULL)
		missing = "-dap";
	else if (!new->has_ap || !new->has_base)
		missing = new->has_ap ? "-baseaddr" : "-ap-num";
	if (missing == NULL)
		return OK;
	error_why(ERR_ARGUMENT, "cti create %s: %s is missing", c->argv[1], missing);
	return error_next(ERR_ARGUMENT, "\"dap info 0\" lists where the CTI behind access port 0 is");
}

static enum err cmd_create(struct call *c)
{
	struct dap_list *list = c->user;
	struct creation new = { 0 };
	struct cti *cti, **end = &list->ctis;

	TRY(creation_parse(c, &new));
	if (cti_find(list, c->argv[1]) != NULL)
		return error_why(ERR_ARGUMENT, "there is already a CTI named %s", c->argv[1]);
	cti = xcalloc(1, sizeof(*cti));
	*cti = (struct cti){ .name = xstrdup(c->argv[1]), .dap = new.dap, .apsel = (uint8_t)new.ap_num,
			     .base = new.base };
	enum err rc = script_register_object(c->script, cti->name, "cti", object_rows, cti);

	if (rc != OK) {
		free(cti->name);
		free(cti);
		return rc;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = cti;
	return OK;
}

static enum err cmd_names(struct call *c)
{
	const struct dap_list *list = c->user;

	for (const struct cti *cti = list->ctis; cti != NULL; cti = cti->next)
		result_append(c, cti->name);
	return OK;
}

static const struct command cti_rows[] = {
	{ "cti create", STAGE_ANY, 1, -1, "name -dap dap -ap-num number -baseaddr address", cmd_create,
	  "Make an object for the cross trigger interface at this address behind an access port." },
	{ "cti names", STAGE_ANY, 0, 0, "", cmd_names, "The cross trigger interfaces." },
	{ 0 }
};

void cti_register_commands(struct dap_list *list)
{
	script_register(list->adapter->script, cti_rows, list);
}

void cti_free_all(struct dap_list *list)
{
	while (list->ctis != NULL) {
		struct cti *cti = list->ctis;

		list->ctis = cti->next;
		script_unregister_object(list->adapter->script, cti->name);
		free(cti->name);
		free(cti);
	}
}
