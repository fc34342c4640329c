/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a service manager and the daemon tell each other, by the protocols of sd_notify(3) and
 * sd_listen_fds(3), which are a few lines each: no library needed.
 */
#ifndef SERVER_SYSTEMD_H
#define SERVER_SYSTEMD_H

/* "READY=1", "STOPPING=1". Nobody listens: nothing happens. */
void systemd_notify(const char *state);

/* A listening socket handed over for the service ("gdb", "telnet", "tcl"), or -1. Each is given out
 * once. Sockets without one of these names count in this order. */
struct systemd_sockets {
	int count;			/* descriptors 3 .. 3 + count - 1 */
	char *names;			/* "gdb:telnet:tcl" or NULL */
	unsigned taken;			/* bit i: descriptor 3 + i is given out */
};
void systemd_sockets_init(struct systemd_sockets *sockets);
void systemd_sockets_free(struct systemd_sockets *sockets);
int systemd_take_socket(struct systemd_sockets *sockets, const char *service);

#endif
