/* SPDX-License-Identifier: ISC */
/*
 * threads [change] ROUNDS NAME=VALUE...: eight threads look the names up at once, ROUNDS times, and
 * compare. With `change` the environment is changed before the threads start, as POSIX allows. The last
 * names are expected absent if given as `!NAME`. Exits 1 at the first wrong answer.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8 };

static char **expected;
static unsigned long rounds;

static int is_right(const char *pair)
{
    if (pair[0] == '!')
        return getenv(pair + 1) == NULL;
    char name[64];
    size_t size = strcspn(pair, "=");
    memcpy(name, pair, size);
    name[size] = '\0';
    const char *found = getenv(name);
    return found && strcmp(found, pair + size + 1) == 0;
}

static void *look(void *arg)
{
    (void)arg;
    for (unsigned long i = 0; i < rounds; i++)
        for (char **pair = expected; *pair; pair++)
            if (!is_right(*pair)) {
                fprintf(stderr, "wrong: %s\n", *pair);
                exit(1);
            }
    return NULL;
}

int main(int argc, char **argv)
{
    char **arg = argv + 1;
    if (argc > 1 && strcmp(*arg, "change") == 0) {
        arg++;
        setenv("ADDED", "added", 1);
        setenv("CHANGED", "changed", 1);
        unsetenv("REMOVED");
    }
    rounds = strtoul(*arg++, NULL, 10);
    expected = arg;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, look, NULL) != 0)
            return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    puts("right");
    return 0;
}
