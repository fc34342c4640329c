/* SPDX-License-Identifier: GPL-2.0-or-later */
/* telnet: the console for people. Any number of clients; all share one history. */
#ifndef SERVER_TELNET_H
#define SERVER_TELNET_H

#include "server/server.h"

struct telnet;

struct telnet *telnet_new(struct server *server);	/* registers `history` */
void telnet_free(struct telnet *telnet);
enum err telnet_start(struct telnet *telnet, const char *port);

#endif
