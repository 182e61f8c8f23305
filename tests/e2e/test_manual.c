/* SPDX-License-Identifier: ISC */
/* What the words promise: the manual pages and the README against the programs as they are. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"

#define TREE TESTS_DIR "/.."

TestSuite(manual, .init = scratch_begin, .fini = scratch_end);

/* Fails with what the command printed, unless it printed nothing. */
static void expect_nothing(struct outcome outcome, const char *claim)
{
    cr_assert(outcome.status == 0 && outcome.out_size == 0 && outcome.err_size == 0, "%s:\n%s%s", claim,
              outcome.out, outcome.err);
    outcome_free(&outcome);
}

/* A page as text without overstriking, in `text`; wide, so that no option is broken at its hyphens. */
#define RENDER "mandoc -T ascii -O width=500 " TREE "/man/%s | sed 's/.\x08//g' >text\n"

Test(manual, pages_are_clean_for_mandoc)
{
    expect_nothing(shell("cd " TREE "/man && mandoc -T lint -W warning *"), "mandoc -T lint");
}

Test(manual, every_option_of_secrun_is_in_its_help_and_its_page)
{
    expect_nothing(shell(RENDER "options() { grep -oE -e '-[a-zA-Z], --[a-z-]+' \"$1\" | sort -u; }\n"
                                "secrun --help >help; options help >in-help; options text >in-page\n"
                                "[ $(wc -l <in-help) -ge 10 ] || cat help\n"
                                "diff in-help in-page",
                         "secrun.1"),
                   "--help (<) and secrun.1 (>)");
}

Test(manual, every_option_of_secrun_is_in_its_synopsis)
{
    expect_nothing(
        shell(RENDER
              "sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' text >synopsis\n"
              "for letter in d f k p o r u; do grep -q -e \"\\[-$letter \" synopsis || echo -$letter; done\n"
              "grep -q -F -e '[-nv]' synopsis && grep -q -F -e '-h | -V' synopsis || cat synopsis",
              "secrun.1"),
        "secrun.1, SYNOPSIS");
}

Test(manual, every_verb_of_secrunctl_is_in_its_page)
{
    expect_nothing(
        shell(
            RENDER
            "secrunctl --help | sed -n 's/^  \\([a-z]*\\)  *[a-z].*/\\1/p' | grep -v secrun | sort >in-help\n"
            "sed -n 's/^   \\([a-z][a-z]*\\)\\( .*\\)*$/\\1/p' text | sort >in-page\n"
            "[ $(wc -l <in-help) -ge 8 ] || cat in-help\n"
            "diff in-help in-page",
            "secrunctl.1"),
        "--help (<) and secrunctl.1 (>)");
}

Test(manual, every_option_of_a_verb_is_below_it_in_the_page)
{
    expect_nothing(
        shell(RENDER "secrunctl --help | sed -n 's/^  \\([a-z]*\\)  *[a-z].*/\\1/p' | grep -v secrun >verbs\n"
                     "while read -r verb; do\n"
                     "  secrunctl $verb --help | sed -n 's/^  *\\(--[a-z-]*\\).*/\\1/p' | sort -u >in-help\n"
                     "  sed -n \"/^   $verb/,/^   [a-zA-Z]/p\" text | sed -n 's/^ *\\(--[a-z-]*\\).*/\\1/p' "
                     "| sort -u >in-page\n"
                     "  diff in-help in-page >difference || { echo $verb; cat difference; }\n"
                     "done <verbs",
              "secrunctl.1"),
        "secrunctl VERB --help (<) and secrunctl.1 (>)");
}

Test(manual, every_key_that_init_writes_is_in_the_page)
{
    expect_nothing(shell(RENDER "secrunctl -d store init >log 2>&1 || cat log\n"
                                "sed -n 's/^#* *\\([a-z-]*\\) =.*/\\1/p' store/secrun.conf | sort >written\n"
                                "sed -n 's/^ *\\([a-z-]*\\) = .*/\\1/p' text | sort -u >described\n"
                                "[ $(wc -l <written) -ge 5 ] || cat store/secrun.conf\n"
                                "comm -23 written described",
                         "secrun.conf.5"),
                   "not in secrun.conf.5");
}

/* The first literal block of secrun-document(5). */
Test(manual, the_document_in_the_page_is_one)
{
    struct outcome outcome = shell("set -e\n"
                                   "sed -n '/^\\.Bd -literal/,/^\\.Ed/p' " TREE
                                   "/man/secrun-document.5 | sed '1d; /^\\.Ed/,$d; s/^\\\\&//' >page.ini\n"
                                   "secrunctl -d store init >log; secrunctl -d store import --format ini "
                                   "page.ini >log 2>&1 || { cat log; exit 1; }\n"
                                   "secrunctl -d store get -p moltbot APP_KEY; echo\n"
                                   "secrunctl -d store get -p moltbot TLS_KEY | wc -l\n"
                                   "secrun -d store -p moltbot -- printenv SENTRY_DSN");
    check_status(outcome, 0);
    cr_assert_str_eq(outcome.out, "base64:ZmovYmFyL2Jheg==\n2\nhttps://0123456789@errors.example/7\n");
    outcome_free(&outcome);
}

/* The first literal block of EXAMPLES in secrun-fleet(5), with a host of whose key something is known. */
Test(manual, the_inventory_in_the_page_is_one)
{
    struct outcome outcome =
        shell("set -e; umask 077\n"
              "sed -n '/^\\.Sh EXAMPLES/,$p' " TREE "/man/secrun-fleet.5 |\n"
              "sed -n '/^\\.Bd -literal/,/^\\.Ed/p' | sed '1d; /^\\.Ed/,$d; s/^\\\\&//' >page.ini\n"
              "secrunctl -d web init >log; mkdir fleet fleet/documents\n"
              "sed \"/^\\[web-1\\]/,/^profiles/s/= age1.*/= $(secrunctl -d web pubkey)/\" page.ini "
              ">fleet/fleet.ini\n"
              "age-keygen -o fleet/operator.key 2>log\n"
              "minisign -G -W -p signer.pub -s fleet/signer.key >log\n"
              "printf '[common]\\nDSN = dsn\\n[moltbot]\\n.include = common\\nKEY = key\\n"
              "[stamper]\\nPIN = pin\\n[backup]\\nPASS = elsewhere\\n' |\n"
              "secrunctl seal -r $(age-keygen -y fleet/operator.key) -o fleet/documents/all.age\n"
              "secrunctl fleet seal fleet/fleet.ini\n"
              "printf '[store]\\nsigners = %%s\\n' \"$(tail -n 1 signer.pub)\" >web/secrun.conf\n"
              "cp fleet/sealed/web-1/* web; secrunctl -d web verify --accept >log\n"
              "secrunctl -d web list --names; secrunctl -d web get -p moltbot DSN; echo\n"
              "grep -c '^-> X25519 ' fleet/sealed/db-1.example/secrets.age");
    check_status(outcome, 0);
    cr_assert_str_eq(outcome.out, "web-1\ndb-1.example\ncommon\nmoltbot\nstamper\ndsn\n3\n", "%s%s",
                     outcome.out, outcome.err);
    cr_assert_str_eq(outcome.err, "");
    outcome_free(&outcome);
}

Test(manual, every_page_of_secrun_that_a_page_names_is_there)
{
    expect_nothing(
        shell("cd " TREE "/man && grep -hoE '^\\.Xr secrun[a-z.-]* [0-9]' * | sort -u |\n"
              "while read -r macro name section; do [ -e $name.$section ] || echo \"$name($section)\"; done"),
        "pages that are named, and missing");
}

/* --- the README ----------------------------------------------------------------------------------- */

Test(manual, the_session_of_the_readme_runs_in_an_empty_directory)
{
    struct outcome outcome =
        shell("mkdir empty && cd empty && sed -n '/^```sh$/,/^```$/p' " TREE "/README.md |\n"
              "sed '1d; /^```$/,$d' >../session && [ $(wc -l <../session) -ge 8 ] && sh -eu ../session");
    check_status(outcome, 0);
    cr_expect(holds(outcome.out, outcome.out_size, "imported 1 secret into [moltbot]"), "%s", outcome.out);
    cr_expect(holds(outcome.out, outcome.out_size, "secret    MOLTBOT_API_KEY\n"), "%s", outcome.out);
    /* Node prints it; /proc does not. */
    const char *key = strstr(outcome.out, "sk-example-0123456789");
    cr_assert_not_null(key, "%s", outcome.out);
    cr_expect_null(strstr(key + 1, "sk-example-0123456789"), "%s", outcome.out);
    cr_expect(geteuid() == 0 ? holds(key, strlen(key), "\nSECRUN_DIR=")
                             : holds(outcome.err, outcome.err_size, "Permission denied"),
              "/proc shows no environment\n%s%s", outcome.out, outcome.err);
    outcome_free(&outcome);
    expect_nothing(
        shell("ls -A empty | grep -vx store; ls store 2>/dev/null; [ -e empty/store/secrets.age ]"),
        "left behind");
}

Test(manual, the_readme_links_to_what_is_there)
{
    expect_nothing(shell("cd " TREE
                         " && grep -oE '\\]\\([^)]*\\)' README.md | tr -d '()]' | grep -v ^https: |\n"
                         "while read -r file; do [ -e $file ] || echo $file; done"),
                   "links to nothing");
    expect_nothing(shell("cd " TREE " && [ $(wc -l <README.md) -lt 240 ] || wc -l README.md"),
                   "longer than 240 lines");
}
