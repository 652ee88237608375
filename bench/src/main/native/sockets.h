/* Where the two ends of a program are, and whole messages over TCP. */
#ifndef FERRY_SOCKETS_H
#define FERRY_SOCKETS_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Without any of these, a program forks its own server on a free port of loopback and talks to it. */
struct ends {
  int server;             /* be only the server, on --port, until standard input ends */
  const char *host;       /* be only the client of a server at host and port */
  long port;
  long listen;            /* the port of the server that is forked; 0: any */
  long forwarded;         /* connect to this port of loopback instead, where a forwarder to --listen is */
  const char *congestion; /* congestion control of every connection; NULL: the system's */
};

/* The settings of struct ends, for a program's table of settings. */
#define ENDS_SETTINGS(ends)                           \
  {.name = "--server", .flag = &(ends).server},       \
  {.name = "--host", .text = &(ends).host},           \
  {.name = "--port", .number = &(ends).port},         \
  {.name = "--listen", .number = &(ends).listen},     \
  {.name = "--forwarded", .number = &(ends).forwarded}, \
  {.name = "--congestion", .text = &(ends).congestion}

/* Serves one connection until the peer closes it. Runs on a thread of its own. */
typedef void serve_connection(int connection);

/* Starts what the ends ask for. In a server this never returns. In a client it returns the process
 * of the forked server, or 0, with host and port set to what connect_to_server() connects to. */
pid_t start_server(struct ends *ends, serve_connection *serve);

/* Ends the forked server, if there is one. */
void end_server(pid_t server);

/* A new connection to the server; tries for two seconds. */
int connect_to_server(const struct ends *ends);

/* All of a message. A busy receiver polls instead of sleeping. False if the peer has closed or the
 * connection failed. */
int receive_all(int connection, void *buffer, size_t bytes, int busy);
int send_all(int connection, struct iovec *parts, int count);

#endif
