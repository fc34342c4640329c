/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_imxrt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dap/link.h"

struct fake_imxrt fake;

static struct {
	bool is_read;
	uint32_t addr, value;
	uint32_t *dst;
} queue[20000];
static size_t queued;
static struct adapter the_adapter;
static struct target_list the_list;
static struct mem_ap the_ap;

uint32_t fake_peek(uint32_t addr)
{
	for (size_t i = 0; i < fake.count; i++)
		if (fake.words[i].addr == addr)
			return fake.words[i].value;
	return 0;
}

void fake_poke(uint32_t addr, uint32_t value)
{
	for (size_t i = 0; i < fake.count; i++) {
		if (fake.words[i].addr == addr) {
			fake.words[i].value = value;
			return;
		}
	}
	assert_true(fake.count < FAKE_WORDS);
	fake.words[fake.count].addr = addr;
	fake.words[fake.count++].value = value;
}

bool fake_written(uint32_t addr, uint32_t *value)
{
	for (size_t i = fake.write_count; i-- > 0;) {
		if (fake.writes[i].addr == addr) {
			*value = fake.writes[i].value;
			return true;
		}
	}
	return false;
}

/* --- The FlexSPI --- */

static void intr_set(uint32_t bits)
{
	fake_poke(fake.flexspi + FLEXSPI_INTR, fake_peek(fake.flexspi + FLEXSPI_INTR) | bits);
}

static void trigger(void)
{
	uint32_t ipcr1 = fake_peek(fake.flexspi + FLEXSPI_IPCR1), slot = bits_get(ipcr1, 19, 16);

	fake.commands++;
	fake.command_bytes = ipcr1 & 0xffff;
	fake.address = fake_peek(fake.flexspi + FLEXSPI_IPCR0);
	for (unsigned i = 0; i < 4; i++)
		fake.lut[i] = fake_peek(fake.flexspi + FLEXSPI_LUT(4 * slot + i));
	fake.read_at = 0;
	fake.looks = 0;
	if (fake.error_code != 0) {
		fake_poke(fake.flexspi + FLEXSPI_STS1, fake.error_code << 24 | slot << 16);
		intr_set(INTR_IPCMDERR | INTR_IPCMDDONE);
	}
}

static size_t fifo_fill(void)
{
	size_t left = fake.command_bytes - MIN(fake.read_at, fake.command_bytes);

	return fake.looks < fake.looks_until_ready || fake.commands == 0 ? 0 : MIN(left, (size_t)128);
}

static uint32_t intr_now(void)
{
	uint32_t intr = fake_peek(fake.flexspi + FLEXSPI_INTR) | INTR_IPTXWE;
	bool is_ready = ++fake.looks >= fake.looks_until_ready && fake.commands > 0 && !fake.never_done;

	if (is_ready && fake.error_code == 0)
		intr |= INTR_IPCMDDONE;
	if (fifo_fill() >= CHUNK)
		intr |= INTR_IPRXWA;
	return intr;
}

static bool flexspi_read(uint32_t offset, uint32_t *value)
{
	uint8_t word[4] = { 0 };

	switch (offset) {
	case FLEXSPI_MCR0: *value = fake_peek(fake.flexspi) & ~MCR0_SWRESET; return true;
	case FLEXSPI_STS0: *value = STS0_IDLE; return true;
	case FLEXSPI_INTR: *value = intr_now(); return true;
	case FLEXSPI_IPRXFSTS: *value = (uint32_t)(fifo_fill() + 7) / 8; return true;
	default: break;
	}
	if (offset < FLEXSPI_RFDR || offset >= FLEXSPI_TFDR)
		return false;
	size_t at = fake.read_at + (offset - FLEXSPI_RFDR);

	/* On the IP bus only while the AHB bus does not own the FIFOs. */
	if (!(fake_peek(fake.flexspi) & (MCR0_ARDFEN | MCR0_MDIS)) && fifo_fill() > 0 &&
	    at + 4 <= sizeof(fake.answer))
		memcpy(word, fake.answer + at, 4);
	*value = get_le32(word);
	return true;
}

static void flexspi_write(uint32_t offset, uint32_t value)
{
	if (offset == FLEXSPI_INTR) {
		fake_poke(fake.flexspi + FLEXSPI_INTR,
			  fake_peek(fake.flexspi + FLEXSPI_INTR) & ~value);
		if (value & INTR_IPRXWA)
			fake.read_at += CHUNK;
		if ((value & INTR_IPTXWE) && fake.sent_bytes + CHUNK <= sizeof(fake.sent)) {
			memcpy(fake.sent + fake.sent_bytes, fake.tx, CHUNK);
			fake.sent_bytes += CHUNK;
		}
	} else if (offset == FLEXSPI_IPCMD && (value & 1)) {
		trigger();
	} else if (offset == FLEXSPI_IPTXFCR && (value & 1)) {
		fake.sent_bytes = 0;
	} else if (offset >= FLEXSPI_TFDR && offset < FLEXSPI_TFDR + 128) {
		put_le32(fake.tx + (offset - FLEXSPI_TFDR), value);
	}
}

/* --- The bus --- */

static enum err bus_read(uint32_t addr, uint32_t *value)
{
	if (addr >= fake.dead_from && addr < fake.dead_to)
		return error_why(ERR_BUS, "bus error at 0x%08x", addr);
	if (addr - fake.flexspi < 0x300 && flexspi_read(addr - fake.flexspi, value))
		return OK;
	*value = fake_peek(addr);
	return OK;
}

static enum err bus_write(uint32_t addr, uint32_t value)
{
	if (addr >= fake.dead_from && addr < fake.dead_to)
		return error_why(ERR_BUS, "bus error at 0x%08x", addr);
	assert_true(fake.write_count < ARRAY_SIZE(fake.writes));
	fake.writes[fake.write_count].addr = addr;
	fake.writes[fake.write_count++].value = value;
	if (addr - fake.flexspi < 0x300) {
		flexspi_write(addr - fake.flexspi, value);
		if (addr - fake.flexspi == FLEXSPI_INTR)
			return OK;
	}
	if (addr - PLL_ARM < 0x140 && (addr & 0xc) == REG_SET)
		fake_poke(addr & ~0xfu, fake_peek(addr & ~0xfu) | value | PLL_LOCK);
	else if (addr - PLL_ARM < 0x140 && (addr & 0xc) == REG_CLR)
		fake_poke(addr & ~0xfu, fake_peek(addr & ~0xfu) & ~value);
	else
		fake_poke(addr, value);
	return OK;
}

void mem_ap_queue_read32(struct mem_ap *ap, uint32_t addr, uint32_t *dst)
{
	(void)ap;
	queue[queued].is_read = true;
	queue[queued].addr = addr;
	queue[queued++].dst = dst;
}

void mem_ap_queue_write32(struct mem_ap *ap, uint32_t addr, uint32_t value)
{
	(void)ap;
	queue[queued].is_read = false;
	queue[queued].addr = addr;
	queue[queued++].value = value;
}

enum err mem_ap_run(struct mem_ap *ap)
{
	enum err rc = OK;

	(void)ap;
	fake.runs++;
	for (size_t i = 0; i < queued && rc == OK; i++)
		rc = queue[i].is_read ? bus_read(queue[i].addr, queue[i].dst)
				      : bus_write(queue[i].addr, queue[i].value);
	queued = 0;
	return rc;
}

enum err mem_ap_read32(struct mem_ap *ap, uint32_t addr, uint32_t *value)
{
	mem_ap_queue_read32(ap, addr, value);
	return mem_ap_run(ap);
}

enum err mem_ap_write32(struct mem_ap *ap, uint32_t addr, uint32_t value)
{
	mem_ap_queue_write32(ap, addr, value);
	return mem_ap_run(ap);
}

enum err mem_ap_read(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count, uint8_t *dst,
		     size_t *done)
{
	uint32_t value = 0;

	(void)ap;
	(void)done;
	fake.runs++;
	for (size_t i = 0; i < size * count; i++) {
		TRY(bus_read((addr + (uint32_t)i) & ~3u, &value));
		dst[i] = (uint8_t)(value >> 8 * ((addr + i) % 4));
	}
	return OK;
}

enum err mem_ap_write(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
		      const uint8_t *src, size_t *done)
{
	(void)ap;
	(void)done;
	fake.runs++;
	for (size_t i = 0; i < count; i++) {
		uint32_t value = size == 2 ? get_le16(src + 2 * i) : get_le32(src + 4 * i);

		TRY(bus_write(addr + (uint32_t)(size * i), value));
	}
	return OK;
}

enum err mem_ap_write_fifo(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
			   const uint8_t *src)
{
	(void)ap;
	(void)size;
	fake.runs++;
	for (size_t i = 0; i < count; i++)
		TRY(bus_write(addr, get_le32(src + 4 * i)));
	return OK;
}

/* Above the access port: what the code under test asks for. */
enum err target_get_reg32(struct target *t, const char *name, uint32_t *value)
{
	(void)t;
	(void)name;
	*value = 0;
	return OK;
}

enum err check_halted(struct target *t)
{
	return t->state == TARGET_HALTED ? OK : error_why(ERR_NOT_HALTED, "the core runs");
}

enum err check_cancelled(struct target *t)
{
	(void)t;
	return OK;
}

void dap_pause_ms(unsigned ms)
{
	(void)ms;
}

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	queued = 0;
	fake.flexspi = 0x402a4000;
	/* RT1064 as the reset leaves it (IMXRT1064RM "CCM", "CCM Analog", "SRC", "IOMUXC GPR"). */
	fake_poke(0xe000ed00, 0x411fc271);
	fake_poke(DIGPROG, 0x006c0001);
	fake_poke(OCOTP_SHADOW(4), BIT(20));
	fake_poke(OCOTP_SHADOW(1), 0x11223344);
	fake_poke(OCOTP_SHADOW(2), 0x55667788);
	for (unsigned i = 0; i < 8; i++)
		fake_poke(CCM_CCGR(i), 0xffffffff);
	fake_poke(CCM_CBCMR, 0x2dae8324);
	fake_poke(CCM_CSCMR1, 0x04900000);
	fake_poke(CCM_CLPCR, 0x79);
	fake_poke(PLL_USB1, 0x00012000);
	fake_poke(PLL_SYS, 0x00013001);
	fake_poke(PFD_480, 0x1311100c);
	fake_poke(PFD_528, 0x1018101b);
	fake_poke(GPR16, 0x00200003);
	fake_poke(SRC_SCR, 0xa0480520);
	fake_poke(RTWDOG_CS, 0x2980);
	fake_poke(SCB_CCSIDR, 0xf01fe019);	/* 32 KiB, four ways (DDI 0489F 4.3) */
	fake_poke(0x402a4000, 0xffff80c2);
	fake_poke(0x402a8000, 0xffff80c2);
}

struct target *fake_target(void)
{
	struct target *t = xcalloc(1, sizeof(*t));

	the_adapter = (struct adapter){ .speed_khz = 4000, .actual_khz = 4000 };
	the_list = (struct target_list){ .adapter = &the_adapter };
	the_ap = (struct mem_ap){ .is_probed = true };
	t->name = (char *)"chip.cpu";
	t->list = &the_list;
	t->ap = &the_ap;
	t->state = TARGET_HALTED;
	t->examined = true;
	return t;
}

void fake_target_free(struct target *t)
{
	free(t->chip_notes);
	free(t);
	error_clear();
}
