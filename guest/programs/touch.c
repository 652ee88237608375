/* Increments one byte a page, by address or in a pseudo-random order of full period, and keeps a
 * histogram of how long each access took. A unit of work is one access.
 * Page index sequence: i = (i * A + C) & mask; indices beyond the last page are skipped. */
#include "runtime.h"

enum { POLL_INTERVAL = 1024, BUCKETS = 128, STALL_TICKS = 2 * TICKS_PER_MICROSECOND };

/* Found by its address in the parameter block. Times are ticks of the machine timer. */
struct stats {
  u64 touches;
  u64 passes;
  u64 stall_ticks; /* sum of those of at least STALL_TICKS */
  u64 stalls;      /* their number */
  u64 max_ticks;
  u64 total_ticks;
  u64 ready;  /* 1 once every page is initialised */
  u64 cursor; /* index of the next page */
  u64 reserved[24];
  u64 histogram[BUCKETS]; /* at +0x100: bucket floor(log2(t)) * 4 + the next two bits, t | 4 */
};
struct stats stats __attribute__((section(".bss.stats"), aligned(PAGE)));

struct page {
  volatile u8 count; /* starts at 1 */
  u8 padding[7];
  u64 tag; /* number of the page, from 1 */
  u8 rest[PAGE - 16];
};

const char program_name[] = "touch";

struct order {
  u64 multiplier;
  u64 increment;
  u64 mask;
};

static struct order choose_order(u64 count) {
  struct order order = {1, 1, 0};
  if (parameters.random_order) {
    order.multiplier = 1664525;
    order.increment = 1013904223;
  }
  while (order.mask < count - 1) {
    order.mask = order.mask << 1 | 1;
  }
  return order;
}

static u64 next(const struct order *order, u64 i) {
  return (i * order->multiplier + order->increment) & order->mask;
}

static u64 bucket_of(u64 ticks) {
  u64 value = (ticks > 0xffffffffUL ? 0xffffffffUL : ticks) | 4;
  u64 log = 2;
  while (value >> (log + 1)) {
    log++;
  }
  return log * 4 + ((value >> (log - 2)) & 3);
}

/* The least value of a bucket. */
static u64 floor_of(u64 bucket) { return (4 + (bucket & 3)) << (bucket / 4 - 2); }

static void record(u64 ticks) {
  stats.touches++;
  stats.total_ticks += ticks;
  if (ticks >= STALL_TICKS) {
    stats.stalls++;
    stats.stall_ticks += ticks;
  }
  if (ticks > stats.max_ticks) {
    stats.max_ticks = ticks;
  }
  stats.histogram[bucket_of(ticks)]++;
}

/* Microseconds that a share of the stalls does not exceed, to the precision of the buckets. */
static u64 stall_percentile(u64 percent) {
  u64 first = bucket_of(STALL_TICKS);
  u64 total = 0;
  for (u64 b = first; b < BUCKETS; b++) {
    total += stats.histogram[b];
  }
  u64 wanted = (total * percent + 99) / 100;
  u64 seen = 0;
  for (u64 b = first; b < BUCKETS && wanted; b++) {
    seen += stats.histogram[b];
    if (seen >= wanted) {
      return floor_of(b) / TICKS_PER_MICROSECOND;
    }
  }
  return 0;
}

static void report(void) {
  begin_verdict(1);
  print_number(stats.touches);
  print(" touches");
  print_figure(stats.passes, "passes");
  print_figure(stats.stalls, "stalls of 2 us or more: p50 ");
  print_number(stall_percentile(50));
  print(" us, p99 ");
  print_number(stall_percentile(99));
  print(" us, max ");
  print_number(stats.stalls ? stats.max_ticks / TICKS_PER_MICROSECOND : 0);
  print(" us");
  finish(1);
}

/* Walks one period: the pages before the cursor are one ahead of the others. */
static void check(struct page *pages, u64 count, const struct order *order) {
  u64 i = 0;
  u64 ahead = stats.cursor != 0;
  do {
    if (i == stats.cursor) {
      ahead = 0;
    }
    if (i < count) {
      u8 expected = (u8)(1 + stats.passes + ahead);
      if (pages[i].count != expected || pages[i].tag != i + 1) {
        begin_verdict(0);
        print("page ");
        print_number(i);
        print_figure(pages[i].count, "counted");
        print_figure(expected, "expected");
        print_figure(pages[i].tag, "is its tag");
        finish(0);
      }
    }
    i = next(order, i);
  } while (i);
  report();
}

void program_main(u64 hart) {
  (void)hart;
  struct page *pages = (struct page *)data_start();
  u64 count = data_pages();
  struct order order = choose_order(count);
  for (u64 i = 0; i < count; i++) {
    pages[i].tag = i + 1;
    pages[i].count = 1;
  }
  stats.ready = 1;
  u64 limit = parameters.limit;
  for (u64 i = 0;;) {
    if (i < count) {
      if (stats.touches % POLL_INTERVAL == 0 || stats.touches == limit) {
        stats.cursor = i;
        if (asked_to_stop(stats.touches)) {
          check(pages, count, &order);
        }
      }
      u64 start = read_time();
      pages[i].count++;
      record(read_time() - start);
    }
    i = next(&order, i);
    stats.passes += i == 0;
  }
}
