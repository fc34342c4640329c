/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a debugger finds of Zephyr (subsys/debug/thread_info.c) and of ThreadX (common/inc/tx_api.h): the
 * variables, the structures and the frames of threads that wait, laid out by hand. Nothing is scheduled.
 */
#include "board.h"

#define EXC_RETURN_PSP 0xfffffffd
#define XPSR_T	       0x01000000

/* The part of a thread that the exception pushed, above `software` words. */
struct frame {
	uint32_t r[4], r12, lr, pc, xpsr;
};

struct k_thread {
	uint32_t links[3];
	uint8_t user_options, thread_state;
	int8_t prio;
	uint32_t callee_saved[8], psp;
	struct k_thread *next_thread;
	void (*entry)(void);
	char name[32];
	uint32_t arch[4];
#ifdef USE_SWITCH
	struct z_frame *switch_handle;
#endif
};

#ifdef USE_SWITCH
struct switch_frame {
	uint32_t apsr, r[13], lr, pc;
};

struct z_frame {
	uint32_t have_fpu;
	union {
		struct switch_frame sw;
	} u;
};

static void put_switch_frame(struct k_thread *t, struct z_frame *frame, const struct frame *from)
{
	for (uint32_t k = 0; k < 12; k++)
		frame->u.sw.r[k] = (from->r[0] & ~0xffu) + k;
	frame->u.sw.r[12] = from->r12;
	frame->u.sw.lr = from->lr;
	frame->u.sw.pc = from->pc | 1;
	t->switch_handle = frame;
	t->psp = 0;
}
#endif

static struct {
	uint32_t nested;
	char *irq_stack;
	struct k_thread *current, *idle;
	struct k_thread *threads;
} _kernel;

#define OFFSET(field) __builtin_offsetof(struct k_thread, field)
__attribute__((used)) const uint32_t _kernel_thread_info_offsets[] = {
	1, 8, 16, OFFSET(entry), OFFSET(next_thread), OFFSET(thread_state), OFFSET(user_options),
	OFFSET(prio), OFFSET(psp), OFFSET(name), OFFSET(arch), 0xffffffff, 0xffffffff, 1,
};
__attribute__((used)) const uint32_t _kernel_thread_info_num_offsets = 14;
__attribute__((used)) const uint8_t _kernel_thread_info_size_t_size = 4;

typedef struct TX_THREAD_STRUCT {
	uint32_t id, run_count;
	void *stack_ptr, *stack_start, *stack_end;
	uint32_t stack_size, slices[2];
	void *ready[2];
	const char *name;
	uint32_t priority, state, flags[4];
	void (*entry)(void);
	uint32_t parameter, timer[7], suspension[8];
	struct TX_THREAD_STRUCT *created_next, *created_previous;
} TX_THREAD;

TX_THREAD *_tx_thread_created_ptr, *_tx_thread_current_ptr;
volatile uint32_t _tx_thread_created_count;

static struct k_thread zephyr[3];
static TX_THREAD threadx[2];
static uint32_t stacks[4][64] __attribute__((aligned(8)));
static uint32_t running_stack[64] __attribute__((aligned(8)));
volatile uint32_t rounds;

__attribute__((noinline)) void waits_here(void);
void waits_here(void)
{
	rounds++;
}

__attribute__((noinline)) void waiting_thread(void);
void waiting_thread(void)
{
	waits_here();
	rounds += 2;
}

static void put_frame(struct frame *frame, uint32_t first)
{
	for (uint32_t i = 0; i < 4; i++)
		frame->r[i] = first + i;
	frame->r12 = first + 12;
	frame->pc = (uint32_t)waits_here & ~1u;
	frame->lr = ((uint32_t)waiting_thread & ~1u) + 7;	/* behind PUSH and BL */
	frame->xpsr = XPSR_T;
}

static void name_thread(struct k_thread *t, const char *name, uint8_t state, int8_t prio)
{
	for (int i = 0; name[i] != '\0'; i++)
		t->name[i] = name[i];
	t->thread_state = state;
	t->prio = prio;
	t->entry = waiting_thread;
	t->next_thread = _kernel.threads;
	_kernel.threads = t;
}

static void make_zephyr(void)
{
	name_thread(&zephyr[0], "main", 0x80, 0);
	name_thread(&zephyr[1], "sysworkq", 0x02, -1);
	name_thread(&zephyr[2], "idle", 0x80, 15);
	_kernel.current = &zephyr[0];
	for (int i = 1; i < 3; i++) {
		struct frame *frame = (struct frame *)&stacks[i][32];

		put_frame(frame, 0x100 * (uint32_t)i);
		for (uint32_t k = 0; k < 8; k++)
			zephyr[i].callee_saved[k] = 0x100 * (uint32_t)i + 4 + k;
		zephyr[i].psp = (uint32_t)frame;
		zephyr[i].arch[0] = (EXC_RETURN_PSP & 0xff) << 8;
#ifdef USE_SWITCH
		put_switch_frame(&zephyr[i], (struct z_frame *)&stacks[i][4], frame);
#endif
	}
}

static void make_threadx(void)
{
	static const char *const names[] = { "producer", "consumer" };

	for (int i = 0; i < 2; i++) {
		TX_THREAD *t = &threadx[i];
		uint32_t *stack = stacks[2 * i + (i == 0 ? 0 : 1)];

		for (int k = 0; k < 20; k++)
			stack[k] = 0xefefefef;
		stack[32 - 9] = EXC_RETURN_PSP;
		for (uint32_t k = 0; k < 8; k++)
			stack[32 - 8 + k] = 0x504 + k;
		if (i == 1)
			put_frame((struct frame *)&stack[32], 0x500);
		t->id = 0x54485244;
		t->stack_ptr = &stack[32 - 9];
		t->stack_start = stack;
		t->stack_size = sizeof(stacks[0]);
		t->name = names[i];
		t->priority = 16 + (uint32_t)i;
		t->state = i == 1 ? 5 : 0;
		t->entry = waiting_thread;
		t->created_next = t->created_previous = &threadx[1 - i];
	}
	_tx_thread_created_ptr = &threadx[0];
	_tx_thread_current_ptr = &threadx[0];
	_tx_thread_created_count = 2;
}

int main(void)
{
	make_zephyr();
	make_threadx();
	/* Threads of both kernels have the process stack. */
	__asm volatile("msr psp, %0\n\tmsr control, %1\n\tisb" : : "r"(running_stack + 64), "r"(2)
		       : "memory");
	for (;;)
		waiting_thread();
}
