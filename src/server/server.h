/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * server: listening ports and their clients, for every protocol.
 *
 * A protocol is a struct service_ops. service_open() binds its port: from then on clients can queue
 * up. service_start() lets them in, service_announce() writes the line that IDEs wait for; a service
 * that needs no hardware does all three at once. The guard has looked at the first bytes of a client
 * before the session sees them: browsers, TLS and the like are hung up on, but on a raw port.
 *
 * A client's bytes go to ops->input() as they come, also while an earlier input() of the same
 * session is still on the stack, for its handler may service the loop. A session that wants its own
 * order queues, and calls client_pause() when its queue is long enough.
 *
 * client_send() never blocks: what the socket does not take waits in a buffer, and a client that
 * lets more than CLIENT_BACKLOG_MAX pile up is hung up on. client_close() ends a client after its
 * output has left. Either way ops->closed() follows, from the loop, once, as the last call: neither
 * client nor session may be used after it, so a session that is on the stack frees itself later.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "script/script.h"

#define CLIENT_BACKLOG_MAX (32u << 20)

struct server;
struct service;
struct client;

struct service_ops {
	const char *name;		/* "gdb", "telnet", "tcl": of the log lines */
	/* A client came. NULL: refused, the reason is in the log. */
	void *(*open)(void *ctx, struct client *client);
	void (*input)(void *session, const void *data, size_t n);
	/* It will send no more. True: the session ends the client itself, later. May be NULL. */
	bool (*eof)(void *session);
	void (*closed)(void *session);
	/* A client that sends nothing is none: somebody tried whether the port is there. */
	bool is_quiet_before_data;
	/* The bytes are for the program, whatever they look like: the guard does not judge them. */
	bool is_raw;
};

struct server *server_new(struct loop *loop, struct script *script);
/* Closes what is still open. */
void server_free(struct server *server);
struct loop *server_loop(struct server *server);
struct script *server_script(struct server *server);

/* The console ports, as the configuration set them. In pipe mode a taken port is only a warning. */
enum err server_start_consoles(struct server *server);
/* Flushes what clients may still want to read for up to timeout_ms, then closes them all. */
void server_stop(struct server *server, unsigned timeout_ms);

/* Tells Tcl connections that asked of events and states. The list outlives the server. */
struct target_list;
void server_watch_targets(struct server *server, struct target_list *targets);
/* Raw trace bytes, for connections that asked with `tcl_trace on`. `server` is the struct server. */
void server_raw_trace(void *server, const uint8_t *data, size_t n);

/* From the command line. */
void server_set_exit_on_detach(struct server *server, bool on);
bool server_exits_on_detach(const struct server *server);
/* GDB is on stdin and stdout: `gdb_port pipe` was given. From here on scripts' stdout is stderr. */
bool server_is_piped(const struct server *server);

/*
 * `port` as the user gave it: a number, "0" for any, "disabled" (*service is NULL then), "pipe" for
 * stdin and stdout, a FIFO's path (answers go to PATHo), or the path of a unix socket to make.
 * ERR_NET: "couldn't bind gdb to socket on port 3333: Address already in use" and who has it.
 */
enum err service_open(struct server *server, const struct service_ops *ops, void *ctx, const char *port,
		      struct service **service);
void service_start(struct service *service);
void service_announce(struct service *service);
void service_close(struct service *service);	/* and its clients. NULL is ignored */
uint16_t service_port(const struct service *service);	/* the real one; 0: not TCP */

void client_send(struct client *client, const void *data, size_t n);
size_t client_backlog(const struct client *client);
void client_close(struct client *client);
void client_pause(struct client *client, bool on);
const char *client_peer(const struct client *client);
/* Somebody else wants its place: sock_prove_alive(). */
void client_prove_alive(struct client *client);
/* It has hung up, but the loop has not come round to it yet. */
bool client_has_left(const struct client *client);

/* A port verb's whole work: without an argument the setting is the result, with one it replaces
 * *setting (malloc'ed), before init only. */
enum err arg_port(struct call *c, struct server *server, char **setting);

#endif
