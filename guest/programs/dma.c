/* Keeps a DMA engine busy with copies, fills and checksums over most of RAM, and verifies each with
 * the processor, which reads and rewrites other blocks meanwhile. Every word of a block follows from
 * the block's tag. A unit of work is one descriptor. */
#include "runtime.h"

#define DMA ((volatile u64 *)0x10010000UL)
#define SOFTWARE_INTERRUPT ((volatile u32 *)0x2000000UL)

/* Registers, in words. */
enum { RING = 0, RING_SIZE = 1, HEAD = 2, TAIL = 3, STATUS = 4, INTERRUPT = 5 };
enum { COPY = 0, FILL = 1, CHECKSUM = 2, DONE = 1, IDLE = 0 };
enum { MACHINE_SOFTWARE_INTERRUPT = 1 << 3 };

/* Blocks lie across pages, each in another way: 5 KiB. */
enum { BLOCK_WORDS = 640, DESCRIPTORS = 32, POLL_INTERVAL = 64 };

struct descriptor {
  u64 source;
  u64 destination;
  u64 length;
  u64 operation;
  u64 status;
  u64 result;
  u64 unused[2];
};

const char program_name[] = "dma";

static volatile struct descriptor ring[DESCRIPTORS] __attribute__((aligned(64)));

/* What the destination's tag becomes, and the blocks that a descriptor keeps busy. */
static struct {
  u64 source, destination, tag;
} pending[DESCRIPTORS];

static u64 *blocks;
static u64 *tags; /* of each block, its tag; bit 63: filled with the byte in bits 0 to 7 */
static u8 *busy;  /* of each block, descriptors that use it */
static u64 count;
static u64 depth; /* descriptors in the ring at a time; most blocks stay free */
static u64 head, tail, copies, fills, checksums, reads, writes;
static u64 state;

static const u64 FILLED = 1UL << 63;

static u64 *block(u64 number) { return blocks + number * BLOCK_WORDS; }

static u64 word_of(u64 tag, u64 word) {
  return tag & FILLED ? (tag & 0xff) * 0x0101010101010101UL : (tag ^ word) * (2 * word + 3) + word;
}

static void fail(u64 number, const char *what, u64 found, u64 expected) {
  begin_verdict(0);
  print("block ");
  print_number(number);
  print(what);
  print_hex(found);
  print(", not ");
  print_hex(expected);
  finish(0);
}

static void verify(u64 number) {
  const u64 *words = block(number);
  for (u64 word = 0; word < BLOCK_WORDS; word++) {
    u64 expected = word_of(tags[number], word);
    if (words[word] != expected) {
      fail(number, " has ", words[word], expected);
    }
  }
}

static void rewrite(u64 number) {
  u64 tag = next_random(&state) & ~FILLED;
  u64 *words = block(number);
  for (u64 word = 0; word < BLOCK_WORDS; word++) {
    words[word] = word_of(tag, word);
  }
  tags[number] = tag;
}

/* 64-bit FNV-1a, as the device computes it. */
static u64 checksum(u64 number) {
  const u8 *bytes = (const u8 *)block(number);
  u64 hash = 0xcbf29ce484222325UL;
  for (u64 i = 0; i < BLOCK_WORDS * 8; i++) {
    hash = (hash ^ bytes[i]) * 0x100000001b3UL;
  }
  return hash;
}

static u64 free_block(void) {
  u64 number;
  do {
    number = multiply_high(next_random(&state), count);
  } while (busy[number]);
  return number;
}

static void post(void) {
  u64 place = head % DESCRIPTORS;
  u64 choice = next_random(&state) % 16;
  u64 source = free_block();
  busy[source]++;
  u64 destination = free_block();
  busy[destination]++;
  u64 operation = choice == 0 ? CHECKSUM : choice == 1 ? FILL : COPY;
  u64 byte = next_random(&state) & 0xff;
  pending[place].source = source;
  pending[place].destination = destination;
  pending[place].tag = operation == COPY   ? tags[source]
                       : operation == FILL ? FILLED | byte
                                           : tags[destination];
  ring[place].source = operation == FILL ? byte : (u64)block(source);
  ring[place].destination = (u64)block(destination);
  ring[place].length = BLOCK_WORDS * 8;
  ring[place].operation = operation;
  ring[place].status = 0;
  head++;
}

static void reap(void) {
  u64 place = tail % DESCRIPTORS;
  u64 source = pending[place].source, destination = pending[place].destination;
  if (ring[place].status != DONE) {
    fail(destination, " was to be written, and its status is ", ring[place].status, DONE);
  }
  tags[destination] = pending[place].tag;
  verify(destination);
  if (ring[place].operation == CHECKSUM) {
    u64 expected = checksum(source);
    if (ring[place].result != expected) {
      fail(source, " has the checksum ", ring[place].result, expected);
    }
    checksums++;
  } else if (ring[place].operation == FILL) {
    fills++;
  } else {
    copies++;
  }
  busy[source]--;
  busy[destination]--;
  tail++;
}

static void ring_bell(void) {
  fence();
  DMA[HEAD] = head;
}

/* Sleeps until the device has done everything; its interrupt ends each sleep. */
static void await_device(void) {
  DMA[INTERRUPT] = 1;
  while (DMA[TAIL] != head) {
    if (DMA[STATUS] == 2) {
      fail(0, " is unreachable, as the device's status is ", DMA[STATUS], IDLE);
    }
    __asm__ volatile("csrs mie, %0\n wfi\n csrc mie, %0" ::"r"(MACHINE_SOFTWARE_INTERRUPT) : "memory");
    SOFTWARE_INTERRUPT[0] = 0;
    fence();
  }
  DMA[INTERRUPT] = 0;
}

static void check(void) {
  ring_bell();
  await_device();
  while (tail != head) {
    reap();
  }
  for (u64 number = 0; number < count; number++) {
    verify(number);
  }
  begin_verdict(DMA[STATUS] == IDLE);
  print_number(tail);
  print(" descriptors");
  print_figure(copies, "copies");
  print_figure(fills, "fills");
  print_figure(checksums, "checksums");
  print_figure(reads, "blocks read");
  print_figure(writes, "blocks written");
  print_figure(count, "blocks");
  finish(DMA[STATUS] == IDLE);
}

void program_main(u64 hart) {
  (void)hart;
  u64 bytes = data_pages() * PAGE;
  count = bytes / (BLOCK_WORDS * 8 + sizeof *tags + sizeof *busy);
  depth = count / 4 < DESCRIPTORS ? count / 4 : DESCRIPTORS;
  blocks = (u64 *)data_start();
  tags = block(count);
  busy = (u8 *)(tags + count);
  state = parameters.seed;
  for (u64 number = 0; number < count; number++) {
    rewrite(number);
  }
  DMA[RING] = (u64)ring;
  DMA[RING_SIZE] = DESCRIPTORS;
  u64 limit = parameters.limit;
  for (u64 rounds = 0;; rounds++) {
    if ((limit && tail >= limit) || (rounds % POLL_INTERVAL == 0 && asked_to_stop(tail))) {
      check();
    }
    u64 done = DMA[TAIL];
    fence();
    while (tail != done && (!limit || tail < limit)) {
      reap();
    }
    while (head - tail < depth && (!limit || head < limit)) {
      post();
    }
    ring_bell();
    u64 number = free_block();
    if (next_random(&state) % 4 == 0) {
      rewrite(number);
      writes++;
    } else {
      verify(number);
      reads++;
    }
  }
}
