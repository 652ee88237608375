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
