/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work for the CPU's unit test: sorts, hashes, parses, multiplies matrices, and stops after four
 * rounds with the result in soak_result. SysTick and PendSV, if the test turns them on, use the
 * FPU and IT blocks too and must not change that result. Built by vb_cpu_programs.sh.
 */
#include <stdint.h>

struct node {
	struct node *next;
	int value;
};

volatile uint32_t soak_result, soak_rounds, soak_ticks;
static volatile float average;
static int queue[8], numbers[128];
static char text[256];
static float a[8][8], b[8][8], c[8][8];
static struct node nodes[64];

void soak_reset(void);
void soak_systick(void);
void soak_pendsv(void);

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
	(void *)0x20008000, soak_reset, [14] = soak_pendsv, [15] = soak_systick,
};

static uint32_t hash(const uint8_t *p, unsigned n)
{
	uint32_t crc = ~0u;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return ~crc;
}

static void sort(int *v, int n)
{
	for (int i = 1; i < n; i++) {
		int x = v[i], j = i;

		for (; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static unsigned parse(const char *s)
{
	unsigned state = 0, count = 0;

	for (; *s; s++) {
		switch (state) {
		case 0:
			if (*s >= '0' && *s <= '9')
				state = 1;
			else if (*s == '+' || *s == '-')
				state = 2;
			else if (*s == '.')
				state = 3;
			else
				count++;
			break;
		case 1:
			if (*s == ',') {
				state = 0;
				count += 3;
			} else if (*s < '0') {
				state = 3;
			}
			break;
		case 2: state = *s == '.' ? 3 : 1; break;
		default:
			if (*s == ',')
				state = 0;
		}
	}
	return count;
}

static void multiply(void)
{
	for (int i = 0; i < 8; i++) {
		for (int j = 0; j < 8; j++) {
			float sum = 0;

			for (int k = 0; k < 8; k++)
				sum += a[i][k] * b[k][j];
			c[i][j] = sum > 100.f ? 100.f : sum < -100.f ? -100.f : sum;
		}
	}
}

static int longest(int key)
{
	struct node *head = 0, *found = 0;
	int best = -1;

	for (int i = 0; i < 64; i++) {
		nodes[i].next = head;
		nodes[i].value = i ^ key;
		head = &nodes[i];
	}
	for (struct node *n = head; n; n = n->next) {
		if (n->value > best) {
			best = n->value;
			found = n;
		}
		if (n->value == key && found)
			found->value--;
	}
	return best;
}

void soak_systick(void)
{
	soak_ticks++;
	if (soak_ticks & 1)
		average = average * 0.5f + (float)soak_ticks;
	for (int i = 0; i < 4; i++)
		queue[i] += queue[i] < (int)soak_ticks ? 1 : -1;
	if ((soak_ticks & 3) == 0)
		*(volatile uint32_t *)0xe000ed04 = 1u << 28;
}

void soak_pendsv(void)
{
	float x = average;

	average = x > 1e6f ? 0 : x + 1;
}

void soak_reset(void)
{
	*(volatile uint32_t *)0xe000ed88 = 0x00f00000;
	__asm volatile("dsb\n\tisb");
	for (unsigned round = 0; round < 4; round++) {
		for (int i = 0; i < 128; i++)
			numbers[i] = (i * 7919 + (int)round) % 1009;
		sort(numbers, 128);
		for (int i = 0; i < 255; i++)
			text[i] = "12,+3.x-"[(i * 13 + (int)round) & 7];
		for (int i = 0; i < 64; i++) {
			a[i / 8][i % 8] = (float)i * 0.5f;
			b[i / 8][i % 8] = (float)round * 0.25f - (float)i;
		}
		multiply();
		soak_result = soak_result * 31 + hash((const uint8_t *)numbers, 128) + parse(text) +
			      (uint32_t)longest((int)round & 63) + hash((const uint8_t *)c, 256);
		soak_rounds = round + 1;
	}
	for (;;)
		;
}
