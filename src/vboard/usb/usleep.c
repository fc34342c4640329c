/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A library of one function, preloaded into clients of the emulated USB: umockdev's library calls
 * usleep(0) after each request, which costs a client 50 us of timer slack each time.
 */
#include <time.h>
#include <unistd.h>

int usleep(useconds_t us)
{
	struct timespec t = { us / 1000000, (long)(us % 1000000) * 1000 };

	return us == 0 ? 0 : nanosleep(&t, NULL);
}
