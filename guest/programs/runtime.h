/* What the programs share: parameters, console, harts, the end. No library underneath. */
#ifndef FERRY_RUNTIME_H
#define FERRY_RUNTIME_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long s64;

enum { PAGE = 4096, MAX_HARTS = 64, TICKS_PER_MICROSECOND = 10 };

/* At 0x80000100 of every program. The loader fills ram_bytes to random_order. */
struct parameters {
  u64 magic;        /* "FERRYPRM" */
  u64 ram_bytes;    /* RAM from 0x80000000 on */
  u64 harts;        /* harts that take part; others sleep */
  u64 seed;         /* of anything pseudo-random */
  u64 limit;        /* units of work until the program checks itself and ends; 0: never */
  u64 random_order; /* pages in pseudo-random order instead of by address */
  u64 park;         /* end in a loop at label park instead of switching the machine off */
  u64 stats;        /* address of the program's statistics, or 0; not filled by the loader */
};
extern const volatile struct parameters parameters;

/* Each program defines these: its name, and what each hart does. Hart 0 comes first; the others
 * enter when it calls start_other_harts. */
extern const char program_name[];
void program_main(u64 hart);

/* First data page, after image and stacks, and number of data pages up to the end of RAM. */
u8 *data_start(void);
u64 data_pages(void);

/* Whether 'q' has come, or limit (if any) is reached. Rests first if 'r' has come, until more input
 * does. Reads the serial port: call it seldom. */
int asked_to_stop(u64 work_done);

void start_other_harts(void);

void print(const char *text);
void print_number(u64 value);
void print_hex(u64 value);
void print_figure(u64 value, const char *name); /* ", 12 name" */
void begin_verdict(int pass);                   /* "PASS name: " or "FAIL name: " */
_Noreturn void finish(int pass);                /* ends the line and the machine */

static inline u64 read_time(void) {
  u64 time;
  __asm__ volatile("rdtime %0" : "=r"(time)::"memory");
  return time;
}

static inline void fence(void) { __asm__ volatile("fence rw, rw" ::: "memory"); }

/* The hint PAUSE, which is a fence to those who do not know it. */
static inline void relax(void) { __asm__ volatile(".word 0x0100000f" ::: "memory"); }

static inline u64 multiply_high(u64 a, u64 b) {
  u64 high;
  __asm__("mulhu %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
  return high;
}

/* A bijection that scatters (the finalizer of splitmix64). */
static inline u64 mix(u64 x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
  return x ^ (x >> 31);
}

/* splitmix64: any state is a good one. */
static inline u64 next_random(u64 *state) { return mix(*state += 0x9e3779b97f4a7c15UL); }

#endif
