/* How fast one TCP connection carries bytes.
 *   --seconds N (3)  or  --mib N, a fixed amount      --write-kib N    bytes of one send and recv (256)
 *   --into-fresh-memory   receive into memory that is touched for the first time; needs --mib
 * and the ends of sockets.h. Prints one JSON object; time runs until the receiver has all. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"
#include "memory.h"
#include "settings.h"
#include "sockets.h"

/* First the sender says what comes, then the receiver that it is ready; at the end it reports. */
struct announcement {
  uint64_t fresh_bytes; /* 0: into one small buffer */
  uint64_t piece;
};
struct report {
  uint64_t bytes;
  uint64_t processor_nanos;
};

static struct ends ends;

static char *destination(const struct announcement *announcement) {
  if (announcement->fresh_bytes) {
    warm_memory(announcement->fresh_bytes);
    return map_memory(announcement->fresh_bytes);
  }
  char *buffer = map_memory(announcement->piece);
  memset(buffer, 1, announcement->piece);
  return buffer;
}

static void serve(int connection) {
  struct announcement announcement;
  struct report report = {0};
  if (!receive_all(connection, &announcement, sizeof announcement, 0)) {
    return;
  }
  char *memory = destination(&announcement);
  char ready = 1;
  struct iovec part = {&ready, sizeof ready};
  ssize_t received = 1;
  if (!send_all(connection, &part, 1)) {
    return;
  }
  uint64_t before = thread_nanos();
  while (received > 0) {
    size_t offset = announcement.fresh_bytes ? report.bytes : 0;
    size_t room = announcement.fresh_bytes ? announcement.fresh_bytes - offset : announcement.piece;
    /* With all bytes there, one more byte of room sees the end of the stream. */
    char end;
    received = room ? recv(connection, memory + offset, room < announcement.piece ? room : announcement.piece, 0)
                    : recv(connection, &end, 1, 0);
    report.bytes += received > 0 ? (uint64_t)received : 0;
  }
  report.processor_nanos = thread_nanos() - before;
  part = (struct iovec){&report, sizeof report};
  send_all(connection, &part, 1);
  unmap_memory(memory, announcement.fresh_bytes ? announcement.fresh_bytes : announcement.piece);
}

/* Sends for so long, or so much if bytes is not 0. Returns what it sent. */
static uint64_t send_stream(int connection, size_t piece, uint64_t bytes, uint64_t nanos) {
  char *content = map_memory(piece);
  uint64_t sent = 0, start = now_nanos();
  memset(content, 3, piece);
  while (bytes ? sent < bytes : now_nanos() - start < nanos) {
    size_t next = bytes && bytes - sent < piece ? bytes - sent : piece;
    ssize_t now = send(connection, content, next, 0);
    if (now < 0 && errno != EINTR) {
      fail("send");
    }
    sent += now > 0 ? (uint64_t)now : 0;
  }
  unmap_memory(content, piece);
  return sent;
}

int main(int argument_count, char **arguments) {
  long seconds = 3, mib = 0, write_kib = 256;
  int fresh = 0;
  const struct setting settings[] = {
      {.name = "--seconds", .number = &seconds}, {.name = "--mib", .number = &mib},
      {.name = "--write-kib", .number = &write_kib}, {.name = "--into-fresh-memory", .flag = &fresh},
      ENDS_SETTINGS(ends), {0}};
  (void)argument_count;
  read_settings(arguments, settings);
  if (!write_kib || (fresh && !mib)) {
    wrong_usage("--into-fresh-memory needs --mib", "and --write-kib must be positive");
  }

  pid_t server = start_server(&ends, serve);
  int connection = connect_to_server(&ends);
  struct announcement announcement = {fresh ? (uint64_t)mib << 20 : 0, (uint64_t)write_kib << 10};
  struct iovec part = {&announcement, sizeof announcement};
  struct report report;
  char ready;
  if (!send_all(connection, &part, 1) || !receive_all(connection, &ready, sizeof ready, 0)) {
    fail("announce");
  }
  uint64_t start = now_nanos(), start_processor = thread_nanos();
  uint64_t sent = send_stream(connection, announcement.piece, (uint64_t)mib << 20, (uint64_t)seconds * 1000000000u);
  shutdown(connection, SHUT_WR);
  if (!receive_all(connection, &report, sizeof report, 0) || report.bytes != sent) {
    fail("the receiver does not have all bytes");
  }
  double elapsed = (double)(now_nanos() - start) / 1e9;
  double processor = (double)(thread_nanos() - start_processor) / 1e9;
  end_server(server);
  printf("{\"mib_per_second\":%.1f,\"mib\":%.1f,\"seconds\":%.6f,"
         "\"sender_cpu_seconds\":%.6f,\"receiver_cpu_seconds\":%.6f}\n",
         (double)sent / 1048576 / elapsed, (double)sent / 1048576, elapsed, processor,
         (double)report.processor_nanos / 1e9);
  return 0;
}
