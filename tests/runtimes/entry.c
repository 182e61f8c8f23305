/* SPDX-License-Identifier: ISC */
/*
 * entry: prints with what a process begins. Linked with `entry` as its entry point, which notes all registers
 * and goes on to the C library. Prints each register that is not zero (the stack pointer as what it points
 * to), the vector registers' words that are not, and the mappings without their addresses.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { GENERAL = 32, VECTOR_BYTES = 16384 };

struct noted {
    uint64_t general[GENERAL]; /* the machine's order; then, the flags last but one, the stack pointer last */
    uint64_t flags, stack;
    _Alignas(64) unsigned char vectors[VECTOR_BYTES];
};

struct noted noted __attribute__((aligned(64)));

#if defined(__x86_64__)
/* rax rbx rcx rdx rsi rdi rbp r8-r15. XSAVE of all that there is; FXSAVE where that is missing. */
__asm__(".text\n.globl entry\n.type entry,@function\nentry:\n\t"
        "mov %rax, noted+0(%rip)\n\t"
        "mov %rbx, noted+8(%rip)\n\t"
        "mov %rcx, noted+16(%rip)\n\t"
        "mov %rdx, noted+24(%rip)\n\t"
        "mov %rsi, noted+32(%rip)\n\t"
        "mov %rdi, noted+40(%rip)\n\t"
        "mov %rbp, noted+48(%rip)\n\t"
        "mov %r8, noted+56(%rip)\n\t"
        "mov %r9, noted+64(%rip)\n\t"
        "mov %r10, noted+72(%rip)\n\t"
        "mov %r11, noted+80(%rip)\n\t"
        "mov %r12, noted+88(%rip)\n\t"
        "mov %r13, noted+96(%rip)\n\t"
        "mov %r14, noted+104(%rip)\n\t"
        "mov %r15, noted+112(%rip)\n\t"
        "mov %rsp, noted+264(%rip)\n\t"
        "pushfq\n\t"
        "popq noted+256(%rip)\n\t"
        "mov $1, %eax\n\t"
        "xor %ecx, %ecx\n\t"
        "cpuid\n\t"
        "bt $27, %ecx\n\t"
        "jnc 1f\n\t"
        "mov $-1, %eax\n\t"
        "mov $-1, %edx\n\t"
        "xsave64 noted+320(%rip)\n\t"
        "jmp 2f\n"
        "1:\n\t"
        "fxsave64 noted+320(%rip)\n"
        "2:\n\t"
        "xor %eax, %eax\n\t"
        "xor %ebx, %ebx\n\t"
        "xor %ecx, %ecx\n\t"
        "mov noted+24(%rip), %rdx\n\t"
        "jmp _start\n");
#define ARITHMETIC 0x8d5UL  /* carry, parity, adjust, zero, sign, overflow: anybody's */
#define HEADER     512, 528 /* which components are in use: the processor's to say */
#define ANYBODYS   -1
#elif defined(__aarch64__)
__asm__(".text\n.globl entry\n.type entry,%function\nentry:\n\t"
        "str x0, [sp, #-16]!\n\t"
        "adrp x0, noted\n\t"
        "add x0, x0, :lo12:noted\n\t"
        "stp x2, x3, [x0, #16]\n\t"
        "stp x4, x5, [x0, #32]\n\t"
        "stp x6, x7, [x0, #48]\n\t"
        "stp x8, x9, [x0, #64]\n\t"
        "stp x10, x11, [x0, #80]\n\t"
        "stp x12, x13, [x0, #96]\n\t"
        "stp x14, x15, [x0, #112]\n\t"
        "stp x16, x17, [x0, #128]\n\t"
        "stp x18, x19, [x0, #144]\n\t"
        "stp x20, x21, [x0, #160]\n\t"
        "stp x22, x23, [x0, #176]\n\t"
        "stp x24, x25, [x0, #192]\n\t"
        "stp x26, x27, [x0, #208]\n\t"
        "stp x28, x29, [x0, #224]\n\t"
        "stp x30, xzr, [x0, #240]\n\t"
        "str x1, [x0, #8]\n\t"
        "ldr x1, [sp], #16\n\t"
        "str x1, [x0]\n\t"
        "mov x1, sp\n\t"
        "str x1, [x0, #264]\n\t"
        "add x1, x0, #320\n\t"
        "stp q0, q1, [x1]\n\t"
        "stp q2, q3, [x1, #32]\n\t"
        "stp q4, q5, [x1, #64]\n\t"
        "stp q6, q7, [x1, #96]\n\t"
        "stp q8, q9, [x1, #128]\n\t"
        "stp q10, q11, [x1, #160]\n\t"
        "stp q12, q13, [x1, #192]\n\t"
        "stp q14, q15, [x1, #224]\n\t"
        "stp q16, q17, [x1, #256]\n\t"
        "stp q18, q19, [x1, #288]\n\t"
        "stp q20, q21, [x1, #320]\n\t"
        "stp q22, q23, [x1, #352]\n\t"
        "stp q24, q25, [x1, #384]\n\t"
        "stp q26, q27, [x1, #416]\n\t"
        "stp q28, q29, [x1, #448]\n\t"
        "stp q30, q31, [x1, #480]\n\t"
        "mrs x2, fpsr\n\t"
        "mrs x3, fpcr\n\t"
        "str x2, [x1, #512]\n\t"
        "str x3, [x1, #520]\n\t"
        "ldp x2, x3, [x0, #16]\n\t"
        "ldr x1, [x0, #8]\n\t"
        "ldr x0, [x0]\n\t"
        "b _start\n");
#define ARITHMETIC 0UL
#define HEADER     0, 0
#define ANYBODYS   16 /* x16: by it the stub jumps, as a landing pad demands */
#endif

static void print_registers(char **argv)
{
    static const size_t header[] = {HEADER};
    for (int i = 0; i < GENERAL; i++)
        if (noted.general[i] && i != ANYBODYS)
            printf("general %d: %#lx\n", i, (unsigned long)noted.general[i]);
    printf("flags %#lx\n", (unsigned long)noted.flags & ~ARITHMETIC);
    printf("stack: aligned %d, argc %ld, argv %d\n", noted.stack % 16 == 0, *(const long *)noted.stack,
           (char **)(noted.stack + sizeof(long)) == argv);
    for (size_t at = 0; at < VECTOR_BYTES; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, noted.vectors + at, sizeof word);
        if (word && (at < header[0] || at >= header[1]))
            printf("vectors %zu: %#lx\n", at, (unsigned long)word);
    }
}

static void print_mappings(void)
{
    char line[8192];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        char permissions[8] = "", name[4096] = "";
        sscanf(line, "%*s %7s %*s %*s %*s %4095[^\n]", permissions, name);
        printf("mapping %s %s\n", permissions, name);
    }
    if (maps)
        fclose(maps);
}

int main(int argc, char **argv)
{
    (void)argc;
    print_registers(argv);
    print_mappings();
    return 0;
}
