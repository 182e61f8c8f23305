/* SPDX-License-Identifier: ISC */
/* Delivery that is disturbed while it is under way: see the table in test_delivery.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/started.h"

enum { RUNS = 50, MILLISECOND = 1000, LONGEST = 4000 /* microseconds: a start takes less */, PATIENCE = 10 };

static unsigned next_random(unsigned below)
{
    static unsigned long long state = 88172645463325252u;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static void redirect(int fd, const char *name)
{
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, fd) != fd)
        _exit(98);
}

/* secrun itself, leader of a group of its own; standard error is a file, or that descriptor. */
static pid_t begin(const char *option, const char *command, int err)
{
    put_file("out", "", 0); /* a signal may come before the child has made them */
    put_file("err", "", 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid > 0) {
        setpgid(pid, pid);
        return pid;
    }
    char secrun[1024];
    snprintf(secrun, sizeof secrun, "%s/bin/secrun", getenv("SECRUN_STAGE"));
    setpgid(0, 0);
    for (int signal_number = 1; signal_number < 32; signal_number++)
        signal(signal_number, SIG_DFL);
    if (chdir(scratch()) != 0)
        _exit(98);
    redirect(0, "/dev/null");
    redirect(1, "out");
    if (err < 0)
        redirect(2, "err");
    else if (dup2(err, 2) != 2)
        _exit(98);
    execl(secrun, "secrun", "-d", "store", option, "--", command, (char *)NULL);
    _exit(98);
}

/* Its status; fails the test if it hangs. */
static int end(pid_t pid)
{
    int status = 0;
    time_t last = time(NULL) + PATIENCE;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (time(NULL) > last) {
            kill(-pid, SIGKILL);
            waitpid(pid, &status, 0);
            cr_assert_fail("it hangs");
        }
        usleep(MILLISECOND / 4);
    }
    return status;
}

/* Ended by that signal (0: none is expected), or with 125 and a line, or started with its secret. */
static void check_end(const char *what, int run, int status, int expected)
{
    size_t size;
    char *out = get_file("out", &size), *err = get_file("err", &size);
    bool ended = expected && WIFSIGNALED(status) && WTERMSIG(status) == expected;
    bool refused = WIFEXITED(status) && WEXITSTATUS(status) == 125 && strncmp(err, "secrun: ", 8) == 0;
    bool ran = WIFEXITED(status) && WEXITSTATUS(status) == 0 && strcmp(out, "TOKEN=" DELIVERED "\n") == 0;
    cr_expect(ran || ended || (expected == SIGKILL && refused), "%s, run %d: status %#x\n%s%s", what, run,
              status, out, err);
    cr_expect(!ended || out[0] == '\0' || strcmp(out, "TOKEN=" DELIVERED "\n") == 0, "%s, run %d: %s", what,
              run, out);
    free(out);
    free(err);
}

/* --- the helper --------------------------------------------------------------------------------------------
 */

/* 0 if it has ended before one was seen. */
static pid_t helper_of(pid_t pid)
{
    char name[64], text[64];
    snprintf(name, sizeof name, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    for (siginfo_t info = {0};
         waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid;) {
        int file = open(name, O_RDONLY | O_CLOEXEC);
        ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : 0;
        if (file >= 0)
            close(file);
        text[size > 0 ? size : 0] = '\0';
        if (size > 0)
            return (pid_t)atoi(text);
    }
    return 0;
}

Test(delivery, is_whole_or_none_when_the_helper_of_an_injection_is_killed)
{
    int hits = 0;
    for (int run = 0; run < RUNS; run++) {
        pid_t pid = begin("--delivery=auto", getenv("STATIC"), -1), helper = helper_of(pid);
        usleep(next_random(run % 2 ? LONGEST : LONGEST / 8));
        if (helper > 0)
            kill(helper, SIGKILL);
        int status = end(pid);
        hits += status != 0;
        check_end("helper killed", run, status, SIGKILL);
    }
    cr_expect_gt(hits, 0, "no helper was killed in time");
}

Test(delivery, is_by_a_helper_that_no_signal_to_the_group_reaches)
{
    for (int run = 0; run < RUNS; run++) {
        pid_t pid = begin("--delivery=auto", getenv("STATIC"), -1), helper = helper_of(pid);
        static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGUSR1};
        usleep(next_random(LONGEST / 4));
        for (size_t i = 0; helper > 0 && i < sizeof signals / sizeof *signals; i++)
            kill(helper, signals[i]);
        check_end("helper signalled", run, end(pid), 0);
    }
}

/* --- signals
 * ------------------------------------------------------------------------------------------------ */

static void check_signal(int signal_number, bool group)
{
    for (int run = 0; run < RUNS; run++) {
        pid_t pid = begin("--delivery=auto", getenv("STATIC"), -1);
        usleep(next_random(LONGEST));
        kill(group ? -pid : pid, signal_number);
        int status = end(pid);
        check_end(strsignal(signal_number), run, status, signal_number);
    }
}

Test(delivery, ends_by_sigterm_or_runs_whole)
{
    check_signal(SIGTERM, false);
}

Test(delivery, ends_by_sighup_or_runs_whole)
{
    check_signal(SIGHUP, false);
}

Test(delivery, ends_by_sigint_or_runs_whole)
{
    check_signal(SIGINT, false);
}

Test(delivery, ends_by_a_sigint_from_the_terminal_or_runs_whole)
{
    check_signal(SIGINT, true);
}

static void check_stop(bool group)
{
    for (int run = 0; run < RUNS; run++) {
        pid_t pid = begin("--delivery=auto", getenv("STATIC"), -1);
        usleep(next_random(LONGEST));
        kill(group ? -pid : pid, SIGSTOP);
        usleep(next_random(LONGEST));
        kill(group ? -pid : pid, SIGCONT);
        check_end("stopped", run, end(pid), 0);
    }
}

Test(delivery, goes_on_after_a_stop)
{
    check_stop(false);
}

Test(delivery, goes_on_after_a_stop_of_the_group)
{
    check_stop(true);
}

/* --- the file
 * ------------------------------------------------------------------------------------------------- */

/* Between its look at the program and its exec, secrun writes its report: nobody reads it at first. */
static void check_replaced(const char *before, const char *after, int status, bool runs)
{
    int fds[2];
    char byte = '.', block[65536];
    struct outcome made = shell("rm -f x next out; cp $%s x; cp $%s next", before, after);
    check_status(made, 0);
    cr_assert_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(fds[1], &byte, 1) == 1)
        ;
    fcntl(fds[1], F_SETFL, 0);
    pid_t pid = begin("-v", "./x", fds[1]);
    close(fds[1]);
    usleep(700 * MILLISECOND); /* on a loaded machine, too, it has looked by then */
    made = shell("mv -f next x");
    check_status(made, 0);
    fcntl(fds[0], F_SETFL, 0);
    size_t held = 0;
    for (ssize_t got;
         (got = read(fds[0], block, sizeof block - 1)) > 0;) /* the report is what is read last */
        held = (size_t)got;
    block[held] = '\0';
    close(fds[0]);
    int ended = end(pid);
    char *out = get_file("out", NULL);
    cr_expect_eq(WIFEXITED(ended) ? WEXITSTATUS(ended) : -1, status, "%s by %s: status %#x", before, after,
                 ended);
    cr_expect_str_eq(out, runs ? "TOKEN=" DELIVERED "\n" : "", "%s by %s: %s", before, after, out);
    cr_expect(runs || strstr(block, "secrun: ./x: "), "%s by %s: no line tells: %s", before, after, block);
    free(out);
}

Test(delivery, to_a_program_that_is_replaced_meanwhile_is_refused)
{
    check_replaced("FOUND", "STATIC", 126, false);
    check_replaced("STATIC", "FOUND", 126, false);
    check_replaced("FOUND", "ASAN", 126, false);
}
