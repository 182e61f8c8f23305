/* SPDX-License-Identifier: ISC */
/* The child of spawns: what it finds of what it was to be started with. */
#include "spawns_report.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void report_descriptors(void)
{
    bool open[1024] = {false};
    DIR *directory = opendir("/proc/self/fd");
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory))
            open[atoi(entry->d_name)] = true;
    closedir(directory);
    printf("  descriptors:");
    for (int fd = 0; fd < 1024; fd++)
        if (open[fd])
            printf(" %d", fd);
    printf("\n");
}

/* libc's own are left out: they are between libc and itself. */
static void report_signals(void)
{
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    printf("  signals:");
    for (int number = 1; number < 65; number++) {
        struct sigaction action = {0};
        if ((number >= 32 && number <= 34) || sigaction(number, NULL, &action) < 0)
            continue;
        if (sigismember(&mask, number) == 1)
            printf(" %d blocked", number);
        if (action.sa_handler == SIG_IGN)
            printf(" %d ignored", number);
    }
    printf("\n");
}

int spawns_report(char *const *what)
{
    char path[4096];
    struct sched_param parameters;
    for (; *what; what++) {
        if (strcmp(*what, "descriptors") == 0)
            report_descriptors();
        else if (strcmp(*what, "signals") == 0)
            report_signals();
        else if (strcmp(*what, "directory") == 0)
            printf("  in %s\n", getcwd(path, sizeof path) ? strrchr(path, '/') : "nowhere");
        else if (strcmp(*what, "group") == 0)
            printf("  session %d group %d\n", getsid(0) == getpid(), getpgrp() == getpid());
        else if (strcmp(*what, "terminal") == 0)
            printf("  foreground %d\n", tcgetpgrp(0) == getpgrp());
        else if (strcmp(*what, "schedule") == 0)
            printf("  policy %d %d\n", sched_getscheduler(0), sched_getparam(0, &parameters));
        else if (strcmp(*what, "ids") == 0)
            printf("  real %d effective %d\n", (int)getuid(), (int)geteuid());
        else if (strcmp(*what, "environment") == 0)
            for (char **entry = environ; *entry; entry++)
                printf("  | %.60s\n", *entry);
        else
            printf("  argument %.20s of %zu\n", *what, strlen(*what));
    }
    const char *secret = getenv("PLAIN");
    printf("  PLAIN %s\n", secret ? secret : "is not there");
    return 5;
}
