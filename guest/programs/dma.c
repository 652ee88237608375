/* Keeps a DMA engine busy with copies, fills and checksums over most of RAM, and verifies each with
 * the processor, which reads and rewrites other blocks meanwhile. Every word of a block follows from
 * the block's tag. A unit of work is one descriptor.
 *
 * With CONFIDENTIAL, all memory is private but for the ring and a quarter of RAM, in which the
 * engine's blocks lie; the processor works on private blocks as well, the engine is told to read
 * them and must be refused, and a page changes from private to shared and back all the time. */
#include "runtime.h"

#define DMA ((volatile u64 *)0x10010000UL)
#define SOFTWARE_INTERRUPT ((volatile u32 *)0x2000000UL)

/* Registers, in words. */
enum { RING = 0, RING_SIZE = 1, HEAD = 2, TAIL = 3, STATUS = 4, INTERRUPT = 5 };
enum { COPY = 0, FILL = 1, CHECKSUM = 2, DONE = 1, REFUSED = 3, IDLE = 0 };
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

#ifdef CONFIDENTIAL
const char program_name[] = "confidential";
enum { SHARED_PART = 4 };
#else
const char program_name[] = "dma";
#endif

/* On a page of its own, which a confidential guest shares. */
static volatile union {
  struct descriptor places[DESCRIPTORS];
  u8 page[PAGE];
} shared_ring __attribute__((aligned(PAGE)));
static volatile struct descriptor *const ring = shared_ring.places;

/* What the destination's tag becomes, and the blocks that a descriptor keeps busy. */
static struct {
  u64 source, destination, tag, status;
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

#ifdef CONFIDENTIAL
/* Private blocks and their tags, and a page that is private or shared in turn. */
static u64 *secrets, *secret_tags, *turncoat;
static u64 secret_count, refusals, turns;

static u64 *secret(u64 number) { return secrets + number * BLOCK_WORDS; }

/* Makes memory private or shared: a call of the hypervisor. */
static void convert(const void *start, u64 size, u64 to_private) {
  register u64 a0 __asm__("a0") = (u64)start;
  register u64 a1 __asm__("a1") = size;
  register u64 a2 __asm__("a2") = to_private;
  register u64 a6 __asm__("a6") = 0;
  register u64 a7 __asm__("a7") = 0x0850464d;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
  if (a0) {
    fail(0, " cannot be converted, the answer is ", a0, 0);
  }
}

static void write_secret(u64 number) {
  secret_tags[number] = next_random(&state) & ~FILLED;
  for (u64 word = 0; word < BLOCK_WORDS; word++) {
    secret(number)[word] = word_of(secret_tags[number], word);
  }
}

static void verify_secret(u64 number) {
  for (u64 word = 0; word < BLOCK_WORDS; word++) {
    u64 expected = word_of(secret_tags[number], word);
    if (secret(number)[word] != expected) {
      fail(number, " is private, and has ", secret(number)[word], expected);
    }
  }
}

static void work_in_private(void) {
  u64 number = multiply_high(next_random(&state), secret_count);
  if (next_random(&state) % 4 == 0) {
    write_secret(number);
  } else {
    verify_secret(number);
  }
  if (next_random(&state) % 8 == 0) {
    convert(turncoat, PAGE, turns % 2);
    turns++;
    if (*turncoat != turns - 1) {
      fail(0, " has changed sides, and has ", *turncoat, turns - 1);
    }
    *turncoat = turns;
  }
}

static void keep_private(void) {
  u64 shared_bytes = data_pages() / SHARED_PART * PAGE;
  u64 bytes = data_pages() * PAGE - shared_bytes - PAGE;
  turncoat = (u64 *)(data_start() + shared_bytes);
  secrets = (u64 *)((u8 *)turncoat + PAGE);
  count = shared_bytes / (BLOCK_WORDS * 8);
  blocks = (u64 *)data_start();
  secret_count = (bytes - count * (sizeof *tags + sizeof *busy)) / (BLOCK_WORDS * 8 + sizeof *tags);
  secret_tags = secret(secret_count);
  tags = secret_tags + secret_count;
  busy = (u8 *)(tags + count);
  convert((const void *)0x80000000UL, parameters.ram_bytes, 1);
  convert((const void *)&shared_ring, sizeof shared_ring, 0);
  convert(blocks, shared_bytes, 0);
  for (u64 number = 0; number < secret_count; number++) {
    write_secret(number);
  }
}
#endif

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
  pending[place].status = DONE;
#ifdef CONFIDENTIAL
  if (operation == COPY && choice == 2) {
    ring[place].source = (u64)secret(multiply_high(next_random(&state), secret_count));
    pending[place].tag = tags[destination];
    pending[place].status = REFUSED;
  }
#endif
  ring[place].status = 0;
  head++;
}

static void reap(void) {
  u64 place = tail % DESCRIPTORS;
  u64 source = pending[place].source, destination = pending[place].destination;
  if (ring[place].status != pending[place].status) {
    fail(destination, " was to be written, and its status is ", ring[place].status, pending[place].status);
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
#ifdef CONFIDENTIAL
  } else if (ring[place].status == REFUSED) {
    refusals++;
#endif
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
#ifdef CONFIDENTIAL
  for (u64 number = 0; number < secret_count; number++) {
    verify_secret(number);
  }
#endif
  begin_verdict(DMA[STATUS] == IDLE);
  print_number(tail);
  print(" descriptors");
  print_figure(copies, "copies");
  print_figure(fills, "fills");
  print_figure(checksums, "checksums");
  print_figure(reads, "blocks read");
  print_figure(writes, "blocks written");
  print_figure(count, "blocks");
#ifdef CONFIDENTIAL
  print_figure(secret_count, "private blocks");
  print_figure(refusals, "refusals");
  print_figure(turns, "conversions");
#endif
  finish(DMA[STATUS] == IDLE);
}

void program_main(u64 hart) {
  (void)hart;
  state = parameters.seed;
#ifdef CONFIDENTIAL
  keep_private();
#else
  u64 bytes = data_pages() * PAGE;
  count = bytes / (BLOCK_WORDS * 8 + sizeof *tags + sizeof *busy);
  blocks = (u64 *)data_start();
  tags = block(count);
  busy = (u8 *)(tags + count);
#endif
  depth = count / 4 < DESCRIPTORS ? count / 4 : DESCRIPTORS;
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
#ifdef CONFIDENTIAL
    work_in_private();
#endif
  }
}
