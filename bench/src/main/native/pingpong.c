/* Round trips of a small request and an answer of some bytes, one after the other, on one connection.
 *   --bytes N     of an answer (4096)          --count N             round trips (20000)
 *   --waiting block|busy                       --pin none|apart|together
 * and the ends of sockets.h. Prints one JSON object. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "memory.h"
#include "requests.h"
#include "settings.h"
#include "sockets.h"

enum pinning { PIN_NONE, PIN_APART, PIN_TOGETHER };
enum { WARM_UP = 1000 };

static const char *const waitings[] = {"block", "busy", NULL};
static const char *const pinnings[] = {"none", "apart", "together", NULL};

static struct ends ends;
static long bytes = PAGE, count = 20000;
static int busy;
static enum pinning pinning;

static void serve(int connection) {
  char *content = map_memory((size_t)bytes);
  struct request request;
  memset(content, 7, (size_t)bytes);
  if (pinning != PIN_NONE) {
    pin_to(pinning == PIN_APART ? 1 : 0);
  }
  while (receive_all(connection, &request, sizeof request, busy) && request.length <= (uint64_t)bytes) {
    struct answer answer = {request.id, request.length};
    struct iovec parts[] = {{&answer, sizeof answer}, {content, request.length}};
    if (!send_all(connection, parts, 2)) {
      break;
    }
  }
  unmap_memory(content, (size_t)bytes);
}

static void round_trip(int connection, char *buffer) {
  struct request request = {.length = (uint64_t)bytes};
  struct iovec part = {&request, sizeof request};
  if (!send_all(connection, &part, 1) ||
      !receive_all(connection, buffer, sizeof(struct answer) + (size_t)bytes, busy)) {
    fail("round trip");
  }
}

int main(int argument_count, char **arguments) {
  const char *waiting = "block", *pin = "none";
  const struct setting settings[] = {
      {.name = "--bytes", .number = &bytes}, {.name = "--count", .number = &count},
      {.name = "--waiting", .text = &waiting}, {.name = "--pin", .text = &pin},
      ENDS_SETTINGS(ends), {0}};
  (void)argument_count;
  read_settings(arguments, settings);
  busy = choice("--waiting", waiting, waitings);
  pinning = (enum pinning)choice("--pin", pin, pinnings);
  if (!bytes || !count) {
    wrong_usage("--bytes and --count", "must be positive");
  }

  pid_t server = start_server(&ends, serve);
  if (pinning != PIN_NONE) {
    pin_to(0);
  }
  char *buffer = calloc(1, sizeof(struct answer) + (size_t)bytes);
  uint64_t *latencies = calloc((size_t)count, sizeof *latencies);
  if (!buffer || !latencies) {
    fail("calloc");
  }
  int connection = connect_to_server(&ends);
  for (int i = 0; i < WARM_UP && i < count; i++) {
    round_trip(connection, buffer);
  }
  uint64_t start = now_nanos();
  for (long i = 0; i < count; i++) {
    uint64_t before = now_nanos();
    round_trip(connection, buffer);
    latencies[i] = now_nanos() - before;
  }
  double seconds = (double)(now_nanos() - start) / 1e9;
  end_server(server);
  printf("{\"round_trips_per_second\":%.1f,", (double)count / seconds);
  print_latencies(latencies, (size_t)count);
  printf("}\n");
  return 0;
}
