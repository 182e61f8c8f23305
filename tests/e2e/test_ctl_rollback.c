/* SPDX-License-Identifier: ISC */
/* secrunctl rollback: the value before the present one is kept for a while, and comes back byte for byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

TestSuite(ctl_rollback, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

static void set(const char *name, const char *value, size_t size)
{
    struct outcome run = shell_with_input(value, size, "secrunctl set --keep-newline %s", name);
    check_status(run, 0);
    outcome_free(&run);
}

Test(ctl_rollback, brings_the_value_before_back_and_undoes_itself)
{
    ctl_check("echo one | secrunctl set A; echo two | secrunctl set A; secrunctl get A\n"
              "secrunctl rollback A; secrunctl get A; secrun printenv A\n"
              "secrunctl rollback A; secrunctl get A; secrun printenv A\n",
              "twooneone\ntwotwo\n");
}

Test(ctl_rollback, brings_every_value_back_byte_for_byte)
{
    for (size_t i = 0; i < ctl_value_count; i++) {
        set("NAME", ctl_values[i].bytes, ctl_values[i].size);
        set("NAME", "between", 7);
        ctl_check("secrunctl rollback NAME", "");
        ctl_check_value("default", "NAME", ctl_values[i].bytes, ctl_values[i].size);
        ctl_check("secrunctl rollback NAME", "");
        ctl_check_value("default", "NAME", "between", 7);
    }
}

Test(ctl_rollback, brings_the_time_back_at_which_it_was_set)
{
    ctl_seal("[default]\nA = one\nA.rotated = 2020-01-02T03:04:05Z\nB = one\n");
    ctl_check(
        "echo two | secrunctl set A; secrunctl rollback A; secrunctl export --format ini | grep A.rotated\n"
        "secrunctl rollback A; secrunctl list --json | jq '.profiles[0].secrets[0].age_seconds < 100'\n"
        "echo two | secrunctl set B; secrunctl rollback B; secrunctl export --format ini | grep -c "
        "B.rotated; true",
        "A.rotated = 2020-01-02T03:04:05Z\ntrue\n0\n");
}

Test(ctl_rollback, is_possible_after_edit_and_import_too)
{
    ctl_check(
        "printf 'A=one\\nB=one\\n' >env; secrunctl import env 2>/dev/null\n"
        "printf 'A=two\\nB=one\\n' >env; secrunctl import --replace env 2>/dev/null\n"
        "secrunctl rollback A; secrunctl get A\n"
        "EDITOR=\"sed -i 's/^B = one/B = three/'\" secrunctl edit; secrunctl rollback B; secrunctl get B",
        "imported 2 secrets into [default] (0 replaced, 0 unchanged)\n"
        "imported 1 secret into [default] (1 replaced, 1 unchanged)\n"
        "oneone");
}

Test(ctl_rollback, keeps_what_was_before_the_last_change_of_several)
{
    ctl_check("for v in one two three; do echo $v | secrunctl set A; done; echo three | secrunctl set A\n"
              "secrunctl rollback A; secrunctl get A",
              "two");
}

Test(ctl_rollback, finds_none_where_there_is_none)
{
    ctl_seal("[common]\nDSN = hunter2\n[app]\n.include = common\nA = hunter2\n");
    ctl_check_refused("secrunctl rollback -p app A", 1,
                      "[app] A: no previous value is kept\nsecrunctl: hint: keep-previous");
    ctl_check_refused("secrunctl rollback -p app DSN", 1, "[app] has no secret DSN of its own\n");
    ctl_check_refused("secrunctl rollback -p app B", 1, "[app] has no secret B of its own\n");
    ctl_check_refused("secrunctl rollback -p none A", 1, "no profile [none]\n");
    ctl_check_refused("secrunctl rollback -p app \"$(printf 'a\\033[2J')\"", 1,
                      "no secret a?[2J of its own\n");
    ctl_check_refused("secrunctl rollback", 2, "rollback: an operand is missing");
    ctl_check_refused("secrunctl rollback A B", 2, "rollback: too many operands");
}

Test(ctl_rollback, finds_none_after_the_time_that_it_is_kept)
{
    ctl_seal("[default]\n.keep-previous = 1h\nA = hunter2\nA.previous = hunter2-old\n"
             "A.replaced = 2020-01-02T03:04:05Z\n");
    ctl_check_refused("secrunctl rollback A", 1,
                      "[default] A: its previous value was not to be kept so long\n");
    /* It goes with the next change of the store. */
    ctl_check("echo 1 | secrunctl set B; secrunctl export --format ini | grep -c '^A'", "1\n");
}

/* A rollback changes places: an odd number of them is one. Of what is set meanwhile, the last is there. */
Test(ctl_rollback, of_two_at_once_are_all_made)
{
    ctl_check(
        "for name in A S_1 S_2 C; do echo one | secrunctl set $name; echo two | secrunctl set $name; done",
        "");
    struct outcome run = shell(
        "for w in 1 2; do (for i in $(seq 9); do\n"
        "    for name in A S_$w C; do secrunctl rollback $name || echo failed; done; done\n"
        "    [ $w = 1 ] || secrunctl rollback A || echo failed) 2>>err & writers=\"${writers-} $!\"; done\n"
        "(for i in $(seq 20); do for name in B_$i C; do echo $i | secrunctl set $name || echo failed; done\n"
        "    done) 2>>err & writers=\"$writers $!\"\n"
        "(while [ ! -e done ]; do case $(secrun printenv A) in one | two) ;; *) echo no start ;; esac\n"
        "    case $(secrunctl get S_1) in one | two) ;; *) echo no get ;; esac; done) 2>&1 & reader=$!\n"
        "cp store/secrun.conf before; wait $writers; touch done; wait $reader; cmp before store/secrun.conf\n"
        "secrun printenv A S_1 S_2; for i in $(seq 20); do [ \"$(secrunctl get B_$i)\" = $i ] || echo lost; "
        "done\n"
        "{ secrun printenv C; secrunctl rollback C; secrun printenv C; } | grep -x 20; ls -AI.gitignore "
        "store\n"
        "for name in A S_1 S_2; do secrunctl rollback $name; secrun printenv $name; done\n"
        "grep -v -e 'waiting for another secrunctl$' -e 'is new in .default.$' err >&2");
    cr_expect_str_eq(run.out, "one\none\none\n20\nmachine.key\nsecrets.age\nsecrun.conf\ntwo\ntwo\ntwo\n",
                     "%s", run.out);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}

/* From the beginning of a second on, so that none of the time is over. */
static const char on_how_long[] = "until [ $(date +%1N) -lt 3 ]; do sleep 0.1; done\n"
                                  "echo one | secrunctl set A; echo two | secrunctl set A\n"
                                  "secrunctl list | grep -o 'previous kept.*' || echo none";

Test(ctl_rollback, is_kept_as_long_as_is_said)
{
    ctl_check(on_how_long, "previous kept 7d\n");
    ctl_check("printf '[store]\\nkeep-previous = 30d\\n' >store/secrun.conf", "");
    ctl_check(on_how_long, "previous kept 30d\n");
    ctl_seal("[default]\n.keep-previous = 2d\nA = 0\n");
    ctl_check(on_how_long, "previous kept 2d\n");
    ctl_seal("[default]\n.keep-previous = 2d\nA = 0\nA.keep-previous = 3h\n");
    ctl_check(on_how_long, "previous kept 3h  keep-previous=3h\n");
    ctl_seal("[default]\nA = 0\nA.keep-previous = no\n");
    ctl_check(on_how_long, "none\n");
    ctl_check("printf '[store]\\nkeep-previous = no\\n' >store/secrun.conf", "");
    ctl_seal("[default]\nA = 0\n");
    ctl_check(on_how_long, "none\n");
    ctl_check_refused("secrunctl rollback A", 1, "no previous value is kept");
    ctl_check("printf '[store]\\nkeep-previous = 5\\n' >store/secrun.conf", "");
    ctl_check_refused("secrunctl list", 1,
                      "line 2: keep-previous: a duration such as 7d, or no, is wanted\n");
}

Test(ctl_rollback, shows_and_hands_out_no_previous_value)
{
    ctl_seal("[default]\n.inherit = none\nA = 0\n");
    ctl_check("echo hunter2-old | secrunctl set A; echo hunter2-new | secrunctl set A\n"
              "for c in list 'list --json' 'list --names -p default' 'check --prometheus' 'export' "
              "'export --format json' 'get A'; do secrunctl $c; done | grep -c hunter2-old\n"
              "secrun sh -c 'cat /proc/$$/environ 2>/dev/null; env; secrunctl --help' | grep -c hunter2-old\n"
              "secrunctl unset A; secrunctl export --format ini | grep -c hunter2; true",
              "0\n0\n0\n");
}

Test(ctl_rollback, is_looked_for_by_scan)
{
    ctl_check("echo the-older-hunter2 | secrunctl set A; echo the-newer-hunter2 | secrunctl set A\n"
              "echo x the-older-hunter2 >file; secrunctl scan file\n"
              "secrunctl scan --json file | jq -c '[.name, .previous]'",
              "file:1: default/A, its previous value, byte 2\n[\"A\",true]\n");
}
