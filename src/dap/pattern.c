/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/pattern.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "dap/link.h"
#include "dap/mem_ap.h"

#define ROUNDS_PER_KHZ	3u	/* about a third of a second of clocks */
#define LEAST_ROUNDS	16u
#define AP_SCAN		4
#define QUICK_ROUNDS	128u

/* Every wire neighbour and every run of equal bits; see pattern.h for which values are left out. */
static const uint32_t patterns[] = {
	0x55555555, 0xaaaaaaaa, 0x33333333, 0xcccccccc, 0x0f0f0f0f, 0xf0f0f0f0, 0xffffffff,
	0xa0000000, 0x5a5a5a5a, 0xa5a5a5a5, 0x96969696, 0xc3c3c3c3, 0xaffffffe, 0xa0000001,
	0x5500ff00, 0xaa00ff00, 0xb6db6db6, 0x36db6db6, 0xfffeffff, 0xa0010000,
};

/* Common stops of probes, in kHz. */
static const uint32_t clocks[] = {
	50000, 40000, 30000, 24000, 20000, 15000, 12000, 10000, 8000, 6000, 5000, 4000, 3000, 2500,
	2000, 1800, 1500, 1200, 1000, 750, 500, 400, 300, 240, 200, 150, 125, 100, 50, 25, 10, 5,
};

uint32_t clock_below(uint32_t khz)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		if (clocks[i] < khz)
			return clocks[i];
	return 0;
}

uint32_t clock_above(uint32_t khz)
{
	for (size_t i = ARRAY_SIZE(clocks); i-- > 0;)
		if (clocks[i] > khz)
			return clocks[i];
	return 0;
}

static enum err run(struct dap *dap)
{
	return dap->port->ops->run(dap->port);
}

enum err pattern_prepare(struct dap *dap, struct pattern_test *test)
{
	uint32_t idr[AP_SCAN] = { 0 };

	test->dap = dap;
	test->apsel = -1;
	for (uint8_t i = 0; i < AP_SCAN; i++)
		dap_read_ap(dap, i, AP_IDR, &idr[i]);
	TRY(run(dap));
	for (int i = AP_SCAN - 1; i >= 0; i--) {
		if (bits_get(idr[i], 16, 13) != 8)	/* class MEM-AP, IHI 0031 C1.3.1 */
			continue;
		test->apsel = i;
		test->idr = idr[i];
	}
	return OK;
}

static void compare(struct pattern_test *test, uint32_t written, uint32_t read)
{
	test->transfers++;
	if (written == read)
		return;
	if (test->errors++ == 0) {
		test->written = written;
		test->read = read;
	}
}

/* One batch; a failed one is an error and ends the test. */
static bool batch(struct pattern_test *test)
{
	test->rc = run(test->dap);
	if (test->rc == OK)
		return true;
	test->errors++;
	return false;
}

static bool reads_are_good(struct pattern_test *test, uint32_t *got, size_t n)
{
	struct dap *dap = test->dap;
	/* DPIDR is UNPREDICTABLE on a DPv0, which is a JTAG-DP. */
	bool has_dpidr = dap->port->transport == TRANSPORT_SWD;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (has_dpidr)
			dap_read_dp(dap, DP_DPIDR, &got[at++]);
		if (test->apsel >= 0)
			dap_read_ap(dap, (uint8_t)test->apsel, AP_IDR, &got[at++]);
	}
	if (!batch(test))
		return false;
	at = 0;
	for (size_t i = 0; i < n; i++) {
		if (has_dpidr)
			compare(test, dap->dpidr, got[at++]);
		if (test->apsel >= 0)
			compare(test, test->idr, got[at++]);
	}
	return test->errors == 0;
}

static bool writes_are_good(struct pattern_test *test, uint32_t *got, size_t n)
{
	struct dap *dap = test->dap;
	uint8_t apsel = (uint8_t)test->apsel;

	for (size_t i = 0; i < n; i++) {
		dap_write_ap(dap, apsel, AP_TAR, patterns[i % ARRAY_SIZE(patterns)]);
		dap_read_ap(dap, apsel, AP_TAR, &got[i]);
	}
	if (!batch(test))
		return false;
	for (size_t i = 0; i < n; i++)
		compare(test, patterns[i % ARRAY_SIZE(patterns)], got[i]);
	return test->errors == 0;
}

bool pattern_run(struct pattern_test *test)
{
	size_t n = test->rounds ? test->rounds : PATTERN_ROUNDS;
	uint32_t khz = test->dap->adapter->actual_khz;
	uint32_t *got = xcalloc(n, sizeof(*got));
	bool is_good;

	if (khz != 0)
		n = MIN(n, MAX(ROUNDS_PER_KHZ * khz, LEAST_ROUNDS));
	test->transfers = test->errors = 0;
	test->written = test->read = 0;
	is_good = reads_are_good(test, got, n / 4) &&
		  (test->apsel < 0 || writes_are_good(test, got, n));
	free(got);
	if (test->rc != OK)
		error_clear();
	dap_invalidate(test->dap);
	return is_good;
}

bool dap_link_is_clean(struct dap *dap)
{
	const struct adapter *adapter = dap->adapter;
	struct pattern_test test = { .rounds = QUICK_ROUNDS };

	if (adapter->driver == NULL || adapter->driver->set_speed == NULL)
		return true;
	if (pattern_prepare(dap, &test) == OK)
		return pattern_run(&test);
	error_clear();
	dap_invalidate(dap);
	return false;
}

static bool is_gone(const struct dap *dap)
{
	return dap->adapter->is_lost || !dap->adapter->is_open;
}

/* From the top down to the first that is good; the link is left up at `slow` if none is. */
static enum err find_clock(struct dap *dap, struct pattern_test *test, uint32_t asked, uint32_t slow)
{
	uint32_t tried = dap->adapter->actual_khz;

	for (uint32_t khz = clock_below(asked); khz > slow; khz = clock_below(khz)) {
		TRY(adapter_set_speed(dap->adapter, khz));
		if (dap->adapter->actual_khz == tried || dap->adapter->actual_khz >= asked)
			continue;	/* the probe has no such step */
		tried = dap->adapter->actual_khz;
		if (dap_link_try(dap, 0) == OK && pattern_run(test))
			return OK;
		if (is_gone(dap))
			return error_current()->code;
	}
	return dap_link_at(dap, slow);
}

static enum err try_slow(struct dap *dap, uint32_t slow, struct pattern_test *test)
{
	TRY(dap_link_at(dap, slow));
	TRY(pattern_prepare(dap, test));
	if (pattern_run(test))
		return OK;
	return error_why(ERR_DAP_PARITY, "bits are wrong even at %" PRIu32 " kHz",
			 dap->adapter->actual_khz);
}

static enum err search(struct dap *dap, uint32_t asked)
{
	static const uint32_t slow[] = { 100, 20, 5 };
	struct pattern_test test = { 0 };
	enum err rc = ERR_DAP_NO_ACK;
	uint32_t tried = 0;

	for (size_t i = 0; i < ARRAY_SIZE(slow) && dap->adapter->actual_khz != tried; i++) {
		uint32_t khz = MIN(slow[i], MAX(asked / 4, 1u));

		tried = dap->adapter->actual_khz;
		rc = try_slow(dap, khz, &test);
		if (rc == OK)
			return find_clock(dap, &test, asked, khz);
		if (is_gone(dap))
			return rc;
	}
	if (dap_is_garbled(dap, rc))
		rc = error_why(ERR_DAP_PARITY, "bits are wrong even at %" PRIu32 " kHz",
			       dap->adapter->actual_khz);
	return rc;
}

enum err dap_slow_down(struct dap *dap)
{
	struct adapter *adapter = dap->adapter;
	uint32_t asked = adapter->actual_khz, set = adapter->speed_khz;
	enum err rc;

	if (adapter->driver == NULL || adapter->driver->set_speed == NULL || asked < 2)
		return error_why(ERR_UNSUPPORTED, "this probe has one clock only");
	int level = dap_hush();		/* what the driver makes of each step is not for the reader */

	rc = search(dap, asked);
	if (rc != OK) {
		dap->is_connected = false;
		rc = is_gone(dap) ? rc : error_first(rc, adapter_set_speed(adapter, set));
	}
	log_set_level(level);
	if (rc != OK)
		return rc;
	error_clear();
	dap->slowdowns++;
	adapter->proven_khz = adapter->actual_khz;
	log_warning("%s: this wire does not hold %" PRIu32 " kHz: going on at %" PRIu32
		    " kHz, the highest that passes a pattern test; shorten the cable, or put "
		    "\"adapter speed %" PRIu32 "\" into the configuration",
		    dap->name, asked, adapter->actual_khz, adapter->actual_khz);
	return OK;
}
