/* SPDX-License-Identifier: ISC */
/* Stores that must not be trusted or cannot be opened: exit status 125, one message, nothing runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/refusal.h"
#include "support/store.h"

#define VALUE "pk-refused-0123456789"

static void begin(void)
{
    scratch_begin();
    store_make_text("store", "[default]\nTOKEN = " VALUE "\n");
}

TestSuite(stores, .init = begin, .fini = scratch_end, .timeout = 300);

/* What is done to the store is done to a copy. */
static void check_store(const char *change, const char *text)
{
    struct outcome changed = shell("set -e; rm -rf copy; cp -a store copy; cd copy; umask 022; %s", change);
    check_status(changed, 0);
    outcome_free(&changed);
    struct outcome run = shell("secrun -d copy -- " STARTED);
    check_refusal(change, &run, 125, text);
}

Test(stores, that_are_as_they_should_be_open)
{
    struct outcome run = shell("cp -a store copy && secrun -d copy -- " STARTED " && rm started");
    check_status(run, 0);
    outcome_free(&run);
}

Test(stores, that_others_can_change_or_read_are_refused)
{
    check_store("chmod 644 machine.key", "machine.key: others can read or write it (mode 0644)");
    check_store("chmod 640 machine.key", "machine.key: others can read or write it (mode 0640)");
    check_store("chmod 620 machine.key", "machine.key: others can read or write it");
    check_store("chmod 664 secrets.age", "secrets.age: others can write it (mode 0664)");
    check_store("chmod 606 secrets.age", "secrets.age: others can write it");
    check_store("chmod 770 .", "copy: directory that others can write (mode 0770)");
    check_store("chmod 702 .", "copy: directory that others can write");
    check_store("echo >secrun.conf; chmod 666 secrun.conf", "secrun.conf: others can write it");
}

Test(stores, below_a_directory_that_others_can_change_are_refused)
{
    struct outcome run =
        shell("mkdir open; chmod 777 open; cp -a store open; secrun -d open/store -- " STARTED);
    check_refusal("mode 0777", &run, 125, "open: directory that others can write (mode 0777)");
    run = shell("chmod 1777 open; secrun -d open/store -- " STARTED " && rm started");
    check_status(run, 0);
    outcome_free(&run);
    /* A link does not hide where the files lie. */
    run = shell("chmod 777 open; ln -s open/store link; secrun -d link -- " STARTED);
    check_refusal("by a link", &run, 125, "open: directory that others can write");
    run = shell("cp -a store linked; ln -sf ../open/store/secrets.age linked/; secrun -d linked -- " STARTED);
    check_refusal("by a link to the file", &run, 125, "open: directory that others can write");
}

/* And that it is enough to be root's. */
static void check_owned(const char *file, const char *hint)
{
    char text[256];
    struct outcome run =
        shell("rm -rf copy; cp -a store copy; chown 54322 copy/%s; secrun -d copy -- " STARTED, file);
    snprintf(text, sizeof text, "secrun: hint: %s\n", hint);
    cr_expect(strstr(run.err, text), "%s: does not say '%s':\n%s", file, text, run.err);
    snprintf(text, sizeof text, "%s: not owned by root (uid 54322)", file[0] == '.' ? "copy" : file);
    check_refusal(file, &run, 125, text);
    run = shell("chown root copy/%s; secrun -d copy -- " STARTED " && rm started", file);
    check_status(run, 0);
    outcome_free(&run);
}

/* Only root can give files away; what an ordinary user meets instead is a store that is root's. */
Test(stores, of_another_user_are_refused)
{
    if (getuid() == 0) {
        check_owned("secrets.age",
                    "uid 54322 wrote it: look at what is in it, then chown root copy/secrets.age");
        check_owned("machine.key", "chown root copy/machine.key, which uid 54322 could read and replace");
        check_owned(".", "root trusts nothing in it; move what it needs, or run this as uid 54322");
    } else {
        struct outcome run = shell("secrun -d store -k /etc/shadow -- " STARTED);
        check_refusal("root's key", &run, 125, "/etc/shadow: Permission denied");
    }
}

Test(stores, that_are_not_there_or_not_files_are_refused)
{
    struct outcome run = shell("secrun -d nowhere -- " STARTED);
    check_refusal("no store", &run, 125, "nowhere/machine.key: No such file");
    check_store("rm secrets.age", "secrets.age: No such file");
    check_store("rm machine.key", "machine.key: No such file");
    check_store("rm secrets.age; mkdir secrets.age", "secrets.age: not a regular file");
    check_store("rm machine.key; mkfifo -m 600 machine.key", "machine.key: not a regular file");
    check_store("rm secrets.age; ln -s /dev/zero secrets.age", "secrets.age: not a regular file");
}

/* Runs it as an ordinary user, with a file of root's in the way. */
static void check_denied(const char *command, const char *text, const char *hint)
{
    char said[256];
    struct outcome run = shell("%s %s -- " STARTED, as_ordinary(), command);
    snprintf(said, sizeof said, "secrun: hint: %s, and this is uid %u\n", hint, ordinary_uid());
    cr_expect(strstr(run.err, said), "%s: does not say '%s':\n%s", command, said, run.err);
    check_refusal(command, &run, 125, text);
}

Test(stores, that_the_user_may_not_read_are_told_whose_they_are)
{
    scratch_to_ordinary();
    if (getuid() != 0) { /* who has nothing else that is root's */
        check_denied("secrun -d store -k /etc/shadow", "/etc/shadow: Permission denied",
                     "it is uid 0's, mode 0640");
        check_denied("secrun -d store -f /etc/shadow", "/etc/shadow: Permission denied",
                     "it is uid 0's, mode 0640");
        return;
    }
    put_file("theirs", "", 0);
    check_denied("secrun -d store -k theirs", "theirs: Permission denied", "it is uid 0's, mode 0600");
    check_denied("secrun -d store -f theirs", "theirs: Permission denied", "it is uid 0's, mode 0600");
    struct outcome made = shell("chown 0 store/machine.key; chmod 755 store\n"
                                "mkdir -m 700 closed; cp -a store closed");
    check_status(made, 0);
    outcome_free(&made);
    check_denied("secrun -d store", "machine.key: Permission denied", "it is uid 0's, mode 0600");
    check_denied("secrun -d store -k closed/store/machine.key", "machine.key: Permission denied",
                 "closed is uid 0's, mode 0700");
    /* Of the directory itself there is more to say than of its first file. */
    struct outcome run =
        shell("chown 0 store; chmod 700 store; %s secrun -d store -- " STARTED, as_ordinary());
    cr_expect(strstr(run.err, "secrun: hint: it is root's store: run this as root\n"), "%s", run.err);
    check_refusal("root's store", &run, 125, "store/secrun.conf: Permission denied");
    run = shell("%s secrunctl -d store list", as_ordinary());
    cr_expect(strstr(run.err, "secrunctl: hint: it is root's store: run this as root\n"), "%s", run.err);
    outcome_free(&run);
}

static void check_hint(const char *command, const char *hint)
{
    struct outcome run = shell("cd copy; %s", command);
    cr_expect(holds(run.err, run.err_size, hint) || holds(run.out, run.out_size, hint),
              "%s: does not say '%s':\n%s%s", command, hint, run.out, run.err);
    outcome_free(&run);
}

/* What is told to whoever starts something, changes something, and asks what is wrong. */
static void check_hints(const char *change, const char *hint)
{
    struct outcome changed = shell("set -e; rm -rf copy; cp -a store copy; cd copy; %s", change);
    check_status(changed, 0);
    outcome_free(&changed);
    check_hint("secrun -d . -- true", hint);
    check_hint("echo 1 | secrunctl -d . set A", hint);
    check_hint("secrunctl -d . list", hint);
    check_hint("secrunctl -d . check", hint);
}

Test(stores, of_which_a_half_is_there_are_not_to_be_made_anew)
{
    check_hints("rm machine.key", "bring it back from its backup; ./secrets.age is sealed to it (another "
                                  "machine takes a key of its own");
    check_hints("rm secrets.age", "bring it back from its backup; secrunctl -d . init makes an empty one\n");
    check_hints("rm machine.key secrets.age", "make a store with: secrunctl -d . init\n");
    /* And so it does. */
    struct outcome made =
        shell("rm -rf copy; cp -a store copy; rm copy/secrets.age; secrunctl -d copy init &&\n"
              "cmp store/machine.key copy/machine.key && secrunctl -d copy list --names");
    check_status(made, 0);
    outcome_free(&made);
}

Test(stores, whose_key_does_not_fit_are_refused)
{
    check_store("rm machine.key; age-keygen -o machine.key 2>/dev/null", "secrets.age: ");
    check_store("age-keygen -y machine.key >public; cat public >machine.key", "machine.key: ");
    check_store(": >machine.key", "machine.key: ");
    check_store("head -c 100 /dev/zero >machine.key", "machine.key: ");
    check_store("sed -i s/1/2/g machine.key", "machine.key: ");
}

Test(stores, whose_sealed_file_is_cut_are_refused)
{
    size_t size;
    free(get_file("store/secrets.age", &size));
    for (size_t length = 0; length < size; length += length < size - 20 ? 11 : 1) {
        char change[128];
        snprintf(change, sizeof change, "truncate -s %zu secrets.age", length);
        check_store(change, "secrets.age: ");
    }
    check_store("echo >>secrets.age", "secrets.age: ");
}

Test(stores, whose_sealed_file_was_altered_are_refused)
{
    size_t size;
    char *bytes = get_file("store/secrets.age", &size);
    for (size_t i = 0; i < size; i += 7) {
        bytes[i] ^= 1;
        put_file("store/secrets.age", bytes, size);
        struct outcome run = shell("secrun -d store -- " STARTED);
        char what[64];
        snprintf(what, sizeof what, "bit 0 of byte %zu", i);
        check_refusal(what, &run, 125, "secrets.age: ");
        bytes[i] ^= 1;
    }
    free(bytes);
}

static void check_document(const char *document, const char *text)
{
    struct outcome made = shell("rm -rf bad");
    outcome_free(&made);
    store_make_text("bad", document);
    struct outcome run = shell("secrun -d bad -p a -- " STARTED);
    cr_expect(!holds(run.err, run.err_size, "hunter2"), "a value is shown: %s", run.err);
    check_refusal(document, &run, 125, text);
}

Test(stores, whose_document_is_wrong_are_refused_without_showing_values)
{
    check_document("[a]\nhunter2\n", "secrets.age: line 2: ");
    check_document("TOKEN = hunter2\n", "secrets.age: line 1: ");
    check_document("[a]\nTOKEN = hunter2\nTOKEN = hunter2\n", "secrets.age: line 3: ");
    check_document("[a]\nTOKEN.exposed = hunter2\n", "secrets.age: line 2: ");
    check_document("[a]\nTOKEN = hunter2\n[a]\n", "secrets.age: line 3: ");
    check_document("[a]\n.on-expiry = never\nTOKEN = hunter2\n",
                   "secrets.age: line 2: on-expiry: warn or refuse is wanted");
    check_document("[a]\n.inherit = none of them\nTOKEN = hunter2\n", "secrets.age: line 2: inherit: ");
    check_document("[a]\nLD_PRELOAD = hunter2\n", "LD_PRELOAD: a reserved name");
    check_document("[a]\n2TOKEN = hunter2\n", "secrets.age: line 2: ");
    check_document("", "no profile [a]");
}

Test(stores, whose_configuration_is_wrong_are_refused)
{
    check_store("printf '[policy]\\nmemory = some\\n' >secrun.conf",
                "secrun.conf: line 2: memory: neither best nor secret");
    check_store("printf '[policy]\\nmemroy = best\\n' >secrun.conf",
                "secrun.conf: line 2: memroy: unknown key");
    check_store("printf '[audit]\\n' >secrun.conf", "secrun.conf: line 1: unknown section [audit]");
    check_store("printf 'memory = best\\n' >secrun.conf", "secrun.conf: line 1: ");
    check_store("printf '[store]\\nidentity = command:cat\\n' >secrun.conf",
                "command: takes an absolute path");
    check_store("printf '[store]\\nsealed-file = other.age\\n' >secrun.conf", "other.age: No such file");
    check_store("rm -f secrun.conf; ln -s /nonexistent/secrun.conf secrun.conf", "secrun.conf: No such file");
}
