/* A remote pager: threads touch missing pages, userfaultfd says so, and a server brings each page over TCP.
 *   --shape handler      one thread reads faults, asks, receives and installs: one page at a time
 *           pipelined    one thread reads faults and asks, another receives and installs
 *           in-thread    the thread that faults does it all itself, on a connection of its own
 *   --waiting block|busy   sleep for bytes and faults, or poll for them (both ends)
 *   --threads N (1)        that touch pages                 --pages N (32768)   shared out among them
 * and the ends of sockets.h; a server needs the same --pages and --waiting. A latency is one store to a
 * missing page as the storing thread sees it. All bytes are checked afterwards. Prints one JSON object.
 * Ends with 3 if the kernel does not let it have a userfaultfd. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure.h"
#include "memory.h"
#include "pages.h"
#include "requests.h"
#include "settings.h"
#include "sockets.h"

enum shape { HANDLER, PIPELINED, IN_THREAD };
enum { MAX_THREADS = 64, FAULTS_AT_ONCE = 16, STORED = 0x5a, LACKING = 3 };

static const char *const shapes[] = {"handler", "pipelined", "in-thread", NULL};
static const char *const waitings[] = {"block", "busy", NULL};

/* A page as it arrives, with the answer's head right before it. */
struct arrival {
  char padding[PAGE - sizeof(struct answer)];
  struct answer answer;
  char page[PAGE];
};

static struct ends ends;
static enum shape shape;
static int busy;
static long threads = 1, pages = 32768;
static char *content;       /* at the server: all pages */
static char *region;        /* at the client: where they are missing */
static int faults;          /* the userfaultfd */
static int shared_socket;   /* of the threads that handle faults */
static uint64_t *latencies; /* one for each page, in order of the touches of each thread */
static pthread_barrier_t all_ready;

/* Where a thread that handles its own faults does so. */
static __thread int own_socket;
static __thread struct arrival *own_arrival;

static void serve(int connection) {
  struct request request;
  while (receive_all(connection, &request, sizeof request, busy)) {
    if (request.length != PAGE || request.offset % PAGE || request.offset >= (uint64_t)pages * PAGE) {
      return;
    }
    struct answer answer = {request.id, request.length};
    struct iovec parts[] = {{&answer, sizeof answer}, {content + request.offset, request.length}};
    if (!send_all(connection, parts, 2)) {
      return;
    }
  }
}

static void ask(int connection, uint64_t offset) {
  struct request request = {.id = offset, .offset = offset, .length = PAGE};
  struct iovec part = {&request, sizeof request};
  if (!send_all(connection, &part, 1)) {
    fail("ask for a page");
  }
}

static void receive(int connection, struct arrival *arrival) {
  if (!receive_all(connection, &arrival->answer, sizeof arrival->answer + PAGE, busy)) {
    fail("receive a page");
  }
}

static void install(const struct arrival *arrival) {
  struct uffdio_copy copy = {
      .dst = (uint64_t)region + arrival->answer.id, .src = (uint64_t)arrival->page, .len = PAGE};
  while (ioctl(faults, UFFDIO_COPY, &copy)) {
    if (errno == EEXIST) {
      return; /* two threads waited for the same page */
    }
    if (errno != EAGAIN) {
      fail("UFFDIO_COPY");
    }
    copy.copy = 0;
  }
}

static struct arrival *new_arrival(void) {
  return (struct arrival *)map_memory(sizeof(struct arrival));
}

/* Reads some faults, sleeping or polling until there are any. */
static int read_faults(struct uffd_msg *messages) {
  for (;;) {
    ssize_t bytes = read(faults, messages, FAULTS_AT_ONCE * sizeof *messages);
    if (bytes > 0) {
      return (int)(bytes / (ssize_t)sizeof *messages);
    }
    if (bytes == 0 || (errno != EAGAIN && errno != EINTR)) {
      fail("read userfaultfd");
    }
    if (!busy) {
      struct pollfd waited = {.fd = faults, .events = POLLIN};
      poll(&waited, 1, -1);
    }
  }
}

static void *handle_faults(void *unused) {
  struct uffd_msg messages[FAULTS_AT_ONCE];
  struct arrival *arrival = new_arrival();
  (void)unused;
  for (;;) {
    int count = read_faults(messages);
    for (int i = 0; i < count; i++) {
      ask(shared_socket, (messages[i].arg.pagefault.address & ~(PAGE - 1)) - (uint64_t)region);
      if (shape == HANDLER) {
        receive(shared_socket, arrival);
        install(arrival);
      }
    }
  }
  return NULL;
}

static void *install_arrivals(void *unused) {
  struct arrival *arrival = new_arrival();
  (void)unused;
  for (;;) {
    receive(shared_socket, arrival);
    install(arrival);
  }
  return NULL;
}

/* In place of a fault message, with UFFD_FEATURE_SIGBUS. */
static void handle_own_fault(int signal, siginfo_t *information, void *unused) {
  (void)signal, (void)unused;
  ask(own_socket, ((uint64_t)information->si_addr & ~(PAGE - 1)) - (uint64_t)region);
  receive(own_socket, own_arrival);
  install(own_arrival);
}

/* Connects, and brings one page without using it, so that the server is up when time starts. */
static int warm_connection(struct arrival *arrival) {
  int connection = connect_to_server(&ends);
  ask(connection, 0);
  receive(connection, arrival);
  return connection;
}

/* Touches the thread's share of pages once each, in pseudo-random order. */
static void *touch_pages(void *argument) {
  uint64_t share = (uint64_t)(pages / threads), first = share * (uint64_t)(long)argument;
  uint64_t mask = 1, done = 0;
  while (mask < share) {
    mask <<= 1;
  }
  mask--;
  if (shape == IN_THREAD) {
    own_arrival = new_arrival();
    own_socket = warm_connection(own_arrival);
  }
  pthread_barrier_wait(&all_ready);
  for (uint64_t i = 0; done < share; i = (i * 1664525 + 1013904223) & mask) {
    if (i < share) {
      volatile char *missing = region + (first + i) * PAGE;
      uint64_t before = now_nanos();
      *missing = STORED;
      latencies[first + done] = now_nanos() - before;
      done++;
    }
  }
  return NULL;
}

static pthread_t start(void *(*run)(void *), long argument) {
  pthread_t thread;
  errno = pthread_create(&thread, NULL, run, (void *)argument);
  if (errno) {
    fail("thread");
  }
  return thread;
}

static void stop(pthread_t thread) {
  pthread_cancel(thread);
  pthread_join(thread, NULL);
}

/* Makes every page of the region missing. Faults of the kernel are excluded, which needs no privilege. */
static void register_region(void) {
  size_t bytes = (size_t)pages * PAGE;
  warm_memory(bytes);
  region = map_memory(bytes);
  faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
  if (faults < 0) {
    fprintf(stderr, "userfaultfd is not to be had here: %s\n", strerror(errno));
    exit(LACKING);
  }
  struct uffdio_api api = {.api = UFFD_API, .features = shape == IN_THREAD ? UFFD_FEATURE_SIGBUS : 0};
  struct uffdio_register range = {.range = {(uint64_t)region, bytes}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  if (ioctl(faults, UFFDIO_API, &api) || ioctl(faults, UFFDIO_REGISTER, &range)) {
    fail("register memory with userfaultfd");
  }
}

/* Runs all threads to their end and returns the seconds that the touches took. */
static double touch_all(void) {
  pthread_t touching[MAX_THREADS], handler = 0, installer = 0;
  if (shape == IN_THREAD) {
    struct sigaction action = {.sa_sigaction = handle_own_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGBUS, &action, NULL);
  } else {
    shared_socket = warm_connection(new_arrival());
    handler = start(handle_faults, 0);
    installer = shape == PIPELINED ? start(install_arrivals, 0) : 0;
  }
  pthread_barrier_init(&all_ready, NULL, (unsigned)threads + 1);
  for (long i = 0; i < threads; i++) {
    touching[i] = start(touch_pages, i);
  }
  pthread_barrier_wait(&all_ready);
  uint64_t before = now_nanos();
  for (long i = 0; i < threads; i++) {
    pthread_join(touching[i], NULL);
  }
  double seconds = (double)(now_nanos() - before) / 1e9;
  if (handler) {
    stop(handler);
  }
  if (installer) {
    stop(installer);
  }
  return seconds;
}

int main(int argument_count, char **arguments) {
  const char *shape_name = "handler", *waiting = "block";
  const struct setting settings[] = {
      {.name = "--shape", .text = &shape_name}, {.name = "--waiting", .text = &waiting},
      {.name = "--threads", .number = &threads}, {.name = "--pages", .number = &pages},
      ENDS_SETTINGS(ends), {0}};
  (void)argument_count;
  read_settings(arguments, settings);
  shape = (enum shape)choice("--shape", shape_name, shapes);
  busy = choice("--waiting", waiting, waitings);
  if (!threads || threads > MAX_THREADS || pages < threads) {
    wrong_usage("--threads and --pages", "from 1 to 64 threads, and at least a page for each");
  }
  pages -= pages % threads;

  if (!ends.host) {
    content = map_memory((size_t)pages * PAGE);
    fill_pages(content, pages);
  }
  pid_t server = start_server(&ends, serve);
  if (server) {
    unmap_memory(content, (size_t)pages * PAGE);
  }
  register_region();
  latencies = calloc((size_t)pages, sizeof *latencies);
  if (!latencies) {
    fail("calloc");
  }
  double seconds = touch_all();
  check_pages(region, pages, STORED);
  end_server(server);
  printf("{\"pages_per_second\":%.1f,", (double)pages / seconds);
  print_latencies(latencies, (size_t)pages);
  printf("}\n");
  return 0;
}
