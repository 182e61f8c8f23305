/* SPDX-License-Identifier: ISC */
/* The system call of aarch64: number in x8, arguments in x0 to x5. Runs inside the target. */
#ifndef SECRUN_SYS_AARCH64_H
#define SECRUN_SYS_AARCH64_H

static inline long sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory", "cc");
    return x0;
}

/*
 * clone, where the child has a stack of its own in this memory: see shim/sys_x86_64.h. The call finds the
 * landing pad (bti c, or paciasp) of a function whose address is taken.
 */
static inline long sys_clone_call(unsigned long flags, void *stack_end, int *pidfd, int (*body)(void *),
                                  void *argument)
{
    register long x8 __asm__("x8") = __NR_clone;
    register long x0 __asm__("x0") = (long)flags;
    register void *x1 __asm__("x1") = stack_end;
    register int *x2 __asm__("x2") = pidfd;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    register int (*x5)(void *) __asm__("x5") = body;
    register void *x6 __asm__("x6") = argument;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t" /* backtraces end here */
                     "mov x30, xzr\n\t"
                     "mov x0, x6\n\t"
                     "blr x5\n\t"
                     "mov x8, %[exit]\n\t"
                     "svc #0\n\t"
                     "brk #1\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5),
                       "r"(x6), [exit] "i"(__NR_exit_group)
                     : "memory", "cc");
    return x0;
}

#endif
