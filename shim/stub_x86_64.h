/* SPDX-License-Identifier: ISC */
/* The stub's first and last instructions on x86-64 (System V ABI, AMD64 supplement, 3.4.1 "Initial Stack and
 * Register State"). Runs inside the target. Given: rbx the entry point, r12 the descriptor.
 */
#ifndef SECRUN_STUB_X86_64_H
#define SECRUN_STUB_X86_64_H

__asm__(".section .text.stub_entry,\"ax\",@progbits\n"
        ".globl stub_entry\n"
        ".hidden stub_entry\n"
        ".type stub_entry,@function\n"
        "stub_entry:\n\t"
        "endbr64\n\t"
        "mov %rsp, %rbp\n\t"
        "mov %rsp, %rdi\n\t"
        "mov %r12d, %esi\n\t"
        "and $-16, %rsp\n\t"
        "call stub_run\n\t"
        "mov %rbp, %rsp\n\t"
        "push %rbx\n\t"
        "xor %eax, %eax\n\t"
        "xor %ebx, %ebx\n\t"
        "xor %ecx, %ecx\n\t"
        "xor %edx, %edx\n\t"
        "xor %esi, %esi\n\t"
        "xor %edi, %edi\n\t"
        "xor %ebp, %ebp\n\t"
        "xor %r8d, %r8d\n\t"
        "xor %r9d, %r9d\n\t"
        "xor %r10d, %r10d\n\t"
        "xor %r11d, %r11d\n\t"
        "xor %r12d, %r12d\n\t"
        "xor %r13d, %r13d\n\t"
        "xor %r14d, %r14d\n\t"
        "xor %r15d, %r15d\n\t"
        "ret\n\t" /* to the entry point; execve has left no shadow stack that could object */
        ".size stub_entry, . - stub_entry\n\t"
        ".text\n");

#endif
