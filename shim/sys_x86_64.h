/* SPDX-License-Identifier: ISC */
/* The system call of x86-64 (System V ABI, AMD64 supplement, A.2.1). Runs inside the target. */
#ifndef SECRUN_SYS_X86_64_H
#define SECRUN_SYS_X86_64_H

static inline long sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/*
 * clone, where the child has a stack of its own in this memory: it calls body(argument) there, and ends with
 * that as its status. Here: its pid, or -errno. flags: with CLONE_VM and CLONE_VFORK, without CLONE_SETTLS;
 * stack_end: aligned to 16; *pidfd: for CLONE_PIDFD.
 *
 * One piece of assembly, since what the compiler put on the old stack is not the child's to use. The
 * call finds the landing pad (endbr64) that a function whose address is taken begins with; its
 * shadow stack is the caller's, as for vfork.
 */
static inline long sys_clone_call(unsigned long flags, void *stack_end, int *pidfd, int (*body)(void *),
                                  void *argument)
{
    long result;
    register long r10 __asm__("r10") = 0;
    register void *r8 __asm__("r8") = argument;
    register int (*r9)(void *) __asm__("r9") = body;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t" /* backtraces end here */
                     "mov %%r8, %%rdi\n\t"
                     "call *%%r9\n\t"
                     "mov %%eax, %%edi\n\t"
                     "mov %[exit], %%eax\n\t"
                     "syscall\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)__NR_clone), "D"(flags), "S"(stack_end), "d"(pidfd), "r"(r10), "r"(r8),
                       "r"(r9), [exit] "i"(__NR_exit_group)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

#endif
