/* See runtime.h. Devices are where QEMU's virt machine has them. */
#include "runtime.h"

#define UART ((volatile u8 *)0x10000000UL)
#define FINISHER ((volatile u32 *)0x100000UL)
#define SOFTWARE_INTERRUPT ((volatile u32 *)0x2000000UL)
#define TIMER_DEADLINE ((volatile u64 *)0x2004000UL)
#define RAM_BASE 0x80000000UL

enum { UART_DATA = 0, UART_LINE_STATUS = 5, DATA_READY = 0x01, TRANSMITTER_EMPTY = 0x20 };
enum { FINISHER_FAIL = 0x3333, FINISHER_PASS = 0x5555, MACHINE_SOFTWARE_INTERRUPT = 1 << 3, MACHINE_TIMER_INTERRUPT = 1 << 7 };
enum { LOOK_TICKS = 20000 * TICKS_PER_MICROSECOND };
enum { DEVICE_TREE_ALIGNMENT = 2 << 20 };
#define DEVICE_TREE_MAGIC 0xedfe0dd0U /* 0xd00dfeed, read little-endian */

extern u8 image_end[];
_Noreturn void park(void);
void runtime_enter(u64 hart, u64 device_tree);
_Noreturn void runtime_trap(u64 cause, u64 pc, u64 value);

static volatile u32 harts_released;
volatile u64 lost_accesses;

u8 *data_start(void) { return image_end + parameters.harts * PAGE; }

u64 data_pages(void) {
  return (RAM_BASE + parameters.ram_bytes - (u64)data_start()) / PAGE;
}

static void put(char c) {
  while (!(UART[UART_LINE_STATUS] & TRANSMITTER_EMPTY)) {
  }
  UART[UART_DATA] = (u8)c;
}

void print(const char *text) {
  while (*text) {
    put(*text++);
  }
}

void print_number(u64 value) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  while (count) {
    put(digits[--count]);
  }
}

void print_hex(u64 value) {
  print("0x");
  for (int shift = 60; shift >= 0; shift -= 4) {
    put("0123456789abcdef"[(value >> shift) & 15]);
  }
}

void print_figure(u64 value, const char *name) {
  print(", ");
  print_number(value);
  put(' ');
  print(name);
}

void begin_verdict(int pass) {
  print(pass ? "PASS " : "FAIL ");
  print(program_name);
  print(": ");
  if (lost_accesses) {
    print_number(lost_accesses);
    print(" accesses lost, ");
  }
}

void finish(int pass) {
  print("\n");
  if (!parameters.park) {
    *FINISHER = pass ? FINISHER_PASS : (1 << 16) | FINISHER_FAIL;
  }
  park();
}

static int input_ready(void) { return UART[UART_LINE_STATUS] & DATA_READY; }

/* Waits for input without using the processor; interrupts stay off and only end the wait. */
static void rest(void) {
  u64 hart;
  __asm__ volatile("csrr %0, mhartid" : "=r"(hart));
  while (!input_ready()) {
    TIMER_DEADLINE[hart] = read_time() + LOOK_TICKS;
    __asm__ volatile("csrs mie, %0\n wfi\n csrc mie, %0" ::"r"(MACHINE_TIMER_INTERRUPT) : "memory");
  }
}

int asked_to_stop(u64 work_done) {
  if (parameters.limit && work_done >= parameters.limit) {
    return 1;
  }
  if (!input_ready()) {
    return 0;
  }
  u8 command = UART[UART_DATA];
  if (command == 'r') {
    rest();
  }
  return command == 'q';
}

/* Firmware (QEMU) leaves a device tree in RAM, and scraps behind it in the same 2 MiB; the programs
 * want their data pages to be zero. */
static void clear_device_tree(u64 address) {
  u64 end = RAM_BASE + parameters.ram_bytes;
  if (address < RAM_BASE || address >= end || address % DEVICE_TREE_ALIGNMENT) {
    return;
  }
  if (*(u32 *)address != DEVICE_TREE_MAGIC) {
    return;
  }
  u64 left = end - address;
  u64 bytes = left < DEVICE_TREE_ALIGNMENT ? left : DEVICE_TREE_ALIGNMENT;
  for (u64 *word = (u64 *)address; (u64)word < address + bytes; word++) {
    if (*word) {
      *word = 0;
    }
  }
}

static void sleep_until_released(u64 hart) {
  __asm__ volatile("csrs mie, %0" ::"r"(MACHINE_SOFTWARE_INTERRUPT));
  while (!harts_released) {
    __asm__ volatile("wfi" ::: "memory");
  }
  SOFTWARE_INTERRUPT[hart] = 0;
  __asm__ volatile("csrw mie, zero");
  fence();
}

void start_other_harts(void) {
  fence();
  harts_released = 1;
  fence();
  for (u64 hart = 1; hart < parameters.harts; hart++) {
    SOFTWARE_INTERRUPT[hart] = 1;
  }
}

void runtime_enter(u64 hart, u64 device_tree) {
  if (hart == 0) {
    clear_device_tree(device_tree);
    print(program_name);
    print(": ");
    print_number(parameters.harts);
    print(parameters.harts == 1 ? " hart, " : " harts, ");
    print_number(parameters.ram_bytes >> 20);
    print(" MiB\n");
  } else {
    sleep_until_released(hart);
  }
  program_main(hart);
}

void runtime_trap(u64 cause, u64 pc, u64 value) {
  begin_verdict(0);
  print("trap ");
  print_number(cause);
  print(" at ");
  print_hex(pc);
  print(" about ");
  print_hex(value);
  finish(0);
}
