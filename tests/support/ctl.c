/* SPDX-License-Identifier: ISC */
/* Stores for secrunctl's tests: see ctl.h. Runs in the test programs only; sees the values made up there. */
#include "support/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define VALUE(text)                                                                                          \
    {                                                                                                        \
        text, sizeof(text) - 1                                                                               \
    }

const struct ctl_value ctl_values[] = {
    VALUE("plain"),
    VALUE(" "),
    VALUE(" blank before"),
    VALUE("blank behind "),
    VALUE("\ttabs\t"),
    VALUE("a ; b"),
    VALUE("a # b"),
    VALUE("a#b"),
    VALUE("; no comment"),
    VALUE("# no comment"),
    VALUE("[no-section]"),
    VALUE("NAME = value"),
    VALUE("NAME: value"),
    VALUE("="),
    VALUE("== padded =="),
    VALUE("\"in quotes\""),
    VALUE("'in quotes'"),
    VALUE("`in quotes`"),
    VALUE("\""),
    VALUE("it's"),
    VALUE("both ' and \""),
    VALUE("\"one\" and \"another\""),
    VALUE("$HOME ${HOME} $(id) `id` %s %n"),
    VALUE("back\\slash \\n \\r \\t \\\\ \\\""),
    VALUE("backslash at the end\\"),
    VALUE("two\nlines"),
    VALUE("\n"),
    VALUE("line feed behind\n"),
    VALUE("\nline feed before"),
    VALUE("empty\n\n\nlines\n\n"),
    VALUE("a\r\nb\r\n"),
    VALUE("\r"),
    VALUE("carriage\rreturn"),
    VALUE("first\n  indented\n\t# indented too\n; and this\n"),
    VALUE("first\n[section]\nNAME = value\n"),
    VALUE("base64:"),
    VALUE("base64:AAEC"),
    VALUE("base64:not base64!"),
    VALUE("export NAME=value"),
    VALUE("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg==\n-----END PRIVATE KEY-----\n"),
    VALUE("{\"type\": \"service_account\", \"key\": \"-----BEGIN\\nAAAA\\n\"}"),
    VALUE("\xC3\xA9 \xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x94\x91"),
    VALUE("\xEF\xBB\xBFmark"),
    VALUE("\xC2\xA0no-break\xC2\xA0"),
    VALUE("\xE2\x80\xA8separators\xE2\x80\xA9"),
    VALUE("\x01\x02\x07\x1B[31m\x7F"),
    VALUE("\v\f"),
    /* not UTF-8 */
    VALUE("\xFF\xFE"),
    VALUE("\x80"),
    VALUE("cut\xC3"),
    VALUE("\xED\xA0\x80"),
    VALUE("\xC0\xAF"),
};
const size_t ctl_value_count = sizeof ctl_values / sizeof *ctl_values;
const size_t ctl_text_value_count = sizeof ctl_values / sizeof *ctl_values - 5;

void ctl_begin(void)
{
    static const char *const unset[] = {"VISUAL", "EDITOR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"};
    char store[1024];
    scratch_begin();
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        unsetenv(unset[i]);
    snprintf(store, sizeof store, "%s/store", scratch());
    setenv("SECRUN_DIR", store, 1);
    struct outcome made = shell("secrunctl init");
    check_status(made, 0);
    outcome_free(&made);
}

void ctl_seal(const char *document)
{
    struct outcome sealed = shell_with_input(document, strlen(document),
                                             "age -r \"$(age-keygen -y store/machine.key)\" -o new.age && "
                                             "cat new.age >store/secrets.age && rm new.age");
    check_status(sealed, 0);
    outcome_free(&sealed);
}

char *ctl_open(void)
{
    struct outcome opened = shell("age -d -i store/machine.key store/secrets.age");
    check_status(opened, 0);
    free(opened.err);
    return opened.out;
}

/* Is all that is said of names that are new in their profiles, as it is of every one that a script sets? */
static bool only_of_new_names(const char *err)
{
    for (const char *line = err; *line;) {
        const char *feed = strchr(line, '\n'), *said = strstr(line, " is new in [");
        if (strncmp(line, "secrunctl: ", 11) != 0 || !feed || !said || said > feed)
            return false;
        line = feed + 1;
    }
    return true;
}

void ctl_check(const char *command, const char *out)
{
    struct outcome run = shell("%s", command);
    cr_expect_eq(run.status, 0, "%s: exit status %d", command, run.status);
    cr_expect_str_eq(run.out, out, "%s prints:\n%s", command, run.out);
    cr_expect(only_of_new_names(run.err), "%s says:\n%s", command, run.err);
    outcome_free(&run);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool every_line_is_ours(const char *err)
{
    for (const char *line = err; *line;) {
        const char *feed = strchr(line, '\n');
        if (!begins(line, "secrunctl: ") || !feed)
            return false;
        /* A hint may be a command, and so end as it likes. */
        if (feed[-1] == '.' && !begins(line, "secrunctl: hint: "))
            return false;
        line = feed + 1;
    }
    return *err && !begins(err, "secrunctl: hint: ");
}

void ctl_check_refused(const char *command, int status, const char *text)
{
    size_t before_size, after_size;
    char *before = get_file("store/secrets.age", &before_size);
    struct outcome run = shell("%s", command);
    char *after = get_file("store/secrets.age", &after_size);
    cr_expect_eq(run.status, status, "%s: exit status %d, not %d", command, run.status, status);
    cr_expect(every_line_is_ours(run.err), "%s: not its message:\n%s", command, run.err);
    cr_expect(strstr(run.err, text), "%s: does not say '%s':\n%s", command, text, run.err);
    cr_expect(!strstr(run.err, "hunter2"), "%s: shows a value:\n%s", command, run.err);
    cr_expect_str_eq(run.out, "", "%s prints:\n%s", command, run.out);
    cr_expect(before_size == after_size && memcmp(before, after, before_size) == 0,
              "%s: has changed the store", command);
    outcome_free(&run);
    free(before);
    free(after);
}

void ctl_check_value(const char *profile, const char *name, const void *value, size_t size)
{
    struct outcome got = shell("secrunctl get -p '%s' '%s'", profile, name);
    cr_expect_eq(got.status, 0, "[%s] %s: exit status %d\n%s", profile, name, got.status, got.err);
    cr_expect(got.out_size == size && memcmp(got.out, value, size) == 0,
              "[%s] %s: %zu bytes, not %zu: '%.200s'", profile, name, got.out_size, size, got.out);
    outcome_free(&got);
}

char *ctl_large_value(size_t size)
{
    char *value = malloc(size + 1);
    cr_assert_not_null(value);
    for (size_t i = 0; i < size; i++)
        value[i] = i % 61 == 60 ? '\n' : (char)('!' + i * 7 % 90);
    value[size] = '\0';
    return value;
}
