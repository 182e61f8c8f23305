/* SPDX-License-Identifier: ISC */
/* A secrunctl that a test kills, or lets fail, at a point of its choice. */
#ifndef SECRUN_TESTS_VICTIM_H
#define SECRUN_TESTS_VICTIM_H

#include <stddef.h>
#include <sys/types.h>

/* Each runs the staged secrunctl in the scratch directory with these arguments (argv[0] included, NULL at
 * the end), the input (up to 4096 bytes) on its standard input, and nothing for its output to go to but the
 * file `victim.err`. Statuses are those of struct outcome. */

pid_t victim_start(const char *const *argv, const char *input);
int victim_end(pid_t pid);

/* Kills it as it is about to make its nth system call, from 1; its status if it has ended before that. */
int victim_killed_at_call(size_t n, const char *const *argv, const char *input);

/* Lists the first `most` system calls that it makes, the end of the process included; returns how many. It
 * must end with status 0. */
size_t victim_calls(long *calls, size_t most, const char *const *argv, const char *input);

/* Every such system call of it fails with this errno. */
int victim_failing(long call, int error, const char *const *argv, const char *input);

/* What is run, the number'th time. */
struct victim_command {
    const char *const *argv;
    const char *input;
};

/* Numbers below 0 are of runs that are not killed, to see how long one takes. */
typedef void victim_case_fn(void *user, int number, struct victim_command *command);
/* After it: status is 0 or that of a killed one. */
typedef void victim_check_fn(void *user, int number, int status);

/* Kills so many of them, each at another point of the time that one takes. At least a quarter of them must be
 * killed before their end. */
void victim_killed_at_random(int kills, victim_case_fn *prepare, victim_check_fn *check, void *user);

#endif
