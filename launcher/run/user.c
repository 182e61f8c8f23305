/* SPDX-License-Identifier: ISC */
/*
 * The steps of a run that have to do with its user (-u): see run.h. Runs in secrun; sees the secrets of one
 * profile. Up to the change root looks at things, which can see all of them; so whatever the program's own
 * start depends on is looked at again with that user's eyes.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "deliver/preload.h"
#include "run/capabilities.h"
#include "run/privileges.h"
#include "run/run.h"
#include "run/unit.h"

int run_look_up_user(struct run *run, struct reason *why)
{
    const struct options *options = &run->options;
    if (!options->user)
        return 0;
    if (options->ambient && !capabilities_parse(options->ambient, &run->ambient, why)) {
        fail_within(why, "--ambient-caps");
        return EXIT_FAILED;
    }
    if (!account_look_up(options->user, &run->account, why) ||
        !privileges_may_change(&run->account, run->ambient, why)) {
        fail_within(why, "-u");
        return EXIT_FAILED;
    }
    return 0;
}

/* The command, its interpreter and its loader: what was found is to be found, and nothing else is run. */
static int look_again(const struct run *run, struct reason *why)
{
    struct probe probe;
    int status = probe_command(run->options.command[0], &probe, why);
    if (status == 0 && probe_same_file(&probe.given, &run->probe.given) &&
        probe_same_file(&probe.started, &run->probe.started) && strcmp(probe.path, run->probe.path) == 0)
        return 0;
    if (status == 0) {
        fail(why, "%s: uid %u finds another one, or it was replaced meanwhile", run->probe.path,
             run->account.uid);
        fail_hint(why, "name it by its whole path");
        return EXIT_CANNOT_RUN;
    }
    fail_within(why, "for uid %u", run->account.uid);
    fail_hint(why, "root finds it: with -u, that user has to be able to reach and to read it");
    return status;
}

/* With "!" in ExecStart= a unit's User= is not heeded. That is also how a program is started that gives up
 * root by itself, so it is no refusal; and it is systemd's word alone that tells the two from a root who
 * meant it. */
void run_warn_of_user(const struct run *run)
{
    const char *user = getenv("USER");
    char shown[64];
    if (run->options.user || run->outer || getuid() != 0 || !user || !*user || strcmp(user, "root") == 0 ||
        !unit_starts_this() || account_has_name(0, user))
        return;
    printable(shown, sizeof shown, user, strlen(user));
    message(PROGRAM, "User=%s of this unit, but no -u: the command runs as root", shown);
    message(PROGRAM, "hint: -u %s", shown);
}

int run_change_user(struct run *run, struct reason *why)
{
    struct reason reason = {0};
    if (!run->options.user)
        return 0;
    /* Root trusts less than the user, whose own the shim might be. */
    if (run->delivery.way == DELIVERY_PRELOAD && run->choice.count > 0 && !preload_check(&reason))
        run_note_refusal(run, EXIT_FAILED, &reason);
    if (!privileges_set_environment(&run->account, why) ||
        !privileges_change(&run->account, run->ambient, why))
        return EXIT_FAILED;
    run_note_refusal(run, look_again(run, &reason), &reason);
    return 0;
}
