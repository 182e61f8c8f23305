/* SPDX-License-Identifier: ISC */
/* Policy: which words are taken, and which of several that were said counts. Runs in the unit tests only. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "base/config.h"
#include "run/choice.h"
#include "store/document.h"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(policy, .init = begin);

/* --- the words --- */

/* The line is one of [p], which has X. */
static bool parses(const char *line, struct reason *why)
{
    char *text;
    struct document document;
    cr_assert_gt(asprintf(&text, "[p]\nX = 1\n%s\n", line), 0);
    bool ok = document_parse(&document, text, strlen(text), why);
    if (ok)
        document_free(&document);
    free(text);
    return ok;
}

/* As an attribute of a profile and of a secret. */
static void check_value(const char *word, const char *value, bool good, const char *wanted)
{
    static const char *const names[] = {"", "X"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *line, because[256];
        struct reason why = {0};
        cr_assert_gt(asprintf(&line, "%s.%s = %s", names[i], word, value), 0);
        snprintf(because, sizeof because, "line 3: %s: %s is wanted", word, wanted);
        cr_expect_eq(parses(line, &why), good, "%.200s: %s", line, why.text);
        cr_expect(good || strcmp(why.text, because) == 0, "%.200s: %s", line, why.text);
        free(line);
    }
}

Test(policy, each_word_takes_its_values_and_says_which)
{
    static const char *const expose[] = {"Getenv", "getenv environ", "getenv,environ", "", "all", "env"};
    static const char *const argv[] = {"", "yes", "deny", "Refuse", "warn, refuse"};
    check_value("expose", "environ", true, "");
    check_value("expose", "getenv", true, "");
    check_value("argv", "warn", true, "");
    check_value("argv", "refuse", true, "");
    check_value("argv", "allow", true, "");
    for (size_t i = 0; i < sizeof expose / sizeof expose[0]; i++)
        check_value("expose", expose[i], false, "environ or getenv");
    for (size_t i = 0; i < sizeof argv / sizeof argv[0]; i++)
        check_value("argv", argv[i], false, "warn, refuse or allow");
}

Test(policy, inherit_takes_tree_none_and_lists_of_programs)
{
    static const char *const good[] = {"tree",
                                       "none",
                                       "node",
                                       "node,sh",
                                       " node ,\tsh",
                                       "node,\n  sh,\n  /bin/cat",
                                       "/opt/My Program/run me, sh",
                                       "/usr/bin/../bin/sh",
                                       "/usr/bin/tree, /none",
                                       "a.b-c_d+e@f",
                                       "caf\xc3\xa9, \xff",
                                       "nodes, treetop",
                                       "base64:bm9uZQ=="};
    static const char *const bad[] = {"",
                                      ",",
                                      "node,",
                                      ",node",
                                      "node,,sh",
                                      "node, ,sh",
                                      "node sh",
                                      "node\n  sh",
                                      "none, node",
                                      "node, tree",
                                      "bin/node",
                                      "./node",
                                      "../node",
                                      "node/",
                                      ".",
                                      "sh, ..",
                                      "/",
                                      "/usr/bin/",
                                      "/bin/sh /bin/cat",
                                      "/bin/sh\n  /bin/cat",
                                      "/bin/a\n  b",
                                      "a\x1b[31m",
                                      "/bin/\x7f",
                                      "base64:bm8BZGU="};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        check_value("inherit", good[i], true, "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_value("inherit", bad[i], false, POLICY_INHERIT_WANTED);
}

Test(policy, a_list_has_room_for_64_programs_of_the_sizes_that_files_have)
{
    char list[1024] = "a", name[NAME_MAX + 2], path[PATH_MAX + 1];
    for (int i = 1; i < POLICY_PROGRAMS_MAX; i++)
        strcat(list, ", a");
    check_value("inherit", list, true, "");
    strcat(list, ", a");
    check_value("inherit", list, false, POLICY_INHERIT_WANTED);
    memset(name, 'n', sizeof name);
    name[NAME_MAX] = '\0';
    check_value("inherit", name, true, "");
    strcpy(name + NAME_MAX, "n");
    check_value("inherit", name, false, POLICY_INHERIT_WANTED);
    memset(path, '/', sizeof path);
    strcpy(path + PATH_MAX - 2, "p");
    check_value("inherit", path, true, "");
    strcpy(path + PATH_MAX - 2, "pp");
    check_value("inherit", path, false, POLICY_INHERIT_WANTED);
}

Test(policy, programs_are_taken_from_a_list_one_by_one)
{
    const char *rest = " node ,/opt/a b,\n sh", *program;
    size_t size;
    static const char *const expected[] = {"node", "/opt/a b", "sh"};
    for (size_t i = 0; i < 3; i++) {
        cr_assert(policy_next_program(&rest, &program, &size));
        cr_expect(size == strlen(expected[i]) && memcmp(program, expected[i], size) == 0, "%zu", i);
    }
    cr_expect_not(policy_next_program(&rest, &program, &size));
    cr_expect_eq(*rest, '\0');
}

/* --- which of them counts --- */

static struct policy_defaults defaults;

/* What [a] comes to for each of its secrets: "X=environ/tree/warn ", in order. */
static char *policies_of(const char *text, bool in_part)
{
    static const char *const argv[] = {"warn", "refuse", "allow"};
    const char *const names[] = {"a", NULL};
    struct document document;
    const struct document_entry **secrets;
    struct policy *policies;
    struct reason why = {0};
    size_t count, size;
    char *out;
    cr_assert(in_part ? document_parse_profiles(&document, text, strlen(text), names, &why)
                      : document_parse(&document, text, strlen(text), &why),
              "%s", why.text);
    const struct document_profile *profile = document_profile(&document, "a");
    cr_assert(document_select(&document, profile, &secrets, &count, &why));
    cr_assert(document_policies(&document, profile, secrets, count, &defaults, &policies, &why));
    FILE *file = open_memstream(&out, &size);
    for (size_t i = 0; i < count; i++) {
        const struct policy *policy = &policies[i];
        cr_expect_eq(policy->inherit == POLICY_PROGRAMS, policy->programs != NULL);
        fprintf(file, "%s=%s/%s/%s ", secrets[i]->name, policy->hidden ? "getenv" : "environ",
                policy->inherit == POLICY_TREE   ? "tree"
                : policy->inherit == POLICY_NONE ? "none"
                                                 : policy->programs,
                argv[policy->argv]);
    }
    fclose(file);
    free(policies);
    free(secrets);
    document_free(&document);
    return out;
}

static void check_policies(const char *text, const char *expected)
{
    for (int in_part = 0; in_part < 2; in_part++) {
        char *out = policies_of(text, in_part != 0);
        cr_expect_str_eq(out, expected, "%s%s\nis %s", text, in_part ? " (in part)" : "", out);
        free(out);
    }
}

Test(policy, nothing_said_means_environ_tree_and_warn)
{
    check_policies("[a]\nX = 1\n", "X=environ/tree/warn ");
    check_policies("[a]\n", "");
}

Test(policy, what_only_getenv_finds_no_other_process_has_unless_inherit_is_said)
{
    check_policies("[a]\n.expose = getenv\nX = 1\n", "X=getenv/none/warn ");
    check_policies("[a]\nX = 1\nX.expose = getenv\nY = 2\n", "X=getenv/none/warn Y=environ/tree/warn ");
    check_policies("[a]\n.expose = getenv\n.inherit = tree\nX = 1\n", "X=getenv/tree/warn ");
    check_policies("[a]\n.expose = getenv\nX = 1\nX.inherit = sh\n", "X=getenv/sh/warn ");
    check_policies("[a]\n.expose = getenv\nX = 1\nX.expose = environ\n", "X=environ/tree/warn ");
    check_policies("[b]\n.inherit = tree\nX = 1\n[a]\n.include = b\n.expose = getenv\n",
                   "X=getenv/tree/warn ");
    strcpy(defaults.inherit, "tree");
    check_policies("[a]\n.expose = getenv\nX = 1\n", "X=getenv/tree/warn ");
}

/* One word more each time, and it is the one that counts. */
Test(policy, the_nearest_word_counts)
{
    strcpy(defaults.argv, "allow");
    check_policies("[a]\nX = 1\n", "X=environ/tree/allow ");
    check_policies("[b]\n.argv = refuse\nX = 1\n[a]\n.include = b\n", "X=environ/tree/refuse ");
    check_policies("[b]\n.argv = refuse\nX = 1\n[a]\n.include = b\n.argv = warn\n", "X=environ/tree/warn ");
    check_policies("[b]\n.argv = refuse\nX = 1\nX.argv = allow\n[a]\n.include = b\n.argv = warn\n",
                   "X=environ/tree/allow ");
    check_policies(
        "[b]\n.argv = refuse\nX = 1\nX.argv = allow\n[a]\n.include = b\n.argv = warn\nX.argv = refuse\n",
        "X=environ/tree/refuse ");
}

Test(policy, each_word_is_looked_for_by_itself)
{
    strcpy(defaults.expose, "getenv");
    check_policies(
        "[b]\n.inherit = node, sh\nX = 1\n[a]\n.include = b\n.argv = refuse\nY = 2\nY.inherit = none\n",
        "X=getenv/node, sh/refuse Y=getenv/none/refuse ");
}

Test(policy, ones_own_secret_does_not_have_the_words_of_the_one_it_hides)
{
    check_policies("[b]\nX = 1\nX.inherit = none\n.argv = refuse\n[a]\n.include = b\nX = 2\n",
                   "X=environ/tree/warn ");
}

Test(policy, every_profile_on_the_way_to_a_secret_has_its_say)
{
    static const char chain[] = "[c]\nX = 1\n.argv = allow\n%s[b]\n.include = c\n%s[a]\n.include = b\n%s";
    static const struct {
        const char *c, *b, *a, *expected;
    } cases[] = {
        {"", "", "", "X=environ/tree/allow "},
        {"", "X.inherit = none\n", "", "X=environ/none/allow "},
        {"", ".inherit = none\n", "", "X=environ/none/allow "},
        {".inherit = sh\n", ".inherit = none\n", "", "X=environ/none/allow "},
        {"X.inherit = sh\n", ".inherit = none\n", "", "X=environ/sh/allow "},
        {"X.inherit = sh\n", "X.inherit = none\n", ".inherit = tree\n", "X=environ/none/allow "},
        {"X.inherit = sh\n", "X.inherit = none\n", "X.inherit = tree\n", "X=environ/tree/allow "},
        {"", "X.argv = refuse\n", "", "X=environ/tree/refuse "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, chain, cases[i].c, cases[i].b, cases[i].a);
        check_policies(text, cases[i].expected);
    }
}

Test(policy, a_profile_beside_the_way_has_no_say)
{
    check_policies("[b]\n.inherit = none\n.argv = refuse\nY = 2\n[c]\nX = 1\n[a]\n.include = b, c\n",
                   "Y=environ/none/refuse X=environ/tree/warn ");
    /* Of two ways to [d] the later include's counts, as its secrets would. */
    check_policies(
        "[d]\nX = 1\n[b]\n.include = d\nX.inherit = none\n[c]\n.include = d\n[a]\n.include = b, c\n",
        "X=environ/tree/warn ");
    check_policies(
        "[d]\nX = 1\n[b]\n.include = d\nX.inherit = none\n[c]\n.include = d\n[a]\n.include = c, b\n",
        "X=environ/none/warn ");
}

Test(policy, includes_sixteen_deep_have_their_say)
{
    char text[4096] = "[p0]\nX = 1\n.argv = allow\n";
    for (int i = 1; i <= DOCUMENT_INCLUDE_DEPTH; i++) {
        size_t size = strlen(text);
        snprintf(text + size, sizeof text - size, "[%.*s%.0d]\n.include = p%d\n", 1,
                 i < DOCUMENT_INCLUDE_DEPTH ? "p" : "a", i < DOCUMENT_INCLUDE_DEPTH ? i : 0, i - 1);
    }
    check_policies(text, "X=environ/tree/allow ");
    strcat(text, "X.argv = refuse\n");
    check_policies(text, "X=environ/tree/refuse ");
}

/* --- attributes of what is included --- */

static void check_refused(const char *text, const char *because)
{
    const char *const names[] = {"a", NULL};
    struct document document;
    struct reason why = {0};
    cr_expect_not(document_parse(&document, text, strlen(text), &why), "%s", text);
    cr_expect_str_eq(why.text, because);
    cr_expect_null(document.entries);
    cr_expect_not(document_parse_profiles(&document, text, strlen(text), names, &why), "%s (in part)", text);
    cr_expect_str_eq(why.text, because);
    cr_expect_null(document.entries);
}

Test(policy, an_attribute_needs_its_secret_in_the_profile_or_in_what_it_includes)
{
    check_refused("[a]\nX.inherit = none\n",
                  "line 2: X.inherit, but there is no X in this profile, nor in what it includes");
    check_refused("[b]\nX = 1\n[c]\n[a]\n.include = c\nX.argv = refuse\n",
                  "line 6: X.argv, but there is no X in this profile, nor in what it includes");
    check_refused("[b]\nX = 1\n[a]\n.include = b\nX.note = n\n",
                  "line 5: X.note, but there is no X in this profile");
    check_refused("[b]\nX = 1\n[a]\n.include = b\nX.expires = 2026-12-31\n",
                  "line 5: X.expires, but there is no X in this profile");
    /* The included profile does not see what the including one has. */
    check_refused("[b]\nX.expose = getenv\n[a]\n.include = b\nX = 1\n",
                  "line 2: X.expose, but there is no X in this profile, nor in what it includes");
}

static void check_edit(const char *text, struct document_change change, const char *expected)
{
    struct document document;
    struct secret out = {0};
    struct reason why = {0};
    cr_assert(document_parse(&document, text, strlen(text), &why), "%s", why.text);
    bool ok = document_edit(&document, &change, 1, &out, &why);
    if (ok)
        cr_expect(out.size == strlen(expected) && memcmp(out.bytes, expected, out.size) == 0, "%.*s",
                  (int)out.size, (const char *)out.bytes);
    else
        cr_expect_str_eq(why.text, expected);
    secret_free(&out);
    document_free(&document);
}

Test(policy, a_secret_that_an_attribute_elsewhere_is_about_stays)
{
    static const char text[] = "[b]\nX = 1\nX.argv = refuse\n[a]\n.include = b\nX.inherit = none\n";
    check_edit(text, (struct document_change){"b", "X", NULL, NULL, 0},
               "the changed document: line 4: X.inherit, but there is no X in this profile, nor in what it "
               "includes");
    check_edit(text, (struct document_change){"a", "X", "inherit", NULL, 0},
               "[b]\nX = 1\nX.argv = refuse\n[a]\n.include = b\n");
    check_edit(text, (struct document_change){"a", "X", "expose", "getenv", 6},
               "[b]\nX = 1\nX.argv = refuse\n[a]\n.include = b\nX.inherit = none\nX.expose = getenv\n");
    check_edit(text, (struct document_change){"a", "Y", "expose", "getenv", 6},
               "the changed document: line 7: Y.expose, but there is no Y in this profile, nor in what it "
               "includes");
}

/* --- secrun.conf, and the choice --- */

/* Reads a secrun.conf of that text. */
static bool configure(struct config *config, const char *text, struct reason *why)
{
    char directory[] = "/tmp/secrun-policy.XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/secrun.conf", directory);
    umask(022);
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
    bool ok = config_locate(config, directory, why) && config_read(config, why);
    unlink(path);
    rmdir(directory);
    return ok;
}

Test(policy, the_configuration_has_the_same_words)
{
    struct config config;
    struct reason why = {0};
    cr_assert(configure(&config, "[policy]\n", &why), "%s", why.text);
    cr_expect_str_empty(config.policy.inherit);
    cr_expect_str_empty(config.policy.expose);
    cr_expect_str_empty(config.policy.argv);
    cr_assert(
        configure(&config, "[policy]\nexpose = environ\ninherit = node, /bin/sh\nargv = refuse\n", &why),
        "%s", why.text);
    cr_expect_str_eq(config.policy.inherit, "node, /bin/sh");
    cr_expect_str_eq(config.policy.expose, "environ");
    cr_expect_str_eq(config.policy.argv, "refuse");
}

Test(policy, the_configuration_refuses_the_same_values)
{
    static const struct {
        const char *line, *because;
    } cases[] = {{"inherit = a b", "inherit: " POLICY_INHERIT_WANTED " is wanted"},
                 {"inherit =", "inherit: " POLICY_INHERIT_WANTED " is wanted"},
                 {"inherit = none, a", "inherit: " POLICY_INHERIT_WANTED " is wanted"},
                 {"expose = getenvironment", "expose: environ or getenv is wanted"},
                 {"expose =", "expose: environ or getenv is wanted"},
                 {"argv = refused", "argv: warn, refuse or allow is wanted"},
                 {"X.inherit = none", "X.inherit: unknown key in [policy]"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        struct reason why = {0};
        char text[128], because[256];
        snprintf(text, sizeof text, "[policy]\n%s\n", cases[i].line);
        snprintf(because, sizeof because, "/secrun.conf: line 2: %s", cases[i].because);
        cr_expect_not(configure(&config, text, &why), "%s", text);
        cr_expect(strstr(why.text, because), "%s: %s", text, why.text);
    }
}

Test(policy, the_configuration_has_room_for_a_list_and_says_how_much)
{
    struct config config;
    struct reason why = {0};
    char text[POLICY_DEFAULT_SIZE + 64] = "[policy]\ninherit = /";
    memset(text + strlen(text), 'p', PATH_MAX - 2);
    strcat(text, "\n");
    cr_expect(configure(&config, text, &why), "%s", why.text);
    cr_expect_eq(strlen(config.policy.inherit), (size_t)POLICY_DEFAULT_SIZE - 1);
    strcpy(text + strlen(text) - 1, ",a\n");
    cr_expect_not(configure(&config, text, &why));
    cr_expect(strstr(why.text, "inherit: longer than 4095 bytes"), "%s", why.text);
}

Test(policy, the_choice_has_one_policy_for_each_secret_that_is_left)
{
    static const char text[] =
        "[a]\n.argv = refuse\nX = 1\nY = 2\nY.inherit = sh\nZ = 3\nZ.expose = getenv\n";
    char *command[] = {(char[]){"a"}, NULL};
    const char *only[] = {"Z", "Y"};
    struct options options = {.command = command, .only = {.names = (char **)(uintptr_t)only, .count = 2}};
    struct config config = {.policy = {.argv = "allow"}};
    struct document document;
    struct choice choice;
    struct reason why = {0};
    cr_assert(document_parse(&document, text, strlen(text), &why), "%s", why.text);
    cr_assert(choose(&choice, &document, &options, &config, &why), "%s", why.text);
    cr_assert_eq(choice.count, 2);
    cr_expect_str_eq(choice.secrets[0]->name, "Y");
    cr_expect_eq(choice.policies[0].inherit, POLICY_PROGRAMS);
    cr_expect_str_eq(choice.policies[0].programs, "sh");
    cr_expect_eq(choice.policies[0].argv, POLICY_REFUSE);
    cr_expect_str_eq(choice.secrets[1]->name, "Z");
    cr_expect(choice.policies[1].hidden);
    cr_expect_eq(choice.policies[1].inherit, POLICY_NONE);
    choice_free(&choice);
    document_free(&document);
}
