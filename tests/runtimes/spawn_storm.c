/* SPDX-License-Identifier: ISC */
/*
 * spawn_storm: starts children by posix_spawn, system, popen and wordexp from eight threads at once, then
 * from one, some of which cannot start; prints how much went wrong, and whether there are more descriptors,
 * memory and children than before. `spawn_storm PIPES` is for its children: fails if
 * one has more descriptors than the first three, since no popen of another thread is to be inherited.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

enum { THREADS = 8, ROUNDS = 40, ALONE = 200 };

extern char **environ;

static char self[4096], child_command[4200];
static atomic_int wrong;

static void expect(int holds, const char *what)
{
    if (!holds) {
        wrong++;
        fprintf(stderr, "spawn_storm: %s\n", what);
    }
}

static void spawn_one(int number)
{
    char text[16];
    int status = 0;
    pid_t pid;
    posix_spawn_file_actions_t actions;
    snprintf(text, sizeof text, "exit %d", number);
    char *arguments[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", text, NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    int error = posix_spawnp(&pid, "sh", &actions, NULL, arguments, environ);
    expect(error == 0 && waitpid(pid, &status, 0) == pid && status == number << 8, "posix_spawnp");
    expect(posix_spawn(&pid, "/not/there", &actions, NULL, arguments, environ) == ENOENT, "failing");
    posix_spawn_file_actions_adddup2(&actions, 900, 901);
    expect(posix_spawnp(&pid, "sh", &actions, NULL, arguments, environ) == EBADF, "failing step");
    posix_spawn_file_actions_destroy(&actions);
}

static void popen_two(int number)
{
    char text[64] = "", command[64];
    FILE *writer = popen("cat > /dev/null", "w"), *list = popen(child_command, "r");
    snprintf(command, sizeof command, "echo %d", number);
    FILE *reader = popen(command, "r");
    if (!writer || !list || !reader) {
        expect(0, "popen");
        return;
    }
    expect(fgets(text, sizeof text, reader) && atoi(text) == number, "what is read");
    expect(pclose(list) == 0, "descriptors of a child");
    fputs("text", writer);
    expect(pclose(writer) == 0, "pclose of a writer");
    expect(pclose(reader) == 0, "pclose of a reader");
    expect(popen("true", "x") == NULL, "popen of a wrong mode");
}

static void expand_one(int number)
{
    char text[64], word[16];
    wordexp_t words;
    snprintf(text, sizeof text, "a $(echo %d) b", number);
    snprintf(word, sizeof word, "%d", number);
    int result = wordexp(text, &words, 0);
    expect(result == 0 && words.we_wordc == 3 && strcmp(words.we_wordv[1], word) == 0, "wordexp");
    if (result == 0)
        wordfree(&words);
    expect(wordexp("'$(true)", &words, 0) == WRDE_SYNTAX, "wordexp of wrong words");
}

static void round_of(int number)
{
    char command[16];
    snprintf(command, sizeof command, "exit %d", number);
    spawn_one(number);
    expect(system(command) == number << 8, "system");
    popen_two(number);
    expand_one(number);
}

static void *run_thread(void *argument)
{
    for (int i = 0; i < ROUNDS; i++)
        round_of((int)(size_t)argument * 10 + i % 10);
    return NULL;
}

static int count_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Of addresses, in mebibytes: mappings side by side are one, so that their number would not tell. */
static long memory(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY);
    expect(read(fd, text, sizeof text - 1) > 0, "statm");
    close(fd);
    return atol(text) * (sysconf(_SC_PAGESIZE) / 1024) / 1024;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    (void)argv;
    if (argc > 1)
        return count_descriptors() == 3 ? 0 : 1;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return 99;
    snprintf(child_command, sizeof child_command, "exec '%s' pipes", self);
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run_thread, (void *)i);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 5; i++)
        round_of(i);
    int descriptors = count_descriptors();
    long before = memory();
    for (int i = 0; i < ALONE; i++)
        round_of(i % 100);
    printf("wrong %d, more descriptors %d, memory %d, children %d\n", atomic_load(&wrong),
           count_descriptors() - descriptors, memory() - before > 4,
           !(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD));
    return 0;
}
