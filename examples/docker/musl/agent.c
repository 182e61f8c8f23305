/* SPDX-License-Identifier: ISC */
/* A program as it would be without secrun: it reads its environment. Being process 1 of its container, it has
 * to handle SIGTERM to end at it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    const char *key = getenv("MOLTBOT_API_KEY");
    size_t size = key ? strlen(key) : 0;
    if (size < 4) {
        fprintf(stderr, "agent: MOLTBOT_API_KEY is not set\n");
        return 1;
    }
    sigset_t signals;
    int got;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    printf("agent: MOLTBOT_API_KEY has %zu characters and ends in %s\n", size, key + size - 4);
    fflush(stdout);
    sigwait(&signals, &got);
    printf("agent: stopping\n");
    return 0;
}
