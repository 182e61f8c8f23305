/* SPDX-License-Identifier: ISC */
/* The registers of a process that is injected into: see machine.h. Runs in the helper of an injection
 * (tracer.h); sees no secret. */
#include "deliver/machine_internal.h"

#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

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
    *stack = ok ? machine_stack_in(&registers) : 0;
    return ok;
}

bool machine_prepare(pid_t pid, int code_fd, size_t size, unsigned long *entry)
{
    struct user_regs_struct registers;
    struct iovec set = {&registers, sizeof registers};
    if (!fetch(pid, &registers))
        return false;
    *entry = machine_entry_in(&registers);
    machine_set(&registers, code_fd, size);
    return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &set) == 0;
}
