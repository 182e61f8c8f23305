/* SPDX-License-Identifier: ISC */
/*
 * fake-capsule KIND SHIM COMMAND [ARG...]: runs COMMAND with the shim preloaded and a capsule announced
 * that the launcher did not make. KIND: none, text:TEXT (what is announced), closed, file, pipe, empty,
 * unsealed, sealed, secret (memory without a capsule in it).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MEMFD_SECRET = 447 };

static int descriptor(const char *kind, const char *file)
{
    int pipes[2];
    if (strcmp(kind, "closed") == 0)
        return 55;
    if (strcmp(kind, "file") == 0)
        return open(file, O_RDONLY);
    if (strcmp(kind, "pipe") == 0)
        return pipe(pipes) == 0 ? pipes[0] : -1;
    int fd =
        strcmp(kind, "secret") == 0 ? (int)syscall(MEMFD_SECRET, 0) : memfd_create("fake", MFD_ALLOW_SEALING);
    if (strcmp(kind, "empty") != 0 && ftruncate(fd, 4096) != 0)
        return -1;
    if (strcmp(kind, "unsealed") != 0 && strcmp(kind, "secret") != 0)
        fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return fd;
}

int main(int argc, char **argv)
{
    char number[16];
    if (argc < 4)
        return 99;
    const char *kind = argv[1];
    if (strncmp(kind, "text:", 5) == 0) {
        setenv("SECRUN_CAPSULE", kind + 5, 1);
    } else if (strcmp(kind, "none") != 0) {
        int fd = descriptor(kind, argv[2]);
        if (fd < 0)
            return 98;
        snprintf(number, sizeof number, "%d", fd);
        setenv("SECRUN_CAPSULE", number, 1);
    }
    setenv("LD_PRELOAD", argv[2], 1);
    execv(argv[3], argv + 3);
    perror(argv[3]);
    return 99;
}
