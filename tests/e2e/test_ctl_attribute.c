/* SPDX-License-Identifier: ISC */
/* secrunctl attribute: attributes of secrets and profiles, all of them or none. */
#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

static void begin(void)
{
    ctl_begin();
    ctl_seal("[common]\nSHARED = s\n[app]\n.include = common\nA = 1\nA.note = old\nA.previous = hunter2\n"
             "A.replaced = 2026-01-01T00:00:00Z\nB = 2\n");
}

TestSuite(ctl_attribute, .init = begin, .fini = scratch_end, .timeout = 300);

#define TEXT "; age -d -i store/machine.key store/secrets.age | grep -v previous | grep -v replaced"

Test(ctl_attribute, sets_replaces_and_removes)
{
    ctl_check(
        "secrunctl attribute -p app A max-age=90d note='for billing; soon = new' expires=2099-01-01" TEXT,
        "[common]\nSHARED = s\n[app]\n.include = common\nA = 1\nA.note = for billing; soon = new\n"
        "A.max-age = 90d\nA.expires = 2099-01-01\nB = 2\n");
    ctl_check("secrunctl attribute -p app A max-age= note= expires=2099-02-01" TEXT,
              "[common]\nSHARED = s\n[app]\n.include = common\nA = 1\nA.expires = 2099-02-01\nB = 2\n");
}

Test(ctl_attribute, are_those_of_a_profile_behind_a_dot)
{
    ctl_check(
        "secrunctl attribute -p app . inherit=none allow-user=root,$(id -un); secrunctl attribute -p app . "
        "inherit=; secrun -p app true; age -d -i store/machine.key store/secrets.age | grep -c "
        "'^.inherit\\|^.allow-user'",
        "1\n");
}

/* A profile can say of what it includes who gets it, and nothing else. */
Test(ctl_attribute, of_an_included_secret_are_its_policy)
{
    ctl_check("secrunctl attribute -p app SHARED inherit=none; age -d -i store/machine.key store/secrets.age "
              "| grep "
              "SHARED.inherit",
              "SHARED.inherit = none\n");
    ctl_check_refused("secrunctl attribute -p app SHARED max-age=1d", 1, "there is no SHARED in profile app");
}

Test(ctl_attribute, are_set_all_or_none)
{
    ctl_check_refused("secrunctl attribute -p app A note=new max-age=hunter2", 1,
                      "max-age: a duration such as 90d is wanted");
    ctl_check_refused("secrunctl attribute -p app A note=new expires=", 1, "not in profile app");
    ctl_check_refused("secrunctl attribute -p app NONE note=new", 1, "there is no NONE in profile app");
    ctl_check_refused("secrunctl attribute -p none A note=new", 1, "no profile [none]");
    ctl_check_refused("secrunctl attribute -p app A include=common", 1, "");
    ctl_check_refused("secrunctl attribute -p app . max-age=1d", 1, "");
    ctl_check_refused("secrunctl attribute -p app . include=nothing", 1, "there is no such profile");
}

/* What is no attribute may be a value in the wrong place. */
Test(ctl_attribute, that_make_no_sense_are_usage_errors)
{
    ctl_check_refused("secrunctl attribute -p app A", 2, "an operand is missing");
    ctl_check_refused("secrunctl attribute", 2, "an operand is missing");
    ctl_check_refused("secrunctl attribute -p app A hunter2", 2,
                      "operand 2: no attribute such as max-age=90d");
    ctl_check_refused("secrunctl attribute -p app A note=n hunter2=x", 2, "operand 3: no attribute");
    ctl_check_refused("secrunctl attribute -p app A =hunter2", 2, "operand 2: no attribute");
    ctl_check_refused("secrunctl attribute -p app A $(printf '%05000d' 0)=1", 2, "operand 2: no attribute");
    ctl_check_refused("secrunctl attribute -p app A note=1 note=2", 2, "note is given twice");
    ctl_check_refused("secrunctl attribute -p app A previous=hunter2", 2,
                      "previous: is kept by secrunctl itself");
    ctl_check_refused("secrunctl attribute -p app A replaced=", 2, "replaced: is kept by secrunctl itself");
    ctl_check_refused("secrunctl attribute -p app hunter2-x note=1", 2, "a name is letters");
    ctl_check_refused("secrunctl attribute -p app A --json note=1", 2, "does not take --json");
}

Test(ctl_attribute, survive_what_changes_the_value)
{
    ctl_check("secrunctl attribute -p app B max-age=90d note=n; echo 3 | secrunctl set -p app B; secrunctl "
              "rollback -p app "
              "B; secrunctl rekey >/dev/null; secrunctl list -p app --json | grep -o '\"max-age\": *\"90d\"'",
              "\"max-age\": \"90d\"\n");
}
