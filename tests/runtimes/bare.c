/* SPDX-License-Identifier: ISC */
/* A program that a loader starts, but that has no libc: prints its environment from the stack it begins
 * with, each entry with its NUL. */
#include <asm/unistd.h>

static long call(long number, long a, long b, long c)
{
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#else
#error "no system call for this machine"
#endif
}

void begin(char **stack);

/* stack: argc, argv, NULL, envp, NULL */
__attribute__((used)) void begin(char **stack)
{
    char **entry = stack + (long)stack[0] + 2;
    for (; *entry; entry++) {
        long size = 0;
        while ((*entry)[size])
            size++;
        call(__NR_write, 1, (long)*entry, size + 1);
    }
    call(__NR_exit_group, 0, 0, 0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n");
#endif
