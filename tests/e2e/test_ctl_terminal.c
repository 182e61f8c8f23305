/* SPDX-License-Identifier: ISC */
/* secrunctl on a terminal: what is typed is not shown, and the terminal is as before on every way out. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/live.h"
#include "support/pty.h"
#include "support/store.h"

#define ASKED "Value of KEY (not shown): "
#define AGAIN "Once more: "
#define TYPED "typed-hunter2-0123456789"

TestSuite(ctl_terminal, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

static void start(struct pty *pty)
{
    pty_start(pty, "secrunctl set KEY");
    pty_expect(pty, ASKED);
}

/* Types the value twice, with a line feed as the Enter key gives it. */
static void answer(struct pty *pty, const char *value)
{
    pty_type_text(pty, value);
    pty_type_text(pty, "\r");
    pty_expect(pty, AGAIN);
    pty_type_text(pty, value);
    pty_type_text(pty, "\r");
}

static void check_end(struct pty *pty, int status)
{
    pty_end(pty);
    cr_expect_eq(pty->status, status, "exit status %d, not %d:\n%s", pty->status, status, pty->text);
    cr_expect(pty_echoes(pty), "the terminal does not echo any more");
    cr_expect(!holds(pty->text, pty->size, "hunter2"), "a value is on the screen:\n%s", pty->text);
    pty_free(pty);
}

Test(ctl_terminal, asks_twice_and_shows_nothing)
{
    struct pty pty;
    start(&pty);
    cr_expect(!pty_echoes(&pty), "the terminal echoes");
    answer(&pty, TYPED);
    pty_expect(&pty, "KEY is new in [default]");
    check_end(&pty, 0);
    ctl_check_value("default", "KEY", TYPED, strlen(TYPED));
}

/* Sets it, and expects these lines, whose last is the end. */
static void check_told(const char *arguments, const char *value, const char *lines)
{
    struct pty pty;
    pty_start(&pty, "secrunctl set %s", arguments);
    pty_expect(&pty, " (not shown): ");
    answer(&pty, value);
    pty_end(&pty);
    cr_expect_eq(pty.status, 0, "%s: %d\n%s", arguments, pty.status, pty.text);
    const char *told = strstr(pty.text, "secrunctl: ");
    cr_expect(told && strcmp(told, lines) == 0, "%s:\n%s", arguments, pty.text);
    pty_free(&pty);
}

Test(ctl_terminal, tells_what_is_new_and_what_is_replaced)
{
    check_told("-p app KEY", "one",
               "secrunctl: [app] is a new profile\r\nsecrunctl: KEY is new in [app]\r\n");
    check_told("-p app KYE", "one", "secrunctl: KYE is new in [app]\r\n");
    check_told("-p app KEY", "two",
               "secrunctl: KEY is replaced in [app], the value before is kept for 7d\r\n");
    check_told("-p app KEY", "two", "secrunctl: KEY in [app] has the value that it had before\r\n");
    check_told("-p apq KEY", "two",
               "secrunctl: [apq] is a new profile\r\nsecrunctl: KEY is new in [apq]\r\n");
    ctl_seal("[common]\nKEY = 1\n[app]\n.include = common\n.keep-previous = no\nTOKEN = 1\nOTHER = 1\n"
             "OTHER.keep-previous = 12h\n");
    check_told("-p app KEY", "own", "secrunctl: KEY is new in [app]\r\n");
    check_told("-p app TOKEN", "2",
               "secrunctl: TOKEN is replaced in [app], the value before is not kept\r\n");
    check_told("-p app OTHER", "2",
               "secrunctl: OTHER is replaced in [app], the value before is kept for 12h\r\n");
}

/* Nobody types a value twice to be told then that it goes nowhere. */
Test(ctl_terminal, asks_for_nothing_that_there_is_no_store_for)
{
    static const char *const stores[] = {"-d nowhere", "-d spoilt"};
    struct outcome made = shell("cp -a store spoilt; echo no >spoilt/secrets.age");
    outcome_free(&made);
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        struct pty pty;
        pty_start(&pty, "secrunctl %s set KEY", stores[i]);
        pty_end(&pty);
        cr_expect_eq(pty.status, 1, "%s: %d", stores[i], pty.status);
        cr_expect_eq(strncmp(pty.text, "secrunctl: ", 11), 0, "%s:\n%s", stores[i], pty.text);
        pty_free(&pty);
    }
}

/* There is no lock while it asks, so what others do meanwhile is not undone. */
Test(ctl_terminal, keeps_what_others_set_while_it_asks)
{
    struct pty pty;
    start(&pty);
    ctl_check("echo 1 | secrunctl set OTHER; echo early | secrunctl set KEY", "");
    answer(&pty, TYPED);
    pty_expect(&pty, "KEY is replaced in [default], the value before is kept for 7d");
    check_end(&pty, 0);
    ctl_check_value("default", "KEY", TYPED, strlen(TYPED));
    ctl_check_value("default", "OTHER", "1", 1);
}

Test(ctl_terminal, takes_no_value_that_is_not_repeated)
{
    struct pty pty;
    start(&pty);
    pty_type_text(&pty, TYPED "\r");
    pty_expect(&pty, AGAIN);
    pty_type_text(&pty, TYPED "x\r");
    pty_expect(&pty, "secrunctl: the two values are not the same");
    check_end(&pty, 1);
    ctl_check_refused("secrunctl get KEY", 1, "no profile [default]");
}

Test(ctl_terminal, takes_lines_longer_than_those_of_the_kernel)
{
    enum { SIZE = 100000 };
    struct pty pty;
    char *value = ctl_large_value(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        if (value[i] == '\n')
            value[i] = '-';
    start(&pty);
    answer(&pty, value);
    check_end(&pty, 0);
    ctl_check_value("default", "KEY", value, SIZE);
    free(value);
}

Test(ctl_terminal, takes_back_whole_characters_and_lines)
{
    static const char typed[] = "wrong\x15k\xC3\xA9\xF0\x9F\x94\x91\x7Fy\x7F\x7F\x7F\x7F\x7F\xE6\xBC\xA2 ok";
    struct pty pty;
    start(&pty);
    answer(&pty, typed);
    check_end(&pty, 0);
    ctl_check_value("default", "KEY", "\xE6\xBC\xA2 ok", 6);
}

Test(ctl_terminal, ends_at_an_end_of_file)
{
    struct pty pty;
    start(&pty);
    pty_type_text(&pty, "\x04");
    pty_expect(&pty, "secrunctl: no value given");
    check_end(&pty, 1);
}

Test(ctl_terminal, is_as_before_after_an_interrupt)
{
    static const struct {
        const char *key;
        int number;
    } keys[] = {{"\x03", SIGINT}, {"\x1C", SIGQUIT}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct pty pty;
        start(&pty);
        pty_type_text(&pty, TYPED);
        pty_type_text(&pty, keys[i].key);
        check_end(&pty, 128 + keys[i].number);
    }
}

Test(ctl_terminal, is_as_before_after_a_signal)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct pty pty;
        start(&pty);
        pty_type_text(&pty, TYPED "\r");
        pty_expect(&pty, AGAIN);
        kill(pty.pid, numbers[i]);
        check_end(&pty, 128 + numbers[i]);
    }
}

Test(ctl_terminal, is_as_before_while_it_is_stopped_and_asks_again_after)
{
    struct pty pty;
    /* dash leaves the settings of the terminal as a job leaves them. */
    pty_start(&pty, "dash -m -c 'secrunctl set KEY; echo stopped; read -r line; fg; echo end'");
    pty_expect(&pty, ASKED);
    pty_type_text(&pty, "not this");
    pty_type_text(&pty, "\x1A");
    pty_expect(&pty, "stopped");
    cr_expect(pty_echoes(&pty), "stopped, and the terminal does not echo");
    pty_type_text(&pty, "go on\r");
    pty_expect(&pty, ASKED);
    cr_expect(!pty_echoes(&pty), "asked again, and the terminal echoes");
    answer(&pty, TYPED);
    pty_expect(&pty, "end");
    check_end(&pty, 0);
    ctl_check_value("default", "KEY", TYPED, strlen(TYPED));
}

Test(ctl_terminal, gets_a_line_feed_behind_a_value)
{
    struct pty pty;
    ctl_seal("[default]\nKEY = shown\n");
    pty_start(&pty, "secrunctl get KEY");
    pty_end(&pty);
    cr_expect_str_eq(pty.text, "shown\r\n");
    pty_free(&pty);
    ctl_check("secrunctl get KEY", "shown");
}

/* Looks for the text in a file of every process; returns how many files were read. */
static size_t search_processes(const char *name, const char *text)
{
    size_t read = 0;
    DIR *processes = opendir("/proc");
    cr_assert_not_null(processes);
    for (struct dirent *entry; (entry = readdir(processes));) {
        size_t size;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        char *bytes = pid > 0 && pid != getpid() ? live_proc(pid, name, &size) : NULL;
        if (!bytes)
            continue;
        read++;
        cr_expect(!holds(bytes, size, text), "the value is in /proc/%d/%s", (int)pid, name);
        free(bytes);
    }
    closedir(processes);
    return read;
}

Test(ctl_terminal, puts_no_value_where_ps_shows_it)
{
    struct pty pty;
    char text[64];
    /* Not a word of the test program, whose own memory others look through. */
    snprintf(text, sizeof text, "unseen-%d-%ld", (int)getpid(), random());
    start(&pty);
    pty_type_text(&pty, text);
    pty_type_text(&pty, "\r");
    pty_expect(&pty, AGAIN);
    cr_expect_gt(search_processes("cmdline", text), 1);
    cr_expect_gt(search_processes("environ", text), 0);
    pty_type_text(&pty, text);
    pty_type_text(&pty, "\r");
    check_end(&pty, 0);
}

/* The files in /proc of a process that is not dumpable are root's. */
Test(ctl_terminal, is_asked_by_a_process_that_its_own_user_cannot_look_into)
{
    struct pty pty;
    char path[64];
    struct stat status;
    size_t size;
    const char *become = scratch_to_ordinary();
    pty_start(&pty, "%s secrunctl set KEY", become);
    pty_expect(&pty, ASKED);
    snprintf(path, sizeof path, "/proc/%ld/environ", (long)pty.pid);
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_uid, 0, "%s is owned by uid %u", path, status.st_uid);
    char *limits = live_proc(pty.pid, "limits", &size);
    const char *core = limits ? strstr(limits, "Max core file size") : NULL;
    char soft[32] = "", hard[32] = "";
    cr_expect(core && sscanf(core, "Max core file size %31s %31s", soft, hard) == 2 && soft[0] == '0' &&
                  hard[0] == '0',
              "a core dump has %s, at most %s bytes", soft, hard);
    free(limits);
    answer(&pty, TYPED);
    check_end(&pty, 0);
}
