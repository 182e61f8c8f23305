/* SPDX-License-Identifier: ISC */
/* A preload of the user's own, for glibc and musl alike: says that it is there, on standard error. */
#include <asm/unistd.h>

static const char line[] = "user preload\n";

__attribute__((constructor)) static void on_load(void)
{
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(__NR_write), "D"(2L), "S"(line), "d"(sizeof line - 1)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long number __asm__("x8") = __NR_write;
    register long fd __asm__("x0") = 2;
    register const char *text __asm__("x1") = line;
    register long size __asm__("x2") = sizeof line - 1;
    __asm__ volatile("svc #0" : "+r"(fd) : "r"(number), "r"(text), "r"(size) : "memory");
#else
#error "no system call for this machine"
#endif
}
