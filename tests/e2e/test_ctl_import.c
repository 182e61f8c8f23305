/* SPDX-License-Identifier: ISC */
/* secrunctl import: all of a file or nothing, read as the tools that wrote it read it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "support/command.h"
#include "support/ctl.h"

TestSuite(ctl_import, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

static void put(const char *name, const char *text)
{
    put_file(name, text, strlen(text));
}

/* Expects status 0 and these words on standard output; returns what it says besides, malloc'd. */
static char *import(const char *operands, const char *out)
{
    struct outcome run = shell("secrunctl import %s", operands);
    cr_expect_eq(run.status, 0, "import %s: exit status %d\n%s", operands, run.status, run.err);
    cr_expect_str_eq(run.out, out, "import %s prints: %s", operands, run.out);
    cr_expect(!strstr(run.err, "hunter2"), "shows a value: %s", run.err);
    free(run.out);
    return run.err;
}

static const char hard_dotenv[] = "\xEF\xBB\xBF# comment\n"
                                  "BASIC=basic\n"
                                  "export EXPORTED=exported\n"
                                  "  SPACED  =  spaced  \n"
                                  "EMPTY=\n"
                                  "EMPTY_QUOTES=''\n"
                                  "SINGLE=' kept as is \\n '\n"
                                  "DOUBLE=\"first\\nsecond\\ttab \\\"escaped\\\" \"\n"
                                  "TICKS=`both ' and \"`\n"
                                  "COMMENT=value # not this\n"
                                  "HASH='value # this'\n"
                                  "HASH_BARE=va#lue\n"
                                  "COLON: after a colon\n"
                                  "MULTI=\"-----BEGIN KEY-----\nAAAA\n\nBBBB\n-----END KEY-----\"\n"
                                  "JSON={\"foo\": \"bar\"}\n"
                                  "EQUALS=a==\n"
                                  "URL=postgres://user:p%40ss@host:5432/db?x=1&y=2\n"
                                  "UNCLOSED='open\n"
                                  "INNER=it's \"fine\"\n"
                                  "DOLLAR=$HOME ${BASIC}\n"
                                  "UNICODE=\xC3\xA9\xF0\x9F\x94\x91\n"
                                  "BACKSLASH=C:\\new\\dir\n"
                                  "TWICE=one\n"
                                  "TWICE=two\n"
                                  "CRLF=carriage\r\n"
                                  "SEMICOLON=a;b ; c\n"
                                  "LAST=without a line feed";

/* The values as secrunctl has them, and as the npm package has them. */
Test(ctl_import, reads_a_env_file_as_dotenv_does)
{
    put(".env", hard_dotenv);
    struct outcome imported = shell("secrunctl import -p app .env");
    check_status(imported, 0);
    outcome_free(&imported);
    struct outcome theirs =
        shell("NODE_PATH=\"$SECRUN_NPM\" node -e 'process.stdout.write(JSON.stringify(require(\"dotenv\")"
              ".parse(require(\"fs\").readFileSync(\".env\"))))'");
    check_status(theirs, 0);
    json_error_t error;
    json_t *expected = json_loadb(theirs.out, theirs.out_size, 0, &error);
    cr_assert_not_null(expected, "%s: %s", error.text, theirs.out);
    cr_expect_geq(json_object_size(expected), 24, "%s", theirs.out);
    const char *name;
    json_t *value;
    json_object_foreach(expected, name, value)
    {
        ctl_check_value("app", name, json_string_value(value), json_string_length(value));
    }
    struct outcome listed = shell("secrunctl list -p app | grep -c '^  [A-Z]'");
    cr_expect_eq((size_t)atol(listed.out), json_object_size(expected) + 1, "%s", listed.out);
    json_decref(expected);
    outcome_free(&theirs);
    outcome_free(&listed);
}

Test(ctl_import, tells_of_lines_that_dotenv_passes_over)
{
    put("a.env", "A=1\nhunter2 hunter2\nB=2\nhunter2\n");
    char *err = import("a.env", "imported 2 secrets into [default] (0 replaced, 0 unchanged)\n");
    cr_expect(strstr(err, "a.env: 2 lines passed over as no assignment, the first is line 2\n"), "%s", err);
    free(err);
}

Test(ctl_import, counts_what_it_does)
{
    put("a.env", "A=1\n");
    put("b.env", "A=1\nB=2\nC=3\n");
    put("c.env", "A=1\nB=20\nC=3\nD=4\n");
    free(import("-p app a.env", "imported 1 secret into [app] (0 replaced, 0 unchanged)\n"));
    free(import("-p app b.env", "imported 2 secrets into [app] (0 replaced, 1 unchanged)\n"));
    free(import("-p app --replace c.env", "imported 2 secrets into [app] (1 replaced, 2 unchanged)\n"));
    ctl_check("secrunctl export -p app", "A=1\nB=20\nC=3\nD=4\n");
}

Test(ctl_import, writes_nothing_when_all_is_there_already)
{
    put("a.env", "A=1\nB=2\n");
    free(import("a.env", "imported 2 secrets into [default] (0 replaced, 0 unchanged)\n"));
    size_t before_size, after_size;
    char *before = get_file("store/secrets.age", &before_size);
    free(import("a.env", "imported 0 secrets into [default] (0 replaced, 2 unchanged)\n"));
    char *after = get_file("store/secrets.age", &after_size);
    cr_expect(before_size == after_size && memcmp(before, after, before_size) == 0);
    free(before);
    free(after);
}

Test(ctl_import, replaces_nothing_unless_told_to)
{
    ctl_seal("[default]\nA = 1\nB = 2\nC = 3\n");
    put("a.env", "A=hunter2\nB=2\nC=hunter2\nD=4\n");
    ctl_check_refused("secrunctl import a.env", 1, "in the store with other values: A, C\n");
    ctl_check_refused("secrunctl import a.env", 1, "--replace");
    ctl_check("secrunctl import --replace a.env >/dev/null 2>&1; secrunctl export",
              "A=hunter2\nB=2\nC=hunter2\nD=4\n");
}

Test(ctl_import, notes_when_a_value_was_set)
{
    ctl_seal("[default]\nOLD = 1\nOLD.rotated = 2001-02-03T04:05:06Z\nSAME = 2\nSAME.rotated = "
             "2001-02-03T04:05:06Z\n");
    put("a.env", "OLD=other\nSAME=2\nNEW=3\n");
    ctl_check(
        "secrunctl import --replace a.env >/dev/null 2>&1; secrunctl list --json |\n"
        "    python3 -c 'import json, sys\nfor s in json.load(sys.stdin)[\"profiles\"][0][\"secrets\"]:\n"
        "    print(s[\"name\"], s[\"age_seconds\"] < 100)'",
        "OLD True\nSAME False\nNEW True\n");
}

/* Whoever follows the hint has no other copy. */
Test(ctl_import, never_advises_to_destroy_what_it_did_not_import)
{
    put("a.env", "A=12345\nB lost-by-a-typo\n");
    char *err = import("a.env", "imported 1 secret into [default] (0 replaced, 0 unchanged)\n");
    cr_expect(strstr(err, "hint: a.env holds what was not imported") && !strstr(err, "shred"), "%s", err);
    free(err);
    put("a.env", "A=12345\nmy-key=left-out\n");
    err = import("--skip-invalid a.env", "imported 0 secrets into [default] (0 replaced, 1 unchanged)\n");
    cr_expect(strstr(err, "hint: a.env holds what was not imported") && !strstr(err, "shred"), "%s", err);
    free(err);
}

Test(ctl_import, tells_what_others_read_in_another_way)
{
    put("a.env", "A=ab#cd$ef\nB=ab #comment\nC='${X}#'\nD=\"${X}\"\nE=#x\nF=1\nF=1\nF=2\n");
    struct outcome made = shell("chmod 644 a.env");
    outcome_free(&made);
    char *err = import("a.env", "imported 6 secrets into [default] (0 replaced, 0 unchanged)\n");
    static const char *const said[] = {"a.env: line 1: the value ends at a # with no blank before it",
                                       "a.env: line 4: the value has a ${...}",
                                       "a.env: line 5: the value ends at a #",
                                       "a.env: line 8: the same name again, with another value",
                                       "others could read it (mode 0644)",
                                       "once the program runs by secrun with the values that it is to have"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        cr_expect(strstr(err, said[i]), "%s:\n%s", said[i], err);
    cr_expect(!strstr(err, "line 2") && !strstr(err, "line 3") && !strstr(err, "line 7"), "%s", err);
    free(err);
}

Test(ctl_import, hints_at_the_file_that_is_still_there)
{
    put("a.env", "A=1\n");
    char *err = import("a.env", "imported 1 secret into [default] (0 replaced, 0 unchanged)\n");
    cr_expect(
        strstr(err, "a.env still holds them in plaintext: once the program runs by secrun, shred -u it"),
        "%s", err);
    free(err);
    err = import("- <a.env", "imported 0 secrets into [default] (0 replaced, 1 unchanged)\n");
    cr_expect_str_eq(err, "");
    free(err);
}

Test(ctl_import, knows_a_format_by_name_or_content)
{
    put("a.json", " \n{\"A\": \"1\"}");
    put("b", "\n {\"A\": \"1\"}\n");
    put("c.ini", "[default]\nA = 1\n");
    put("d", "{\"A\": \"1\"}");
    static const char *const operands[] = {"a.json",
                                           "b",
                                           "- <b",
                                           "--format json b",
                                           "c.ini",
                                           "--format ini - <c.ini",
                                           "--format=json - <a.json"};
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++) {
        ctl_seal("# empty\n");
        struct outcome run = shell("secrunctl import %s >/dev/null", operands[i]);
        cr_expect_eq(run.status, 0, "%s: %s", operands[i], run.err);
        outcome_free(&run);
        ctl_check_value("default", "A", "1", 1);
    }
    ctl_check_refused("secrunctl import --format dotenv d", 1, "");
    put("not.json", "A=hunter2\n");
    ctl_check_refused("secrunctl import not.json", 1, "not.json: line 1: not JSON\n");
}

Test(ctl_import, takes_the_members_of_a_json_object)
{
    put("a.json",
        "{\"STRING\": \"a\\nb \\u00e9 \\\"q\\\" \", \"NUMBER\": 5432, \"NEGATIVE\": -1, \"YES\": true,\n"
        " \"NO\": false, \"EMPTY\": \"\", \"BIG\": 9007199254740993}");
    free(import("-p app a.json", "imported 7 secrets into [app] (0 replaced, 0 unchanged)\n"));
    ctl_check_value("app", "STRING", "a\nb \xC3\xA9 \"q\" ", 11);
    ctl_check("for name in NUMBER NEGATIVE YES NO EMPTY BIG; do secrunctl get -p app $name; echo; done",
              "5432\n-1\ntrue\nfalse\n\n9007199254740993\n");
}

Test(ctl_import, refuses_json_that_is_no_object_of_values)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"{\"A\": \"hunter2\", \"B\": null}", "B: null, which is no value\n"},
        {"{\"A\": \"hunter2\", \"B\": {\"C\": \"hunter2\"}}", "B.C: nested, where a string is wanted\n"},
        {"{\"A\": \"hunter2\", \"B\": [\"hunter2\"]}", "B: an array, not a string\n"},
        {"{\"A\": {}}", "A: an object, not a string\n"},
        {"{\"A\": 1.5}", "A: a number with a fraction or an exponent\n"},
        {"{\"A\": 1e3}", "A: a number with a fraction or an exponent\n"},
        {"{\"A\": 99999999999999999999}", "a number out of range"},
        {"{\"A\": \"hunter2\",\n \"A\": \"hunter2\"}", "a member for the second time\n"},
        {"{\"A\": \"hunter2\\u0000\"}", "a NUL in a string\n"},
        {"{\"A\": \"\xFF\"}", "not UTF-8\n"},
        {"{\"A\": \"hunter2\"} hunter2", "text behind the object\n"},
        {"{\"A\": \"hunter2\"", "not JSON\n"},
        {"{\"A\": hunter2}", "not JSON\n"},
        {"[\"hunter2\"]", "not a JSON object\n"},
        {"\"hunter2\"", "not"},
        {"", "not JSON\n"},
        {"{}", "no secret in it\n"},
        {"{\"a\\u001b[2J\": null}", "a?[2J: null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put("a.json", cases[i].text);
        ctl_check_refused("secrunctl import a.json", 1, cases[i].error);
    }
}

Test(ctl_import, refuses_names_that_no_variable_has_without_showing_them)
{
    put("a.env", "A=1\nhunter2.B=2\nC-hunter2=3\nSECRUN_X=4\nD=5\n");
    ctl_check_refused("secrunctl import a.env", 1, "a.env: no names for secrets: line 2, line 3, line 4\n");
    ctl_check_refused("secrunctl import a.env", 1, "--skip-invalid");
    char *err =
        import("--skip-invalid a.env", "imported 2 secrets into [default] (0 replaced, 0 unchanged)\n");
    cr_expect(strstr(err, "left out, as no names for secrets: line 2, line 3, line 4\n"), "%s", err);
    free(err);
    put("a.json", "{\"A.B\": \"hunter2\", \"E\": \"1\", \"2\": \"hunter2\"}");
    ctl_check_refused("secrunctl import a.json", 1, "a.json: no names for secrets: A.B, 2\n");
    put("b.env", "A.B=1\n");
    ctl_check_refused("secrunctl import --skip-invalid b.env", 1, "b.env: no secret in it\n");
}

Test(ctl_import, lists_no_more_names_than_fit)
{
    ctl_check("for i in $(seq 500); do echo A_$i=1; done >a.env; secrunctl import a.env 2>/dev/null\n"
              "sed s/=1/=2/ a.env >b.env; secrunctl import b.env 2>&1 |\n"
              "    awk 'NR == 1 { print length($0) < 200 }; /A_1, A_2, / { print \"listed\" }'",
              "imported 500 secrets into [default] (0 replaced, 0 unchanged)\n1\nlisted\n");
}

Test(ctl_import, puts_an_ini_document_into_the_store)
{
    ctl_seal("# mine\n[app]\n.note = kept\nOLD = old\n");
    put("more.ini",
        "# theirs\n[common]\nSHARED = shared\n[app]\n.include = common\nNEW = one\n  two\nNEW.max-age = 90d\n"
        "DATED = x\nDATED.rotated = 2001-02-03T04:05:06Z\n");
    free(import("more.ini", "imported 3 secrets (0 replaced, 0 unchanged)\n"));
    ctl_check("secrunctl get -p app SHARED; secrunctl get -p app NEW; secrunctl get -p app OLD",
              "sharedone\ntwoold");
    char *document = ctl_open();
    cr_expect(strstr(document, "# mine\n[app]\n.note = kept\n.include = common\n"), "%s", document);
    cr_expect(strstr(document, "NEW.max-age = 90d\n") && strstr(document, "NEW.rotated = 2") &&
                  strstr(document, "DATED.rotated = 2001-02-03T04:05:06Z\n"),
              "%s", document);
    free(document);
    ctl_check_refused("secrunctl import -p app more.ini", 1, "-p does not go with it\n");
    put("bad.ini", "[app]\nhunter2\n");
    ctl_check_refused("secrunctl import bad.ini", 1, "bad.ini: line 2: ");
    put("bad.ini", "[app]\nOLD = hunter2\nNEW = 1\n");
    ctl_check_refused("secrunctl import bad.ini", 1, "other values: OLD, NEW\n");
}

Test(ctl_import, refuses_what_cannot_be_read)
{
    ctl_check_refused("secrunctl import nowhere.env", 1, "nowhere.env: No such file");
    ctl_check_refused("secrunctl import .", 1, ".: Is a directory");
    put("empty.env", "# nothing\n");
    ctl_check_refused("secrunctl import empty.env", 1, "empty.env: no secret in it\n");
    put_file("nul.env", "A=hunter2\0\n", 11);
    ctl_check_refused("secrunctl import nul.env", 1, "nul.env: ");
    ctl_check_refused("secrunctl import /dev/zero", 1, "/dev/zero: ");
    ctl_check_refused("secrunctl import - <&-", 1, "standard input: ");
}

Test(ctl_import, takes_thousands_of_secrets_and_large_ones)
{
    ctl_check("{ for i in $(seq 3000); do echo \"A_$i=value of $i\"; done\n"
              "    printf LARGE=; head -c 1000000 /dev/zero | tr '\\0' x; } >a.env\n"
              "secrunctl import a.env 2>/dev/null; secrunctl get A_2999; secrunctl get LARGE | wc -c",
              "imported 3001 secrets into [default] (0 replaced, 0 unchanged)\nvalue of 29991000000\n");
    ctl_check_refused(
        "{ printf LARGER=; head -c 1048577 /dev/zero | tr '\\0' x; } >b.env; secrunctl import b.env", 1, "");
}
