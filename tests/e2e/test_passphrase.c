/* SPDX-License-Identifier: ISC */
/* A machine key that is itself sealed with a passphrase: asked for on the terminal, and nowhere else. */
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/pty.h"
#include "support/store.h"

/* The key, sealed by the npm package age-encryption under a work factor that does not take long. */
static void begin(void)
{
    scratch_begin();
    store_make_text("store", "[default]\nTOKEN = sealed-value\n");
    struct outcome sealed =
        shell("cd store && node " TESTS_DIR
              "/vectors/typage.mjs encrypt-passphrase 'correct horse' 10 machine.key &&\n"
              "mv machine.key.age machine.key && chmod 600 machine.key && head -c 21 machine.key");
    check_status(sealed, 0);
    cr_assert_str_eq(sealed.out, "age-encryption.org/v1");
    outcome_free(&sealed);
}

TestSuite(passphrase, .init = begin, .fini = scratch_end);

Test(passphrase, that_is_right_opens_the_store)
{
    struct pty pty;
    pty_start(&pty, "secrun -d store printenv TOKEN");
    pty_expect(&pty, "Passphrase for store/machine.key: ");
    cr_assert_not(pty_echoes(&pty));
    pty_type_text(&pty, "correct horse\n");
    pty_end(&pty);
    cr_assert_eq(pty.status, 0, "%s", pty.text);
    cr_assert(strstr(pty.text, "sealed-value"));
    cr_assert_null(strstr(pty.text, "correct horse"));
    pty_free(&pty);
}

Test(passphrase, that_is_wrong_does_not_and_the_terminal_is_as_before)
{
    struct pty pty;
    pty_start(&pty, "secrun -d store printenv TOKEN");
    pty_expect(&pty, "Passphrase for store/machine.key: ");
    pty_type_text(&pty, "wrong horse\n");
    pty_end(&pty);
    cr_assert_eq(pty.status, 125, "%s", pty.text);
    cr_assert(strstr(pty.text, "secrun: store/machine.key: wrong passphrase"), "%s", pty.text);
    cr_assert_null(strstr(pty.text, "sealed-value"));
    cr_assert(pty_echoes(&pty));
    pty_free(&pty);
}

Test(passphrase, is_not_taken_from_standard_input)
{
    struct outcome outcome =
        shell_with_input("correct horse\n", 14, "setsid -w secrun -d store printenv TOKEN </dev/stdin");
    cr_assert_eq(outcome.status, 125);
    cr_assert(strstr(outcome.err, "there is no terminal to ask on"), "%s", outcome.err);
    cr_assert_eq(outcome.out_size, 0);
    outcome_free(&outcome);
}

Test(passphrase, serves_secrunctl_as_well)
{
    struct pty pty;
    pty_start(&pty, "secrunctl -d store set TOKEN --generate");
    pty_expect(&pty, "Passphrase for store/machine.key: ");
    pty_type_text(&pty, "correct horse\n");
    pty_end(&pty);
    cr_assert_eq(pty.status, 0, "%s", pty.text);
    pty_free(&pty);
    pty_start(&pty, "secrun -d store printenv TOKEN");
    pty_expect(&pty, "Passphrase for store/machine.key: ");
    pty_type_text(&pty, "correct horse\n");
    pty_end(&pty);
    cr_assert_eq(pty.status, 0, "%s", pty.text);
    cr_assert_null(strstr(pty.text, "sealed-value"));
    pty_free(&pty);
}

/* On a terminal, which is where a shell that completes a command line is. */
Test(passphrase, is_not_asked_for_by_a_list_of_names)
{
    struct pty pty;
    pty_start(&pty, "secrunctl -d store list --names");
    pty_end(&pty);
    cr_assert_eq(pty.status, 1, "%s", pty.text);
    cr_assert(strstr(pty.text, "sealed with a passphrase, which is not asked for here"), "%s", pty.text);
    cr_assert_null(strstr(pty.text, "Passphrase for"), "%s", pty.text);
    pty_free(&pty);
}
