/* SPDX-License-Identifier: ISC */
/* The playbooks of examples/ansible, run as they are: hosts are directories here, reached without a network.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

#define EXAMPLE TESTS_DIR "/../examples/ansible"
#define VALUE   "hunter2-Lw9vX3kT"

/* Two hosts, of which web-1 gets [web] and db-1 [db]. */
static void begin(void)
{
    ctl_begin();
    ctl_check("mkdir -m 700 documents; cp " EXAMPLE
              "/*.yml .; minisign -G -W -p sign.pub -s sign.key >/dev/null\n"
              "sed -i \"s,^    # secrun_signers: .*,    secrun_signers: $(sed -n 2p sign.pub),\" hosts.yml\n"
              "sed -i '/^    secrun_dir:/d' hosts.yml; printf '    secrun_become: false\\n    secrun_dir: "
              "\"%s/{{ inventory_hostname }}\"\\n"
              "    ansible_connection: local\\n    ansible_python_interpreter: /usr/bin/python3\\n' $PWD "
              ">>hosts.yml\n"
              "printf '[web]\\nA = " VALUE "1\\n[db]\\nB = " VALUE "2\\n' >documents/1.ini\n"
              "printf '[fleet]\\nsigning-key = sign.key\\n' >fleet.ini",
              "");
    setenv("ANSIBLE_HOME", scratch(), 1);
    setenv("ANSIBLE_LOCAL_TEMP", scratch(), 1);
    setenv("ANSIBLE_REMOTE_TEMP", scratch(), 1);
    setenv("ANSIBLE_LOCALHOST_WARNING", "False", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
}

TestSuite(example_ansible, .init = begin, .fini = scratch_end, .timeout = 300);

/* Runs a playbook; how many tasks changed something on each host, and no value in what it says. */
static void play(const char *playbook, const char *changes)
{
    struct outcome run = shell(
        "ansible-playbook -v --diff -i hosts.yml %s >log 2>&1; status=$?; sed -n "
        "'s/^\\([a-z0-9-]*\\) .*\\(changed=[0-9]*\\).*/\\1 \\2/p' log | sort; [ $status = 0 ] || cat log",
        playbook);
    cr_expect_str_eq(run.out, changes, "%s%s", run.out, run.err);
    outcome_free(&run);
    ctl_check("grep hunter2 log || :", "");
}

Test(example_ansible, each_host_runs_with_what_it_is_handed)
{
    play("enroll.yml", "db-1 changed=3\nweb-1 changed=4\n");
    play("enroll.yml", "db-1 changed=0\nweb-1 changed=0\n");
    ctl_check("sed 's/^profiles =/& web/' enrolled/web-1.ini >>fleet.ini; sed 's/^profiles =/& db/' "
              "enrolled/db-1.ini "
              ">>fleet.ini",
              "");
    play("secrun.yml", "db-1 changed=3\nlocalhost changed=1\nweb-1 changed=3\n");
    play("secrun.yml", "db-1 changed=0\nlocalhost changed=0\nweb-1 changed=0\n");
    ctl_check("secrun -d web-1 -p web printenv A; secrun -d db-1 -p db printenv B; secrun -d web-1 -p db "
              "true 2>&1 | "
              "grep -c 'no profile'; ls web-1",
              VALUE "1\n" VALUE
                    "2\n1\nmachine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\nsecrun.conf\n");
    /* A changed value reaches those who have it. */
    ctl_check("cp web-1/secrets.age* .; sed -i 's/1$/3/' documents/1.ini", "");
    play("secrun.yml", "db-1 changed=0\nlocalhost changed=1\nweb-1 changed=3\n");
    ctl_check("secrun -d web-1 -p web printenv A; cp secrets.age secrets.age.minisig web-1; sleep 1\n"
              "secrun -d web-1 -p web printenv A 2>&1 | grep -c 'an old one'",
              VALUE "3\n1\n");
    /* What was put there meanwhile is replaced. */
    play("secrun.yml", "db-1 changed=0\nlocalhost changed=0\nweb-1 changed=3\n");
    ctl_check("secrun -d web-1 -p web printenv A", VALUE "3\n");
}

Test(example_ansible, host_without_a_signed_file_is_told)
{
    ctl_check("sed -i /^signing/d fleet.ini; for host in web-1 db-1; do secrunctl -d $host init >/dev/null\n"
              "secrunctl -d $host enroll --name $host | sed 's/^profiles =/& web/' >>fleet.ini; done\n"
              "ansible-playbook -i hosts.yml secrun.yml 2>&1 | grep -c 'has no signature: fleet.ini is to "
              "have this host and "
              "a signing-key'",
              "2\n");
}
