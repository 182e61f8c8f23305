/* SPDX-License-Identifier: ISC */
/*
 * signals NAME VALUE: a timer's handler looks NAME up all the time while main does so, too, and
 * allocates; prints how it went.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { WANTED = 1000 };

static const char *name, *value;
static volatile sig_atomic_t handled, wrong;

static void on_alarm(int number)
{
    (void)number;
    const char *found = getenv(name);
    if (!found || strcmp(found, value) != 0 || getenv("NOT_THERE"))
        wrong++;
    handled++;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 99;
    name = argv[1];
    value = argv[2];
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 200}, {0, 200}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (unsigned size = 1; handled < WANTED && !wrong; size = size * 7 % 100003 + 1) {
        void *block = malloc(size);
        const char *found = getenv(name);
        if (!found || strcmp(found, value) != 0)
            wrong++;
        free(block);
    }
    puts(wrong ? "wrong" : "right");
    return wrong != 0;
}
