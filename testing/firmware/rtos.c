/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel of our own with the structures, variables and saved frames of FreeRTOS (FreeRTOS-Kernel V11
 * list.h, tasks.c, portable/GCC/ARM_CM0, ARM_CM4F, ARM_CM33_NTZ), so that a debugger finds what it
 * would find there: tasks that run, are ready, wait for a tick, wait for a queue, are suspended. It is
 * no copy: what is not looked at from outside is not here. -DTOP_PRIORITY adds uxTopUsedPriority.
 */
#include "rtos_list.h"

#include "board.h"

#define MAX_PRIORITIES 5
#define STACK_WORDS    192
#define TICK_CYCLES    4000
#define ICSR_PENDSVSET (1u << 28)

typedef struct tskTaskControlBlock {
	volatile uint32_t *pxTopOfStack;
	ListItem_t xStateListItem;
	ListItem_t xEventListItem;
	uint32_t uxPriority;
	uint32_t *pxStack;
	char pcTaskName[16];
} TCB_t;

TCB_t *volatile pxCurrentTCB;
static List_t pxReadyTasksLists[MAX_PRIORITIES];
static List_t xDelayedTaskList1, xDelayedTaskList2;
static List_t *volatile pxDelayedTaskList, *volatile pxOverflowDelayedTaskList;
static List_t xPendingReadyList;
static List_t xTasksWaitingTermination;
static List_t xSuspendedTaskList;
static volatile uint32_t uxCurrentNumberOfTasks;
static volatile uint32_t xTickCount;
static volatile int32_t xSchedulerRunning;
#ifdef TOP_PRIORITY
__attribute__((used)) const volatile uint32_t uxTopUsedPriority = MAX_PRIORITIES - 1;
#endif

typedef struct QueueDefinition {
	int8_t *pcHead, *pcWriteTo;
	union {
		struct {
			int8_t *pcTail, *pcReadFrom;
		} xQueue;
		struct {
			TCB_t *xMutexHolder;
			uint32_t uxRecursiveCallCount;
		} xSemaphore;
	} u;
	List_t xTasksWaitingToSend, xTasksWaitingToReceive;
	volatile uint32_t uxMessagesWaiting;
	uint32_t uxLength, uxItemSize;
	volatile int8_t cRxLock, cTxLock;
} Queue_t;

static Queue_t orders;
static int8_t orders_storage[4 * 12];
volatile uint32_t rounds[MAX_PRIORITIES];
volatile float heat;

static void yield(void)
{
	SCB_ICSR = ICSR_PENDSVSET;
	__asm volatile("dsb\n\tisb" ::: "memory");
}

static void lock(void)
{
	__asm volatile("cpsid i" ::: "memory");
}

static void unlock(void)
{
	__asm volatile("cpsie i" ::: "memory");
}

static void make_ready(TCB_t *task)
{
	list_append(&pxReadyTasksLists[task->uxPriority], &task->xStateListItem);
}

static void task_ended(void)
{
	for (;;)
		;
}

/* The first frame: as if the task had been interrupted before its first instruction. */
static uint32_t *first_frame(uint32_t *top, uint32_t *stack, void (*code)(void *), void *argument)
{
	*--top = 0x01000000;			/* xPSR */
	*--top = (uint32_t)code & ~1u;
	*--top = (uint32_t)task_ended;
	top -= 4;				/* r12, r3, r2, r1 */
	*--top = (uint32_t)argument;
#if defined(__ARM_ARCH_6M__)
	(void)stack;
	return top - 8;				/* r4..r11 */
#elif defined(__ARM_ARCH_8M_MAIN__)
	top -= 8;
	*--top = 0xffffffbc;			/* EXC_RETURN */
	*--top = (uint32_t)stack;		/* PSPLIM */
	return top;
#else
	(void)stack;
	*--top = 0xfffffffd;
	return top - 8;
#endif
}

static void create(TCB_t *task, const char *name, uint32_t priority, uint32_t *stack,
		   void (*code)(void *), void *argument)
{
	for (int i = 0; i < STACK_WORDS; i++)
		stack[i] = 0xa5a5a5a5;
	for (int i = 0; i < 15 && name[i] != '\0'; i++)
		task->pcTaskName[i] = name[i];
	task->uxPriority = priority;
	task->pxStack = stack;
	task->pxTopOfStack = first_frame(stack + STACK_WORDS, stack, code, argument);
	item_init(&task->xStateListItem, task);
	item_init(&task->xEventListItem, task);
	make_ready(task);
	uxCurrentNumberOfTasks++;
	if (pxCurrentTCB == 0 || pxCurrentTCB->uxPriority <= priority)
		pxCurrentTCB = task;
}

void vTaskSwitchContext(void);
void vTaskSwitchContext(void)
{
	for (int p = MAX_PRIORITIES - 1; p >= 0; p--) {
		if (pxReadyTasksLists[p].uxNumberOfItems != 0) {
			pxCurrentTCB = list_next_owner(&pxReadyTasksLists[p]);
			return;
		}
	}
}

void SysTick_Handler(void);
void SysTick_Handler(void)
{
	List_t *list = pxDelayedTaskList;

	lock();
	xTickCount++;
	while (list->uxNumberOfItems != 0 && list->xListEnd.pxNext->xItemValue <= xTickCount) {
		TCB_t *task = list->xListEnd.pxNext->pvOwner;

		list_remove(&task->xStateListItem);
		make_ready(task);
	}
	unlock();
	SCB_ICSR = ICSR_PENDSVSET;
}

#if defined(__ARM_ARCH_6M__)
#define SAVE                                                                                       \
	".syntax unified\n\t"                                                                      \
	"mrs r0, psp\n\t"                                                                          \
	"subs r0, r0, #32\n\t"                                                                     \
	"ldr r3, =pxCurrentTCB\n\t"                                                                \
	"ldr r2, [r3]\n\t"                                                                         \
	"str r0, [r2]\n\t"                                                                         \
	"stmia r0!, {r4-r7}\n\t"                                                                   \
	"mov r4, r8\n\tmov r5, r9\n\tmov r6, r10\n\tmov r7, r11\n\t"                               \
	"stmia r0!, {r4-r7}\n\t"
#define RESTORE                                                                                    \
	"ldr r3, =pxCurrentTCB\n\t"                                                                \
	"ldr r1, [r3]\n\t"                                                                         \
	"ldr r0, [r1]\n\t"                                                                         \
	"adds r0, r0, #16\n\t"                                                                     \
	"ldmia r0!, {r4-r7}\n\t"                                                                   \
	"mov r8, r4\n\tmov r9, r5\n\tmov r10, r6\n\tmov r11, r7\n\t"                               \
	"msr psp, r0\n\t"                                                                          \
	"subs r0, r0, #32\n\t"                                                                     \
	"ldmia r0!, {r4-r7}\n\t"                                                                   \
	"ldr r0, =0xfffffffd\n\t"                                                                  \
	"bx r0\n\t"
#elif defined(__ARM_ARCH_8M_MAIN__)
#define SAVE                                                                                       \
	"mrs r0, psp\n\t"                                                                          \
	"tst lr, #0x10\n\t"                                                                        \
	"it eq\n\t"                                                                                \
	"vstmdbeq r0!, {s16-s31}\n\t"                                                              \
	"mrs r2, psplim\n\t"                                                                       \
	"mov r3, lr\n\t"                                                                           \
	"stmdb r0!, {r2-r11}\n\t"                                                                  \
	"ldr r3, =pxCurrentTCB\n\t"                                                                \
	"ldr r2, [r3]\n\t"                                                                         \
	"str r0, [r2]\n\t"
#define RESTORE                                                                                    \
	"ldr r3, =pxCurrentTCB\n\t"                                                                \
	"ldr r1, [r3]\n\t"                                                                         \
	"ldr r0, [r1]\n\t"                                                                         \
	"ldmia r0!, {r2-r11}\n\t"                                                                  \
	"tst r3, #0x10\n\t"                                                                        \
	"it eq\n\t"                                                                                \
	"vldmiaeq r0!, {s16-s31}\n\t"                                                              \
	"msr psplim, r2\n\t"                                                                       \
	"msr psp, r0\n\t"                                                                          \
	"bx r3\n\t"
#else
#define SAVE                                                                                       \
	"mrs r0, psp\n\t"                                                                          \
	"ldr r3, =pxCurrentTCB\n\t"                                                                \
	"ldr r2, [r3]\n\t"                                                                         \
	"tst lr, #0x10\n\t"                                                                        \
	"it eq\n\t"                                                                                \
	"vstmdbeq r0!, {s16-s31}\n\t"                                                              \
	"stmdb r0!, {r4-r11, lr}\n\t"                                                              \
	"str r0, [r2]\n\t"
#define RESTORE                                                                                    \
	"ldr r3, =pxCurrentTCB\n\t"                                                                \
	"ldr r1, [r3]\n\t"                                                                         \
	"ldr r0, [r1]\n\t"                                                                         \
	"ldmia r0!, {r4-r11, lr}\n\t"                                                              \
	"tst lr, #0x10\n\t"                                                                        \
	"it eq\n\t"                                                                                \
	"vldmiaeq r0!, {s16-s31}\n\t"                                                              \
	"msr psp, r0\n\t"                                                                          \
	"bx lr\n\t"
#endif

void PendSV_Handler(void);
__attribute__((naked)) void PendSV_Handler(void)
{
	__asm volatile(SAVE "cpsid i\n\t"
			    "push {r3, lr}\n\t"
			    "bl vTaskSwitchContext\n\t"
			    "pop {r2, r3}\n\t"
			    "cpsie i\n\t" RESTORE ".ltorg");
}

void SVC_Handler(void);
__attribute__((naked)) void SVC_Handler(void)
{
	__asm volatile(".syntax unified\n\tcpsie i\n\t" RESTORE ".ltorg");
}

static void task_delay(uint32_t ticks)
{
	lock();
	list_remove(&pxCurrentTCB->xStateListItem);
	pxCurrentTCB->xStateListItem.xItemValue = xTickCount + ticks;
	list_insert(pxDelayedTaskList, &pxCurrentTCB->xStateListItem);
	unlock();
	yield();
}

static void task_suspend(void)
{
	lock();
	list_remove(&pxCurrentTCB->xStateListItem);
	list_append(&xSuspendedTaskList, &pxCurrentTCB->xStateListItem);
	unlock();
	yield();
}

static void queue_receive(List_t *waiters)
{
	lock();
	pxCurrentTCB->xEventListItem.xItemValue = MAX_PRIORITIES - pxCurrentTCB->uxPriority;
	list_insert(waiters, &pxCurrentTCB->xEventListItem);
	list_remove(&pxCurrentTCB->xStateListItem);
	list_append(&xSuspendedTaskList, &pxCurrentTCB->xStateListItem);
	unlock();
	yield();
}

/* Two calls deep, so that a backtrace has something to show. */
__attribute__((noinline)) void blink_round(void);
__attribute__((noinline)) void blink_round(void)
{
	rounds[3]++;
}

__attribute__((noinline)) static void blink_pause(uint32_t ticks)
{
	task_delay(ticks);
	blink_round();
}

static void blink_task(void *argument)
{
	for (;;)
		blink_pause((uint32_t)argument);
}

__attribute__((noinline)) void worker_round(uint32_t n);
__attribute__((noinline)) void worker_round(uint32_t n)
{
	rounds[2] = n;
	for (volatile int i = 0; i < 300; i++)
		heat = heat * 0.5f + (float)n;
}

/* Never gives up the core by itself: it is preempted in the middle of its sums. */
static void worker_task(void *argument)
{
	volatile uint32_t kept = 0x1234;

	(void)argument;
	for (uint32_t n = 1;; n++) {
#ifdef __ARM_FP
		__asm volatile("vmov.f32 s16, #2.5" ::: "s16");
#endif
		worker_round(n);
		if (kept != 0x1234)
			task_ended();
	}
}

static void waiter_task(void *argument)
{
	(void)argument;
	queue_receive(&orders.xTasksWaitingToReceive);
	task_ended();
}

static void sleeper_task(void *argument)
{
	(void)argument;
	task_suspend();
	task_ended();
}

static void idle_task(void *argument)
{
	(void)argument;
	for (;;)
		rounds[0]++;
}

static TCB_t tcbs[5];
static uint32_t stacks[5][STACK_WORDS] __attribute__((aligned(8)));

static void lists_init(void)
{
	for (int p = 0; p < MAX_PRIORITIES; p++)
		list_init(&pxReadyTasksLists[p]);
	list_init(&xDelayedTaskList1);
	list_init(&xDelayedTaskList2);
	list_init(&xPendingReadyList);
	list_init(&xTasksWaitingTermination);
	list_init(&xSuspendedTaskList);
	list_init(&orders.xTasksWaitingToSend);
	list_init(&orders.xTasksWaitingToReceive);
	orders.pcHead = orders.pcWriteTo = orders_storage;
	orders.uxLength = 4;
	orders.uxItemSize = 12;
	pxDelayedTaskList = &xDelayedTaskList1;
	pxOverflowDelayedTaskList = &xDelayedTaskList2;
}

__attribute__((noinline)) void start_scheduler(void);
__attribute__((noinline)) void start_scheduler(void)
{
	SCB_SHPR3 = 0xffff0000;		/* PendSV and SysTick: lowest */
	SYST_RVR = TICK_CYCLES - 1;
	SYST_CVR = 0;
	lock();
	SYST_CSR = 7;
	xSchedulerRunning = 1;
	unlock();
	__asm volatile("svc 0\n\tnop");
}

int main(void)
{
	lists_init();
	create(&tcbs[0], "IDLE", 0, stacks[0], idle_task, 0);
	create(&tcbs[1], "worker", 2, stacks[1], worker_task, 0);
	create(&tcbs[2], "blink", 3, stacks[2], blink_task, (void *)7);
	create(&tcbs[3], "waiter", 4, stacks[3], waiter_task, 0);
	create(&tcbs[4], "sleeper <1>", 4, stacks[4], sleeper_task, 0);
	start_scheduler();
	return 0;
}
