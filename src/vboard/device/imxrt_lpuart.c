/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt_lpuart.h"

#define LPUART_GLOBAL 0x08u
#define	  GLOBAL_RST	BIT(1)
#define LPUART_BAUD   0x10u
#define	  BAUD_SBNS	BIT(13)
#define LPUART_STAT   0x14u
#define	  STAT_OR	BIT(19)
#define	  STAT_RDRF	BIT(21)
#define	  STAT_TC	BIT(22)
#define	  STAT_TDRE	BIT(23)
#define	  STAT_FLAGS	0xc01fc000u	/* write 1 to clear */
#define LPUART_CTRL   0x18u
#define	  CTRL_PT	BIT(0)
#define	  CTRL_PE	BIT(1)
#define	  CTRL_M	BIT(4)
#define	  CTRL_M7	BIT(11)
#define	  CTRL_RE	BIT(18)
#define	  CTRL_TE	BIT(19)
#define	  CTRL_RIE	BIT(21)
#define	  CTRL_TCIE	BIT(22)
#define	  CTRL_TIE	BIT(23)
#define	  CTRL_ORIE	BIT(27)
#define LPUART_DATA   0x1cu
#define	  DATA_RXEMPT	BIT(12)

static uint32_t *reg(struct imxrt_lpuart *u, uint32_t offset)
{
	return vb_regs_at(&u->regs, offset);
}

static void irq(struct imxrt_lpuart *u)
{
	uint32_t stat = *reg(u, LPUART_STAT), ctrl = *reg(u, LPUART_CTRL);

	/* TIE, TCIE and RIE sit at the bits of their flags. */
	imxrt_env_irq(u->env, u->irq,
		      (stat & ctrl & (STAT_TDRE | STAT_TC | STAT_RDRF)) ||
			      ((stat & STAT_OR) && (ctrl & CTRL_ORIE)));
}

static uint32_t baud(struct imxrt_lpuart *u)
{
	uint32_t b = *reg(u, LPUART_BAUD), sbr = b & 0x1fff, osr = bits_get(b, 28, 24);

	if (sbr == 0)
		return 0;
	return u->env->clocks.uart / ((osr < 3 ? 16 : osr + 1) * sbr);
}

static struct vb_uart_format format(void *ctx)
{
	struct imxrt_lpuart *u = ctx;
	uint32_t ctrl = *reg(u, LPUART_CTRL);
	unsigned bits = ctrl & CTRL_M7 ? 7 : ctrl & CTRL_M ? 9 : 8;
	bool has_parity = ctrl & CTRL_PE;

	return (struct vb_uart_format){
		.baud = baud(u),
		.data_bits = (uint8_t)MIN(bits - has_parity, 8u),
		.parity = !has_parity ? VB_PARITY_NONE : ctrl & CTRL_PT ? VB_PARITY_ODD
								       : VB_PARITY_EVEN,
		.stop_bits = *reg(u, LPUART_BAUD) & BAUD_SBNS ? 2 : 1,
	};
}

/* 0: nothing moves. */
static uint64_t frame_ns(struct imxrt_lpuart *u)
{
	struct vb_uart_format f = format(u);

	return f.baud ? vb_uart_bits(&f) * 1000000000ull / f.baud : 0;
}

/* Transmitter */

static void frame_sent(void *ctx);

static void load_shift(struct imxrt_lpuart *u)
{
	uint64_t ns = frame_ns(u);

	if (!u->data_full || u->shifting || !(*reg(u, LPUART_CTRL) & CTRL_TE) || ns == 0)
		return;
	u->shift = u->next;
	u->data_full = false;
	u->shifting = true;
	*reg(u, LPUART_STAT) = (*reg(u, LPUART_STAT) & ~STAT_TC) | STAT_TDRE;
	u->tx_event = vb_clock_after(u->env->board->clock, ns, frame_sent, u, "LPUART tx");
}

static void frame_sent(void *ctx)
{
	struct imxrt_lpuart *u = ctx;

	u->tx_event = NULL;
	u->shifting = false;
	serial_port_sent(&u->port, u->shift);
	load_shift(u);
	if (!u->shifting)
		*reg(u, LPUART_STAT) |= STAT_TC;
	irq(u);
}

static enum vb_result data_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct imxrt_lpuart *u = regs->dev;

	(void)old;
	u->next = (uint8_t)value;
	u->data_full = true;
	*reg(u, LPUART_STAT) &= ~(STAT_TDRE | STAT_TC);
	load_shift(u);
	irq(u);
	return VB_OK;
}

/* Receiver */

static void frame_received(void *ctx);

static void expect_frame(void *ctx)
{
	struct imxrt_lpuart *u = ctx;
	uint64_t ns = frame_ns(u);

	if (u->rx_event == NULL && u->port.rx_count > 0 && ns > 0)
		u->rx_event = vb_clock_after(u->env->board->clock, ns, frame_received, u, "LPUART rx");
}

static void store(struct imxrt_lpuart *u, uint8_t byte)
{
	uint32_t *stat = reg(u, LPUART_STAT);

	if (*stat & STAT_RDRF) {
		*stat |= STAT_OR;	/* the older byte stays */
		return;
	}
	*reg(u, LPUART_DATA) = byte;
	*stat |= STAT_RDRF;
}

static void frame_received(void *ctx)
{
	struct imxrt_lpuart *u = ctx;
	uint8_t byte;

	u->rx_event = NULL;
	if (serial_port_take(&u->port, *reg(u, LPUART_CTRL) & CTRL_RE, &byte))
		store(u, byte);
	expect_frame(u);
	irq(u);
}

static void data_reading(struct vb_regs *regs, uint32_t *value)
{
	struct imxrt_lpuart *u = regs->dev;

	if (!(*reg(u, LPUART_STAT) & STAT_RDRF))
		*value = DATA_RXEMPT | (*value & 0xff);
	*reg(u, LPUART_STAT) &= ~STAT_RDRF;
	irq(u);
}

/* Control */

static enum vb_result control_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct imxrt_lpuart *u = regs->dev;

	(void)value, (void)old;
	load_shift(u);
	expect_frame(u);
	irq(u);
	return VB_OK;
}

static enum vb_result global_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	if (value & GLOBAL_RST) {
		imxrt_lpuart_reset(regs->dev);
		*reg(regs->dev, LPUART_GLOBAL) = value & GLOBAL_RST;
	}
	return VB_OK;
}

#define ALL 0xffffffffu
static const struct vb_reg lpuart_regs[] = {
	{ "VERID", 0x00, 0x04010003, 0, 0, NULL, NULL },
	{ "PARAM", 0x04, 0x00000202, 0, 0, NULL, NULL },
	{ "GLOBAL", LPUART_GLOBAL, 0, GLOBAL_RST, 0, global_written, NULL },
	{ "PINCFG", 0x0c, 0, 3, 0, NULL, NULL },
	{ "BAUD", LPUART_BAUD, 0x0f000004, ALL, 0, control_written, NULL },
	{ "STAT", LPUART_STAT, 0x00c00000, 0x3e000000, STAT_FLAGS, control_written, NULL },
	{ "CTRL", LPUART_CTRL, 0, ALL, 0, control_written, NULL },
	{ "DATA", LPUART_DATA, DATA_RXEMPT, 0, 0, data_written, data_reading },
	{ "MATCH", 0x20, 0, 0x03ff03ff, 0, NULL, NULL },
	{ "MODIR", 0x24, 0, 0x0007033f, 0, NULL, NULL },
	{ "FIFO", 0x28, 0x00c00011, 0x00001f88, 0x00030000, NULL, NULL },
	{ "WATER", 0x2c, 0, 0x00030003, 0, NULL, NULL },
	{ .name = NULL }
};

void imxrt_lpuart_init(struct imxrt_lpuart *u, struct imxrt_env *env, int irq_line)
{
	u->env = env;
	u->irq = irq_line;
	u->regs = (struct vb_regs){ .name = "LPUART", .table = lpuart_regs, .value = u->value,
				    .dev = u };
	vb_regs_reset(&u->regs);
	serial_port_init(&u->port, u, format, expect_frame);
}

void imxrt_lpuart_reset(struct imxrt_lpuart *u)
{
	vb_clock_cancel(u->env->board->clock, u->tx_event);
	vb_clock_cancel(u->env->board->clock, u->rx_event);
	u->tx_event = u->rx_event = NULL;
	u->data_full = u->shifting = false;
	vb_regs_reset(&u->regs);
	expect_frame(u);
	irq(u);
}
