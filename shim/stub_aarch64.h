/* SPDX-License-Identifier: ISC */
/* The stub's first and last instructions on aarch64 (AAPCS64, and the kernel's start_thread). Runs inside the
 * target. Given: x19 the entry point, x20 the descriptor. */
#ifndef SECRUN_STUB_AARCH64_H
#define SECRUN_STUB_AARCH64_H

/* The jump is by x16, which a landing pad (bti c) at the entry point takes from anywhere. */
__asm__(".section .text.stub_entry,\"ax\",@progbits\n"
        ".globl stub_entry\n"
        ".hidden stub_entry\n"
        ".type stub_entry,@function\n"
        "stub_entry:\n\t"
        "mov x22, sp\n\t"
        "mov x0, x22\n\t"
        "mov w1, w20\n\t"
        "mov x29, xzr\n\t" /* backtraces end here */
        "mov x30, xzr\n\t"
        "bl stub_run\n\t"
        "mov sp, x22\n\t"
        "mov x16, x19\n\t"
        "mov x0, xzr\n\t"
        "mov x1, xzr\n\t"
        "mov x2, xzr\n\t"
        "mov x3, xzr\n\t"
        "mov x4, xzr\n\t"
        "mov x5, xzr\n\t"
        "mov x6, xzr\n\t"
        "mov x7, xzr\n\t"
        "mov x8, xzr\n\t"
        "mov x9, xzr\n\t"
        "mov x10, xzr\n\t"
        "mov x11, xzr\n\t"
        "mov x12, xzr\n\t"
        "mov x13, xzr\n\t"
        "mov x14, xzr\n\t"
        "mov x15, xzr\n\t"
        "mov x17, xzr\n\t"
        "mov x18, xzr\n\t"
        "mov x19, xzr\n\t"
        "mov x20, xzr\n\t"
        "mov x21, xzr\n\t"
        "mov x22, xzr\n\t"
        "mov x23, xzr\n\t"
        "mov x24, xzr\n\t"
        "mov x25, xzr\n\t"
        "mov x26, xzr\n\t"
        "mov x27, xzr\n\t"
        "mov x28, xzr\n\t"
        "mov x29, xzr\n\t"
        "mov x30, xzr\n\t"
        "br x16\n\t"
        ".size stub_entry, . - stub_entry\n\t"
        ".text\n");

#endif
