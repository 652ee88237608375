/* Executes every instruction of RV64IMA, Zicsr and Zifencei with many operands and stores every
 * result, so that two machines can be compared; ends by itself, with results in all registers.
 * Left out is only what the architecture leaves open: the length of time, identity registers,
 * misaligned jumps, and an SC after a store of the same hart. */
#include "runtime.h"

enum { FIXED = 26, OPERANDS = 32 };

const char program_name[] = "isa";

static u64 operands[OPERANDS] = {
    0, 1, 2, 3, 7, 31, 32, 33, 63, 64,
    -1UL, -2UL, -7UL,
    0x7fffffffUL, 0x80000000UL, 0xffffffffUL, 0x100000000UL, 0xffffffff80000000UL,
    0x7fffffffffffffffUL, 0x8000000000000000UL, 0x8000000000000001UL, 0x5555555555555555UL,
    0xaaaaaaaaaaaaaaaaUL, 0x123456789abcdef0UL, 0xfedcba9876543210UL, 0x8080808080808080UL,
};

static u64 *out;
static u64 buffer[16] __attribute__((aligned(128)));
static u32 code[16] __attribute__((aligned(4096)));
void isa_trap(void);
_Noreturn void isa_end(const u64 *registers);

static void store(u64 result) { *out++ = result; }

/* Registers and immediates. */

#define FOR_PAIRS(a, b)                        \
  for (int i_ = 0; i_ < OPERANDS; i_++)        \
    for (int j_ = 0; j_ < OPERANDS; j_++)      \
      for (u64 once_ = 1, a = operands[i_], b = operands[j_]; once_; once_ = 0)

#define REGISTER(op)                                                   \
  FOR_PAIRS(a, b) {                                                    \
    u64 result;                                                        \
    __asm__ volatile(op " %0, %1, %2" : "=r"(result) : "r"(a), "r"(b)); \
    store(result);                                                     \
  }

#define IMMEDIATE_1(op, immediate)                                             \
  for (int i_ = 0; i_ < OPERANDS; i_++) {                                      \
    u64 result;                                                                \
    __asm__ volatile(op " %0, %1, %2" : "=r"(result) : "r"(operands[i_]), "i"(immediate)); \
    store(result);                                                             \
  }

#define IMMEDIATE(op)      \
  IMMEDIATE_1(op, 0)       \
  IMMEDIATE_1(op, 1)       \
  IMMEDIATE_1(op, -1)      \
  IMMEDIATE_1(op, 2047)    \
  IMMEDIATE_1(op, -2048)   \
  IMMEDIATE_1(op, 0x555)

#define SHIFT_WORD(op) \
  IMMEDIATE_1(op, 0)   \
  IMMEDIATE_1(op, 1)   \
  IMMEDIATE_1(op, 15)  \
  IMMEDIATE_1(op, 31)

#define SHIFT(op)     \
  SHIFT_WORD(op)      \
  IMMEDIATE_1(op, 32) \
  IMMEDIATE_1(op, 63)

static void integer_registers(void) {
  REGISTER("add") REGISTER("sub") REGISTER("sll") REGISTER("slt") REGISTER("sltu")
  REGISTER("xor") REGISTER("srl") REGISTER("sra") REGISTER("or") REGISTER("and")
  REGISTER("addw") REGISTER("subw") REGISTER("sllw") REGISTER("srlw") REGISTER("sraw")
}

static void multiplications(void) {
  REGISTER("mul") REGISTER("mulh") REGISTER("mulhsu") REGISTER("mulhu") REGISTER("mulw")
  REGISTER("div") REGISTER("divu") REGISTER("rem") REGISTER("remu")
  REGISTER("divw") REGISTER("divuw") REGISTER("remw") REGISTER("remuw")
}

static void immediates(void) {
  IMMEDIATE("addi") IMMEDIATE("slti") IMMEDIATE("sltiu") IMMEDIATE("xori") IMMEDIATE("ori")
  IMMEDIATE("andi") IMMEDIATE("addiw")
  SHIFT("slli") SHIFT("srli") SHIFT("srai") SHIFT_WORD("slliw") SHIFT_WORD("srliw")
  SHIFT_WORD("sraiw")
}

#define UPPER(op, value)                                    \
  {                                                         \
    u64 result;                                             \
    __asm__ volatile(op " %0, " value : "=r"(result));      \
    store(result);                                          \
  }

static void upper_immediates(void) {
  UPPER("lui", "0") UPPER("lui", "1") UPPER("lui", "0x7ffff") UPPER("lui", "0x80000")
  UPPER("lui", "0xfffff") UPPER("auipc", "0") UPPER("auipc", "1") UPPER("auipc", "0x7ffff")
  UPPER("auipc", "0x80000") UPPER("auipc", "0xfffff")
}

/* Register 0 reads as 0 whatever is written to it; one register may be source and destination. */
static void special_registers(void) {
  u64 a = operands[23], b = operands[24], result;
  __asm__ volatile("add zero, %1, %2\n mul zero, %1, %2\n div zero, %1, %2\n lui zero, 5\n"
                   "ld zero, 0(%3)\n csrr zero, mscratch\n mv %0, zero"
                   : "=r"(result) : "r"(a), "r"(b), "r"(buffer));
  store(result);
  __asm__ volatile("add %0, %0, %0\n sub %1, %0, %1\n mulhu %0, %0, %0\n xor %0, %0, %1"
                   : "+r"(a), "+r"(b));
  store(a);
  store(b);
}

/* Loads, stores, branches, jumps. */

#define LOAD(op, offset)                                                             \
  {                                                                                  \
    u64 result;                                                                      \
    __asm__ volatile(op " %0, %2(%1)" : "=r"(result) : "r"(buffer + 4), "i"(offset) : "memory"); \
    store(result);                                                                   \
  }

#define LOADS(op, size) \
  LOAD(op, 0) LOAD(op, size) LOAD(op, -size) LOAD(op, 3 * size) LOAD(op, -2 * size) \
  LOAD(op, 8) LOAD(op, -16) LOAD(op, 24) LOAD(op, 1) LOAD(op, 3) LOAD(op, -5)

static void store_buffer(void) {
  for (int i = 0; i < 16; i++) {
    store(buffer[i]);
  }
}

#define STORE(op, offset)                                                                \
  for (int i_ = 0; i_ < OPERANDS; i_++) {                                                \
    __asm__ volatile(op " %0, %2(%1)" ::"r"(operands[i_]), "r"(buffer + 8), "i"(offset) : "memory"); \
    store(buffer[7]);                                                                    \
    store(buffer[8]);                                                                    \
    store(buffer[9]);                                                                    \
  }

#define STORES(op, size) STORE(op, 0) STORE(op, size) STORE(op, -size) STORE(op, 3) STORE(op, -3)

static void loads_and_stores(void) {
  for (int i = 0; i < 16; i++) {
    buffer[i] = operands[10 + i] ^ 0x0102030405060788UL;
  }
  LOADS("lb", 1) LOADS("lbu", 1) LOADS("lh", 2) LOADS("lhu", 2)
  LOADS("lw", 4) LOADS("lwu", 4) LOADS("ld", 8)
  STORES("sb", 1) STORES("sh", 2) STORES("sw", 4) STORES("sd", 8)
  store_buffer();
}

#define BRANCH(op)                                                        \
  FOR_PAIRS(a, b) {                                                       \
    u64 taken;                                                            \
    __asm__ volatile("li %0, 1\n" op " %1, %2, 1f\n li %0, 0\n1:"         \
                     : "=&r"(taken) : "r"(a), "r"(b));                    \
    store(taken);                                                         \
  }

static void branches(void) {
  BRANCH("beq") BRANCH("bne") BRANCH("blt") BRANCH("bge") BRANCH("bltu") BRANCH("bgeu")
  u64 steps;
  __asm__ volatile("li %0, 10\n1: addi %0, %0, -1\n bgtz %0, 1b\n addi %0, %0, 77" : "=&r"(steps));
  store(steps);
}

static void jumps(void) {
  u64 link, target;
  __asm__ volatile("jal %0, 1f\n li %0, 0\n1:" : "=r"(link));
  store(link);
  __asm__ volatile("la %1, 1f\n jalr %0, 0(%1)\n li %0, 0\n1:" : "=&r"(link), "=&r"(target));
  store(link);
  /* The destination may be the source, and the lowest bit of the sum is dropped. */
  __asm__ volatile("la %0, 1f\n addi %0, %0, -99\n jalr %0, 100(%0)\n li %0, 0\n1:" : "=&r"(link));
  store(link);
  __asm__ volatile("j 2f\n1: jal %0, 3f\n2: jal %1, 1b\n3:" : "=&r"(link), "=&r"(target));
  store(link);
  store(target);
}

/* Atomics. */

#define AMO(op)                                                                         \
  FOR_PAIRS(a, b) {                                                                     \
    u64 result;                                                                         \
    buffer[2] = a;                                                                      \
    __asm__ volatile(op " %0, %1, (%2)" : "=r"(result) : "r"(b), "r"(buffer + 2) : "memory"); \
    store(result);                                                                      \
    store(buffer[2]);                                                                   \
  }

#define AMOS(op) AMO("amo" op ".w") AMO("amo" op ".d") AMO("amo" op ".w.aq") AMO("amo" op ".d.aqrl")

static void atomics(void) {
  AMOS("swap") AMOS("add") AMOS("xor") AMOS("and") AMOS("or") AMOS("min") AMOS("max")
  AMOS("minu") AMOS("maxu")
  buffer[2] = operands[24];
  u64 high;
  __asm__ volatile("amoadd.w %0, %1, (%2)"
                   : "=r"(high) : "r"(operands[23]), "r"((u64)buffer + 20) : "memory");
  store(high);
  store(buffer[2]);
}

#define RESERVED(width)                                                                   \
  for (int i_ = 0; i_ < OPERANDS; i_++) {                                                 \
    u64 loaded, failed, again;                                                            \
    buffer[2] = operands[i_];                                                             \
    __asm__ volatile("lr." width " %0, (%4)\n sc." width " %1, %3, (%4)\n"                \
                     "sc." width " %2, zero, (%4)"                                        \
                     : "=&r"(loaded), "=&r"(failed), "=&r"(again)                         \
                     : "r"(operands[OPERANDS - 1 - i_]), "r"(buffer + 2) : "memory");     \
    store(loaded);                                                                        \
    store(failed);                                                                        \
    store(again);                                                                         \
    store(buffer[2]);                                                                     \
    __asm__ volatile("lr." width ".aq %0, (%2)\n sc." width ".rl %1, %0, (%3)"            \
                     : "=&r"(loaded), "=&r"(failed)                                       \
                     : "r"(buffer + 2), "r"(buffer + 12) : "memory");                     \
    store(failed);                                                                        \
    __asm__ volatile("sc." width " %0, %1, (%1)" : "=&r"(failed) : "r"(buffer + 2) : "memory"); \
    store(failed);                                                                        \
    store(buffer[2]);                                                                     \
    store(buffer[12]);                                                                    \
  }

static void reservations(void) { RESERVED("w") RESERVED("d") }

#include "isa_machine.h"

/* Code that is written, run, and written again. */
static void written_code(void) {
  for (u32 i = 0; i < 16; i++) {
    code[0] = 0x00000513 | i * 77 << 20; /* li a0, i * 77 */
    code[1] = 0x00008067;                /* ret */
    __asm__ volatile("fence.i" ::: "memory");
    store(((u64(*)(void))(u64)code)());
    __asm__ volatile("fence\n fence r, w\n fence.tso");
  }
}

static u64 digest(const u64 *from) {
  u64 sum = 0;
  for (const u64 *word = from; word < out; word++) {
    sum = mix(sum + *word) + *word;
  }
  return sum;
}

/* Called by the handler with the interrupted register values saved. */
u64 isa_handle(u64 cause, u64 pc, u64 value, u64 link);

u64 isa_handle(u64 cause, u64 pc, u64 value, u64 link) {
  store(cause);
  if (cause >> 63) {
    *(volatile u32 *)0x2000000UL = 0;
    *(volatile u64 *)0x2004000UL = -1UL;
    return pc;
  }
  store(pc);
  store(value);
  return cause == 1 ? link : pc + 4;
}

__asm__(
    "        .balign 4\n"
    "isa_trap:\n"
    "        addi sp, sp, -160\n"
    "        .irp r, 1, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17\n"
    "        sd x\\r, 8 * \\r(sp)\n"
    "        .endr\n"
    "        sd t3, 0(sp)\n sd t4, 16(sp)\n sd t5, 24(sp)\n sd t6, 32(sp)\n"
    "        csrr a0, mcause\n csrr a1, mepc\n csrr a2, mtval\n mv a3, ra\n"
    "        call isa_handle\n"
    "        csrw mepc, a0\n"
    "        ld t3, 0(sp)\n ld t4, 16(sp)\n ld t5, 24(sp)\n ld t6, 32(sp)\n"
    "        .irp r, 1, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17\n"
    "        ld x\\r, 8 * \\r(sp)\n"
    "        .endr\n"
    "        addi sp, sp, 160\n"
    "        mret\n"
    /* Loads x1 to x31 from registers[1..31], a0 and a1 last. */
    "isa_end:\n"
    "        .irp r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17\n"
    "        ld x\\r, 8 * \\r(a0)\n"
    "        .endr\n"
    "        .irp r, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
    "        ld x\\r, 8 * \\r(a0)\n"
    "        .endr\n"
    "        ld a1, 88(a0)\n ld a0, 80(a0)\n"
    "        j park\n");

void program_main(u64 hart) {
  (void)hart;
  out = (u64 *)data_start();
  u64 *start = out;
  u64 state = parameters.seed;
  for (int i = FIXED; i < OPERANDS; i++) {
    operands[i] = next_random(&state);
  }
  __asm__ volatile("csrw mtvec, %0" ::"r"(isa_trap));
  integer_registers();
  multiplications();
  immediates();
  upper_immediates();
  special_registers();
  loads_and_stores();
  branches();
  jumps();
  atomics();
  reservations();
  control_registers();
  traps();
  returns();
  interrupts();
  written_code();
  u64 results = (u64)(out - start);
  begin_verdict(1);
  print_number(results);
  print(" results, digest ");
  print_hex(digest(start));
  if (!parameters.park) {
    finish(1);
  }
  print("\n");
  for (int i = 0; i < 32; i++) {
    store(mix(start[(u64)i * results / 32]));
  }
  isa_end(out - 32);
}
