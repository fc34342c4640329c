/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stream sockets, TCP and unix. All descriptors are close-on-exec and non-blocking; TCP ones have
 * TCP_NODELAY. A unix socket is asked for by port 0 or NULL and a path as host where noted.
 */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Listens on host:port; port 0 takes any free one, *port gets the real one. ERR_NET if taken, with
 * errno. */
enum err sock_listen_tcp(const char *host, uint16_t *port, int *fd);
/* Replaces a stale socket file that nobody listens on. */
enum err sock_listen_unix(const char *path, int *fd);
/* Waits at most timeout_ms. ERR_NET with the host and the reason. */
enum err sock_connect_tcp(const char *host, uint16_t port, int timeout_ms, int *fd);
enum err sock_connect_unix(const char *path, int *fd);
/* -1 with errno EAGAIN if nobody waits. `peer` (optional) gets a printable address. */
int sock_accept(int listener, char *peer, size_t peer_size);
/* Asks the peer's machine for a sign of life: one that is gone is noticed within seconds. */
void sock_prove_alive(int fd);
/* The peer has closed, although bytes of it may wait to be read still. */
bool sock_has_left(int fd);
/* Blocks on this one descriptor until all is written or timeout_ms passes without progress.
 * ERR_TIMEOUT, or ERR_IO when the peer is gone. */
enum err sock_write_all(int fd, const void *data, size_t n, int timeout_ms);
/* Reads what is there, waiting up to timeout_ms for the first byte. *got 0: the peer closed.
 * ERR_TIMEOUT if nothing came. */
enum err sock_read_some(int fd, void *data, size_t size, int timeout_ms, size_t *got);

#endif
