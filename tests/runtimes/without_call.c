/* SPDX-License-Identifier: ISC */
/*
 * without-call CALL ERRNO|kill COMMAND [ARG...]: runs COMMAND where that system call fails with that error,
 * as under a container's seccomp filter, or ends who makes it, as that of a systemd unit. CALL `execmem` is
 * an mmap or mprotect that asks for PROT_EXEC.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const struct {
    const char *name;
    unsigned number, second; /* one of them, or both */
    unsigned bits;           /* of the third argument; 0: whatever it is */
} calls[] = {
    {"memfd_secret", 447, 447, 0},
    {"memfd_create", SYS_memfd_create, SYS_memfd_create, 0},
    {"ptrace", SYS_ptrace, SYS_ptrace, 0},
    {"clone", SYS_clone, SYS_clone, 0},
    {"prctl", SYS_prctl, SYS_prctl, 0},
    {"process_vm", SYS_process_vm_readv, SYS_process_vm_writev, 0},
    {"execmem", SYS_mmap, SYS_mprotect, PROT_EXEC},
};

static int forbid(unsigned number, unsigned second, unsigned bits, unsigned result)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0, bits ? 0 : 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, result),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 99;
    bool kills = strcmp(argv[2], "kill") == 0;
    unsigned result = kills ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | (unsigned)atoi(argv[2]);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].name, argv[1]) != 0)
            continue;
        if (forbid(calls[i].number, calls[i].second, calls[i].bits, result) != 0)
            break;
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        return 99;
    }
    fprintf(stderr, "without-call: %s: cannot be forbidden\n", argv[1]);
    return 99;
}
