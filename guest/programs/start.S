/* Entry of every program: all harts come here with a0 = hart id, a1 = device tree or 0. */
        .option norelax
        .section .start, "ax"
        .globl  _start
        .globl  parameters
        .globl  park
_start:
        csrw    mie, zero
        la      t0, trap_entry
        csrw    mtvec, t0
        la      t0, parameters
        ld      t1, 16(t0)              /* harts */
        bgeu    a0, t1, idle
        addi    t1, a0, 1               /* stack of hart h ends at image_end + (h + 1) * 4 KiB */
        slli    t1, t1, 12
        la      sp, image_end
        add     sp, sp, t1
        call    runtime_enter
idle:   wfi
        j       idle

        .balign 4
trap_entry:
        csrw    mscratch, t0
        csrr    t0, mcause
        addi    t0, t0, -19             /* a machine check: the page's data is lost */
        bnez    t0, give_up
        addi    sp, sp, -16             /* count it, and go on behind the access */
        sd      t1, 0(sp)
        la      t0, lost_accesses
        li      t1, 1
        amoadd.d zero, t1, (t0)
        ld      t1, 0(sp)
        addi    sp, sp, 16
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        csrr    t0, mscratch
        mret
give_up:
        csrr    a0, mcause
        csrr    a1, mepc
        csrr    a2, mtval
        call    runtime_trap

        /* Where a program ends that is told not to switch the machine off. */
        .balign 4
park:   j       park

        /* What the loader fills in; offsets are listed in runtime.h. */
        .org    0x100
parameters:
        .ascii  "FERRYPRM"
        .quad   128 << 20
        .quad   1
        .quad   1
        .quad   0
        .quad   0
        .quad   0
        .quad   stats
        .weak   stats
