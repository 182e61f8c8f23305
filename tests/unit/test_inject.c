/* SPDX-License-Identifier: ISC */
/* The helper of an injection, as far as it goes without a target: what others can do to it and to its file.
 * Runs in the unit tests only; each test is a process of its own, which is traced. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/message.h"
#include "deliver/inject.h"
#include "deliver/tracer.h"

static long tracer(void)
{
    char line[256];
    long pid = -1;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "TracerPid:", 10) == 0)
            pid = strtol(line + 10, NULL, 10);
    if (file)
        fclose(file);
    return pid;
}

Test(inject, attaches_and_is_dismissed_without_a_trace)
{
    struct inject inject;
    struct reason why = {0};
    for (int i = 0; i < 50; i++) {
        cr_assert(inject_attach(&inject, i % 2 ? INJECT_STUB : INJECT_WATCH, &why), "%s", why.text);
        cr_assert_eq(tracer(), inject.helper);
        cr_assert_eq(prctl(PR_GET_DUMPABLE), 0);
        inject_dismiss(&inject);
        cr_assert_eq(tracer(), 0);
        cr_assert_eq(waitpid(-1, NULL, __WALL), -1);
        cr_assert_eq(errno, ECHILD);
    }
    cr_expect_eq(open("/dev/null", O_RDONLY), open("/dev/null", O_RDONLY) - 1);
}

/* What stands in it runs in the target; the same user opens it by way of /proc. */
Test(inject, keeps_the_stub_from_being_changed)
{
    struct inject inject;
    struct reason why = {0};
    char path[64], byte = 0;
    cr_assert(inject_attach(&inject, INJECT_STUB, &why), "%s", why.text);
    snprintf(path, sizeof path, "/proc/self/fd/%d", inject.code_fd);
    int fd = open(path, O_RDWR);
    cr_expect(fd < 0 || pwrite(fd, &byte, 1, 0) == -1, "its bytes can be written");
    cr_expect(fd < 0 || ftruncate(fd, 0) == -1, "it can be cut off");
    inject_dismiss(&inject);
}

/* To others than root, the files in /proc of a process that is not dumpable belong to root. */
Test(inject, keeps_the_helper_from_other_processes_of_its_user)
{
    struct inject inject;
    struct reason why = {0};
    char path[64];
    if (getuid() == 0)
        cr_assert(setgid(54321) == 0 && setuid(54321) == 0);
    prctl(PR_SET_DUMPABLE, 1);
    cr_assert(inject_attach(&inject, INJECT_STUB, &why), "%s", why.text);
    snprintf(path, sizeof path, "/proc/%d/environ", inject.helper);
    cr_expect_eq(open(path, O_RDONLY), -1);
    cr_expect_eq(errno, EACCES);
    inject_dismiss(&inject);
}

/* Its parent was killed before it came to run: who has inherited it is not to be traced, nor killed with it.
 */
Test(inject, leaves_a_parent_alone_that_is_not_its_own)
{
    const struct inject inject = {.task = INJECT_STUB};
    int go[2], answer[2], status = 0, error;
    cr_assert(pipe(go) == 0 && pipe(answer) == 0);
    pid_t child = fork();
    if (child == 0)
        tracer_run(&inject, getppid() + 1, go[0], answer[1]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILED, "status %#x", (unsigned)status);
    cr_expect_eq(tracer(), 0);
    close(answer[1]);
    cr_expect_eq(read(answer[0], &error, sizeof error), 0, "it has answered");
}
