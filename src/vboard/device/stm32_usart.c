/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_usart.h"

#define USART_CR1 0x00u
#define   CR1_UE      BIT(0)
#define   CR1_RE      BIT(2)
#define   CR1_TE      BIT(3)
#define   CR1_RXNEIE  BIT(5)
#define   CR1_TCIE    BIT(6)
#define   CR1_TXEIE   BIT(7)
#define   CR1_PS      BIT(9)
#define   CR1_PCE     BIT(10)
#define   CR1_M0      BIT(12)
#define   CR1_OVER8   BIT(15)
#define   CR1_M1      BIT(28)
#define USART_CR2 0x04u
#define USART_CR3 0x08u
#define   CR3_OVRDIS  BIT(12)
#define USART_BRR 0x0cu
#define USART_RQR 0x18u
#define USART_ISR 0x1cu
#define   ISR_ORE     BIT(3)
#define   ISR_IDLE    BIT(4)
#define   ISR_RXNE    BIT(5)
#define   ISR_TC      BIT(6)
#define   ISR_TXE     BIT(7)
#define   ISR_TEACK   BIT(21)
#define   ISR_REACK   BIT(22)
#define USART_ICR 0x20u
#define USART_RDR 0x24u
#define USART_TDR 0x28u
#define USART_PRESC 0x2cu

static uint32_t *reg(struct stm32_usart *u, uint32_t offset)
{
	return vb_regs_at(&u->regs, offset);
}

static void irq(struct stm32_usart *u)
{
	uint32_t isr = *reg(u, USART_ISR), cr1 = *reg(u, USART_CR1);
	/* The enables in CR1 sit at the bits of their flags; RXNEIE also covers ORE. */
	bool level = (isr & cr1 & (ISR_IDLE | ISR_RXNE | ISR_TC | ISR_TXE)) ||
		     ((isr & ISR_ORE) && (cr1 & CR1_RXNEIE));

	if (u->irq >= 0)	/* else the line has no such USART */
		stm32_env_irq_shared(u->env, u, u->irq, (cr1 & CR1_UE) && level);
}

static uint32_t source_hz(struct stm32_usart *u)
{
	static const uint16_t dividers[16] = { 1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256,
					       256, 256, 256, 256 };
	const uint32_t *presc = reg(u, USART_PRESC);
	uint32_t hz = u->clock_hz ? u->clock_hz(u->port.chip) : u->env->clocks.pclk1;

	return presc ? hz / dividers[*presc & 15] : hz;
}

/* 1/256 periods of the clock source in one bit; 0: no baud rate, nothing moves. */
static uint64_t bit_clocks(struct stm32_usart *u)
{
	uint32_t brr = *reg(u, USART_BRR);

	if (u->is_lpuart)
		return brr < 0x300 ? 0 : brr;	/* RM0351 41.4.4 */
	if (brr < 16)
		return 0;
	brr = *reg(u, USART_CR1) & CR1_OVER8 ? ((brr & 0xfff0u) | (brr & 7) << 1) / 2 : brr;
	return 256ull * brr;
}

/* 0: nothing moves. */
static uint64_t frame_ns(struct stm32_usart *u)
{
	uint32_t cr1 = *reg(u, USART_CR1), hz = source_hz(u);
	unsigned bits = 2 + (cr1 & CR1_M1 ? 7 : cr1 & CR1_M0 ? 9 : 8);

	bits += bits_get(*reg(u, USART_CR2), 13, 12) == 2;
	return hz ? bits * bit_clocks(u) * 1000000000ull / 256 / hz : 0;
}

/* What the registers say about the wire. M counts the parity bit as one of the data bits. */
static struct vb_uart_format format(void *ctx)
{
	struct stm32_usart *u = ctx;
	uint32_t cr1 = *reg(u, USART_CR1);
	uint64_t clocks = bit_clocks(u);
	unsigned bits = cr1 & CR1_M1 ? 7 : cr1 & CR1_M0 ? 9 : 8;
	bool has_parity = cr1 & CR1_PCE;

	return (struct vb_uart_format){
		.baud = clocks ? (uint32_t)(256ull * source_hz(u) / clocks) : 0,
		.data_bits = (uint8_t)MIN(bits - has_parity, 8u),
		.parity = !has_parity ? VB_PARITY_NONE : cr1 & CR1_PS ? VB_PARITY_ODD
								     : VB_PARITY_EVEN,
		.stop_bits = bits_get(*reg(u, USART_CR2), 13, 12) == 2 ? 2 : 1,
	};
}

/* Transmitter */

static bool can_send(struct stm32_usart *u)
{
	uint32_t cr1 = *reg(u, USART_CR1);

	return (cr1 & CR1_UE) && (cr1 & CR1_TE) && frame_ns(u) > 0;
}

static void frame_sent(void *ctx);

static void load_shift(struct stm32_usart *u)
{
	if (!u->tdr_full || u->shifting || !can_send(u))
		return;
	u->shift = (uint8_t)*reg(u, USART_TDR);
	u->tdr_full = false;
	u->shifting = true;
	*reg(u, USART_ISR) = (*reg(u, USART_ISR) & ~ISR_TC) | ISR_TXE;
	u->tx_event = vb_clock_after(u->env->board->clock, frame_ns(u), frame_sent, u, "USART tx");
	irq(u);
}

static void frame_sent(void *ctx)
{
	struct stm32_usart *u = ctx;

	u->tx_event = NULL;
	u->shifting = false;
	serial_port_sent(&u->port, u->shift);
	load_shift(u);
	if (!u->shifting)
		*reg(u, USART_ISR) |= ISR_TC;
	irq(u);
}

static enum vb_result tdr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_usart *u = regs->dev;

	(void)old;
	*reg(u, USART_TDR) = value & 0x1ff;
	u->tdr_full = true;
	*reg(u, USART_ISR) &= ~(ISR_TXE | ISR_TC);
	load_shift(u);
	irq(u);
	return VB_OK;
}

/* Receiver */

static void frame_received(void *ctx);

static void expect_frame(void *ctx)
{
	struct stm32_usart *u = ctx;
	uint64_t ns = frame_ns(u);

	if (u->rx_event == NULL && u->port.rx_count > 0 && ns > 0)
		u->rx_event = vb_clock_after(u->env->board->clock, ns, frame_received, u, "USART rx");
}

static void store(struct stm32_usart *u, uint8_t byte)
{
	uint32_t *isr = reg(u, USART_ISR);

	if ((*isr & ISR_RXNE) && !(*reg(u, USART_CR3) & CR3_OVRDIS)) {
		*isr |= ISR_ORE;	/* the older byte stays */
		return;
	}
	*reg(u, USART_RDR) = byte;
	*isr |= ISR_RXNE;
}

static void frame_received(void *ctx)
{
	struct stm32_usart *u = ctx;
	uint32_t cr1 = *reg(u, USART_CR1);
	uint8_t byte;

	u->rx_event = NULL;
	if (serial_port_take(&u->port, (cr1 & CR1_UE) && (cr1 & CR1_RE), &byte))
		store(u, byte);
	expect_frame(u);
	irq(u);
}

static void rdr_reading(struct vb_regs *regs, uint32_t *value)
{
	(void)value;
	*reg(regs->dev, USART_ISR) &= ~ISR_RXNE;
	irq(regs->dev);
}

/* Control */

static enum vb_result control_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_usart *u = regs->dev;
	uint32_t cr1 = *reg(u, USART_CR1), *isr = reg(u, USART_ISR);

	(void)value;
	(void)old;
	*isr &= ~(ISR_TEACK | ISR_REACK);
	if ((cr1 & CR1_UE) && (cr1 & CR1_TE))
		*isr |= ISR_TEACK;
	if ((cr1 & CR1_UE) && (cr1 & CR1_RE))
		*isr |= ISR_REACK;
	load_shift(u);
	expect_frame(u);
	irq(u);
	return VB_OK;
}

/* BRR and the frame format can only be set while UE = 0 (RM0351 40.8.4). */
static enum vb_result brr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_usart *u = regs->dev;

	if (*reg(u, USART_CR1) & CR1_UE)
		*reg(u, USART_BRR) = old;
	else if (!u->is_lpuart)
		*reg(u, USART_BRR) &= 0xffff;
	return control_written(regs, value, old);
}

static enum vb_result icr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	*reg(regs->dev, USART_ISR) &= ~(value & 0x00121b5fu);
	irq(regs->dev);
	return VB_OK;
}

static enum vb_result rqr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	if (value & BIT(3))	/* RXFRQ */
		*reg(regs->dev, USART_ISR) &= ~ISR_RXNE;
	irq(regs->dev);
	return VB_OK;
}

/* Like BRR. */
static enum vb_result presc_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_usart *u = regs->dev;

	if (*reg(u, USART_CR1) & CR1_UE)
		*reg(u, USART_PRESC) = old;
	return control_written(regs, value, old);
}

#define REGS(cr1_bits, cr3_bits)                                                                   \
	{ "CR1", USART_CR1, 0, cr1_bits, 0, control_written, NULL },                               \
	{ "CR2", USART_CR2, 0, 0xffffff7f, 0, NULL, NULL },                                        \
	{ "CR3", USART_CR3, 0, cr3_bits, 0, NULL, NULL },                                          \
	{ "BRR", USART_BRR, 0, 0x000fffff, 0, brr_written, NULL },                                 \
	{ "GTPR", 0x10, 0, 0x0000ffff, 0, NULL, NULL },                                            \
	{ "RTOR", 0x14, 0, 0xffffffff, 0, NULL, NULL },                                            \
	{ "RQR", USART_RQR, 0, 0, 0, rqr_written, NULL },                                          \
	{ "ISR", USART_ISR, 0x020000c0, 0, 0, NULL, NULL },                                        \
	{ "ICR", USART_ICR, 0, 0, 0, icr_written, NULL },                                          \
	{ "RDR", USART_RDR, 0, 0, 0, NULL, rdr_reading },                                          \
	{ "TDR", USART_TDR, 0, 0, 0, tdr_written, NULL }

static const struct vb_reg usart_regs[] = { REGS(0x1fffffff, 0x007fffff), { .name = NULL } };
/* With FIFOs and a prescaler (RM0444 33.8). The FIFO is one deep here: its bits change nothing. */
static const struct vb_reg fifo_regs[] = {
	REGS(0xffffffff, 0xffffffff), { "PRESC", USART_PRESC, 0, 0xf, 0, presc_written, NULL },
	{ .name = NULL }
};

void stm32_usart_init(struct stm32_usart *u, struct stm32_env *env, int irq_line)
{
	u->env = env;
	u->irq = irq_line;
	u->regs = (struct vb_regs){ .name = "USART", .table = usart_regs, .value = u->value,
				    .dev = u };
	vb_regs_reset(&u->regs);
	serial_port_init(&u->port, u, format, expect_frame);
}

void stm32_usart_set_fifo(struct stm32_usart *u)
{
	_Static_assert(ARRAY_SIZE(fifo_regs) - 1 <= ARRAY_SIZE(u->value), "value[] is too small");
	u->regs.table = fifo_regs;
	vb_regs_reset(&u->regs);
}

void stm32_usart_reset(struct stm32_usart *u)
{
	vb_clock_cancel(u->env->board->clock, u->tx_event);
	vb_clock_cancel(u->env->board->clock, u->rx_event);
	u->tx_event = u->rx_event = NULL;
	u->tdr_full = u->shifting = false;
	vb_regs_reset(&u->regs);
	irq(u);
}
