/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emulated ST-LINK: entering and leaving debug mode, DP and AP registers, opening APs, the reset
 * line, the identity of what is connected. The firmware keeps SELECT; the host never needs to.
 */
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/dp_link.h"
#include "vboard/usb/model_stlink.h"

#define DP_ABORT     0x0u
#define DP_CTRL_STAT 0x4u
#define DP_SELECT    0x8u
#define DP_RDBUFF    0xcu
#define AP_IDR	     0xfcu

#define ABORT_CLEAR_ALL 0x1eu
#define POWER_REQUEST	0x50000000u
#define POWER_ACK	0xa0000000u
#define STICKY_FLAGS	0x000000b2u	/* WDATAERR, STICKYERR, STICKYCMP, STICKYORUN */
#define POWER_POLLS	100

#define ENTER_JTAG_RESET    0x00u
#define ENTER_SWD_NO_RESET  0xa3u
#define ENTER_JTAG_NO_RESET 0xa4u
#define NRST_PULSE_NS	    10000000u

enum { NRST_LOW, NRST_HIGH, NRST_PULSE };

#define ALWAYS { 0, 0 }

/* --- Registers --- */

enum stl_status stl_read_dp(struct stl *s, unsigned reg, uint32_t *value)
{
	enum stl_status rc = stl_transfer(s, false, true, reg & 0xc, value);

	if (rc == STL_OK && s->is_jtag)
		rc = stl_transfer(s, false, true, DP_RDBUFF, value);
	return rc;
}

enum stl_status stl_write_dp(struct stl *s, unsigned reg, uint32_t value)
{
	return stl_transfer(s, false, false, reg & 0xc, &value);
}

static enum stl_status write_select(struct stl *s, uint32_t select)
{
	enum stl_status rc = STL_OK;

	if (s->select != select)
		rc = stl_write_dp(s, DP_SELECT, select);
	s->select = rc == STL_OK ? select : ~0u;
	return rc;
}

enum stl_status stl_select(struct stl *s, unsigned ap, unsigned reg)
{
	return write_select(s, ap << 24 | (reg & 0xf0));
}

enum stl_status stl_read_ap(struct stl *s, unsigned ap, unsigned reg, uint32_t *value)
{
	enum stl_status rc = stl_select(s, ap, reg);

	if (rc == STL_OK)
		rc = stl_transfer(s, true, true, reg & 0xc, value);
	if (rc == STL_OK)
		rc = stl_transfer(s, false, true, DP_RDBUFF, value);
	return rc;
}

enum stl_status stl_write_ap(struct stl *s, unsigned ap, unsigned reg, uint32_t value)
{
	enum stl_status rc = stl_select(s, ap, reg);

	return rc == STL_OK ? stl_transfer(s, true, false, reg & 0xc, &value) : rc;
}

enum stl_status stl_check_writes(struct stl *s)
{
	uint32_t ignored;
	enum stl_status rc = stl_transfer(s, false, true, DP_RDBUFF, &ignored);

	return rc == STL_OK ? stl_check_sticky(s) : rc;
}

enum stl_status stl_check_sticky(struct stl *s)
{
	uint32_t ctrl_stat = 0;
	enum stl_status rc;

	if (!s->is_jtag)
		return STL_OK;
	rc = stl_read_dp(s, DP_CTRL_STAT, &ctrl_stat);
	if (rc != STL_OK)
		return rc;
	return ctrl_stat & STICKY_FLAGS ? STL_AP_STICKY : STL_OK;
}

/* A JTAG-DP's flags are cleared by writing them as 1 (IHI 0031 B2.2.2). */
void stl_clear_sticky(struct stl *s)
{
	uint32_t ctrl_stat = 0;

	if (!s->is_jtag)
		stl_write_dp(s, DP_ABORT, ABORT_CLEAR_ALL);
	else if (stl_read_dp(s, DP_CTRL_STAT, &ctrl_stat) == STL_OK && (ctrl_stat & STICKY_FLAGS))
		stl_write_dp(s, DP_CTRL_STAT, ctrl_stat & (0xf0000000 | STICKY_FLAGS));
}

/* --- Opening APs --- */

bool stl_is_open(const struct stl *s, unsigned ap)
{
	return memchr(s->open_aps, (int)ap, s->open_count) != NULL;
}

/* Before V2J37 and V3J7 an AP that was not opened worked all the same. */
enum stl_status stl_need_ap(struct stl *s, unsigned ap)
{
	if (!stl_has(s, (struct stl_since){ 37, 7 }) || stl_is_open(s, ap))
		return STL_OK;
	return STL_BAD_AP;
}

static void close_all(struct stl *s)
{
	s->open_count = 0;
	s->has_opened = false;
}

static void init_ap(struct stl *s, const uint8_t *command)
{
	unsigned ap = command[2];
	uint32_t idr = 0;
	enum stl_status rc;

	s->has_opened = true;
	if (stl_is_open(s, ap)) {
		stl_reply_status(s, STL_OK);
		return;
	}
	if (s->open_count == STL_MAX_OPEN_APS) {
		stl_reply_status(s, STL_TOO_MANY_APS);
		return;
	}
	rc = stl_read_ap(s, ap, AP_IDR, &idr);
	if (rc == STL_OK && idr == 0)
		rc = STL_BAD_AP;
	if (rc == STL_OK)
		s->open_aps[s->open_count++] = (uint8_t)ap;
	stl_reply_status(s, rc);
}

static void close_ap(struct stl *s, const uint8_t *command)
{
	uint8_t *place = memchr(s->open_aps, command[2], s->open_count);
	enum stl_status rc = STL_BAD_AP;

	if (place != NULL) {
		*place = s->open_aps[--s->open_count];
		/* V2J28 does it and says it did not. */
		rc = stl_has(s, (struct stl_since){ 29, 0 }) ? STL_OK : STL_BAD_AP;
	}
	stl_reply_status(s, rc);
}

/* --- Register commands: port @2, address @4, value @6 --- */

static bool is_bank_wrong(const struct stl *s, unsigned reg)
{
	return (reg & 0xf0) != 0 && !stl_has(s, (struct stl_since){ 32, 2 });
}

static enum stl_status read_dp_register(struct stl *s, unsigned reg, uint32_t *value)
{
	enum stl_status rc;

	if (is_bank_wrong(s, reg))
		return STL_COMMAND_ERROR;
	if ((reg & 0xf) == DP_CTRL_STAT && (s->select & 0xf) != (reg >> 4 & 0xf)) {
		rc = write_select(s, (s->select & ~0xfu) | (reg >> 4 & 0xf));
		if (rc != STL_OK)
			return rc;
	}
	/* V2J24 to V2J31 on JTAG: what the scan captured belongs to the access before. */
	if (s->is_jtag && !stl_has(s, (struct stl_since){ 32, 0 }))
		return stl_transfer(s, false, true, reg & 0xc, value);
	return stl_read_dp(s, reg, value);
}

static enum stl_status write_dp_register(struct stl *s, unsigned reg, uint32_t value)
{
	enum stl_status rc;

	if (is_bank_wrong(s, reg))
		return STL_COMMAND_ERROR;
	if ((reg & 0xf) == DP_SELECT) {
		if (value & 0xf)	/* the bank is the firmware's business */
			return STL_COMMAND_ERROR;
		s->select = ~0u;
		return write_select(s, value);
	}
	if ((reg & 0xf) == DP_CTRL_STAT && (s->select & 0xf) != (reg >> 4 & 0xf)) {
		rc = write_select(s, (s->select & ~0xfu) | (reg >> 4 & 0xf));
		if (rc != STL_OK)
			return rc;
	}
	return stl_write_dp(s, reg, value);
}

static void read_dap_register(struct stl *s, const uint8_t *command)
{
	unsigned port = get_le16(command + 2), reg = get_le16(command + 4);
	uint32_t value = 0;
	enum stl_status rc = STL_OK;

	if (port == STL_DP_PORT) {
		rc = read_dp_register(s, reg, &value);
	} else if (port > 255 || reg > 0xff) {
		rc = STL_BAD_AP;
	} else {
		if (reg != AP_IDR)
			rc = stl_need_ap(s, port);
		if (rc == STL_OK)
			rc = stl_read_ap(s, port, reg, &value);
	}
	stl_reply_value(s, rc, value);
}

static void write_dap_register(struct stl *s, const uint8_t *command)
{
	unsigned port = get_le16(command + 2), reg = get_le16(command + 4);
	uint32_t value = get_le32(command + 6);
	enum stl_status rc;

	if (port == STL_DP_PORT) {
		rc = write_dp_register(s, reg, value);
	} else if (port > 255 || reg > 0xff) {
		rc = STL_BAD_AP;
	} else {
		rc = stl_need_ap(s, port);
		if (rc == STL_OK)	/* its fate shows in a later access */
			rc = stl_write_ap(s, port, reg, value);
	}
	stl_reply_status(s, rc);
}

/* --- Enter and leave --- */

static enum stl_status power_up(struct stl *s)
{
	uint32_t ctrl_stat = 0;

	stl_clear_sticky(s);
	s->select = ~0u;
	if (write_select(s, 0) != STL_OK || stl_write_dp(s, DP_CTRL_STAT, POWER_REQUEST) != STL_OK)
		return STL_POWER_ERROR;
	for (unsigned i = 0; i < POWER_POLLS; i++)
		if (stl_read_dp(s, DP_CTRL_STAT, &ctrl_stat) == STL_OK &&
		    (ctrl_stat & POWER_ACK) == POWER_ACK)
			return STL_OK;
	return STL_POWER_ERROR;
}

static void pulse_nrst(struct stl *s)
{
	vb_board_set_nrst(s->board, true);
	vb_link_delay(s->link, NRST_PULSE_NS);
	vb_board_set_nrst(s->board, false);
}

static enum stl_status enter(struct stl *s, uint8_t how)
{
	enum stl_status rc;

	if (s->mode == STL_DFU || s->mode == STL_SWIM)
		return STL_OTHER_MODE;
	if (how == ENTER_JTAG_NO_RESET && !stl_has(s, (struct stl_since){ 15, 0 }))
		return STL_UNKNOWN_COMMAND;
	close_all(s);
	s->mode = STL_MASS;
	if (how == ENTER_SWD_NO_RESET) {
		rc = stl_connect_swd(s);
	} else if (how == ENTER_JTAG_NO_RESET || how == ENTER_JTAG_RESET) {
		if (how == ENTER_JTAG_RESET)
			pulse_nrst(s);
		rc = stl_connect_jtag(s);
	} else {
		return STL_COMMAND_ERROR;
	}
	if (rc == STL_OK)
		rc = power_up(s);
	if (rc == STL_OK)
		s->mode = STL_DEBUG;
	return rc;
}

void stl_leave(struct stl *s)
{
	stl_trace_stop(s);
	close_all(s);
	vb_board_set_nrst(s->board, false);
	s->select = ~0u;
	s->mode = STL_MASS;
}

static void enter_v2(struct stl *s, const uint8_t *command)
{
	stl_reply_status(s, enter(s, command[2]));
}

static void enter_v1(struct stl *s, const uint8_t *command)
{
	enter(s, command[2]);	/* that command has no answer */
}

static void exit_debug(struct stl *s, const uint8_t *command)
{
	(void)command;
	if (s->mode == STL_DEBUG)
		stl_leave(s);
}

static void drive_nrst(struct stl *s, const uint8_t *command)
{
	enum stl_status rc = STL_OK;

	if (command[2] == NRST_LOW || command[2] == NRST_HIGH)
		vb_board_set_nrst(s->board, command[2] == NRST_LOW);
	else if (command[2] == NRST_PULSE)
		pulse_nrst(s);
	else
		rc = STL_COMMAND_ERROR;
	stl_reply_status(s, rc);
}

static enum stl_status identify(struct stl *s)
{
	uint32_t dpidr = 0;
	enum stl_status rc;

	if (s->is_jtag)
		return STL_OK;
	rc = stl_read_dp(s, 0, &dpidr);
	if (rc != STL_OK)
		return STL_IDCODE_ERROR;
	s->chain.idcodes[0] = dpidr;
	return STL_OK;
}

static void read_idcodes(struct stl *s, const uint8_t *command)
{
	uint8_t reply[12] = { (uint8_t)identify(s) };

	(void)command;
	put_le32(reply + 4, s->chain.idcodes[0]);
	put_le32(reply + 8, s->chain.idcodes[1]);
	stl_reply(s, reply, sizeof(reply));
}

static void read_core_id(struct stl *s, const uint8_t *command)
{
	uint8_t reply[4];

	(void)command;
	put_le32(reply, identify(s) == STL_OK ? s->chain.idcodes[0] : 0);
	stl_reply(s, reply, sizeof(reply));
}

const struct stl_command stl_dap_commands[] = {
	{ 0x20, { 0, STL_NEVER }, false, NULL, enter_v1 },
	{ 0x21, ALWAYS, false, NULL, exit_debug },
	{ 0x22, ALWAYS, true, NULL, read_core_id },
	{ 0x30, ALWAYS, false, NULL, enter_v2 },
	{ 0x31, ALWAYS, true, NULL, read_idcodes },
	{ 0x3c, ALWAYS, false, NULL, drive_nrst },
	{ 0x45, { 24, 0 }, true, NULL, read_dap_register },
	{ 0x46, { 24, 0 }, true, NULL, write_dap_register },
	{ 0x4b, { 28, 0 }, true, NULL, init_ap },
	{ 0x4c, { 28, 0 }, true, NULL, close_ap },
	{ 0 }
};
