/* SPDX-License-Identifier: ISC */
/* Injection on x86-64: see machine.h. Runs in the helper of an injection (tracer.h); sees no secret. */
#if defined(__x86_64__)
#include "deliver/machine.h"

#include <elf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

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

static bool fetch(pid_t pid, struct user_regs_struct *registers)
{
    struct iovec set = {registers, sizeof *registers};
    if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &set) != 0)
        return false;
    if (set.iov_len == sizeof *registers)
        return true;
    errno = ENOEXEC; /* a process of 32 bits */
    return false;
}

bool machine_stack(pid_t pid, unsigned long *stack)
{
    struct user_regs_struct registers;
    bool ok = fetch(pid, &registers);
    *stack = ok ? registers.rsp : 0;
    return ok;
}

bool machine_prepare(pid_t pid, int code_fd, size_t size, unsigned long *entry)
{
    struct user_regs_struct registers;
    struct iovec set = {&registers, sizeof registers};
    if (!fetch(pid, &registers))
        return false;
    *entry = registers.rip;
    registers.rdi = 0;
    registers.rsi = size;
    registers.rdx = PROT_READ | PROT_EXEC;
    registers.r10 = MAP_PRIVATE;
    registers.r8 = (unsigned)code_fd;
    registers.r9 = 0;
    registers.rbx = registers.rip;
    registers.r12 = (unsigned)code_fd;
    return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &set) == 0;
}

#endif
