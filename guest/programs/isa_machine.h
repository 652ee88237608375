/* The part of isa.c that is about machine mode; included there, once. */

/* Control registers, traps, interrupts. */

#define CSR(op, csr, value)                                                      \
  {                                                                              \
    u64 result;                                                                  \
    __asm__ volatile(op " %0, " csr ", %1" : "=r"(result) : "r"(value));         \
    store(result);                                                               \
  }

#define CSR_IMMEDIATE(op, value)                                                 \
  {                                                                              \
    u64 result;                                                                  \
    __asm__ volatile(op " %0, mscratch, " value : "=r"(result));                 \
    store(result);                                                               \
  }

static void control_registers(void) {
  FOR_PAIRS(a, b) {
    CSR("csrrw", "mscratch", a)
    CSR("csrrs", "mscratch", b)
    CSR("csrrc", "mscratch", a)
    CSR_IMMEDIATE("csrrwi", "0")
    CSR_IMMEDIATE("csrrsi", "21")
    CSR_IMMEDIATE("csrrci", "7")
    CSR_IMMEDIATE("csrrsi", "0")
    CSR("csrrc", "mscratch", b)
    CSR("csrrw", "mscratch", a)
  }
  for (int i = 0; i < OPERANDS; i++) {
    CSR("csrrw", "mepc", operands[i] & ~3UL)
    CSR("csrrw", "mtval", operands[i])
  }
  u64 before, after;
  __asm__ volatile("csrr %0, mepc\n csrr %1, mtval" : "=&r"(before), "=&r"(after));
  store(before);
  store(after);
  __asm__ volatile("csrr %0, mhartid" : "=r"(before));
  store(before);
  __asm__ volatile("csrr %0, cycle\n csrr %1, cycle" : "=&r"(before), "=&r"(after));
  store(after >= before);
  __asm__ volatile("csrr %0, instret\n csrr %1, minstret" : "=&r"(before), "=&r"(after));
  store(after >= before);
  __asm__ volatile("rdtime %0\n rdtime %1" : "=&r"(before), "=&r"(after));
  store(after >= before);
}

/* Executes something that traps; the handler stores what it sees and goes on behind it. */
#define TRAP(text) __asm__ volatile(text ::: "memory", "ra", "t0", "t1");

static void traps(void) {
  TRAP("ecall")
  TRAP(".word 0xffffffff")
  TRAP(".word 0x0000007f")
  TRAP("csrw mhartid, zero")
  TRAP("csrw cycle, zero")
  TRAP("csrr zero, 0x123")
  TRAP(".word 0x40005033 | 1 << 31")
  TRAP("li t0, 0x18000000\n lw t1, 0(t0)")
  TRAP("li t0, 0x18000008\n sd t1, 0(t0)")
  TRAP("li t0, 0x18000010\n jalr t0")
  TRAP("la t0, parameters\n addi t0, t0, 1\n amoadd.w t1, zero, (t0)")
  TRAP("la t0, parameters\n addi t0, t0, 4\n amoswap.d t1, zero, (t0)")
  TRAP("la t0, parameters\n addi t0, t0, 2\n lr.w t1, (t0)")
  TRAP("la t0, parameters\n addi t0, t0, 4\n lr.d t1, (t0)")
  /* A trapping load leaves its destination alone. */
  u64 kept;
  __asm__ volatile("li t0, 0x18000000\n li %0, 42\n lw %0, 0(t0)" : "=&r"(kept)::"t0", "memory");
  store(kept);
}

static void returns(void) {
  for (u64 previous = 0; previous <= 1; previous++) {
    u64 status;
    __asm__ volatile(
        "csrw mie, zero\n csrci mstatus, 8\n li %0, 0x1880\n csrc mstatus, %0\n"
        "slli %0, %1, 7\n csrs mstatus, %0\n li %0, 0x1800\n csrs mstatus, %0\n"
        "la %0, 1f\n csrw mepc, %0\n mret\n li %0, 0\n j 2f\n"
        "1: csrr %0, mstatus\n2:"
        : "=&r"(status) : "r"(previous) : "memory");
    store(status & 0x88);
  }
  __asm__ volatile("csrci mstatus, 8");
}

/* Raises an interrupt by writing a device, waits for it, and stores its cause. */
static void interrupts(void) {
  volatile u32 *software = (volatile u32 *)0x2000000UL;
  volatile u64 *timer = (volatile u64 *)0x2004000UL;
  *timer = -1UL;
  for (int round = 0; round < 2; round++) {
    u64 enable = round ? 1 << 7 : 1 << 3;
    u64 pending = 0;
    if (round) {
      *timer = 0;
    } else {
      *software = 1;
    }
    while (!(pending & enable)) {
      __asm__ volatile("csrr %0, mip" : "=r"(pending));
    }
    __asm__ volatile("csrw mie, %0\n wfi" ::"r"(enable)); /* pending: falls through */
    u64 *mark = out;
    __asm__ volatile("csrsi mstatus, 8" ::: "memory");
    while (*(u64 *volatile *)&out == mark) {
    }
    __asm__ volatile("csrci mstatus, 8\n csrw mie, zero");
  }
}
