/* SPDX-License-Identifier: ISC */
/* Injection on aarch64: see machine.h. Runs in the helper of an injection (tracer.h); sees no secret. */
#if defined(__aarch64__)
#include "deliver/machine_internal.h"

#include <asm/unistd.h>
#include <sys/mman.h>

/* execve leaves its own result in x0: 0, which is also the address that mmap is asked for. */
const unsigned char machine_boot[MACHINE_BOOT_SIZE] = {
    0x01, 0x00, 0x00, 0xd4, /*    svc  #0 */
    0x40, 0x00, 0xf8, 0xb7, /*    tbnz x0, #63, 1f */
    0x00, 0x00, 0x1f, 0xd6, /*    br   x0 */
    0xa0, 0x0f, 0x80, 0xd2, /* 1: mov  x0, #125 */
    0xc8, 0x0b, 0x80, 0xd2, /*    mov  x8, #94        exit_group */
    0x01, 0x00, 0x00, 0xd4, /*    svc  #0 */
    0x00, 0x00, 0x20, 0xd4, /*    brk  #0 */
    0x00, 0x00, 0x20, 0xd4, /*    brk  #0 */
};

unsigned long machine_stack_in(const struct user_regs_struct *registers)
{
    return registers->sp;
}

unsigned long machine_entry_in(const struct user_regs_struct *registers)
{
    return registers->pc;
}

void machine_set(struct user_regs_struct *registers, int code_fd, size_t size)
{
    registers->regs[8] = __NR_mmap;
    registers->regs[1] = size;
    registers->regs[2] = PROT_READ | PROT_EXEC;
    registers->regs[3] = MAP_PRIVATE;
    registers->regs[4] = (unsigned)code_fd;
    registers->regs[5] = 0;
    registers->regs[19] = registers->pc;
    registers->regs[20] = (unsigned)code_fd;
}

#endif
