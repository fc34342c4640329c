/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/chain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/jep106.h"
#include "base/log.h"

#define SCAN_BITS (32 * (JTAG_MAX_TAPS + 2))

struct tap *adapter_add_tap(struct adapter *adapter, const char *chip, const char *tap)
{
	struct tap *new = xcalloc(1, sizeof(*new)), **end = &adapter->taps;

	new->name = xasprintf("%s.%s", chip, tap);
	new->chip = xstrdup(chip);
	new->tap = xstrdup(tap);
	new->ir_capture = 1;		/* IEEE 1149.1: the low two bits are 01 */
	new->ir_mask = 3;
	new->is_enabled = true;
	while (*end != NULL)
		end = &(*end)->next;
	*end = new;
	return new;
}

void adapter_free_taps(struct adapter *adapter)
{
	for (struct tap *tap = adapter->taps, *next; tap != NULL; tap = next) {
		next = tap->next;
		free(tap->name);
		free(tap->chip);
		free(tap->tap);
		for (size_t i = 0; i < ARRAY_SIZE(tap->events); i++)
			free(tap->events[i]);
		free(tap);
	}
	adapter->taps = NULL;
}

struct tap *adapter_find_tap(struct adapter *adapter, const char *name)
{
	for (struct tap *tap = adapter->taps; tap != NULL; tap = tap->next)
		if (strcmp(tap->name, name) == 0)
			return tap;
	return NULL;
}

void jtag_get_chain(const struct adapter *adapter, struct jtag_chain *chain)
{
	chain->count = 0;
	for (const struct tap *tap = adapter->taps; tap != NULL && chain->count < JTAG_MAX_TAPS;
	     tap = tap->next)
		if (tap->is_enabled)
			chain->ir_bits[chain->count++] = tap->ir_bits;
}

int jtag_tap_index(const struct adapter *adapter, const struct tap *wanted)
{
	int index = 0;

	for (const struct tap *tap = adapter->taps; tap != NULL; tap = tap->next) {
		if (tap == wanted)
			return tap->is_enabled ? index : -1;
		index += tap->is_enabled;
	}
	return -1;
}

enum err jtag_exchange(struct adapter *adapter, const struct jtag_bits *bits, uint8_t *tdo)
{
	const struct bit_ops *ops = adapter->driver ? adapter->driver->bits : NULL;

	if (adapter->is_lost)
		return adapter_fail_lost(adapter);
	if (!adapter->is_open)
		return error_why(ERR_ADAPTER_LOST, "the adapter is not open");
	if (ops == NULL || ops->jtag == NULL || adapter->transport != TRANSPORT_JTAG)
		return error_why(ERR_UNSUPPORTED,
				 "JTAG scans need the transport jtag (it is \"%s\") and a probe that "
				 "has it", transport_name(adapter->transport));
	adapter->raw_scans++;
	ops->jtag(adapter->bits_priv, bits->tms.data, bits->tdi.data, tdo, bits->count);
	adapter->port.stats.wire_bits += bits->count;
	return ops->flush(adapter->bits_priv);
}

static bool is_expected(const struct tap *tap, uint32_t id)
{
	uint32_t mask = tap->ignore_version ? 0x0fffffff : 0xffffffff;

	if (tap->expected_id_count == 0)
		return true;
	for (unsigned i = 0; i < tap->expected_id_count; i++)
		if (((tap->expected_ids[i] ^ id) & mask) == 0 || tap->expected_ids[i] == 0)
			return true;
	return false;
}

static void announce(const struct tap *tap, uint32_t id)
{
	if (id == 0) {
		log_info("JTAG tap: %s has no IDCODE", tap->name);
		return;
	}
	log_info("JTAG tap: %s tap/device found: 0x%08" PRIx32 " (mfg: 0x%03" PRIx32
		 " (%s), part: 0x%04" PRIx32 ", ver: 0x%" PRIx32 ")",
		 tap->name, id, bits_get(id, 11, 1), jep106_name(bits_get(id, 11, 1)),
		 bits_get(id, 27, 12), bits_get(id, 31, 28));
}

static enum err compare(struct tap *tap, uint32_t id)
{
	if (tap->idcode != id || id == 0)
		announce(tap, id);
	tap->idcode = id;
	if (id == 0 || is_expected(tap, id))
		return OK;
	error_why(ERR_DAP_JTAG_CHAIN, "JTAG tap %s: expected 0x%08" PRIx32 ", found 0x%08" PRIx32,
		  tap->name, tap->expected_ids[0], id);
	return error_next(ERR_DAP_JTAG_CHAIN,
			  "check that the configuration is that of the chip on the board");
}

/* Two TAPs of known instruction registers: that of Arm's debug port (IHI 0031, 3.4) and the boundary
 * scan of an STM32 (RM0351 48.6); whoever only wants to know the chip needs no others. */
static void adopt(struct adapter *adapter, const uint32_t *ids, size_t found)
{
	for (size_t i = 0; i < found; i++) {
		char name[32];
		struct tap *tap;

		snprintf(name, sizeof(name), "auto%zu", i);
		tap = adapter_add_tap(adapter, name, "tap");
		tap->idcode = ids[i];
		tap->ir_bits = bits_get(ids[i], 11, 1) == 0x020 ? 5 : 4;
		announce(tap, ids[i]);
	}
}

static enum err compare_chain(struct adapter *adapter, const uint32_t *ids, size_t found)
{
	size_t declared = 0, i = 0;

	for (struct tap *tap = adapter->taps; tap != NULL; tap = tap->next)
		declared += tap->is_enabled;
	if (adapter->taps == NULL && adapter->adopts_taps) {
		adopt(adapter, ids, found);
		return OK;
	}
	if (declared == 0 && adapter->taps == NULL) {
		for (i = 0; i < found; i++)
			log_warning("AUTO auto%zu.tap - use \"jtag newtap auto%zu tap -irlen N "
				    "-expected-id 0x%08" PRIx32 "\"", i, i, ids[i]);
		return OK;
	}
	for (struct tap *tap = adapter->taps; tap != NULL; tap = tap->next) {
		if (!tap->is_enabled)
			continue;
		if (i >= found)
			break;
		TRY(compare(tap, ids[i++]));
	}
	if (found == declared)
		return OK;
	error_why(ERR_DAP_JTAG_CHAIN, "the scan chain has %zu TAPs, %zu are declared", found,
		  declared);
	return error_next(ERR_DAP_JTAG_CHAIN, "compare \"scan_chain\" with the chip's manual");
}

/* What each TAP captures in Capture-IR tells whether the declared lengths add up. */
static enum err check_ir(const struct adapter *adapter, const uint8_t *tdo, size_t at)
{
	for (const struct tap *tap = adapter->taps; tap != NULL; tap = tap->next) {
		if (!tap->is_enabled)
			continue;
		uint32_t captured = (uint32_t)jtag_get(tdo, at, MIN(tap->ir_bits, 32u));

		if (((captured ^ tap->ir_capture) & tap->ir_mask) != 0) {
			error_why(ERR_DAP_JTAG_CHAIN,
				  "%s: IR capture error; saw 0x%0*" PRIx32 " not 0x%0*" PRIx32,
				  tap->name, (int)((tap->ir_bits + 3) / 4), captured,
				  (int)((tap->ir_bits + 3) / 4), tap->ir_capture & tap->ir_mask);
			return error_next(ERR_DAP_JTAG_CHAIN,
					  "check the -irlen of every declared TAP");
		}
		at += tap->ir_bits;
	}
	return OK;
}

static enum err check_ids(struct adapter *adapter, const uint8_t *tdo, size_t at)
{
	uint8_t bits[SCAN_BITS / 8];
	uint32_t ids[JTAG_MAX_TAPS];
	bool stuck_low;

	for (size_t i = 0; i < SCAN_BITS; i++)
		bit_set(bits, i, bit_get(tdo, at + i));
	size_t found = jtag_parse_ids(bits, SCAN_BITS, ids, JTAG_MAX_TAPS, &stuck_low);

	if (found == 0) {
		error_why(ERR_DAP_JTAG_CHAIN, "JTAG scan chain interrogation failed: all %s",
			  stuck_low ? "zeroes" : "ones");
		return error_next(ERR_DAP_JTAG_CHAIN,
				  "Check JTAG interface, timings, target power, etc.");
	}
	return compare_chain(adapter, ids, found);
}

/* The firmware's word for it; the lengths of the instruction registers are its business. */
static enum err check_told_ids(struct adapter *adapter)
{
	uint32_t ids[JTAG_MAX_TAPS];
	size_t found = 0;

	if (adapter->is_lost)
		return adapter_fail_lost(adapter);
	if (!adapter->is_open)
		return error_why(ERR_ADAPTER_LOST, "the adapter is not open");
	TRY(adapter->driver->read_tap_ids(adapter, ids, ARRAY_SIZE(ids), &found));
	return compare_chain(adapter, ids, found);
}

enum err jtag_check_chain(struct adapter *adapter)
{
	struct jtag_bits bits = { 0 };
	struct jtag_chain chain;
	size_t ir_bits = 0;

	if (adapter->driver != NULL && adapter->driver->read_tap_ids != NULL)
		return check_told_ids(adapter);
	jtag_get_chain(adapter, &chain);
	for (unsigned i = 0; i < chain.count; i++)
		ir_bits += chain.ir_bits[i];
	jtag_put_reset(&bits);
	size_t ids_at = jtag_put_dr(&bits, NULL, SCAN_BITS);
	size_t ir_at = ir_bits ? jtag_put_ir(&bits, NULL, ir_bits) : 0;

	jtag_put_reset(&bits);
	uint8_t *tdo = xcalloc(1, bits.count / 8 + 1);
	enum err rc = jtag_exchange(adapter, &bits, tdo);

	if (rc == OK)
		rc = check_ids(adapter, tdo, ids_at);
	if (rc == OK && ir_bits > 0)
		rc = check_ir(adapter, tdo, ir_at);
	free(tdo);
	jtag_bits_free(&bits);
	return rc;
}
