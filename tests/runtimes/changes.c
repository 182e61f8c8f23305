/* SPDX-License-Identifier: ISC */
/*
 * changes SEED STEPS NAME...: does STEPS random changes to the environment by every function there is,
 * and prints after each what getenv finds of each name and the whole array. Which changes are done
 * follows from the arguments alone, so two runs that print the same have behaved the same.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static uint64_t state;

static unsigned below(unsigned limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 33) % limit);
}

enum { BUFFERS = 32, BUFFER_SIZE = 96 };
static char buffers[BUFFERS][BUFFER_SIZE]; /* given to putenv, and changed later */
static char *own[512];                     /* an array of the program's own */

static void value(char out[static 64])
{
    static const char *const some[] = {"", "short", "with = sign", "\xc3\xa9\xe2\x9c\x93", "a\nb"};
    unsigned which = below(8);
    if (which < 5)
        snprintf(out, 64, "%s", some[which]);
    else
        snprintf(out, 64, "%0*u", (int)below(50) + 1, below(1000000));
}

static void report(const char *what, const char *name, int result, int error)
{
    printf("%s %s: %d %d\n", what, name, result, result ? error : 0);
}

static void put(const char *name, const char *text)
{
    char *buffer = buffers[below(BUFFERS)];
    snprintf(buffer, BUFFER_SIZE, "%s=%s", name, text);
    report("putenv", buffer, putenv(buffer), errno);
}

static void take_own_array(void)
{
    size_t count = 0;
    for (; environ && environ[count] && count < 511; count++)
        own[count] = environ[count];
    own[count] = NULL;
    environ = own;
    printf("own array of %zu\n", count);
}

/* What putenv was given may be changed from outside. */
static void edit_buffer(void)
{
    char *buffer = buffers[below(BUFFERS)];
    if (buffer[0])
        buffer[strlen(buffer) - 1] = '!';
}

/* Writing into the string that getenv returned, as bash does. */
static void write_into(const char *name)
{
    char *found = getenv(name);
    if (found && *found)
        *found = '~';
}

static void step(char *const *names, unsigned count)
{
    static const char changes[] = "sssssskkkuuuuuppppbeicow"; /* each as often as it stands here */
    static const char *const bad[] = {"", "A=B", "=", "PLAIN=x"};
    char *name = names[below(count)], text[64];
    value(text);
    switch (changes[below(sizeof changes - 1)]) {
    case 's':
        report("setenv over", name, setenv(name, text, 1), errno);
        break;
    case 'k':
        report("setenv keep", name, setenv(name, text, 0), errno);
        break;
    case 'u':
        report("unsetenv", name, unsetenv(name), errno);
        break;
    case 'p':
        put(name, text);
        break;
    case 'b':
        report("putenv bare", name, putenv(name), errno);
        break;
    case 'e':
        edit_buffer();
        break;
    case 'i':
        name = (char *)(uintptr_t)bad[below(4)];
        report("setenv bad", name, setenv(name, text, 1), errno);
        report("unsetenv bad", name, unsetenv(name), errno);
        break;
    case 'c':
        if (below(8) == 0)
            report("clearenv", "", clearenv(), errno);
        break;
    case 'o':
        if (below(4) == 0)
            take_own_array();
        break;
    default:
        write_into(name);
    }
}

static void show(char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *found = getenv(names[i]), *again = secure_getenv(names[i]);
        printf("  %s%s%s%s\n", names[i], found ? "=" : " none", found ? found : "",
               found == again ? "" : " (secure_getenv disagrees)");
    }
    printf("  bad: %d %d\n", getenv("") != NULL, getenv("=") != NULL);
    for (char **entry = environ; entry && *entry; entry++)
        printf("  | %s\n", *entry);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 99;
    state = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    char **names = argv + 3;
    unsigned count = (unsigned)argc - 3;
    show(names, count);
    for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--) {
        step(names, count);
        show(names, count);
    }
    return 0;
}
