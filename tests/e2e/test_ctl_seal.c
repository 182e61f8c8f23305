/* SPDX-License-Identifier: ISC */
/* secrunctl seal and enroll: a document for another host, where there is neither store nor key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/pty.h"

#define VALUE "hunter2-Lw9vX3kT"

static const char document[] = "# mine\n[app]\nA = " VALUE "\n";

static void begin(void)
{
    ctl_begin();
    put_file("document.ini", document, sizeof document - 1);
    ctl_check("for name in ada bob; do age-keygen -o $name.key 2>/dev/null; age-keygen -y $name.key "
              ">$name.pub; done",
              "");
}

TestSuite(ctl_seal, .init = begin, .fini = scratch_end, .timeout = 300);

/* That key opens it to the document as it is. */
#define OPENS(key, file) "age -d -i " key " " file " | cmp - document.ini && echo " key "\n"

Test(ctl_seal, file_opens_for_those_it_is_sealed_to)
{
    ctl_check(
        "secrunctl seal -r $(cat ada.pub) -r $(cat bob.pub) document.ini >file\n" OPENS("ada.key", "file")
            OPENS("bob.key", "file") "age -d -i store/machine.key file 2>/dev/null || echo no",
        "ada.key\nbob.key\nno\n");
}

Test(ctl_seal, needs_neither_store_nor_home)
{
    ctl_check(
        "env -u HOME -u SECRUN_DIR secrunctl -d nowhere seal -r $(cat ada.pub) <document.ini >file\n" OPENS(
            "ada.key",
            "file") "secrunctl seal --recipient=$(cat ada.pub) - <document.ini >file\n" OPENS("ada.key",
                                                                                              "file"),
        "ada.key\nada.key\n");
}

Test(ctl_seal, file_runs_on_the_host_that_it_is_for)
{
    ctl_check("mkdir -m 700 other; secrunctl -d other/store init >/dev/null\n"
              "secrunctl seal -r $(secrunctl -d other/store pubkey) -o other/store/secrets.age document.ini\n"
              "secrun -d other/store -p app printenv A; stat -c %a other/store/secrets.age",
              VALUE "\n600\n");
}

Test(ctl_seal, recipients_stand_in_files)
{
    ctl_check("{ echo '# the team'; echo; cat ada.pub; } >team; printf '%s\\r\\n' $(cat bob.pub) >more\n"
              "secrunctl seal -R team -R more -r $(cat bob.pub) document.ini >file\n" OPENS("ada.key", "file")
                  OPENS("bob.key", "file") "head -n 5 file | grep -c '^-> X25519'; age -R team -R more "
                                           "document.ini >same\n" OPENS("ada.key", "same"),
              "ada.key\nbob.key\n2\nada.key\n");
}

Test(ctl_seal, output_takes_the_place_of_a_file_whole_or_not_at_all)
{
    ctl_check("echo old >file; chmod 644 file; secrunctl seal -r $(cat ada.pub) -o file document.ini\n" OPENS(
                  "ada.key", "file") "stat -c %a file; ls | grep -c new || :",
              "ada.key\n600\n0\n");
    ctl_check_refused("cp file kept; echo broken | secrunctl seal -r $(cat ada.pub) -o file", 1, "line 1: ");
    ctl_check("cmp file kept", "");
    ctl_check_refused("prlimit --fsize=100 secrunctl seal -r $(cat ada.pub) -o file document.ini", 1,
                      "File too large");
    ctl_check("cmp file kept", "");
    ctl_check_refused("secrunctl seal -r $(cat ada.pub) -o none/file document.ini", 1, "none: No such file");
}

/* As /dev/stdout is one: root's would be gone for all. */
Test(ctl_seal, what_is_no_file_is_written_to_and_stays)
{
    ctl_check(
        "ln -s /proc/self/fd/1 out; mkfifo pipe; echo old >real; ln -s real link; seal() {\n"
        "    secrunctl seal -r $(cat ada.pub) -o $1 document.ini; }\n"
        "seal out | age -d -i ada.key - | cmp - document.ini; seal out >to; " OPENS(
            "ada.key",
            "to") "cat pipe >got & seal pipe; wait; " OPENS("ada.key",
                                                            "got") "seal link; " OPENS("ada.key",
                                                                                       "real") "seal "
                                                                                               "/dev/null; "
                                                                                               "stat -c %F "
                                                                                               "out pipe "
                                                                                               "link "
                                                                                               "/dev/null",
        "ada.key\nada.key\nada.key\nsymbolic link\nfifo\nsymbolic link\ncharacter special file\n");
}

Test(ctl_seal, never_replaces_the_document)
{
    ctl_check_refused("secrunctl seal -r $(cat ada.pub) -o document.ini document.ini", 1,
                      "document.ini: is the document itself");
    ctl_check_refused("secrunctl seal -r $(cat ada.pub) -o ./document.ini <document.ini", 1,
                      "document.ini: is the document itself");
}

Test(ctl_seal, that_makes_no_sense_is_refused)
{
    ctl_check_refused("secrunctl seal document.ini", 2, "for whom?");
    ctl_check_refused("secrunctl seal -r", 2, "-r: takes an argument");
    ctl_check_refused("secrunctl seal -r age1x document.ini x", 2, "too many operands");
    ctl_check_refused("secrunctl seal -r age1nothing document.ini >/dev/null", 1, "-r: ");
    ctl_check_refused("secrunctl seal -r AGE-SECRET-KEY-1hunter2 document.ini >/dev/null", 1, "-r: ");
    ctl_check_refused("secrunctl seal -R none document.ini >/dev/null", 1, "none: No such file");
    ctl_check_refused("echo '#' >empty; secrunctl seal -R empty document.ini >/dev/null", 1, "no recipient");
    ctl_check_refused("{ cat ada.pub; echo hunter2; } >bad; secrunctl seal -R bad document.ini >/dev/null", 1,
                      "bad: line 2: ");
    ctl_check_refused("secrunctl seal -R ada.key document.ini >/dev/null", 1, "ada.key: line 3: ");
    ctl_check_refused("secrunctl seal -R /dev/zero document.ini >/dev/null", 1, "/dev/zero: ");
    ctl_check_refused("secrunctl seal -R ada.pub none >/dev/null", 1, "none: No such file");
    ctl_check_refused("secrunctl seal -R ada.pub . >/dev/null", 1, ".: Is a directory");
    ctl_check_refused("secrunctl seal -R ada.pub </dev/null", 1, "standard input: no secret in it");
    ctl_check_refused("printf '[app]\\n.note = n\\n' | secrunctl seal -R ada.pub", 1, "no secret in it");
    ctl_check_refused("printf 'A=hunter2\\n' | secrunctl seal -R ada.pub", 1,
                      "standard input: line 1: an entry before the first [profile]");
    ctl_check_refused("head -c 40000000 /dev/zero | tr '\\0' '#' | secrunctl seal -R ada.pub", 1,
                      "standard input: ");
    ctl_check_refused("secrunctl seal $(for i in $(seq 300); do printf -- '-R ada.pub '; done) document.ini",
                      2, "more than 256 options");
}

Test(ctl_seal, nothing_goes_to_a_terminal)
{
    struct pty pty;
    pty_start(&pty, "secrunctl seal -R ada.pub document.ini");
    pty_expect(&pty, "standard output is a terminal");
    pty_end(&pty);
    cr_expect_eq(pty.status, 1);
    cr_expect_null(strstr(pty.text, "age-encryption"));
    pty_free(&pty);
}

/* --- enroll ----------------------------------------------------------------------------------------- */

Test(ctl_seal, enroll_prints_a_section_of_an_inventory)
{
    ctl_check("secrunctl enroll --name web-1 >section\n"
              "printf '[web-1]\\nrecipients = %s\\nprofiles =\\n' $(secrunctl pubkey) | cmp - section\n"
              "[ \"$(secrunctl enroll | head -n 1)\" = \"[$(uname -n)]\" ] && echo named",
              "named\n");
    /* Both keys of a host that has two; not one that was replaced. */
    ctl_check("secrunctl rekey >/dev/null 2>&1; grep ^AGE ada.key | cat - store/machine.key >two\n"
              "cat two >store/machine.key; secrunctl enroll --name x | sed 's/age1.*/KEY/'",
              "[x]\nrecipients = KEY\n  KEY\nprofiles =\n");
}

Test(ctl_seal, enroll_without_a_name_or_a_store_says_so)
{
    ctl_check_refused("secrunctl enroll --name ../x", 2, "--name: a host's name is letters");
    ctl_check_refused("secrunctl enroll x", 2, "too many operands");
    ctl_check_refused("secrunctl -d none enroll", 1, "none");
}
