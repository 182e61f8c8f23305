/* SPDX-License-Identifier: ISC */
/* Injection on x86-64: see machine.h. Runs in the helper of an injection (tracer.h); sees no secret. */
#if defined(__x86_64__)
#include "deliver/machine_internal.h"

#include <sys/mman.h>

/* execve leaves its own result in rax, so the number of the system call is loaded here. */
const unsigned char machine_boot[MACHINE_BOOT_SIZE] = {
    0xb8, 0x09, 0x00, 0x00, 0x00, /*    mov  $9, %eax       mmap */
    0x0f, 0x05,                   /*    syscall */
    0x48, 0x85, 0xc0,             /*    test %rax, %rax */
    0x78, 0x02,                   /*    js   1f */
    0xff, 0xe0,                   /*    jmp  *%rax */
    0xbf, 0x7d, 0x00, 0x00, 0x00, /* 1: mov  $125, %edi */
    0xb8, 0xe7, 0x00, 0x00, 0x00, /*    mov  $231, %eax     exit_group */
    0x0f, 0x05,                   /*    syscall */
    0x0f, 0x0b,                   /*    ud2 */
};

unsigned long machine_stack_in(const struct user_regs_struct *registers)
{
    return registers->rsp;
}

unsigned long machine_entry_in(const struct user_regs_struct *registers)
{
    return registers->rip;
}

void machine_set(struct user_regs_struct *registers, int code_fd, size_t size)
{
    registers->rdi = 0;
    registers->rsi = size;
    registers->rdx = PROT_READ | PROT_EXEC;
    registers->r10 = MAP_PRIVATE;
    registers->r8 = (unsigned)code_fd;
    registers->r9 = 0;
    registers->rbx = registers->rip;
    registers->r12 = (unsigned)code_fd;
}

#endif
