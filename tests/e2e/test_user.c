/* SPDX-License-Identifier: ISC */
/*
 * secrun -u: whom the program runs as, and what it finds of that in its environment. The users are in files
 * of the test's own, mounted over /etc/passwd and /etc/group for its commands alone. Nobody but root can have
 * them: an ordinary user's tests find the refusal.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

#define VALUE "us-Qe7vR2mX9tLw4ZbN8sKd"

static const char users[] = "root:x:0:0:root:/root:/bin/bash\n"
                            "app:x:7001:7002:An app:/srv/app:/bin/dash\n"
                            "bare:x:7003:7003:::\n"
                            "damaged:x:seven:7003::/:/bin/sh\n"
                            "minus:x:4294967295:7003::/:/bin/sh\n"
                            "+nis::::::\n";
static const char groups[] = "root:x:0:\napp:x:7002:\nmedia:x:7010:other,app\nweb:x:7011:app\n"
                             "apple:x:7012:apple,ap,appl\nminus:x:-1:\n";

/* Runs a command where these users are. */
static const char within[] = "#!/bin/sh\n"
                             "set -e\n"
                             "mount --bind passwd /etc/passwd\n"
                             "mount --bind group /etc/group\n"
                             "if [ -e nsswitch ]; then mount --bind nsswitch /etc/nsswitch.conf; fi\n"
                             "if [ -e extra ]; then mount --bind extra /var/lib/extrausers; fi\n"
                             "if [ -e getent ]; then mount --bind getent /usr/bin/getent; fi\n"
                             "exec \"$@\"\n";

static void begin(void)
{
    scratch_begin();
    store_make_text("store", "[default]\nTOKEN = " VALUE "\n[home]\nHOME = the-secret-home\n");
    put_file("passwd", users, strlen(users));
    put_file("group", groups, strlen(groups));
    put_file("within", within, strlen(within));
    struct outcome made = shell("chmod 644 passwd group; chmod 755 within");
    check_status(made, 0);
    outcome_free(&made);
}

TestSuite(user, .init = begin, .fini = scratch_end, .timeout = 300);

#define WITHIN "unshare -m ./within secrun -d store "

static void check_prints(const char *arguments, const char *out)
{
    struct outcome run = shell(WITHIN "%s", arguments);
    check_status(run, 0);
    cr_expect_str_eq(run.out, out, "%s prints:\n%s", arguments, run.out);
    cr_expect_str_eq(run.err, "", "%s says:\n%s", arguments, run.err);
    outcome_free(&run);
}

static void check_refused(const char *user, const char *text)
{
    struct outcome run = shell(WITHIN "-u '%s' -- " STARTED, user);
    check_refusal(user, &run, 125, text);
}

#define IDS "-- sh -c 'id -u; id -g; id -G; echo $TOKEN'"

Test(user, runs_the_program_as_the_user_with_all_groups)
{
    if (!may_become_others())
        return;
    check_prints("-u app " IDS, "7001\n7002\n7002 7010 7011\n" VALUE "\n");
    check_prints("--user=app " IDS, "7001\n7002\n7002 7010 7011\n" VALUE "\n");
    check_prints("-u 7001 " IDS, "7001\n7002\n7002 7010 7011\n" VALUE "\n");
    check_prints("-u bare " IDS, "7003\n7003\n7003\n" VALUE "\n");
    check_prints("-u root " IDS, "0\n0\n0\n" VALUE "\n");
}

Test(user, with_a_group_has_that_one_alone)
{
    if (!may_become_others())
        return;
    check_prints("-u app:media " IDS, "7001\n7010\n7010\n" VALUE "\n");
    check_prints("-u app:4000000000 " IDS, "7001\n4000000000\n4000000000\n" VALUE "\n");
    check_prints("-u 7001:web " IDS, "7001\n7011\n7011\n" VALUE "\n");
    check_prints("-u 54321:54322 " IDS, "54321\n54322\n54322\n" VALUE "\n");
}

Test(user, has_its_home_and_name_in_the_environment)
{
    if (!may_become_others())
        return;
#define SHOW "-- sh -c 'echo \"$HOME $USER $LOGNAME $SHELL $OTHER\"'"
    setenv("OTHER", "kept", 1);
    check_prints("-u app " SHOW, "/srv/app app app /bin/dash kept\n");
    check_prints("-u bare:web " SHOW, "/ bare bare /bin/sh kept\n");
    check_prints("-u 54321:1 " SHOW, "/    kept\n");
    check_prints("-p home -u app " SHOW, "the-secret-home app app /bin/dash kept\n");
}

Test(user, is_not_taken_from_the_environment_of_root)
{
    if (!may_become_others())
        return;
    struct outcome run = shell("HOME=/root USER=root LOGNAME=root SHELL=/bin/zsh " WITHIN
                               "-u 54321:1 -- env | grep -E '^(HOME|USER|LOGNAME|SHELL)='");
    cr_expect_str_eq(run.out, "HOME=/\n");
    outcome_free(&run);
}

Test(user, that_is_not_there_is_refused)
{
    if (!may_become_others())
        return;
    check_refused("nosuch", "secrun: -u: no user nosuch\n");
    check_refused("54321", "secrun: -u: no user has the number 54321, so its group is not known\n");
    check_refused("app:nosuch", "secrun: -u: no group nosuch\n");
    check_refused("54321:nosuch", "secrun: -u: no group nosuch\n");
    check_refused("damaged", "secrun: -u: /etc/passwd: line 4: not an entry of passwd(5)\n");
    check_refused("minus", "secrun: -u: /etc/passwd: line 5: not an entry of passwd(5)\n");
    check_refused("app:minus", "secrun: -u: /etc/group: line 6: not an entry of group(5)\n");
}

Test(user, that_is_no_name_is_refused)
{
    if (!may_become_others())
        return;
    char longest[300];
    static const char *const odd[] = {"+nis", "-1", "a b", "a/b", "a,b", "\x1b[31m", "app\n", "+", "$", "é"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        check_refused(odd[i], "name nor a number\n");
    check_refused("", "secrun: -u: no user is named\n");
    check_refused(":app", "secrun: -u: no user is named\n");
    check_refused("app:media:web", "neither a group's name nor a number\n");
    check_refused("app:", "secrun: -u: no group is named behind the colon\n");
    check_refused("4294967295:1", "not a user's number");
    check_refused("4294967296:1", "not a user's number");
    check_refused("1:4294967295", "not a group's number");
    check_refused("99999999999999999999:1", "not a user's number");
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    check_refused(longest, "secrun: -u: a user's name has at most 255 bytes\n");
}

Test(user, databases_that_others_can_write_decide_nothing)
{
    if (!may_become_others())
        return;
    struct outcome opened = shell("chmod 666 passwd");
    outcome_free(&opened);
    check_refused("app", "secrun: -u: /etc/passwd: others can write it (mode 0666)\n");
    opened = shell("chmod 644 passwd; chmod 664 group");
    outcome_free(&opened);
    check_refused("app", "secrun: -u: /etc/group: others can write it (mode 0664)\n");
    check_prints("-u 7001:7 -- id -u", "7001\n");
}

Test(user, of_a_directory_is_found_by_getent)
{
    if (!may_become_others())
        return;
    struct outcome made = shell("mkdir extra; chmod 755 . extra\n"
                                "echo 'passwd: files extrausers\ngroup: files extrausers' >nsswitch\n"
                                "echo 'remote:x:8001:8002:Re:/srv/remote:/bin/zsh' >extra/passwd\n"
                                "echo 'remote:x:8002:\nteam:x:8010:remote' >extra/group\n"
                                "chmod 644 nsswitch extra/*");
    check_status(made, 0);
    outcome_free(&made);
    check_prints("-u remote " IDS, "8001\n8002\n8002 8010\n" VALUE "\n");
    check_prints("-u 8001 " IDS, "8001\n8002\n8002 8010\n" VALUE "\n");
    check_prints("-u remote:team " IDS, "8001\n8010\n8010\n" VALUE "\n");
    check_prints("-u app:team " IDS, "7001\n8010\n8010\n" VALUE "\n");
    check_prints("-u remote " SHOW, "/srv/remote remote remote /bin/zsh \n");
    check_refused("nosuch", "secrun: -u: no user nosuch\n");
}

/* What it prints, it prints; nothing is taken from it that it does not say, and it is not waited for. */
Test(user, is_not_found_by_a_getent_that_fails)
{
    if (!may_become_others())
        return;
    static const char *const cases[][2] = {
        {"exit 2", "no user remote\n"},
        {"exit 0", "no user remote\n"},
        {"exit 1", "/usr/bin/getent passwd remote: exit status 1\n"},
        {"kill -9 $$", "/usr/bin/getent: killed by signal 9 (Killed)\n"},
        {"echo remote:x:8001", "/usr/bin/getent passwd remote: line 1: not an entry of passwd(5)\n"},
        {"echo remote:x:-1:-1::/:/bin/sh", "line 1: not an entry of passwd(5)\n"},
        {"echo 'a b:x:1:1::/:/bin/sh'", "line 1: not an entry of passwd(5)\n"},
        {"yes", "/usr/bin/getent: prints more than 4194304 bytes\n"},
        {"echo remote:x:8001:8002::/:/bin/sh; [ $1 = passwd ] || echo 1 x", "no group's number\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char script[256];
        snprintf(script, sizeof script, "#!/bin/sh\n[ $1 = initgroups ] && exec echo 'remote 1 x'\n%s\n",
                 cases[i][0]);
        put_file("getent", script, strlen(script));
        struct outcome made = shell("chmod 755 getent");
        outcome_free(&made);
        check_refused("remote", cases[i][1]);
    }
}

Test(user, is_told_by_a_dry_run_and_v)
{
    if (!may_become_others())
        return;
    struct outcome run = shell(WITHIN "-n -u app -- true");
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "\nuser      app: uid 7001, gid 7002; groups 7002 7010 7011\n"),
              "%s", run.out);
    outcome_free(&run);
    run = shell(WITHIN "-v -u 54321:5 -- true");
    check_status(run, 0);
    cr_expect(holds(run.err, run.err_size, "\nuser      uid 54321, gid 5; groups 5\n"), "%s", run.err);
    outcome_free(&run);
}

Test(user, has_to_reach_the_program)
{
    if (!may_become_others())
        return;
    struct outcome run = shell("cp /usr/bin/touch .; " WITHIN "-u app -- \"$PWD/touch\" started");
    check_refusal("a directory", &run, 126, "Permission denied\n");
    run = shell("chmod 755 .; chmod 700 touch; " WITHIN "-u app -- ./touch started");
    check_refusal("the program", &run, 126, "secrun: for uid 7001: ./touch: Permission denied\n");
    run = shell("chmod 711 touch; " WITHIN "-u app -- ./touch started");
    check_refusal("a program that it cannot read", &run, 126, "cannot be read to see how it starts");
    run = shell("printf '#!%%s/touch\\n' \"$PWD\" >script; chmod 755 script; chmod 700 touch; " WITHIN
                "-u app -- ./script started");
    check_refusal("the interpreter", &run, 126, "secrun: for uid 7001: ./script: its interpreter ");
    run = shell("PATH=$PWD:$PATH " WITHIN "-u app -- touch started");
    check_refusal("another one", &run, 126,
                  "/touch: uid 7001 finds another one, or it was replaced meanwhile\n");
}

#define DELIVERED(name)                                                                                      \
    do {                                                                                                     \
        struct outcome run = shell(WITHIN "-u app -- %s TOKEN", program(name));                              \
        check_status(run, 0);                                                                                \
        cr_expect(holds(run.out, run.out_size, VALUE), "%s: %s%s", name, run.out, run.err);                  \
        outcome_free(&run);                                                                                  \
    } while (0)

Test(user, has_the_secrets_by_every_delivery)
{
    if (!may_become_others())
        return;
    DELIVERED("show");
    DELIVERED("show-musl");
    DELIVERED("show-static");
    DELIVERED("show-static-pie");
    DELIVERED("show-static-musl");
    DELIVERED("show-go-static");
    DELIVERED("show-go");
}

/* As in a container that was left no more than it takes to become another user. */
Test(user, has_the_secrets_by_every_delivery_from_a_root_of_few_capabilities)
{
    if (!may_become_others())
        return;
    static const char *const names[] = {"show", "show-static", "show-go-static"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct outcome run = shell("unshare -m ./within setpriv --bounding-set=-all,+setuid,+setgid "
                                   "secrun -d store -u app -- %s TOKEN",
                                   program(names[i]));
        check_status(run, 0);
        cr_expect(holds(run.out, run.out_size, VALUE), "%s: %s%s", names[i], run.out, run.err);
        outcome_free(&run);
    }
    struct outcome run = shell("setpriv --bounding-set=-setuid secrun -d store -u 1:1 -- " STARTED);
    check_refusal("no setuid", &run, 125,
                  "secrun: -u: root without the capabilities setuid and setgid cannot become another user\n");
}

Test(user, of_an_ordinary_caller_is_refused)
{
    const char *become = as_ordinary();
    unsetenv("INVOCATION_ID");
    struct outcome run = shell("%s secrun -u root -- " STARTED, become);
    check_refusal("another", &run, 125, "secrun: -u: it takes root to become another user, and this is uid ");
    run = shell("%s secrun -u %u:%u -- " STARTED, become, ordinary_uid(), ordinary_uid());
    cr_expect(holds(run.err, run.err_size, "hint: leave out -u: this is that user already\n"), "%s", run.err);
    check_refusal("himself", &run, 125, "secrun: -u: it takes root to become another user, and this is uid ");
}

/* --- in a unit -------------------------------------------------------------------------------------- */

/* As systemd starts what ExecStart= names, with this USER. */
#define BY_SYSTEMD(pid, user)                                                                                \
    "unshare -m ./within sh -c 'exec env SYSTEMD_EXEC_PID=" pid " USER=" user " secrun -d store \"$@\"' sh "

static void check_says(const char *command, const char *err)
{
    struct outcome run = shell("%s", command);
    check_status(run, 0);
    cr_expect_str_eq(run.err, err, "%s says:\n%s", command, run.err);
    outcome_free(&run);
}

Test(user, of_a_unit_that_the_program_does_not_become_is_warned_of)
{
    if (!may_become_others())
        return;
    struct outcome run = shell(BY_SYSTEMD("$$", "app") "-- id -u");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "0\n");
    cr_expect_str_eq(run.err, "secrun: User=app of this unit, but no -u: the command runs as root\n"
                              "secrun: hint: -u app\n");
    outcome_free(&run);
    check_says(BY_SYSTEMD("$$", "dynamic") "-- true",
               "secrun: User=dynamic of this unit, but no -u: the command runs as root\n"
               "secrun: hint: -u dynamic\n");
    check_says(BY_SYSTEMD("$$", "app") "-u app -- true", "");
    check_says(BY_SYSTEMD("$$", "root") "-- true", "");
    check_says(BY_SYSTEMD("$$", "") "-- true", "");
    check_says(BY_SYSTEMD("1", "app") "-- true", "");
    check_says("echo 'toor:x:0:0::/root:/bin/sh' >>passwd; " BY_SYSTEMD("$$", "toor") "-- true", "");
    /* A secrun below has the number of the process, and nothing to add. */
    check_says(BY_SYSTEMD("$$", "app") "-- secrun -d store -- true",
               "secrun: User=app of this unit, but no -u: the command runs as root\n"
               "secrun: hint: -u app\n");
}

/* "leave out -u" would lead to a second store, which the service's own user can open. */
Test(user, of_a_unit_that_starts_it_as_that_user_is_told_how_it_starts_as_root)
{
    const char *become = as_ordinary();
    static const char *const units[] = {"env -u INVOCATION_ID SYSTEMD_EXEC_PID=$$", "env INVOCATION_ID=0123"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct outcome run =
            shell("exec %s %s secrun -u %u:%u -- " STARTED, become, units[i], ordinary_uid(), ordinary_uid());
        cr_expect(holds(run.err, run.err_size,
                        "hint: in a unit, write ExecStart=!... so that secrun starts as root\n"),
                  "%s", run.err);
        check_refusal(units[i], &run, 125, "secrun: -u: it takes root to become another user");
    }
    struct outcome run =
        shell("exec %s env -u INVOCATION_ID SYSTEMD_EXEC_PID=1 secrun -u root -- " STARTED, become);
    cr_expect(holds(run.err, run.err_size, "hint: leave out -u, or have root run it\n"), "%s", run.err);
    check_refusal("below a unit's shell", &run, 125, "secrun: -u: it takes root to become another user");
}
