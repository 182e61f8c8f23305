/* SPDX-License-Identifier: ISC */
/*
 * What programs in many languages find of their environment. The oracle is the same program with the
 * same variables given to it plainly: under secrun it must print the very same bytes, its secrets
 * where they would be and no trace of secrun, while /proc shows none of them.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/live.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(runtimes, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define PLAIN  "sk-live-4eC39HqLyjWDarjtT1zdp7dc"
#define QUOTED "it's \"quoted\" \\ $HOME `id` %s; é ✓  #two blanks"
#define KEY_1  "-----BEGIN PRIVATE KEY-----"
#define KEY_2  "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"
#define KEY_3  "-----END PRIVATE KEY-----"
#define NAMES  "PLAIN QUOTED MULTILINE EMPTY LARGE"

enum { LARGE = 100 * 1000 };

struct secret_value {
    const char *name, *value;
};

static char large[LARGE + 1];

static struct secret_value secrets[] = {
    {"PLAIN", PLAIN}, {"QUOTED", QUOTED}, {"MULTILINE", KEY_1 "\n" KEY_2 "\n" KEY_3},
    {"EMPTY", ""},    {"LARGE", large},
};
enum { SECRETS = sizeof secrets / sizeof *secrets };

/* Letters that no eight in a row of come twice, as far as chance goes. */
static void fill_large(void)
{
    unsigned long long state = 88172645463325252u;
    for (size_t i = 0; i < LARGE; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        large[i] = "abcdefghijklmnopqrstuvwxyzABCDEF"[state >> 40 & 31];
    }
}

/* Writes the environments (inherited, and with the secrets behind it) and the store; returns the words
 * that make a command the ordinary user's. */
static const char *prepare(void)
{
    char *text, *inherited;
    size_t size, inherited_size;
    FILE *file = open_memstream(&inherited, &inherited_size);
    fprintf(file, "PATH=%s%cHOME=%s%cLANG=C.UTF-8%cLC_ALL=C.UTF-8%cTWICE=first%cUSER=tester%c",
            getenv("PATH"), 0, scratch(), 0, 0, 0, 0, 0);
    fprintf(file, "TWICE=second%cBLANKS= a  b %cNOTHING=%cLINES=one\ntwo%c", 0, 0, 0, 0);
    fclose(file);
    put_file("inherited", inherited, inherited_size);

    fill_large();
    file = open_memstream(&text, &size);
    fwrite(inherited, 1, inherited_size, file);
    for (size_t i = 0; i < SECRETS; i++)
        fprintf(file, "%s=%s%c", secrets[i].name, secrets[i].value, 0);
    fclose(file);
    put_file("plain", text, size);
    free(text);
    free(inherited);

    file = open_memstream(&text, &size);
    fprintf(file, "[matrix]\nPLAIN = " PLAIN "\nQUOTED = %s\nMULTILINE = " KEY_1 "\n " KEY_2 "\n " KEY_3 "\n",
            QUOTED);
    fprintf(file, "EMPTY =\nLARGE = %s\n\n[other]\nOTHER = of another profile\n\n", large);
    fprintf(file, "[readable]\n.include = matrix\n.dumpable = yes\n");
    fclose(file);
    store_make("store", text, size);
    free(text);
    return scratch_to_ordinary();
}

static bool holds_record(const struct outcome *shown, const char *kind, const char *name, const char *value)
{
    char *record = NULL;
    int size = asprintf(&record, "%s %s=%s", kind, name, value);
    cr_assert_gt(size, 0);
    bool found = memmem(shown->out, shown->out_size, record, (size_t)size + 1) != NULL;
    free(record);
    return found;
}

/* No eight bytes in a row of any secret. */
static void check_no_secret(const char *what, const char *bytes, size_t size)
{
    for (size_t i = 0; i < SECRETS; i++)
        for (const char *window = secrets[i].value; strlen(window) >= 8; window++) {
            if (secrets[i].value == large && window > large + 2000)
                break;
            cr_assert_null(memmem(bytes, size, window, 8), "%s holds bytes of %s", what, secrets[i].name);
        }
}

/* The processes's block and arguments as the kernel shows them. The profile leaves it dumpable, so that
 * this can be seen by whoever runs the tests; the bytes do not depend on it. */
static void check_proc(const char *become, const char *options, const char *command)
{
    struct live live;
    live_start(&live, "ready", sizeof "ready", "%s %s inherited secrun -d store -p readable %s -- %s " NAMES,
               become, program("launch"), options, command);
    size_t size;
    char *bytes = live_proc(live.pid, "environ", &size);
    cr_assert_not_null(bytes, "environ cannot be read");
    cr_assert(holds(bytes, size, "USER=tester"), "environ is not what was given to the program");
    check_no_secret("environ", bytes, size);
    free(bytes);
    bytes = live_proc(live.pid, "cmdline", &size);
    cr_assert_not_null(bytes, "cmdline cannot be read");
    cr_assert(holds(bytes, size, "MULTILINE"), "cmdline is not the program's");
    check_no_secret("cmdline", bytes, size);
    free(bytes);
    live_end(&live);
    cr_assert_eq(live.status, 0, "wait status %#x\n%s", (unsigned)live.status, live.text);
    live_free(&live);
}

/* lists: the program prints each variable that it can enumerate. */
static void check_runtime_with(const char *options, const char *command, bool lists)
{
    const char *become = prepare();
    struct outcome plain = shell("%s %s plain %s " NAMES, become, program("launch"), command);
    check_status(plain, 0);
    struct outcome sealed = shell("%s %s inherited secrun -d store -p matrix %s -- %s " NAMES, become,
                                  program("launch"), options, command);
    check_status(sealed, 0);
    for (size_t i = 0; i < SECRETS; i++) {
        cr_expect(holds_record(&sealed, "look", secrets[i].name, secrets[i].value), "%s: not found by name",
                  secrets[i].name);
        cr_expect(!lists || holds_record(&sealed, "list", secrets[i].name, secrets[i].value),
                  "%s: not listed", secrets[i].name);
    }
    cr_expect(!holds(sealed.out, sealed.out_size, "SECRUN_"), "shows a variable of secrun's");
    cr_expect(!holds(sealed.out, sealed.out_size, "LD_PRELOAD"), "shows an LD_PRELOAD that nobody set");
    cr_expect(sealed.out_size == plain.out_size && memcmp(sealed.out, plain.out, plain.out_size) == 0,
              "sees something else than in a plain environment");
    cr_expect_str_eq(sealed.err, plain.err);
    outcome_free(&plain);
    outcome_free(&sealed);
    check_proc(become, options, command);
}

static void check_runtime(const char *command, bool lists)
{
    check_runtime_with("", command, lists);
}

static const char *words(const char *before, const char *path, const char *after)
{
    static char text[4096];
    snprintf(text, sizeof text, "%s %s %s", before, path, after);
    return text;
}

#define RUNTIME(test, command, lists)                                                                        \
    Test(runtimes, test##_sees_its_secrets_as_plain_variables)                                               \
    {                                                                                                        \
        check_runtime(command, lists);                                                                       \
    }

/* The same where preload would do as well, and by injection. */
#define DYNAMIC(test, command, lists)                                                                        \
    RUNTIME(test, command, lists)                                                                            \
    Test(runtimes, test##_injected_sees_its_secrets_as_plain_variables)                                      \
    {                                                                                                        \
        check_runtime_with("--delivery inject", command, lists);                                             \
    }

DYNAMIC(c_with_glibc, program("show"), true)
DYNAMIC(c_with_musl, program("show-musl"), true)
DYNAMIC(python, words("/usr/bin/python3", program("show.py"), ""), true)
DYNAMIC(node, words("node", program("show.js"), ""), true)
DYNAMIC(ruby, words("ruby", program("show.rb"), ""), true)
DYNAMIC(perl, words("perl", program("show.pl"), ""), true)
DYNAMIC(php, words("php -d variables_order=E", program("show.php"), "--"), true)
DYNAMIC(java, words("java -XX:-UsePerfData -cp", program("show-java"), "Show"), true)
DYNAMIC(bash, words("bash", program("show.bash"), ""), true)
DYNAMIC(dash, words("dash", program("show.sh"), ""), false)
DYNAMIC(zsh, words("zsh -f", program("show.zsh"), ""), true)
DYNAMIC(busybox_ash, words(program("busybox"), "ash", program("show.sh")), false)
DYNAMIC(gawk, words("gawk -f", program("show.awk"), ""), true)
DYNAMIC(lua, words("lua5.4", program("show.lua"), ""), false)
DYNAMIC(tcl, words("tclsh", program("show.tcl"), ""), true)
DYNAMIC(rust, program("show-rust"), true)

/* What no preload reaches, and Go, which is always injected. */
RUNTIME(static_c_with_glibc, program("show-static"), true)
RUNTIME(static_pie_with_glibc, program("show-static-pie"), true)
RUNTIME(static_c_with_musl, program("show-static-musl"), true)
RUNTIME(static_rust, program("show-rust-static"), true)
RUNTIME(static_busybox_ash, words(program("busybox-static"), "ash", program("show.sh")), false)
RUNTIME(static_go, program("show-go-static"), true)
RUNTIME(go_with_cgo, program("show-go"), true)
RUNTIME(go_as_pie, program("show-go-pie"), true)

Test(runtimes, go_with_cgo_preloaded_sees_its_secrets_as_plain_variables)
{
    check_runtime_with("--delivery preload", program("show-go"), true);
}

/* --- a preload of the user's own ---------------------------------------------------------------------- */

static void check_user_preload(const char *command)
{
    const char *become = prepare(), *preload = program("user-preload.so");
    struct outcome plain = shell("(cat inherited; printf 'LD_PRELOAD=%s\\0Z=last\\0') >both; (cat plain; "
                                 "printf 'LD_PRELOAD=%s\\0') >x; "
                                 "%s %s both secrun -d store -p matrix -- %s " NAMES,
                                 preload, preload, become, program("launch"), command);
    check_status(plain, 0);
    cr_expect(holds_record(&plain, "list", "LD_PRELOAD", preload), "not shown as the user set it");
    cr_expect(holds_record(&plain, "look", "PLAIN", PLAIN));
    cr_expect_str_eq(plain.err, "user preload\n");
    outcome_free(&plain);
}

Test(runtimes, a_preload_of_the_users_own_is_kept_with_glibc)
{
    check_user_preload(program("show"));
}

Test(runtimes, a_preload_of_the_users_own_is_kept_with_musl)
{
    check_user_preload(program("show-musl"));
}

Test(runtimes, a_preload_of_the_users_own_is_kept_for_python)
{
    check_user_preload(words("/usr/bin/python3", program("show.py"), ""));
}
