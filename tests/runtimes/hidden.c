/* SPDX-License-Identifier: ISC */
/*
 * hidden STEP...: looks up and changes variables as told, and prints what it finds.
 *   get NAME            what getenv and secure_getenv answer
 *   set NAME VALUE      setenv with overwrite
 *   keep NAME VALUE     setenv without
 *   unset NAME          unsetenv
 *   put ENTRY           putenv
 *   clear               clearenv
 *   empty               environ[0] = NULL, as some programs clear theirs
 *   null                setenv without a name (unsetenv without one ends a program of musl)
 *   list                the environment array
 *   fork STEP... join   those steps in a child by fork, and then the rest here
 *   run COMMAND...      starts a child with all that follows, waits for it, and ends
 *   exec COMMAND...     becomes that
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char **step(char **at);

/* Steps up to `end`, or to the last. */
static char **steps(char **at, const char *end)
{
    while (*at && (!end || strcmp(*at, end) != 0))
        at = step(at);
    return at;
}

static void get(const char *name)
{
    const char *found = getenv(name), *again = secure_getenv(name);
    printf("%s%s%s%s\n", name, found ? "=" : " none", found ? found : "",
           found == again ? "" : " (secure_getenv disagrees)");
}

static void report(const char *what, int result)
{
    if (result != 0)
        printf("%s: %s\n", what, strerror(errno));
}

static void list(void)
{
    for (char **entry = environ; entry && *entry; entry++)
        printf("| %s\n", *entry);
    puts("|");
}

static int wait_for(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static char **fork_and_join(char **at)
{
    char **end = at;
    while (*end && strcmp(*end, "join") != 0)
        end++;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        steps(at, "join");
        fflush(stdout);
        _exit(0);
    }
    if (!*end || wait_for(child) != 0)
        exit(97);
    return end + 1;
}

static _Noreturn void become(char **command)
{
    fflush(stdout);
    execv(command[0], command);
    perror(command[0]);
    _exit(96);
}

static _Noreturn void run(char **command)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        become(command);
    _exit(wait_for(child));
}

static void without_a_name(void)
{
    const char *volatile none = NULL; /* compilers know that a name is wanted */
    report("setenv", setenv(none, "x", 1));
    report("setenv", setenv(none, "x", 0));
}

static char **step(char **at)
{
    const char *word = at[0], *name = at[1], *value = name ? at[2] : NULL;
    if (strcmp(word, "clear") == 0)
        return report(word, clearenv()), at + 1;
    if (strcmp(word, "empty") == 0)
        return environ[0] = NULL, at + 1;
    if (strcmp(word, "null") == 0)
        return without_a_name(), at + 1;
    if (strcmp(word, "list") == 0)
        return list(), at + 1;
    if (name && strcmp(word, "get") == 0)
        return get(name), at + 2;
    if (name && strcmp(word, "unset") == 0)
        return report(word, unsetenv(name)), at + 2;
    if (name && strcmp(word, "put") == 0)
        return report(word, putenv(at[1])), at + 2;
    if (value && strcmp(word, "set") == 0)
        return report(word, setenv(name, value, 1)), at + 3;
    if (value && strcmp(word, "keep") == 0)
        return report(word, setenv(name, value, 0)), at + 3;
    if (name && strcmp(word, "fork") == 0)
        return fork_and_join(at + 1);
    if (name && strcmp(word, "run") == 0)
        run(at + 1);
    if (name && strcmp(word, "exec") == 0)
        become(at + 1);
    fprintf(stderr, "hidden: %s: no such step, or too little behind it\n", word);
    exit(99);
}

int main(int argc, char **argv)
{
    (void)argc;
    steps(argv + 1, NULL);
    return 0;
}
