#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "settings.h"

enum { BACKLOG = 64, CONNECT_TRIES = 200, RETRY_MICROS = 10000 };

/* What a thread that serves a connection is given. */
struct connection {
  int socket;
  serve_connection *serve;
};

static int new_socket(const char *congestion) {
  int one = 1;
  int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) {
    fail("socket");
  }
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (congestion && setsockopt(socket_, IPPROTO_TCP, TCP_CONGESTION, congestion, strlen(congestion))) {
    fail(congestion);
  }
  return socket_;
}

static int listen_on(struct sockaddr_in *address, const char *congestion) {
  int listener = new_socket(congestion);
  socklen_t length = sizeof *address;
  if (bind(listener, (struct sockaddr *)address, sizeof *address) || listen(listener, BACKLOG) ||
      getsockname(listener, (struct sockaddr *)address, &length)) {
    fail("listen");
  }
  return listener;
}

static void *serve_on_thread(void *argument) {
  struct connection *connection = argument;
  int one = 1;
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connection->serve(connection->socket);
  close(connection->socket);
  free(connection);
  return NULL;
}

static void accept_one(int listener, serve_connection *serve) {
  struct connection *connection = malloc(sizeof *connection);
  pthread_t thread;
  if (!connection) {
    fail("malloc");
  }
  connection->serve = serve;
  connection->socket = accept(listener, NULL, NULL);
  if (connection->socket < 0) {
    fail("accept");
  }
  errno = pthread_create(&thread, NULL, serve_on_thread, connection);
  if (errno) {
    fail("thread");
  }
  pthread_detach(thread);
}

/* Serves until the peer that started it lets go of its standard input. */
static _Noreturn void serve_until_input_ends(int listener, serve_connection *serve) {
  struct pollfd waited[] = {{.fd = listener, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  char ignored[64];
  for (;;) {
    if (poll(waited, 2, -1) < 0 && errno != EINTR) {
      fail("poll");
    }
    if (waited[0].revents) {
      accept_one(listener, serve);
    }
    if (waited[1].revents && read(STDIN_FILENO, ignored, sizeof ignored) <= 0) {
      exit(0);
    }
  }
}

pid_t start_server(struct ends *ends, serve_connection *serve) {
  signal(SIGPIPE, SIG_IGN);
  if (ends->server) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(ends->port)};
    int listener = listen_on(&any, ends->congestion);
    printf("listening\n");
    fflush(stdout);
    serve_until_input_ends(listener, serve);
  }
  if (ends->host) {
    return 0;
  }
  struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_port = htons(ends->listen)};
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = listen_on(&loopback, ends->congestion);
  pid_t client = getpid();
  pid_t server = fork();
  if (server < 0) {
    fail("fork");
  }
  if (!server) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != client) {
      _exit(1); /* it ended before it could be watched */
    }
    for (;;) {
      accept_one(listener, serve);
    }
  }
  close(listener);
  ends->host = "127.0.0.1";
  ends->port = ends->forwarded ? ends->forwarded : ntohs(loopback.sin_port);
  return server;
}

void end_server(pid_t server) {
  if (server) {
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
  }
}

int connect_to_server(const struct ends *ends) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(ends->port)};
  if (inet_pton(AF_INET, ends->host, &address.sin_addr) != 1) {
    wrong_usage("not an IPv4 address", ends->host);
  }
  for (int i = 0; i < CONNECT_TRIES; i++) {
    int connection = new_socket(ends->congestion);
    if (!connect(connection, (struct sockaddr *)&address, sizeof address)) {
      return connection;
    }
    close(connection);
    usleep(RETRY_MICROS);
  }
  fail("connect");
}

int receive_all(int connection, void *buffer, size_t bytes, int busy) {
  char *next = buffer;
  while (bytes) {
    ssize_t received = recv(connection, next, bytes, busy ? MSG_DONTWAIT : 0);
    if (received > 0) {
      next += received;
      bytes -= (size_t)received;
    } else if (received == 0 || (errno != EAGAIN && errno != EINTR)) {
      return 0;
    }
  }
  return 1;
}

int send_all(int connection, struct iovec *parts, int count) {
  while (count) {
    ssize_t sent = writev(connection, parts, count);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EINTR) {
        continue;
      }
      return 0;
    }
    for (; count && (size_t)sent >= parts->iov_len; parts++, count--) {
      sent -= (ssize_t)parts->iov_len;
    }
    if (count) {
      parts->iov_base = (char *)parts->iov_base + sent;
      parts->iov_len -= (size_t)sent;
    }
  }
  return 1;
}
