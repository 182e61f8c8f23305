/* SPDX-License-Identifier: ISC */
/*
 * captive [PATH…]            a program that root has given to another user, which tells who it is, what is
 * left to it, and how its attempts at root, at these files and at others' keys end captive plant COMMAND…
 * puts a key into a new session keyring, and becomes the command
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEY "secrun-planted-key"

static void report(const char *what, const char *of, int succeeded)
{
    printf("%s%s%s: %s\n", what, *of ? " " : "", of, succeeded ? "done" : strerrorname_np(errno));
}

static void tell_status(void)
{
    char line[4096];
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "Uid", 3) == 0 || strncmp(line, "Gid", 3) == 0 ||
            strncmp(line, "Groups", 6) == 0 || strncmp(line, "NoNewPrivs", 10) == 0) {
            for (char *tab; (tab = strchr(line, '\t'));)
                *tab = ' ';
            printf("%s", line);
        }
    if (file)
        fclose(file);
}

static void tell_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[300], target[4096];
        int fd = atoi(entry->d_name);
        if (fd <= 2 || fd == dirfd(directory))
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t size = readlink(path, target, sizeof target - 1);
        target[size > 0 ? size : 0] = '\0';
        printf("descriptor %d: %s\n", fd, target);
    }
    if (directory)
        closedir(directory);
}

static void try_root(void)
{
    const gid_t root = 0;
    report("setuid", "", setuid(0) == 0);
    report("seteuid", "", seteuid(0) == 0);
    report("setresuid", "", setresuid(0, 0, 0) == 0);
    report("setgid", "", setgid(0) == 0);
    report("setgroups", "", setgroups(1, &root) == 0);
    report("chroot", "", chroot("/") == 0);
    report("ptrace", "init", ptrace(PTRACE_SEIZE, 1, NULL, NULL) == 0);
}

static void try_keys(void)
{
    char description[256] = "";
    long size =
        syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, description, sizeof description - 1);
    if (size < 0)
        report("session keyring", "", 0);
    else
        printf("session keyring: %s\n", description);
    report("key", KEY, syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", KEY, 0) >= 0);
}

static int plant(char **command)
{
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
        syscall(SYS_add_key, "user", KEY, "value", 5, KEY_SPEC_SESSION_KEYRING) < 0) {
        report("plant", "", 0);
        return 98;
    }
    execvp(command[0], command);
    return 99;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "plant") == 0)
        return plant(argv + 2);
    printf("TOKEN=%s\n", getenv("TOKEN") ? getenv("TOKEN") : "");
    tell_status();
    tell_descriptors();
    try_keys();
    for (int i = 1; i < argc; i++)
        report("open", argv[i], open(argv[i], O_RDONLY | O_CLOEXEC) >= 0);
    try_root();
    return 0;
}
