/* SPDX-License-Identifier: ISC */
/*
 * peek watch NAME PID      tries to look into a process for as long as it is the program NAME or out of
 * reach; prints `open` when it could, `shut` if it never could peek naive COMMAND…      becomes user 54321 as
 * one would without a thought, and after a moment the command
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Reading that link takes the same permission as memory does. */
static int watch(const char *name, const char *pid)
{
    char path[64], program[4096];
    snprintf(path, sizeof path, "/proc/%s/exe", pid);
    for (;;) {
        ssize_t size = readlink(path, program, sizeof program - 1);
        if (size < 0 && (errno == EACCES || errno == EPERM))
            continue;
        program[size > 0 ? size : 0] = '\0';
        const char *slash = strrchr(program, '/');
        printf("%s\n", slash && strcmp(slash + 1, name) == 0 ? "open" : "shut");
        return 0;
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "watch") == 0)
        return watch(argv[2], argv[3]);
    if (argc < 3 || prctl(PR_SET_DUMPABLE, 0) != 0 || setresgid(54321, 54321, 54321) != 0 ||
        setresuid(54321, 54321, 54321) != 0)
        return 99;
    usleep(200000);
    execvp(argv[2], argv + 2);
    return 99;
}
