/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MEM-AP: IHI 0031 chapters C1 and C2, with what DDI 0439 says of the Cortex-M4's AHB-AP. */
#include "vboard/core/ap.h"

#include "base/bytes.h"

#define CSW_SIZE	0x00000007u
#define CSW_ADDRINC	0x00000030u
#define   ADDRINC_OFF	  0x00u
#define   ADDRINC_SINGLE  0x10u
#define   ADDRINC_PACKED  0x20u
#define CSW_DEVICE_EN	BIT(6)
#define CSW_TR_IN_PROG	BIT(7)
#define CSW_HPROT1	BIT(25)		/* privileged */
#define CSW_HPROT3	BIT(27)		/* cacheable */
#define CSW_SPROT	BIT(30)		/* non-secure, on an AHB5-AP */
#define CSW_PROT	0x3f000000u
/* SProt and DbgSwEnable exist where the reset value shows them. */
#define CSW_PROT_OPTIONAL 0xc0000000u

void vb_ap_init(struct vb_ap *ap, const struct vb_ap_config *config, struct vb_bus *bus)
{
	*ap = (struct vb_ap){ .config = config, .bus = bus };
	vb_ap_reset(ap);
}

void vb_ap_reset(struct vb_ap *ap)
{
	ap->csw = ap->config->csw_reset & ~(CSW_DEVICE_EN | CSW_TR_IN_PROG);
	ap->tar = 0;
	ap->op = (struct vb_ap_op){ 0 };
}

bool vb_ap_uses_bus(unsigned offset)
{
	return offset == AP_DRW || (offset >= AP_BD0 && offset <= AP_BD3);
}

void vb_ap_drop(struct vb_ap *ap)
{
	ap->op.is_active = false;
}

static uint32_t csw_read(const struct vb_ap *ap)
{
	return ap->csw | (ap->is_disabled ? 0 : CSW_DEVICE_EN) |
	       (ap->op.is_active ? CSW_TR_IN_PROG : 0);
}

/* What the AP cannot do does not stick: hosts find out by reading back. */
static void csw_write(struct vb_ap *ap, uint32_t value)
{
	uint32_t writable = CSW_PROT | (ap->config->csw_reset & CSW_PROT_OPTIONAL);
	uint32_t size = value & CSW_SIZE, inc = value & CSW_ADDRINC;

	if (size > 2 || (size < 2 && !ap->config->has_byte))
		size = 2;
	if (inc == CSW_ADDRINC || (inc == ADDRINC_PACKED && !ap->config->has_packed))
		inc = ADDRINC_OFF;
	ap->csw =
		(ap->csw & ~(writable | CSW_SIZE | CSW_ADDRINC)) | (value & writable) | size | inc;
}

/* Only the low bits count up: the page is never left (IHI 0031 C2.2.2). */
static void tar_advance(struct vb_ap *ap, unsigned bytes)
{
	uint32_t page = ap->config->tar_wrap - 1;

	ap->tar = (ap->tar & ~page) | ((ap->tar + bytes) & page);
}

static enum vb_result beat(struct vb_ap *ap, uint32_t addr, uint64_t *stall_until_ns)
{
	struct vb_ap_op *op = &ap->op;
	/* Narrow data travels on the byte lanes of its address. */
	unsigned lane = 8 * (addr & 3);
	uint32_t mask = op->size == 4 ? ~0u : BIT(8 * op->size) - 1;
	struct vb_access access = {
		.master = VB_DAP,
		.addr = addr,
		.size = op->size,
		.is_write = !op->is_read,
		.is_privileged = ap->csw & CSW_HPROT1,
		.is_cacheable = ap->csw & CSW_HPROT3,
		.is_nonsecure = ap->csw & CSW_SPROT,
	};
	uint32_t value = (op->data >> lane) & mask;
	enum vb_result result;

	if (op->is_read)
		result = vb_bus_read(ap->bus, &access, &value);
	else
		result = vb_bus_write(ap->bus, &access, value);
	if (result == VB_STALL)
		*stall_until_ns = access.stall_until_ns;
	else if (result == VB_OK && op->is_read)
		op->data = (op->data & ~(mask << lane)) | (value & mask) << lane;
	return result;
}

enum vb_result vb_ap_continue(struct vb_ap *ap, uint32_t *data, uint64_t *stall_until_ns)
{
	struct vb_ap_op *op = &ap->op;

	while (op->beat < op->beats) {
		uint32_t addr = op->increments ? ap->tar : op->addr;
		enum vb_result result = beat(ap, addr & ~(op->size - 1), stall_until_ns);

		if (result == VB_STALL)
			return result;
		/* The AHB-AP of the Cortex-M3 and M4 (4 KiB pages) counts up after a bus error too.
		 */
		if (op->increments && (result == VB_OK || ap->config->tar_wrap == 0x1000))
			tar_advance(ap, op->size);
		if (result != VB_OK) {
			op->is_active = false;
			return result;
		}
		op->beat++;
	}
	op->is_active = false;
	*data = op->data;
	return VB_OK;
}

static enum vb_result start(struct vb_ap *ap, unsigned offset, bool is_read, uint32_t *data,
			    uint64_t *stall_until_ns)
{
	uint32_t inc = ap->csw & CSW_ADDRINC;
	struct vb_ap_op op = { .is_active = true, .is_read = is_read, .beats = 1 };

	if (ap->is_disabled)
		return VB_FAULT;
	if (offset == AP_DRW) {
		op.addr = ap->tar;
		op.size = 1u << (ap->csw & CSW_SIZE);
		op.increments = inc != ADDRINC_OFF;
		if (inc == ADDRINC_PACKED)
			op.beats = 4 / op.size;
	} else {	/* always a word, TAR stays */
		op.addr = (ap->tar & ~0xfu) | (offset & 0xc);
		op.size = 4;
	}
	if (!is_read)
		op.data = *data;
	ap->op = op;
	return vb_ap_continue(ap, data, stall_until_ns);
}

static uint32_t register_read(const struct vb_ap *ap, unsigned offset)
{
	switch (offset) {
	case AP_CSW:  return csw_read(ap);
	case AP_TAR:  return ap->tar;
	case AP_BASE: return ap->config->base;
	case AP_IDR:  return ap->config->idr;
	default:      return 0;	/* CFG too: little-endian, 32-bit addresses and data */
	}
}

enum vb_result vb_ap_access(struct vb_ap *ap, unsigned offset, bool is_read, uint32_t *data,
			    uint64_t *stall_until_ns)
{
	if (vb_ap_uses_bus(offset))
		return start(ap, offset, is_read, data, stall_until_ns);
	if (is_read)
		*data = register_read(ap, offset);
	else if (offset == AP_CSW)
		csw_write(ap, *data);
	else if (offset == AP_TAR)
		ap->tar = *data;
	return VB_OK;
}
