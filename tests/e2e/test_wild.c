/* SPDX-License-Identifier: ISC */
/*
 * Programs of the wild, which were not written with secrun in mind: they do under it just what they do in a
 * plain environment with the same variables, children of theirs have the secrets, and no process of theirs
 * shows one. The sessions are in tests/wild; wild_compare runs them both ways, and looks at each process at
 * its start and its end.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/wild.h"

TestSuite(wild, .init = scratch_begin, .fini = scratch_end, .timeout = 400);

enum { SECONDS = 100 };

/* Expects that the digest of the secrets was printed so many times. */
static void check_digests(struct outcome printed, size_t times)
{
    cr_expect_eq(wild_count(&printed, wild_digest), times, "%zu times the digest %s in\n%s%s",
                 wild_count(&printed, wild_digest), wild_digest, printed.out, printed.err);
    outcome_free(&printed);
}

Test(wild, npm_start_runs_a_project)
{
    wild_prepare("", false);
    check_digests(wild_compare(SECONDS, "cd npm && npm_config_update_notifier=false exec \"$RUN\" npm start"),
                  12);
}

Test(wild, make_runs_recipes_and_sub_makes_in_parallel)
{
    wild_prepare("", false);
    check_digests(wild_compare(SECONDS, "cd make && exec \"$RUN\" make -j4"), 12);
}

Test(wild, git_runs_hooks_aliases_and_editors)
{
    wild_prepare("", false);
    check_digests(wild_compare(SECONDS, "cd git && exec sh session.sh"), 18);
}

Test(wild, tools_that_run_other_commands_pass_the_secrets_on)
{
    wild_prepare("", false);
    check_digests(wild_compare(SECONDS, "exec bash tools.sh"), 38);
}

Test(wild, gunicorn_serves_reloads_and_upgrades_under_load)
{
    wild_prepare("", false);
    check_digests(wild_compare(SECONDS, "exec python3 servers.py gunicorn"), 11);
}

Test(wild, puma_serves_and_restarts_under_load)
{
    wild_prepare("", false);
    check_digests(wild_compare(SECONDS, "exec python3 servers.py puma"), 11);
}

/* nginx's workers cannot be asked what they have; the binary that it execs for an upgrade tells. */
Test(wild, nginx_serves_reloads_and_upgrades_its_binary)
{
    wild_prepare("", false);
    check_digests(wild_compare(SECONDS, "exec python3 servers.py nginx"), 2);
}

/* For an ordinary user these fail both ways, and alike. */
Test(wild, tools_by_which_root_becomes_another_user_pass_the_secrets_on)
{
    wild_prepare("", true);
    check_digests(wild_compare(SECONDS, "bash as_root.sh; :"), geteuid() == 0 ? 5 : 0);
}

static void check_withheld(bool as_root)
{
    wild_prepare("", as_root);
    struct outcome printed = wild_compare_without(SECONDS, "exec bash withheld.sh");
    cr_expect(strstr(printed.out, "below ssh-agent:   kept\n"), "%s%s", printed.out, printed.err);
    cr_expect(!as_root || geteuid() != 0 || strstr(printed.out, "below sudo -E -u nobody:   kept\n"), "%s%s",
              printed.out, printed.err);
    outcome_free(&printed);
}

Test(wild, set_id_programs_of_root_run_without_the_secrets_and_do_what_they_do)
{
    check_withheld(true);
}

Test(wild, set_id_programs_of_a_user_run_without_the_secrets_and_do_what_they_do)
{
    check_withheld(false);
}

/* The kernel lets only a dumpable process write the map of its user namespace. */
Test(wild, a_user_namespace_of_ones_own_works_where_the_profile_says_dumpable)
{
    wild_prepare(".dumpable = yes\n", false);
    struct outcome printed =
        wild_compare(SECONDS, "\"$RUN\" unshare --user --map-root-user ./digest.sh unshare; echo $?");
    outcome_free(&printed);
}
