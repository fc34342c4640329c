/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hard-float: values in S registers across calls, and an interrupt that uses the FPU as well. */
#include "board.h"

volatile float angle, sine, cosine;
volatile uint32_t rounds, ticks, errors;
static volatile float handler_value = 1.0f;

void SysTick_Handler(void);

void SysTick_Handler(void)
{
	ticks++;
	handler_value = handler_value * 1.5f;
	if (handler_value > 1000.0f)
		handler_value = 1.0f;
}

/* Four terms of the series: good to 1e-4 within a quarter turn. */
__attribute__((noinline)) float series(float x, float first)
{
	float term = first, sum = first;
	float n = first == x ? 1.0f : 0.0f;

	for (int i = 0; i < 5; i++) {
		term = -term * x * x / ((n + 1.0f) * (n + 2.0f));
		n += 2.0f;
		sum += term;
	}
	return sum;
}

__attribute__((noinline)) float length(float x, float y)
{
	float result;

	__asm("vsqrt.f32 %0, %1" : "=t"(result) : "t"(x * x + y * y));
	return result;
}

int main(void)
{
	SYST_RVR = 1999;
	SYST_CVR = 0;
	SYST_CSR = 7;
	for (;;) {
		for (angle = 0.1f; angle < 1.5f; angle += 0.1f) {
			float one;

			sine = series(angle, angle);
			cosine = series(angle, 1.0f);
			one = length(sine, cosine);
			if (one < 0.999f || one > 1.001f)
				errors++;
		}
		rounds++;
	}
}
