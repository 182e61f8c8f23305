/* SPDX-License-Identifier: ISC */
/* Users and groups in texts, and the names of capabilities. Runs in the unit tests only. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "host/account_text.h"
#include "run/capabilities.h"

static const char passwd[] = "# a comment: 1\n"
                             "root:x:0:0:root:/root:/bin/bash\n"
                             "\n"
                             "+:::::\n"
                             "-minus:x:5:5::/:/bin/sh\n"
                             "app:x:7001:7002:An app, room 5:/srv/app:/bin/sh:with a colon\n"
                             "app:x:1:1::/second:/bin/sh\n"
                             "bare:x:7003:7003:::\n"
                             "short:x:7004\n"
                             "words:x:0x1f:7::/:/bin/sh\n"
                             "space:x: 7:7::/:/bin/sh\n"
                             "large:x:4294967295:7::/:/bin/sh\n"
                             "last:x:7009:7009:::/bin/zsh";

static struct account account;
static struct reason why;

static enum account_found user(const char *text, const char *name)
{
    account = (struct account){0};
    return account_find_user(text, strlen(text), name, NULL, &account, &why);
}

Test(account, is_found_by_its_name_in_the_first_line_that_has_it)
{
    cr_assert_eq(user(passwd, "app"), ACCOUNT_FOUND);
    cr_expect_eq(account.uid, 7001);
    cr_expect_eq(account.gid, 7002);
    cr_expect_str_eq(account.name, "app");
    cr_expect_str_eq(account.home, "/srv/app");
    cr_expect_str_eq(account.shell, "/bin/sh:with a colon");
    cr_assert_eq(user(passwd, "last"), ACCOUNT_FOUND);
    cr_expect_str_eq(account.home, "/");
    cr_expect_str_eq(account.shell, "/bin/zsh");
    cr_assert_eq(user(passwd, "bare"), ACCOUNT_FOUND);
    cr_expect_str_eq(account.shell, "/bin/sh");
}

Test(account, is_found_by_its_number)
{
    const unsigned numbers[] = {7003, 5, 31, 7};
    cr_assert_eq(account_find_user(passwd, strlen(passwd), NULL, &numbers[0], &account, &why), ACCOUNT_FOUND);
    cr_expect_str_eq(account.name, "bare");
    for (int i = 1; i < 4; i++)
        cr_expect_eq(account_find_user(passwd, strlen(passwd), NULL, &numbers[i], &account, &why),
                     ACCOUNT_ABSENT, "%u", numbers[i]);
}

Test(account, is_never_taken_from_a_line_of_another_kind)
{
    static const char *const absent[] = {"", "x", "+", "-minus", "ap", "appl", "# a comment", "APP"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        cr_expect_eq(user(passwd, absent[i]), ACCOUNT_ABSENT, "'%s'", absent[i]);
    static const char *const damaged[] = {"short", "words", "space", "large"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        cr_expect_eq(user(passwd, damaged[i]), ACCOUNT_WRONG, "%s", damaged[i]);
        cr_expect_eq(strncmp(why.text, "line ", 5), 0, "%s", why.text);
    }
}

Test(account, is_found_in_an_indented_line_as_by_glibc)
{
    cr_assert_eq(user(" \t\v\f\rapp:x:7001:7002::/srv/app:\napp:x:1:1::/second:\n", "app"), ACCOUNT_FOUND);
    cr_expect_eq(account.uid, 7001);
    cr_expect_eq(user("  app:x:4294967295:1::/:/\napp:x:7:8:::\n", "app"), ACCOUNT_WRONG);
    cr_expect_eq(user("  # app:x:1:1::/:/\n  +app:x:1:1::/:/\n  -app:x:1:1::/:/\n \n", "app"),
                 ACCOUNT_ABSENT);
}

Test(account, with_a_nul_or_too_long_a_home_is_refused)
{
    char text[PATH_MAX + 64];
    const char nul[] = "app:x:1:1::/a\0b:/bin/sh\n";
    cr_expect_eq(account_find_user(nul, sizeof nul - 1, "app", NULL, &account, &why), ACCOUNT_WRONG);
    int size = snprintf(text, sizeof text, "app:x:1:1::/%0*d:/bin/sh", PATH_MAX - 1, 0);
    cr_expect_eq(account_find_user(text, (size_t)size, "app", NULL, &account, &why), ACCOUNT_WRONG);
    size = snprintf(text, sizeof text, "app:x:1:1::/%0*d:/bin/sh", PATH_MAX - 2, 0);
    cr_expect_eq(account_find_user(text, (size_t)size, "app", NULL, &account, &why), ACCOUNT_FOUND);
}

Test(account, numbers_are_decimal_and_below_the_one_that_means_none)
{
    static const char *const wrong[] = {
        "", "-1", "+1", " 1", "1 ", "0x1", "4294967295", "4294967296", "18446744073709551616", "1e3", "one"};
    unsigned number;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(account_number(wrong[i], strlen(wrong[i]), &number), "'%s'", wrong[i]);
    cr_assert(account_number("4294967294", 10, &number));
    cr_expect_eq(number, 4294967294U);
    cr_assert(account_number("0", 1, &number));
    cr_expect_eq(number, 0);
}

Test(account, names_are_those_of_users_and_directories)
{
    static const char *const names[] = {"app",           "_apt",      "www-data", "a.b",
                                        "u@example.org", "DOM\\user", "host$"};
    static const char *const others[] = {"",    "-a",  "$",    "a b", "a:b", "a/b",
                                         "a,b", "a\n", "\x1b", "é",   "+a",  "a*"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect(account_is_name(names[i]), "%s", names[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(account_is_name(others[i]), "%s", others[i]);
}

static const char group[] = "root:x:0:\nmedia:x:10:a,app,b\napple:x:11:apple,appl,ap\nweb:x:12:app\n"
                            "again:x:10:app\nnone:x:13\n+:::app\nbad:x:-1:other\n";

Test(account, is_in_the_groups_that_have_its_whole_name)
{
    cr_assert_eq(user(passwd, "app"), ACCOUNT_FOUND);
    cr_assert(account_add_memberships(group, strlen(group), &account, &why), "%s", why.text);
    cr_assert_eq(account.group_count, 2);
    cr_expect(account.groups[0] == 10 && account.groups[1] == 12);
    account_free(&account);
    cr_assert_eq(user("other:x:1:1::/:/bin/sh\n", "other"), ACCOUNT_FOUND);
    cr_expect_not(account_add_memberships(group, strlen(group), &account, &why));
    cr_expect_str_eq(why.text, "line 8: not an entry of group(5)");
    account_free(&account);
}

Test(account, has_no_more_groups_than_the_kernel_takes)
{
    account = (struct account){0};
    for (unsigned i = 0; i < 2000; i++)
        cr_assert(account_add_group(&account, i % 1000, &why));
    cr_expect_eq(account.group_count, 1000);
    account.group_count = 0;
    account_free(&account);
}

Test(account, groups_are_found_by_name)
{
    unsigned number = 0;
    cr_assert_eq(account_find_group(group, strlen(group), "web", &number, &why), ACCOUNT_FOUND);
    cr_expect_eq(number, 12);
    cr_expect_eq(account_find_group(group, strlen(group), "none", &number, &why), ACCOUNT_FOUND);
    cr_expect_eq(account_find_group(group, strlen(group), "we", &number, &why), ACCOUNT_ABSENT);
    cr_expect_eq(account_find_group(group, strlen(group), "+", &number, &why), ACCOUNT_ABSENT);
    cr_expect_eq(account_find_group(group, strlen(group), "bad", &number, &why), ACCOUNT_WRONG);
}

Test(account, takes_the_groups_that_getent_lists)
{
    static const char *const wrong[] = {"", "a 1 -2", "a x", "a 1,2", "a 4294967295", "a\t5 6x"};
    account = (struct account){0};
    const char *text = "remote                8002 8010  8011\nother 5\n";
    cr_assert(account_add_listed(text, strlen(text), &account, &why), "%s", why.text);
    cr_assert_eq(account.group_count, 3);
    cr_expect_eq(account.groups[2], 8011);
    cr_expect(account_add_listed("remote\n", 7, &account, &why));
    cr_expect_eq(account.group_count, 3);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(account_add_listed(wrong[i], strlen(wrong[i]), &account, &why), "'%s'", wrong[i]);
    account_free(&account);
}

Test(capabilities, have_the_names_of_the_manual_page)
{
    uint64_t set = 0;
    cr_assert(capabilities_parse("net_bind_service,CAP_CHOWN,cap_Checkpoint_Restore", &set, &why));
    cr_expect_eq(set, UINT64_C(1) << 10 | 1 | UINT64_C(1) << 40);
    static const char *const wrong[] = {"",     ",",      "chown,", "cap_",       "cap_cap_chown",
                                        "chow", "chowns", "all",    "chown chown"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(capabilities_parse(wrong[i], &set, &why), "'%s'", wrong[i]);
}
