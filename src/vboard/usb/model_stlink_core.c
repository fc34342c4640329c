/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emulated ST-LINK: core registers and run control. They go through AP 0 and the core's debug
 * registers (DDI 0403 C1.6), whether the host opened the AP or not.
 */
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/dp_link.h"
#include "vboard/usb/model_stlink.h"

#define AIRCR 0xe000ed0cu
#define DHCSR 0xe000edf0u
#define DCRSR 0xe000edf4u
#define DCRDR 0xe000edf8u

#define AIRCR_SYSRESETREQ 0x05fa0004u
#define DHCSR_KEY	  0xa05f0000u
#define DHCSR_DEBUGEN	  0x1u
#define DHCSR_HALT	  0x2u
#define DHCSR_STEP	  0x4u
#define DHCSR_S_REGRDY	  BIT(16)
#define DHCSR_S_HALT	  BIT(17)
#define DCRSR_WRITE	  BIT(16)

#define REGRDY_POLLS 16
#define ALL_REGISTERS 21u	/* R0..R15, xPSR, MSP, PSP, rw, rw2: DCRSR numbers 0..20 */

#define V1_RUNNING 0x80
#define V1_HALTED  0x81

#define ALWAYS { 0, 0 }
/* Commands of the first API, which V2 firmware still has. */
#define V1_API { 0, STL_NEVER }

static enum stl_status wait_register(struct stl *s, unsigned ap)
{
	uint32_t dhcsr = 0;
	enum stl_status rc = STL_OK;

	for (unsigned i = 0; i < REGRDY_POLLS && rc == STL_OK; i++) {
		rc = stl_read_word(s, ap, DHCSR, &dhcsr);
		if (rc == STL_OK && (dhcsr & DHCSR_S_REGRDY))
			return dhcsr & DHCSR_S_HALT ? STL_OK : STL_FAULT;
	}
	return rc == STL_OK ? STL_FAULT : rc;
}

static enum stl_status read_register(struct stl *s, unsigned ap, unsigned reg, uint32_t *value)
{
	enum stl_status rc = stl_write_word(s, ap, DCRSR, reg);

	if (rc == STL_OK)
		rc = wait_register(s, ap);
	return rc == STL_OK ? stl_read_word(s, ap, DCRDR, value) : rc;
}

static enum stl_status write_register(struct stl *s, unsigned ap, unsigned reg, uint32_t value)
{
	enum stl_status rc = stl_write_word(s, ap, DCRDR, value);

	if (rc == STL_OK)
		rc = stl_write_word(s, ap, DCRSR, reg | DCRSR_WRITE);
	return rc == STL_OK ? wait_register(s, ap) : rc;
}

/* Registers of the FPU came with J15. */
static bool has_register(const struct stl *s, unsigned reg)
{
	return reg < ALL_REGISTERS || stl_has(s, (struct stl_since){ 15, 0 });
}

static unsigned ap_of(const struct stl *s, uint8_t ap)
{
	return stl_has(s, (struct stl_since){ 32, 2 }) ? ap : 0;
}

static void read_reg(struct stl *s, const uint8_t *command)
{
	uint32_t value = 0;
	enum stl_status rc = STL_COMMAND_ERROR;

	if (has_register(s, command[2]))
		rc = read_register(s, ap_of(s, command[3]), command[2], &value);
	stl_reply_value(s, rc, value);
}

static void write_reg(struct stl *s, const uint8_t *command)
{
	enum stl_status rc = STL_COMMAND_ERROR;

	if (has_register(s, command[2]))
		rc = write_register(s, ap_of(s, command[7]), command[2], get_le32(command + 3));
	stl_reply_status(s, rc);
}

static enum stl_status read_all(struct stl *s, unsigned ap, uint8_t *out)
{
	enum stl_status rc = STL_OK;

	for (unsigned i = 0; i < ALL_REGISTERS && rc == STL_OK; i++) {
		uint32_t value = 0;

		rc = read_register(s, ap, i, &value);
		put_le32(out + 4 * i, value);
	}
	return rc;
}

static void read_all_regs(struct stl *s, const uint8_t *command)
{
	uint8_t reply[4 + 4 * ALL_REGISTERS] = { 0 };

	reply[0] = (uint8_t)read_all(s, ap_of(s, command[2]), reply + 4);
	stl_reply(s, reply, sizeof(reply));
}

static void read_all_regs_v1(struct stl *s, const uint8_t *command)
{
	uint8_t reply[4 * ALL_REGISTERS] = { 0 };

	(void)command;
	read_all(s, 0, reply);
	stl_reply(s, reply, sizeof(reply));
}

static void read_reg_v1(struct stl *s, const uint8_t *command)
{
	uint8_t reply[4];
	uint32_t value = 0;

	read_register(s, 0, command[2], &value);
	put_le32(reply, value);
	stl_reply(s, reply, sizeof(reply));
}

static void read_debug_reg(struct stl *s, const uint8_t *command)
{
	uint32_t value = 0;
	enum stl_status rc = stl_read_word(s, 0, get_le32(command + 2), &value);

	stl_reply_value(s, rc, value);
}

static void write_debug_reg(struct stl *s, const uint8_t *command)
{
	stl_reply_status(s, stl_write_word(s, 0, get_le32(command + 2), get_le32(command + 6)));
}

/* --- Run control --- */

static void get_status(struct stl *s, const uint8_t *command)
{
	uint32_t dhcsr = 0;
	uint8_t reply[2] = { V1_RUNNING };

	(void)command;
	if (stl_read_word(s, 0, DHCSR, &dhcsr) == STL_OK && (dhcsr & DHCSR_S_HALT))
		reply[0] = V1_HALTED;
	stl_reply(s, reply, sizeof(reply));
}

static void force_debug(struct stl *s, const uint8_t *command)
{
	(void)command;
	stl_reply_status(s, stl_write_word(s, 0, DHCSR, DHCSR_KEY | DHCSR_DEBUGEN | DHCSR_HALT));
}

static void run_core(struct stl *s, const uint8_t *command)
{
	(void)command;
	stl_reply_status(s, stl_write_word(s, 0, DHCSR, DHCSR_KEY | DHCSR_DEBUGEN));
}

static void step_core(struct stl *s, const uint8_t *command)
{
	(void)command;
	stl_reply_status(s, stl_write_word(s, 0, DHCSR, DHCSR_KEY | DHCSR_DEBUGEN | DHCSR_STEP));
}

/* The bus may go away under the write: its fate says nothing. V2 firmware forgets the trace. */
static void reset_system(struct stl *s, const uint8_t *command)
{
	enum stl_status rc = stl_write_word(s, 0, AIRCR, AIRCR_SYSRESETREQ);

	(void)command;
	stl_clear_sticky(s);
	if (!stl_is_v3(s))
		stl_trace_stop(s);
	stl_reply_status(s, rc == STL_AP_ERROR ? rc : STL_OK);
}

const struct stl_command stl_core_commands[] = {
	{ 0x01, V1_API, true, NULL, get_status },
	{ 0x02, ALWAYS, true, NULL, force_debug },
	{ 0x03, V1_API, true, NULL, reset_system },
	{ 0x04, V1_API, true, NULL, read_all_regs_v1 },
	{ 0x05, V1_API, true, NULL, read_reg_v1 },
	{ 0x06, V1_API, true, NULL, write_reg },
	{ 0x09, ALWAYS, true, NULL, run_core },
	{ 0x0a, ALWAYS, true, NULL, step_core },
	{ 0x0f, V1_API, true, NULL, write_debug_reg },
	{ 0x32, ALWAYS, true, NULL, reset_system },
	{ 0x33, ALWAYS, true, NULL, read_reg },
	{ 0x34, ALWAYS, true, NULL, write_reg },
	{ 0x35, ALWAYS, true, NULL, write_debug_reg },
	{ 0x36, ALWAYS, true, NULL, read_debug_reg },
	{ 0x3a, ALWAYS, true, NULL, read_all_regs },
	{ 0 }
};
