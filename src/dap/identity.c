/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/identity.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/chain.h"
#include "adapter/jep106.h"
#include "base/log.h"
#include "dap/link.h"
#include "dap/mem_ap.h"
#include "dap/rom_table.h"

#define CPUID		0xe000ed00u
#define ST		0x020u		/* JEP106 */
#define ARM		0x23bu
#define RT10XX_DPIDR	0x0bd11477u
#define DIGPROG		0x400d8260u	/* USB_ANALOG_DIGPROG, IMXRT1060RM 41.7 */
#define OCOTP_CFG0	0x401f4410u	/* IMXRT1064RM 23.6.1: 64 bits of UID in CFG0 and CFG1 */
#define OCOTP_CFG1	0x401f4420u

/* Where the words are: the "electronic signature" chapter of each reference manual, UID_BASE of the
 * device headers. The third word of an STM32L0 or L1 lies apart. */
#define STM32_UIDS_MAX	 3
static const uint8_t in_a_row[STM32_UIDS_MAX] = { 0, 4, 8 };
static const uint8_t with_gap[STM32_UIDS_MAX] = { 0, 4, 0x14 };

static const struct stm32 {
	uint16_t dev_id;		/* DBGMCU_IDCODE[11:0], also the part in the ROM table */
	const char *chip;
	uint32_t uid;
	const uint8_t *offsets;
} stm32s[] = {
	{ 0x440, "STM32F05x", 0x1ffff7ac, in_a_row },
	{ 0x442, "STM32F09x", 0x1ffff7ac, in_a_row },
	{ 0x444, "STM32F03x", 0x1ffff7ac, in_a_row },
	{ 0x445, "STM32F04x", 0x1ffff7ac, in_a_row },
	{ 0x448, "STM32F07x", 0x1ffff7ac, in_a_row },
	{ 0x410, "STM32F10x medium density", 0x1ffff7e8, in_a_row },
	{ 0x412, "STM32F10x low density", 0x1ffff7e8, in_a_row },
	{ 0x414, "STM32F10x high density", 0x1ffff7e8, in_a_row },
	{ 0x418, "STM32F105/F107", 0x1ffff7e8, in_a_row },
	{ 0x420, "STM32F100 low and medium density", 0x1ffff7e8, in_a_row },
	{ 0x428, "STM32F100 high density", 0x1ffff7e8, in_a_row },
	{ 0x430, "STM32F10x XL density", 0x1ffff7e8, in_a_row },
	{ 0x411, "STM32F2xx", 0x1fff7a10, in_a_row },
	{ 0x422, "STM32F302/F303xB/C", 0x1ffff7ac, in_a_row },
	{ 0x432, "STM32F37x", 0x1ffff7ac, in_a_row },
	{ 0x438, "STM32F334/F303x6/8", 0x1ffff7ac, in_a_row },
	{ 0x439, "STM32F301/F302x6/8", 0x1ffff7ac, in_a_row },
	{ 0x446, "STM32F303xD/E", 0x1ffff7ac, in_a_row },
	{ 0x413, "STM32F405/F407", 0x1fff7a10, in_a_row },
	{ 0x419, "STM32F42x/F43x", 0x1fff7a10, in_a_row },
	{ 0x421, "STM32F446", 0x1fff7a10, in_a_row },
	{ 0x423, "STM32F401xB/C", 0x1fff7a10, in_a_row },
	{ 0x431, "STM32F411", 0x1fff7a10, in_a_row },
	{ 0x433, "STM32F401xD/E", 0x1fff7a10, in_a_row },
	{ 0x434, "STM32F469/F479", 0x1fff7a10, in_a_row },
	{ 0x441, "STM32F412", 0x1fff7a10, in_a_row },
	{ 0x458, "STM32F410", 0x1fff7a10, in_a_row },
	{ 0x463, "STM32F413", 0x1fff7a10, in_a_row },
	{ 0x449, "STM32F74x/F75x", 0x1ff0f420, in_a_row },
	{ 0x451, "STM32F76x/F77x", 0x1ff0f420, in_a_row },
	{ 0x452, "STM32F72x/F73x", 0x1ff07a10, in_a_row },
	{ 0x456, "STM32G05x/G06x", 0x1fff7590, in_a_row },
	{ 0x460, "STM32G07x/G08x", 0x1fff7590, in_a_row },
	{ 0x466, "STM32G03x/G04x", 0x1fff7590, in_a_row },
	{ 0x467, "STM32G0Bx/G0Cx", 0x1fff7590, in_a_row },
	{ 0x468, "STM32G43x/G44x", 0x1fff7590, in_a_row },
	{ 0x469, "STM32G47x/G48x", 0x1fff7590, in_a_row },
	{ 0x479, "STM32G49x/G4Ax", 0x1fff7590, in_a_row },
	{ 0x443, "STM32C011", 0x1fff7550, in_a_row },
	{ 0x453, "STM32C031", 0x1fff7550, in_a_row },
	{ 0x44c, "STM32C051", 0x1fff7550, in_a_row },
	{ 0x44d, "STM32C09x", 0x1fff7550, in_a_row },
	{ 0x493, "STM32C071", 0x1fff7550, in_a_row },
	{ 0x450, "STM32H74x/H75x", 0x1ff1e800, in_a_row },
	{ 0x483, "STM32H72x/H73x", 0x1ff1e800, in_a_row },
	{ 0x480, "STM32H7Ax/H7Bx", 0x08fff800, in_a_row },
	{ 0x474, "STM32H503", 0x08fff800, in_a_row },
	{ 0x478, "STM32H52x/H53x", 0x08fff800, in_a_row },
	{ 0x484, "STM32H56x/H57x", 0x08fff800, in_a_row },
	{ 0x417, "STM32L05x/L06x", 0x1ff80050, with_gap },
	{ 0x425, "STM32L03x/L04x", 0x1ff80050, with_gap },
	{ 0x447, "STM32L07x/L08x", 0x1ff80050, with_gap },
	{ 0x457, "STM32L01x/L02x", 0x1ff80050, with_gap },
	{ 0x416, "STM32L1xx category 1", 0x1ff80050, with_gap },
	{ 0x429, "STM32L1xx category 2", 0x1ff80050, with_gap },
	{ 0x427, "STM32L1xx category 3", 0x1ff800d0, with_gap },
	{ 0x436, "STM32L1xx category 4", 0x1ff800d0, with_gap },
	{ 0x437, "STM32L1xx category 5", 0x1ff800d0, with_gap },
	{ 0x415, "STM32L47x/L48x", 0x1fff7590, in_a_row },
	{ 0x435, "STM32L43x/L44x", 0x1fff7590, in_a_row },
	{ 0x461, "STM32L49x/L4Ax", 0x1fff7590, in_a_row },
	{ 0x462, "STM32L45x/L46x", 0x1fff7590, in_a_row },
	{ 0x464, "STM32L41x/L42x", 0x1fff7590, in_a_row },
	{ 0x470, "STM32L4Rx/L4Sx", 0x1fff7590, in_a_row },
	{ 0x471, "STM32L4Px/L4Qx", 0x1fff7590, in_a_row },
	{ 0x472, "STM32L55x/L56x", 0x0bfa0590, in_a_row },
	{ 0x455, "STM32U535/U545", 0x0bfa0700, in_a_row },
	{ 0x476, "STM32U5Fx/U5Gx", 0x0bfa0700, in_a_row },
	{ 0x481, "STM32U59x/U5Ax", 0x0bfa0700, in_a_row },
	{ 0x482, "STM32U575/U585", 0x0bfa0700, in_a_row },
	{ 0x459, "STM32U031", 0x1fff3e50, in_a_row },
	{ 0x489, "STM32U073/U083", 0x1fff6e50, in_a_row },
	{ 0x454, "STM32U375/U385", 0x0bfa0700, in_a_row },
	{ 0x42a, "STM32U3Bx/U3Cx", 0x0bfa0700, in_a_row },
	{ 0x492, "STM32WBA5x", 0x0bf90700, in_a_row },
	{ 0x4b0, "STM32WBA6x", 0x0bfa0700, in_a_row },
	{ 0x4b2, "STM32WBA2x", 0x0bf8d700, in_a_row },
	{ 0x494, "STM32WB1x", 0x1fff7590, in_a_row },
	{ 0x495, "STM32WB5x", 0x1fff7590, in_a_row },
	{ 0x496, "STM32WB3x", 0x1fff7590, in_a_row },
	{ 0x497, "STM32WLxx", 0x1fff7590, in_a_row },
};

/* DBGMCU_IDCODE by CPUID part, for chips whose ROM table has another number. */
static const struct idcode_place {
	uint16_t cpu;
	uint32_t address;
} idcode_places[] = {
	{ 0xc20, 0x40015800 }, { 0xc60, 0x40015800 }, { 0xc23, 0xe0042000 }, { 0xc24, 0xe0042000 },
	{ 0xc27, 0xe0042000 }, { 0xc27, 0x5c001000 }, { 0xd21, 0xe0044000 },
};

/* DIGPROG[23:16] is the family, IMXRT1060RM 41.7. */
static const struct {
	uint8_t family;
	const char *chip;
} imxrts[] = {
	{ 0x6a, "i.MX RT105x" }, { 0x6b, "i.MX RT1015/RT102x" }, { 0x6c, "i.MX RT106x" },
	{ 0x6d, "i.MX RT1010" },
};

static void append_word(struct identity *identity, uint32_t word)
{
	size_t n = strlen(identity->uid);

	snprintf(identity->uid + n, sizeof(identity->uid) - n, "%02x%02x%02x%02x",
		 (unsigned)(word & 0xff), (unsigned)(word >> 8 & 0xff), (unsigned)(word >> 16 & 0xff),
		 (unsigned)(word >> 24));
}

static const struct stm32 *find_stm32(unsigned dev_id)
{
	for (size_t i = 0; i < ARRAY_SIZE(stm32s); i++)
		if (stm32s[i].dev_id == dev_id)
			return &stm32s[i];
	return NULL;
}

static enum err read_rom_table(struct mem_ap *ap, struct component *component)
{
	uint32_t base = ap->base & 0xfffff000, words[ROM_ID_WORDS];
	uint8_t bytes[4 * ROM_ID_WORDS];

	*component = (struct component){ 0 };
	if (ap->base == 0xffffffff || (ap->base & 3) == 2)
		return OK;
	TRY(mem_ap_read(ap, base + ROM_ID_OFFSET, 4, ROM_ID_WORDS, bytes, NULL));
	for (size_t i = 0; i < ROM_ID_WORDS; i++)
		words[i] = get_le32(bytes + 4 * i);
	rom_parse_id(base, words, component);
	return OK;
}

/* The chip's own register, at one of a few places; what does not answer is not there. */
static const struct stm32 *ask_idcode(struct mem_ap *ap, unsigned cpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(idcode_places); i++) {
		const struct stm32 *row;
		uint32_t idcode;

		if (idcode_places[i].cpu != cpu)
			continue;
		if (mem_ap_read32(ap, idcode_places[i].address, &idcode) != OK) {
			error_clear();
			continue;
		}
		row = find_stm32(idcode & 0xfff);
		if (row != NULL)
			return row;
	}
	return NULL;
}

static enum err read_stm32(struct mem_ap *ap, const struct stm32 *row, struct identity *identity)
{
	uint32_t words[STM32_UIDS_MAX];

	identity->chip = row->chip;
	for (size_t i = 0; i < STM32_UIDS_MAX; i++)
		mem_ap_queue_read32(ap, row->uid + row->offsets[i], &words[i]);
	TRY(mem_ap_run(ap));
	for (size_t i = 0; i < STM32_UIDS_MAX; i++)
		append_word(identity, words[i]);
	return OK;
}

/* OK with an empty chip: it is none. */
static enum err read_imxrt(struct mem_ap *ap, struct identity *identity)
{
	uint32_t digprog, low, high;

	if (mem_ap_read32(ap, DIGPROG, &digprog) != OK) {
		error_clear();
		return OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(imxrts); i++)
		if (imxrts[i].family == (digprog >> 16 & 0xff))
			identity->chip = imxrts[i].chip;
	if (identity->chip == NULL)
		return OK;
	mem_ap_queue_read32(ap, OCOTP_CFG0, &low);
	mem_ap_queue_read32(ap, OCOTP_CFG1, &high);
	TRY(mem_ap_run(ap));
	append_word(identity, low);
	append_word(identity, high);
	return OK;
}

enum err identity_read(struct dap *dap, struct identity *identity)
{
	const struct stm32 *row = NULL;
	struct component table;
	struct mem_ap *ap;
	uint32_t cpuid;

	*identity = (struct identity){ 0 };
	TRY(mem_ap_find_core(dap, &ap));
	TRY(mem_ap_read32(ap, CPUID, &cpuid));
	if (dap->dpidr == RT10XX_DPIDR)
		TRY(read_imxrt(ap, identity));
	if (identity->chip != NULL)
		return OK;
	TRY(read_rom_table(ap, &table));
	if (table.designer == ST) {
		row = find_stm32(table.part);
		if (row == NULL)
			row = ask_idcode(ap, bits_get(cpuid, 15, 4));
	}
	if (row != NULL)
		return read_stm32(ap, row, identity);
	error_why(ERR_UNSUPPORTED,
		  "the place of this chip's unique id is not known (ROM table of %s, part 0x%03x)",
		  jep106_name(table.designer), table.part);
	return error_next(ERR_UNSUPPORTED, "choose the probe by \"adapter serial\"");
}

enum err identity_parse(const char *text, char *digits)
{
	size_t n = 0;

	for (const char *p = text; *p != '\0'; p++) {
		if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
			p++;
			continue;
		}
		if (strchr(" :-_", *p) != NULL)
			continue;
		int digit = hex_digit(*p);

		if (digit < 0 || n == IDENTITY_DIGITS)
			return error_why(ERR_ARGUMENT, "\"%s\" is no id of up to %u hex digits", text,
					 IDENTITY_DIGITS);
		digits[n++] = "0123456789abcdef"[digit];
	}
	digits[n] = '\0';
	return n > 0 ? OK : error_why(ERR_ARGUMENT, "an id has hex digits");
}

enum err identity_check(struct dap *dap)
{
	const char *asked = dap->adapter->target_uid;
	struct identity identity;

	if (asked == NULL)
		return OK;
	TRY(identity_read(dap, &identity));
	if (strcmp(identity.uid, asked) == 0)
		return OK;
	error_why(ERR_ADAPTER_NOT_FOUND, "the target's id is %s (%s), not %s", identity.uid,
		  identity.chip, asked);
	return error_next(ERR_ADAPTER_NOT_FOUND,
			  "connect the right board, or correct \"adapter target_uid\"");
}

/* What was opened for a look alone. The reason of `rc` survives the closing. */
static enum err close_again(struct dap *dap, enum err rc)
{
	if (dap->is_connected)
		rc = error_first(rc, dap_disconnect(dap));
	mem_ap_free_all(dap);
	dap->adapter->port.owner = NULL;
	error_hold(rc);
	adapter_close(dap->adapter);
	return error_settle(rc, OK);
}

/* Connects without the search for causes: here silence is just "not this one". */
static enum err look_behind(struct dap_list *list, struct identity *identity)
{
	struct adapter *adapter = list->adapter;
	struct dap dap = { .name = (char *)"probe", .adapter = adapter, .port = &adapter->port };
	enum err rc;

	if (list->first != NULL)
		dap.tap = list->first->tap;
	TRY(adapter_open(adapter));
	rc = dap_link_try(&dap, 0);
	if (rc != OK && !adapter->is_lost)
		rc = dap_link_try(&dap, 1);
	if (rc == OK)
		rc = identity_read(&dap, identity);
	return close_again(&dap, rc);
}

static enum err look_at_probe(struct dap_list *list, const struct probe *probe,
			      struct identity *identity)
{
	struct adapter *adapter = list->adapter;
	char *location = adapter->usb_location;
	int level;

	adapter->usb_location = xstrdup(probe->usb->location);
	level = dap_hush();
	enum err rc = look_behind(list, identity);

	log_set_level(level);
	free(adapter->usb_location);
	adapter->usb_location = location;
	return rc;
}

/* Here silence is worth a diagnosis. */
static enum err detect_connected(struct dap *dap, struct identity *identity)
{
	TRY(dap_connect(dap));
	return identity_read(dap, identity);
}

/* NULL: the first one, or SWD. */
static struct tap *find_dp_tap(const struct adapter *adapter)
{
	for (struct tap *tap = adapter->taps; tap != NULL; tap = tap->next) {
		if (bits_get(tap->idcode, 11, 1) == ARM)
			return tap;
	}
	return NULL;
}

enum err identity_detect(struct dap_list *list, struct identity *identity)
{
	struct adapter *adapter = list->adapter;
	struct dap dap = { .name = (char *)"chip", .adapter = adapter, .port = &adapter->port };
	enum err rc;

	*identity = (struct identity){ 0 };
	adapter->adopts_taps = adapter->taps == NULL;
	rc = adapter_open(adapter);
	if (rc == OK) {
		dap.tap = find_dp_tap(adapter);
		rc = detect_connected(&dap, identity);
	}
	if (rc != OK && identity->chip != NULL) {
		error_clear();	/* it was only the unique id that cannot be read, as under reset */
		rc = OK;
	}
	rc = close_again(&dap, rc);
	if (adapter->adopts_taps)
		adapter_free_taps(adapter);	/* the chip's script declares them by its own names */
	adapter->adopts_taps = false;
	return rc;
}

enum err identity_choose(void *ctx, struct probe *probes, struct probe **chosen)
{
	struct dap_list *list = ctx;
	struct adapter *adapter = list->adapter;
	struct buf seen = { 0 };

	*chosen = NULL;
	for (struct probe *p = probes; p != NULL && *chosen == NULL; p = p->next) {
		struct identity identity = { 0 };

		if (p->usb == NULL)
			continue;
		if (look_at_probe(list, p, &identity) != OK) {
			buf_printf(&seen, "%s%s %s: %s", seen.len ? "; " : "", p->kind,
				   p->serial ? p->serial : p->usb->location,
				   error_current()->why);
			error_clear();
		} else if (strcmp(identity.uid, adapter->target_uid) == 0) {
			*chosen = p;
		} else {
			buf_printf(&seen, "%s%s %s: %s", seen.len ? "; " : "", p->kind,
				   p->serial ? p->serial : p->usb->location, identity.uid);
		}
	}
	if (*chosen != NULL)
		log_info("target %s is behind %s %s", adapter->target_uid, (*chosen)->kind,
			 (*chosen)->serial ? (*chosen)->serial : (*chosen)->usb->location);
	else
		error_why(ERR_ADAPTER_NOT_FOUND, "no probe's target has the id %s (%s)",
			  adapter->target_uid, seen.len ? (const char *)seen.data : "no probe");
	buf_free(&seen);
	return *chosen != NULL ? OK
			       : error_next(ERR_ADAPTER_NOT_FOUND,
					    "check \"adapter target_uid\" and the boards' power");
}
