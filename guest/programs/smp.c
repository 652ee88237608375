/* All harts work on all pages with spinlocks, AMOs and LR/SC; afterwards nothing may be lost.
 * A unit of work is one round of one hart. */
#include "runtime.h"

enum { POLL_INTERVAL = 64, INITIAL_BALANCE = 1000 };

struct page {
  u32 lock;
  u32 padding;
  s64 balance;      /* changed under the lock */
  u64 amo_count;    /* changed by AMOADD */
  u64 lrsc_count;   /* changed by LR and SC */
  u64 tag;          /* number of the page, from 1 */
  u64 reserved[3];
  u64 own[MAX_HARTS]; /* one for each hart, changed by that hart only */
  u8 rest[PAGE - 64 - 8 * MAX_HARTS];
};

/* What one hart did; on a line of its own. */
struct tally {
  u64 rounds, transfers, amo, lrsc, own, exclusive_or, maximum, locked;
};

const char program_name[] = "smp";

static struct tally tallies[MAX_HARTS] __attribute__((aligned(64)));
static volatile u32 arrived, finished, stop;
static u64 shared_exclusive_or, shared_maximum;
static u32 shared_lock;
static volatile u64 shared_rounds; /* changed under shared_lock */

static void acquire(u32 *lock) {
  u32 held = 1, was;
  for (;;) {
    __asm__ volatile("amoswap.w.aq %0, %2, %1" : "=r"(was), "+A"(*lock) : "r"(held) : "memory");
    if (!was) {
      return;
    }
    while (*(volatile u32 *)lock) {
      relax();
    }
  }
}

static void release(u32 *lock) {
  __asm__ volatile("amoswap.w.rl zero, zero, %0" : "+A"(*lock)::"memory");
}

static void amo_add(u64 *target, u64 amount) {
  __asm__ volatile("amoadd.d zero, %1, %0" : "+A"(*target) : "r"(amount) : "memory");
}

static void count_in(volatile u32 *target) {
  __asm__ volatile("amoadd.w.aqrl zero, %1, %0" : "+A"(*target) : "r"(1) : "memory");
}

static void lrsc_increment(u64 *target) {
  u64 value, failed;
  __asm__ volatile(
      "1: lr.d.aq %0, %2\n"
      "   addi %0, %0, 1\n"
      "   sc.d.rl %1, %0, %2\n"
      "   bnez %1, 1b"
      : "=&r"(value), "=&r"(failed), "+A"(*target)::"memory");
}

static void transfer(struct page *pages, u64 from, u64 to, s64 amount) {
  acquire(&pages[from < to ? from : to].lock);
  acquire(&pages[from < to ? to : from].lock);
  pages[from].balance -= amount;
  pages[to].balance += amount;
  release(&pages[from].lock);
  release(&pages[to].lock);
}

static void round_of(struct page *pages, u64 count, u64 hart, u64 *state) {
  struct tally *tally = &tallies[hart];
  u64 from = multiply_high(next_random(state), count);
  u64 to = multiply_high(next_random(state), count);
  u64 value = next_random(state);
  if (from != to) {
    transfer(pages, from, to, (s64)(value & 0xff) - 0x80);
    tally->transfers++;
  }
  amo_add(&pages[multiply_high(mix(value), count)].amo_count, value & 7);
  tally->amo += value & 7;
  lrsc_increment(&pages[to].lrsc_count);
  tally->lrsc++;
  pages[from].own[hart]++;
  tally->own++;
  u64 small = value >> 8;
  __asm__ volatile("amoxor.d zero, %1, %0" : "+A"(shared_exclusive_or) : "r"(small) : "memory");
  __asm__ volatile("amomaxu.d zero, %1, %0" : "+A"(shared_maximum) : "r"(small) : "memory");
  tally->exclusive_or ^= small;
  tally->maximum = small > tally->maximum ? small : tally->maximum;
  if ((value >> 60) == 0) { /* a hot lock, but not all the time */
    acquire(&shared_lock);
    shared_rounds++;
    release(&shared_lock);
    tally->locked++;
  }
  tally->rounds++;
}

static struct tally sum_tallies(void) {
  struct tally sum = tallies[0];
  for (u64 hart = 1; hart < parameters.harts; hart++) {
    const struct tally *tally = &tallies[hart];
    sum.rounds += tally->rounds;
    sum.transfers += tally->transfers;
    sum.amo += tally->amo;
    sum.lrsc += tally->lrsc;
    sum.own += tally->own;
    sum.exclusive_or ^= tally->exclusive_or;
    sum.maximum = tally->maximum > sum.maximum ? tally->maximum : sum.maximum;
    sum.locked += tally->locked;
  }
  return sum;
}

static void expect(const char *what, u64 found, u64 expected) {
  if (found != expected) {
    begin_verdict(0);
    print(what);
    print(" is ");
    print_number(found);
    print(", not ");
    print_number(expected);
    finish(0);
  }
}

static void check(struct page *pages, u64 count) {
  struct tally sum = sum_tallies();
  u64 balance = 0, amo = 0, lrsc = 0, locks = 0;
  u64 own[MAX_HARTS];
  for (u64 hart = 0; hart < parameters.harts; hart++) {
    own[hart] = 0;
  }
  for (u64 i = 0; i < count; i++) {
    struct page *page = &pages[i];
    expect("the tag of a page", page->tag, i + 1);
    balance += (u64)page->balance;
    amo += page->amo_count;
    lrsc += page->lrsc_count;
    locks += page->lock;
    for (u64 hart = 0; hart < parameters.harts; hart++) {
      own[hart] += page->own[hart];
    }
  }
  expect("the sum of balances", balance, count * INITIAL_BALANCE);
  expect("the sum of AMO counts", amo, sum.amo);
  expect("the sum of LR/SC counts", lrsc, sum.lrsc);
  expect("the number of locks held", locks + shared_lock, 0);
  for (u64 hart = 0; hart < parameters.harts; hart++) {
    expect("the sum of a hart's own counts", own[hart], tallies[hart].own);
  }
  expect("the exclusive or", shared_exclusive_or, sum.exclusive_or);
  expect("the maximum", shared_maximum, sum.maximum);
  expect("the count under the shared lock", shared_rounds, sum.locked);
  begin_verdict(1);
  print_number(sum.rounds);
  print(" rounds");
  print_figure(sum.transfers, "transfers");
  print_figure(sum.amo, "added by AMO");
  print_figure(sum.lrsc, "by LR/SC");
  print_figure(count, "pages");
  finish(1);
}

static void initialise_share(struct page *pages, u64 count, u64 hart) {
  for (u64 i = hart; i < count; i += parameters.harts) {
    pages[i].balance = INITIAL_BALANCE;
    pages[i].tag = i + 1;
  }
  count_in(&arrived);
  while (arrived != parameters.harts) {
    relax();
  }
  fence();
}

void program_main(u64 hart) {
  struct page *pages = (struct page *)data_start();
  u64 count = data_pages();
  if (hart == 0) {
    start_other_harts();
  }
  initialise_share(pages, count, hart);
  u64 state = mix(parameters.seed + hart);
  u64 limit = parameters.limit;
  for (u64 rounds = 0; !stop && (!limit || rounds < limit); rounds++) {
    if (hart == 0 && rounds % POLL_INTERVAL == 0 && asked_to_stop(rounds)) {
      stop = 1;
      break;
    }
    round_of(pages, count, hart, &state);
  }
  count_in(&finished);
  if (hart == 0) {
    while (finished != parameters.harts) {
      relax();
    }
    fence();
    check(pages, count);
  }
}
