/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bit-band aliases (DDI 0439 3.7): one word of the alias is one bit of the first MiB of its region.
 */
#include "vboard/core/cpu_priv.h"

static struct vb_access target_of(const struct vb_access *a, uint32_t offset, unsigned *bit)
{
	struct vb_access t = *a;

	/* The access keeps its size; the bit is counted from the address aligned to it. */
	t.addr = ((a->addr & 0xf0000000) + offset / 32) & ~(a->size - 1);
	*bit = offset / 4 % (8 * a->size);
	return t;
}

static enum vb_result alias_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct vb_cpu *cpu = dev;
	unsigned bit;
	struct vb_access t = target_of(a, offset, &bit);
	enum vb_result rc = vb_bus_read(cpu->bus, &t, value);

	*value = *value >> bit & 1;
	a->stall_until_ns = t.stall_until_ns;
	return rc;
}

static enum vb_result alias_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct vb_cpu *cpu = dev;
	unsigned bit;
	uint32_t word;
	struct vb_access t = target_of(a, offset, &bit);
	enum vb_result rc = vb_bus_read(cpu->bus, &t, &word);

	if (rc == VB_OK)
		rc = vb_bus_write(cpu->bus, &t, (word & ~(1u << bit)) | (value & 1) << bit);
	a->stall_until_ns = t.stall_until_ns;
	return rc;
}

static const struct vb_device_ops alias_ops = { alias_read, alias_write };

void bitband_add(struct vb_cpu *cpu)
{
	static const uint32_t bases[] = { 0x22000000, 0x42000000 };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		struct vb_region region = { .name = "bit-band",
					    .base = bases[i],
					    .size = 0x02000000,
					    .dev_ops = &alias_ops,
					    .ctx = cpu };

		vb_bus_add(cpu->bus, &region);
	}
}
