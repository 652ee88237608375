/* A guest for QEMU in one boot sector: it increments one byte in every page of a region for ever, and
 * keeps account of how long each increment took. 32-bit protected mode, flat, without paging and
 * interrupts, so that nothing else touches memory.
 *
 * The region begins at 1 MiB. Every page holds its counter in byte 0, and in the four bytes at 8 the
 * number of pages from it to the end of the region, which tells pages apart. Pages come in the order
 * i = (i * multiplier + increment) & mask; an i beyond the region is skipped. With multiplier and
 * increment 1 that is the order of address; with those of a full-period generator it is pseudo-random.
 *
 * Parameters are 32-bit words at 0x1d0 of the sector. Statistics are at physical 0x10000:
 *   0x00  64 bits  touches
 *   0x08  32 bits  complete passes over the region
 *   0x0c  32 bits  0x600d600d once every page is filled in
 *   0x10  64 bits  time stamp counter at the latest touch, which tells how fast it runs
 *   0x100          128 counts of 32 bits: touches by duration in ticks of that counter; the number of a
 *                  count is four times the position of the highest bit, plus the two bits below it
 */
        .equ    statistics, 0x10000
        .equ    region, 0x100000

        .code16
        .globl  _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        inb     $0x92, %al              /* address line 20, so that odd MiB exist */
        orb     $2, %al
        outb    %al, $0x92
        lgdtl   descriptors_pointer
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $8, $protected

        .code32
protected:
        movw    $16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $statistics, %edi
        xorl    %eax, %eax
        movl    $1024, %ecx
        rep stosl

        movl    $region, %edi
        movl    pages, %ecx
fill:   movl    %ecx, 8(%edi)
        movb    $1, (%edi)
        addl    $4096, %edi
        loop    fill
        movl    $statistics, %ebp
        movl    $0x600d600d, 0xc(%ebp)

        cmpl    $0, idle
        je      begin
halt:   hlt
        jmp     halt

begin:  xorl    %esi, %esi              /* i */
touch:  cmpl    pages, %esi
        jae     next
        movl    %esi, %edi
        shll    $12, %edi
        addl    $region, %edi
        rdtsc
        movl    %eax, %ebx
        movl    %edx, %ecx
        incb    (%edi)
        rdtsc
        movl    %eax, 0x10(%ebp)
        movl    %edx, 0x14(%ebp)
        subl    %ebx, %eax
        sbbl    %ecx, %edx
        jz      short_enough
        movl    $0xffffffff, %eax       /* 2^32 ticks or more count as the longest */
short_enough:
        addl    $1, 0(%ebp)
        adcl    $0, 4(%ebp)
        orl     $4, %eax                /* at least two bits below the highest */
        bsrl    %eax, %edx
        leal    -2(%edx), %ecx
        shrl    %cl, %eax
        andl    $3, %eax
        leal    (%eax,%edx,4), %eax
        incl    0x100(%ebp,%eax,4)
next:   imull   multiplier, %esi
        addl    increment, %esi
        andl    mask, %esi
        jnz     touch
        incl    8(%ebp)
        jmp     touch

        .align  4
descriptors:
        .quad   0
        .quad   0x00cf9a000000ffff      /* 8: code, 16: data, both all 4 GiB */
        .quad   0x00cf92000000ffff
descriptors_pointer:
        .word   descriptors_pointer - descriptors - 1
        .long   descriptors

        .org    0x1d0
pages:      .long 196608
multiplier: .long 1
increment:  .long 1
mask:       .long 0x3ffff
idle:       .long 0

        .org    0x1fe
        .byte   0x55, 0xaa              /* a boot sector */
