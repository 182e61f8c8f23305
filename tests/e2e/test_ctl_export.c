/* SPDX-License-Identifier: ISC */
/* secrunctl export: what went in comes out, in files that the real peers read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "support/command.h"
#include "support/ctl.h"

TestSuite(ctl_export, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

static void set(size_t index)
{
    struct outcome run = shell_with_input(ctl_values[index].bytes, ctl_values[index].size,
                                          "secrunctl set -p app --keep-newline NAME_%zu", index);
    check_status(run, 0);
    outcome_free(&run);
}

/* Reads the output of a peer, one JSON object, and compares it with the values whose names are in it. */
static void check_members(const char *command, size_t least)
{
    struct outcome run = shell("%s", command);
    check_status(run, 0);
    json_error_t error;
    json_t *object = json_loadb(run.out, run.out_size, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(object, "%s: %s\n%s", command, error.text, run.out);
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        size_t index = ctl_value_count;
        cr_assert_eq(sscanf(name, "NAME_%zu", &index), 1, "a name that was not set: %s", name);
        cr_assert_lt(index, ctl_value_count);
        cr_expect(json_string_length(value) == ctl_values[index].size &&
                      memcmp(json_string_value(value), ctl_values[index].bytes, ctl_values[index].size) == 0,
                  "%s: %s, not %s", name, json_string_value(value), ctl_values[index].bytes);
    }
    cr_expect_geq(json_object_size(object), least, "%s: %zu members", command, json_object_size(object));
    json_decref(object);
    outcome_free(&run);
}

#define NODE_DOTENV                                                                                          \
    "NODE_PATH=\"$SECRUN_NPM\" node -e 'process.stdout.write(JSON.stringify(require(\"dotenv\")"             \
    ".parse(require(\"fs\").readFileSync(\"out.env\"))))'"

Test(ctl_export, is_read_back_by_json_readers)
{
    for (size_t i = 0; i < ctl_text_value_count; i++)
        set(i);
    check_members("secrunctl export -p app --format json", ctl_text_value_count);
    check_members("secrunctl export -p app --format json | node -e 'process.stdout.write(JSON.stringify("
                  "JSON.parse(require(\"fs\").readFileSync(0))))'",
                  ctl_text_value_count);
    check_members("secrunctl export -p app --format json |\n"
                  "    python3 -c 'import json, sys; json.dump(json.load(sys.stdin.buffer), sys.stdout)'",
                  ctl_text_value_count);
}

/* dotenv has no spelling for a few values; each of those is refused by name, and all others are read back. */
Test(ctl_export, is_read_back_by_dotenv)
{
    size_t spelled = 0;
    for (size_t i = 0; i < ctl_text_value_count; i++) {
        set(i);
        struct outcome run = shell("secrunctl export -p app >out.env");
        if (run.status == 0) {
            spelled++;
        } else {
            char text[64];
            snprintf(text, sizeof text, "secrunctl: NAME_%zu: ", i);
            cr_expect(run.status == 1 && strncmp(run.err, text, strlen(text)) == 0, "%s", run.err);
            struct outcome unset = shell("secrunctl unset -p app NAME_%zu", i);
            check_status(unset, 0);
            outcome_free(&unset);
        }
        outcome_free(&run);
    }
    cr_expect_geq(spelled, ctl_text_value_count - 5, "%zu of %zu have a spelling", spelled,
                  ctl_text_value_count);
    check_members("secrunctl export -p app >out.env; " NODE_DOTENV, spelled);
}

Test(ctl_export, of_what_has_no_spelling_names_it_and_prints_nothing)
{
    struct outcome run = shell("printf 'a\\047b\"c`\\nhunter2' | secrunctl set TANGLED\n"
                               "printf 'hunter2\\377' | secrunctl set BINARY; echo plain | secrunctl set A");
    check_status(run, 0);
    outcome_free(&run);
    ctl_check_refused("secrunctl export", 1, "TANGLED: ");
    ctl_check_refused("secrunctl export", 1, "hint: --format json or ini");
    ctl_check_refused("secrunctl export --format json", 1, "BINARY: not UTF-8");
    ctl_check_refused("secrunctl export --format json", 1, "hint: --format ini");
    ctl_check("secrunctl unset TANGLED; secrunctl export >out.env 2>err; echo $?; cat out.env; grep -c ': "
              "BINARY: ' err",
              "1\n1\n");
}

Test(ctl_export, as_ini_is_the_document_as_it_is)
{
    static const char document[] =
        "# top\n\n[b]\nA=1\n\tcontinued\n; between\n[a]\n.include = b\nA  :  2\r\n# end";
    ctl_seal(document);
    ctl_check("secrunctl export --format ini", document);
    ctl_seal("[a]\nhunter2, which does not parse\n");
    ctl_check("secrunctl export --format ini", "[a]\nhunter2, which does not parse\n");
}

Test(ctl_export, comes_back_by_import_from_every_format)
{
    static const char *const formats[] = {"json", "ini"};
    char name[32];
    for (size_t i = 0; i < ctl_text_value_count; i++)
        set(i);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct outcome run =
            shell("secrunctl export %s --format %s >file && rm -rf other && secrunctl -d other init "
                  ">/dev/null && secrunctl -d other import %s --format %s file",
                  i == 0 ? "-p app" : "", formats[i], i == 0 ? "-p app" : "", formats[i]);
        check_status(run, 0);
        outcome_free(&run);
        for (size_t j = 0; j < ctl_text_value_count; j += 3) {
            snprintf(name, sizeof name, "NAME_%zu", j);
            struct outcome got = shell("secrunctl -d other get -p app %s", name);
            cr_expect(got.out_size == ctl_values[j].size &&
                          memcmp(got.out, ctl_values[j].bytes, got.out_size) == 0,
                      "%s by %s: %s", name, formats[i], got.out);
            outcome_free(&got);
        }
    }
}

Test(ctl_export, as_ini_holds_every_byte)
{
    for (size_t i = ctl_text_value_count; i < ctl_value_count; i++)
        set(i);
    struct outcome run = shell("secrunctl export --format ini >all.ini; secrunctl -d other init >/dev/null\n"
                               "secrunctl -d other import all.ini >/dev/null 2>&1; SECRUN_DIR=other\n"
                               "secrunctl export --format ini | grep '^NAME' | diff - all.ini | grep '^<'");
    cr_expect_str_eq(run.out, "", "%s%s", run.out, run.err);
    outcome_free(&run);
    setenv("SECRUN_DIR", "other", 1);
    for (size_t i = ctl_text_value_count; i < ctl_value_count; i++) {
        char name[32];
        snprintf(name, sizeof name, "NAME_%zu", i);
        ctl_check_value("app", name, ctl_values[i].bytes, ctl_values[i].size);
    }
}

Test(ctl_export, has_the_included_secrets)
{
    ctl_seal("[common]\nA = common\nB = common\n[app]\n.include = common\nB = own\nC = own\n");
    ctl_check("secrunctl export -p app | sort", "A=common\nB=own\nC=own\n");
    ctl_check("secrunctl export -p common --format json",
              "{\n  \"A\": \"common\",\n  \"B\": \"common\"\n}\n");
    ctl_check_refused("secrunctl export", 1, "no profile [default]\n");
}

Test(ctl_export, of_a_profile_without_secrets_is_empty)
{
    ctl_seal("[default]\n");
    ctl_check("secrunctl export", "");
    ctl_check("secrunctl export --format json", "{}\n");
}

Test(ctl_export, fails_when_its_output_does_not_get_through)
{
    ctl_seal("[default]\nA = hunter2\n");
    ctl_check_refused("secrunctl export >/dev/full", 1, "standard output: No space left");
    ctl_check_refused("secrunctl export --format json >/dev/full", 1, "standard output: No space left");
    ctl_check_refused("secrunctl export --format ini >/dev/full", 1, "standard output: No space left");
}
