/* SPDX-License-Identifier: ISC */
/*
 * Times getenv of each name given, in nanoseconds a call: the least of several rounds, since whatever
 * else the machine does only adds. Run by bench.sh, plainly and under secrun.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 40, CALLS = 100000 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        double least = 1e18;
        const char *value = NULL;
        for (int round = 0; round < ROUNDS; round++) {
            double begin = now();
            for (int call = 0; call < CALLS; call++) {
                value = getenv(argv[i]);
                __asm__ volatile("" : : "r"(value) : "memory");
            }
            double took = (now() - begin) / CALLS;
            least = took < least ? took : least;
        }
        printf("%s %s %.2f\n", argv[i], value ? "found" : "absent", least);
    }
    return 0;
}
