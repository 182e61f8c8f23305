/* SPDX-License-Identifier: ISC */
/* A program that nothing can be loaded into, since it is linked statically: cc -static -o job job.c. Tells
 * that it has its key, and runs until its standard input ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    const char *key = getenv("MOLTBOT_API_KEY");
    size_t size = key ? strlen(key) : 0;
    if (size < 4) {
        fprintf(stderr, "job: MOLTBOT_API_KEY is not set\n");
        return 1;
    }
    printf("job: MOLTBOT_API_KEY has %zu characters and ends in %s\n", size, key + size - 4);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}
