/* SPDX-License-Identifier: ISC */
/*
 * The shim where it must not be trusted, and what it does with a capsule that the launcher did not make:
 * exit status 125, one message, and main is not reached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

TestSuite(shim, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

static const char *staged_shim(void)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/lib/secrun/secrun.so", getenv("SECRUN_STAGE"));
    return path;
}

/* A copy of secrun, in the scratch directory, that looks for its shim at l/s.so there: as the path
 * is compiled in, it is replaced in the program's bytes. */
static void make_private_secrun(void)
{
    size_t size;
    char path[1024], own[1024];
    snprintf(path, sizeof path, "%s/bin/secrun", getenv("SECRUN_STAGE"));
    snprintf(own, sizeof own, "%s/l/s.so", scratch());
    char *bytes = get_file(path, &size);
    size_t room = strlen(staged_shim());
    cr_assert_leq(strlen(own), room, "%s: longer than the staged shim's path", own);
    char *at = memmem(bytes, size, staged_shim(), room + 1);
    cr_assert_not_null(at, "%s: does not hold the path of its shim", path);
    memset(at, 0, room);
    memcpy(at, own, strlen(own));
    put_file("secrun", bytes, size);
    free(bytes);
    struct outcome made = shell("chmod 755 secrun; umask 022; mkdir l; cp '%s' l/s.so", staged_shim());
    check_status(made, 0);
    outcome_free(&made);
    store_make_text("store", "[default]\nTOKEN = pk-refused-0123456789\n[none]\n.note = nothing\n");
}

static void check_shim_hint(const char *change, const char *text, const char *hint)
{
    struct outcome run = shell("set -e; %s; set +e; ./secrun -d store -- " STARTED, change);
    const char *said = strstr(run.err, "secrun: hint: ");
    cr_expect(hint ? said && strstr(said, hint) : !said, "%s: the hint is not '%s':\n%s", change,
              hint ? hint : "none", run.err);
    check_refusal(change, &run, 125, text);
}

static void check_shim(const char *change, const char *text)
{
    check_shim_hint(change, text, NULL);
}

Test(shim, that_is_missing_or_not_to_be_trusted_is_refused)
{
    make_private_secrun();
    struct outcome run = shell("./secrun -d store -- printenv TOKEN");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "pk-refused-0123456789\n");
    outcome_free(&run);
    check_shim_hint("chmod 646 l/s.so", "l/s.so: others can write it (mode 0646)", "/l/s.so\n");
    check_shim_hint("chmod 664 l/s.so", "l/s.so: others can write it", "hint: chmod go-w ");
    check_shim_hint("chmod 644 l/s.so; chmod 777 l", "l: directory that others can write",
                    "hint: chmod go-w ");
    check_shim("chmod 755 l; cp l/s.so whole; truncate -s 40 l/s.so", "l/s.so: truncated header");
    check_shim("cp whole l/s.so; truncate -s 4000 l/s.so", "l/s.so: a segment lies outside the file");
    check_shim("cp whole l/s.so; printf '\\026\\000' | dd of=l/s.so bs=1 seek=18 conv=notrunc status=none",
               "l/s.so: not a shared object for this machine");
    check_shim("cp secrun l/s.so; printf '\\002' | dd of=l/s.so bs=1 seek=16 conv=notrunc status=none",
               "l/s.so: not a shared object for this machine");
    check_shim(": >l/s.so", "l/s.so: empty, or cannot be mapped");
    check_shim("echo 'int main' >l/s.so", "l/s.so: not an ELF file");
    check_shim_hint("rm l/s.so", "l/s.so: No such file",
                    "hint: install secrun again, with the PREFIX it was built for\n");
    check_shim("mkdir l/s.so", "l/s.so: not a regular file");
    if (getuid() == 0)
        check_shim_hint("rmdir l/s.so; cp ./secrun l/s.so; chown 54322 l/s.so", "l/s.so: not owned by root",
                        "then chown root ");
}

/* The loader cannot map it there, says so, and goes on. An ordinary user has no such place to try it in. */
Test(shim, on_a_file_system_without_exec_is_refused)
{
    make_private_secrun();
    if (getuid() != 0)
        return;
    struct outcome run =
        shell("unshare -m sh -c 'mount -t tmpfs -o noexec,mode=755 none l && cp %s l/s.so &&\n"
              "chmod 644 l/s.so && exec ./secrun -d store -- " STARTED "'",
              staged_shim());
    check_refusal("noexec", &run, 125, "l/s.so: on a file system that is mounted noexec");
}

Test(shim, that_is_missing_does_not_matter_without_secrets)
{
    make_private_secrun();
    struct outcome run = shell("rm l/s.so; ./secrun -d store -p none -- " STARTED " && ls started");
    check_status(run, 0);
    outcome_free(&run);
}

/* --- capsules of others ----------------------------------------------------------------------------------
 */

static struct outcome run_fake(const char *kind, const char *command)
{
    return shell("%s '%s' '%s' %s", program("fake-capsule"), kind, staged_shim(), command);
}

Test(shim, refuses_capsules_that_the_launcher_did_not_make)
{
    static const struct {
        const char *kind, *text;
    } cases[] = {
        {"text:", "announced by something that is no descriptor"},
        {"text:garbage", "announced by something that is no descriptor"},
        {"text:-1", "announced by something that is no descriptor"},
        {"text:3x", "announced by something that is no descriptor"},
        {"text: 3", "announced by something that is no descriptor"},
        {"text:3,", "announced by something that is no descriptor"},
        {"text:3,x", "announced by something that is no descriptor"},
        {"text:3,4,5", "announced by something that is no descriptor"},
        {"text:99999999999999999999", "announced by something that is no descriptor"},
        {"text:999999999", "its descriptor is not open"},
        {"closed", "its descriptor is not open"},
        {"file", "neither secret memory nor sealed"},
        {"pipe", "of a wrong size"},
        {"empty", "of a wrong size"},
        {"unsealed", "neither secret memory nor sealed"},
        {"sealed", "not a capsule"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome run = run_fake(cases[i].kind, "/usr/bin/" STARTED);
        check_refusal(cases[i].kind, &run, 125, cases[i].text);
    }
}

Test(shim, refuses_secret_memory_without_a_capsule)
{
    store_make_text("store", "[default]\nTOKEN = pk-refused-0123456789\n");
    if (!store_has_secret_memory("store"))
        return;
    struct outcome run = run_fake("secret", "/usr/bin/" STARTED);
    check_refusal("secret", &run, 125, "secrun: capsule: not a capsule\n");
}

Test(shim, refuses_them_with_musl_too)
{
    struct outcome run = run_fake("text:garbage", program("show-musl"));
    check_refusal("garbage", &run, 125, "secrun: capsule: announced by something that is no descriptor\n");
    run = run_fake("unsealed", program("show-musl"));
    check_refusal("unsealed", &run, 125,
                  "secrun: capsule: its descriptor is neither secret memory nor sealed\n");
}

Test(shim, does_nothing_where_no_capsule_is_announced)
{
    static const char *const shows[] = {"show", "show-musl"};
    for (size_t i = 0; i < 2; i++) {
        char command[1024];
        snprintf(command, sizeof command, "%s HOME LD_PRELOAD NOT_THERE", program(shows[i]));
        struct outcome with = run_fake("none", command);
        check_status(with, 0);
        cr_expect(holds(with.out, with.out_size, staged_shim()), "LD_PRELOAD was taken away");
        cr_expect(holds(with.out, with.out_size, "none NOT_THERE"));
        cr_expect_str_eq(with.err, "");
        outcome_free(&with);
    }
    /* Not even the limits: a process without secrets may leave a core. */
    struct outcome limit = run_fake(
        "none", "/bin/sh -c 'ulimit -c \"$(ulimit -H -c)\"; [ \"$(ulimit -S -c)\" = \"$(ulimit -H -c)\" ]'");
    check_status(limit, 0);
    outcome_free(&limit);
}
