/* A small stand-in for a VMM that restores a snapshot lazily. It maps memory, registers it with a userfaultfd, hands both
 * over on a Unix socket as Firecracker does, accesses the memory, and verifies every byte against the image's rule.
 *
 *   vmm -s SOCKET -m BYTES [-r REGIONS] [-t THREADS] [-o random|linear] [-n TOUCHES] [-k] [-b] [-d] [-W] [-x ATTACK]
 *
 * The image's rule: page N is zero if N % 7 == 3 or N % 1024 >= 960; otherwise its 64-bit word W is mix(N * 512 + W).
 * It verifies while pages come, waits until the pager says that it has completed, and verifies once more.
 *   -k  keeps a duplicate of the descriptor, and hands it over again whenever the pager is replaced
 *   -b  balloons: gives some ranges back meanwhile, and expects zeros there
 *   -n  accesses so many pages and prints latencies, instead of verifying
 *   -d  does not mind that its pager goes away
 *   -x  hands over something that cannot be right, and prints the pager's answer: overlap, misaligned, size, page-size,
 *       socket, many, garbage, nothing
 *   -W  waits for a line on standard input before it accesses the memory
 * It prints lines "first=NANOS", "touch p50=.. p99=..", "verified", and ends with 0; or says what is wrong, and ends with 1. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define BALLOON_PAGES 96ul

static const char *socket_path;
static uint64_t bytes = 64ul << 20;
static int regions = 1, threads = 1, keeps, balloons, waits, random_order, deserted;
static uint64_t touches;
static char *memory;
static int userfaultfd = -1;
static uint64_t *latencies;
static unsigned char *ballooned;
static int handed_over = 1;

static void fail(const char *what) {
  fprintf(stderr, "vmm: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

static int is_zero(uint64_t page) { return page % 7 == 3 || page % 1024 >= 960; }

static uint64_t word_of(uint64_t page, uint64_t word) { return is_zero(page) ? 0 : mix(page * 512 + word); }

/* Regions lie in memory in the reverse order of the image, so that addresses and offsets differ. */
static uint64_t region_pages(void) { return bytes / PAGE / regions; }

static char *address_of(uint64_t page) {
  uint64_t region = page / region_pages();
  return memory + ((regions - 1 - region) * region_pages() + page % region_pages()) * PAGE;
}

static int connected = -1;
static const char *attack;
static char text[1 << 21];

/* The list of regions, right or wrong. */
static int describe(void) {
  const char *form =
      "%s{\"base_host_virt_addr\":%lu,\"size\":%lu,\"offset\":%lu,\"page_size\":%d,\"page_size_kib\":%d}";
  int count = attack && !strcmp(attack, "many") ? 10000 : attack && !strcmp(attack, "overlap") ? 2 : regions;
  int page_size = attack && !strcmp(attack, "page-size") ? 2 << 20 : 4096;
  if (attack && !strcmp(attack, "garbage")) return sprintf(text, "[{\"base_host_virt_addr\":tree]]]}");
  int length = sprintf(text, "[");
  for (int r = 0; r < count; r++) {
    unsigned long address = (uintptr_t)address_of(r % regions * region_pages()), size = region_pages() * PAGE;
    unsigned long offset = r * region_pages() * PAGE;
    if (attack && !strcmp(attack, "misaligned")) address += 12;
    if (attack && !strcmp(attack, "size")) size += 1ul << 40;
    length += sprintf(text + length, form, r ? "," : "", address, size, offset, page_size, page_size);
  }
  return length + sprintf(text + length, "]");
}

static void hand_over(void) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path, socket_path, sizeof name.sun_path - 1);
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  while (connect(s, (void *)&name, sizeof name)) {
    if (!keeps) fail("connect");
    usleep(2000);
  }
  int length = describe();
  struct iovec part = {text, length};
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), attack && !strcmp(attack, "socket") ? &s : &userfaultfd, sizeof(int));
  if (attack && !strcmp(attack, "nothing")) message.msg_control = 0, message.msg_controllen = 0;
  if (sendmsg(s, &message, MSG_NOSIGNAL) != length && !keeps && !attack) fail("sendmsg");
  connected = s; /* It stays open: the pager's end tells whether it lives. */
}

/* Hands over again whenever a pager ends before it has said that all is in place. */
static void *keep(void *unused) {
  char line[256];
  for (;;) {
    ssize_t length = read(connected, line, sizeof line - 1);
    if (length > 0 && !strncmp(line, "completed", 9)) break;
    if (length > 0) continue;
    if (deserted) break;
    if (!keeps) fail("the pager has gone");
    close(connected);
    handed_over++;
    hand_over();
  }
  return unused;
}

static int by_value(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

struct work {
  uint64_t first, count;
};

/* Accesses each of its pages once, in the order of a full-period generator, and notes how long each took. */
static void *touch(void *argument) {
  struct work *work = argument;
  uint64_t mask = 1, i = 0, done = 0;
  while (mask < work->count) mask <<= 1;
  mask--;
  while (done < work->count) {
    if (i < work->count) {
      uint64_t page = work->first + i, t = now();
      uint64_t found = *(volatile uint64_t *)address_of(page);
      latencies[work->first + done++] = now() - t;
      if (found != word_of(page, 0)) {
        fprintf(stderr, "vmm: page %lu begins with %lx\n", page, found);
        exit(1);
      }
    }
    i = random_order ? (i * 1664525 + 1013904223) & mask : i + 1;
  }
  return 0;
}

static void check(uint64_t page) {
  uint64_t *words = (uint64_t *)address_of(page);
  for (uint64_t w = 0; w < 512; w++) {
    uint64_t wanted = ballooned[page] ? 0 : word_of(page, w);
    if (words[w] != wanted) {
      fprintf(stderr, "vmm: word %lu of page %lu is %lx, not %lx (balloon %d)\n", w, page, words[w], wanted,
              ballooned[page]);
      exit(1);
    }
  }
}

static void *verify(void *argument) {
  struct work *work = argument;
  uint64_t seed = mix(work->first);
  for (uint64_t i = 0; i < work->count; i++) {
    if (balloons && i % 512 == 100 && i + BALLOON_PAGES < work->count) {
      uint64_t at = work->first + i;
      if (address_of(at) + BALLOON_PAGES * PAGE - PAGE != address_of(at + BALLOON_PAGES - 1)) continue;
      seed = mix(seed);
      if (seed % 2) (void)*(volatile char *)address_of(at + seed / 2 % BALLOON_PAGES);
      memset(ballooned + at, 1, BALLOON_PAGES);
      if (madvise(address_of(at), BALLOON_PAGES * PAGE, MADV_DONTNEED)) fail("madvise");
    }
    check(work->first + i);
  }
  return 0;
}

static void *check_all(void *argument) {
  struct work *work = argument;
  for (uint64_t i = 0; i < work->count; i++) check(work->first + i);
  return 0;
}

static void in_threads(void *(*what)(void *), uint64_t pages) {
  pthread_t ids[64];
  struct work works[64];
  for (int t = 0; t < threads; t++) {
    works[t] = (struct work){pages / threads * t, pages / threads};
    pthread_create(&ids[t], 0, what, &works[t]);
  }
  for (int t = 0; t < threads; t++) pthread_join(ids[t], 0);
}

int main(int count, char **arguments) {
  int option;
  while ((option = getopt(count, arguments, "s:m:r:t:o:n:kbdWx:")) > 0) switch (option) {
      case 's': socket_path = optarg; break;
      case 'm': bytes = strtoull(optarg, 0, 0); break;
      case 'r': regions = atoi(optarg); break;
      case 't': threads = atoi(optarg); break;
      case 'o': random_order = !strcmp(optarg, "random"); break;
      case 'n': touches = strtoull(optarg, 0, 0); break;
      case 'k': keeps = 1; break;
      case 'b': balloons = 1; break;
      case 'd': deserted = 1; break;
      case 'W': waits = 1; break;
      case 'x': attack = optarg; break;
      default: return 2;
    }
  if (!socket_path || threads < 1 || threads > 64) return 2;
  setvbuf(stdout, 0, _IOLBF, 0);
  bytes = bytes / PAGE / regions / threads * threads * regions * PAGE;
  memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  latencies = calloc(bytes / PAGE, 8);
  ballooned = calloc(bytes / PAGE, 1);
  memset(latencies, 1, bytes / PAGE * 8);
  memset(ballooned, 0, bytes / PAGE);
  userfaultfd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  if (userfaultfd < 0) {
    fprintf(stderr, "vmm: no userfaultfd: %s\n", strerror(errno));
    return 77;
  }
  struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_EVENT_REMOVE};
  if (ioctl(userfaultfd, UFFDIO_API, &api)) fail("UFFDIO_API");
  struct uffdio_register range = {.range = {(uintptr_t)memory, bytes}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  if (ioctl(userfaultfd, UFFDIO_REGISTER, &range)) fail("UFFDIO_REGISTER");
  uint64_t start = now();
  hand_over();
  if (attack) {
    char answer[1024];
    ssize_t length = read(connected, answer, sizeof answer - 1);
    printf("%.*s", length > 0 ? (int)length : 0, answer);
    return 0;
  }
  pthread_t keeper;
  if (!keeps) close(userfaultfd);
  if (!touches) pthread_create(&keeper, 0, keep, 0);
  if (waits) {
    char line[16];
    if (!fgets(line, sizeof line, stdin)) return 2;
    start = now();
  }
  (void)*(volatile char *)address_of(0);
  printf("first=%lu\n", now() - start);
  if (touches) {
    uint64_t pages = touches < bytes / PAGE ? touches : bytes / PAGE;
    if (waits) usleep(300000);
    start = now();
    in_threads(touch, pages);
    uint64_t took = now() - start, all = pages / threads * threads;
    qsort(latencies, all, 8, by_value);
    printf("touch n=%lu p50=%lu p99=%lu max=%lu pages/s=%.0f\n", all, latencies[all / 2], latencies[all * 99 / 100],
           latencies[all - 1], all / (took / 1e9));
  } else {
    in_threads(verify, bytes / PAGE);
    pthread_join(keeper, 0); /* Until the pager says that all is in place. */
    in_threads(check_all, bytes / PAGE);
    printf("verified seconds=%.3f handed_over=%d\n", (now() - start) / 1e9, handed_over);
  }
  return 0;
}
