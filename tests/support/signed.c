/* SPDX-License-Identifier: ISC */
/* Signed stores: see signed.h. Runs in the test programs only. */
#include "support/signed.h"

#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

void signed_begin(void)
{
    char path[1024];
    ctl_begin();
    snprintf(path, sizeof path, "%s/ours.key", scratch());
    setenv("KEY", path, 1);
    snprintf(path, sizeof path, "%s/ours.pub", scratch());
    setenv("PUB", path, 1);
    struct outcome made =
        shell("set -e; for who in ours theirs; do minisign -G -W -p $who.pub -s $who.key >/dev/null; done\n"
              "printf '[store]\\nsigners = %%s\\nsigning-key = %%s\\n' \"$(tail -n 1 $PUB)\" $KEY "
              ">>store/secrun.conf\n"
              "secrunctl sign >/dev/null; echo first | secrunctl set FIRST");
    check_status(made, 0);
    outcome_free(&made);
}
