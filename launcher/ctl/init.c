/* SPDX-License-Identifier: ISC */
/*
 * secrunctl init: makes a store. Runs as the operator; makes, and sees, the machine key.
 * It MUST NOT overwrite anything, and MUST NOT make a new key where a sealed file is: it would be taken
 * for the key of that file, which it is not. Each file is made whole or not at all, so that after an
 * interruption init goes on where it stopped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/message.h"
#include "base/path.h"
#include "ctl/auditing.h"
#include "ctl/durable.h"
#include "ctl/invocation.h"
#include "ctl/store.h"
#include "base/timestamp.h"
#include "host/key_source.h"
#include "host/unseal.h"

static const char configuration[] =
    "# secrun.conf(5): where this store's files are, and the policy of secrun on this host.\n"
    "# What is commented out is the default. Paths are relative to this directory.\n"
    "\n"
    "[store]\n"
    "# sealed-file = secrets.age\n"
    "# identity = file:machine.key\n"
    "# Who else can open the sealed file (age1...), with commas or blanks between: a key kept for recovery.\n"
    "# recipients =\n"
    "# How long a value is kept after it was replaced, for secrunctl rollback: a duration, or no.\n"
    "# keep-previous = 7d\n"
    "# Whose signature the sealed file must have: minisign's public keys. And the secret key with which\n"
    "# secrunctl signs what it changes. Without these no signature is asked for.\n"
    "#signers = RW...\n"
    "#signing-key = /root/.minisign/minisign.key\n"
    "# What is signed with a lower serial, which is a time in seconds, is refused.\n"
    "# min-serial = 0\n"
    "# Where starts and changes are recorded: journal, syslog, or a file, whose directory has to be there\n"
    "# (install -d -m 755 /var/lib/secrun; in a unit with ProtectSystem=strict: "
    "ReadWritePaths=/var/lib/secrun).\n"
    "#audit-log = /var/lib/secrun/audit.log\n"
    "\n"
    "[policy]\n"
    "# best: memfd_secret where the kernel has it. secret: nothing runs without it.\n"
    "# memory = best\n"
    "# yes: the same user may debug, and so read, the programs that secrun starts.\n"
    "# dumpable = no\n"
    "# Which processes below a program get its secrets: tree, none, or a list of programs.\n"
    "# inherit = tree\n"
    "# getenv: only a look-up by name finds them, and inherit is none unless said otherwise.\n"
    "# expose = environ\n"
    "# What comes of a program whose arguments hold a secret: warn, refuse or allow.\n"
    "# argv = warn\n"
    "# What happens with a program that no preload reaches: inject, withhold, refuse or environ.\n"
    "# static = inject\n"
    "# How secrets get into a program: auto, preload or inject.\n"
    "# delivery = auto\n"
    "# Without a record: off and best start and change all the same, required does not.\n"
    "# audit = off\n";

/* The key is as good as all that it opens: where the store is in a work tree, or below etckeeper's. */
static const char ignored[] =
    "# Of a store, git is for what is sealed, and for what is no secret. `git clean -x` removes the rest: "
    "keep a\n"
    "# copy of the machine key elsewhere, or the key itself (identity in secrun.conf).\n"
    "*\n"
    "!.gitignore\n"
    "!secrets.age\n"
    "!secrets.age.minisig\n"
    "!secrun.conf\n";

static const char empty_document[] =
    "# The secrets of this host: secrun-document(5). A section is a profile: what one application gets.\n"
    "# secrun takes the profile named like the command, or the one that -p names, or else [default].\n"
    "#\n"
    "# [moltbot]\n"
    "# .include = common\n"
    "# MOLTBOT_API_KEY = sk-...\n"
    "# MOLTBOT_API_KEY.max-age = 90d\n";

/* The directory and, as needed, those above it. Only its own name is kept from others. */
static bool make_directory(const char *path, struct reason *why)
{
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    mode_t before = umask(022);
    bool ok = true;
    for (char *slash = strchr(parent + 1, '/'); slash && ok; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = mkdir(parent, 0755) == 0 || errno == EEXIST || fail_errno(why, "%s", parent);
        *slash = '/';
    }
    umask(before);
    return ok && (mkdir(path, 0700) == 0 || errno == EEXIST || fail_errno(why, "%s", path));
}

/* Syncs the directory that path was made in, and those above: each may be new. */
static bool sync_above(const char *path, struct reason *why)
{
    char above[PATH_MAX];
    if (!realpath(path, above))
        return fail_errno(why, "%s", path);
    for (char *slash; (slash = strrchr(above, '/'));) {
        *slash = '\0';
        int fd = path_open_directory(*above ? above : "/", PATH_TRUSTED, why);
        if (fd < 0)
            return errno == EACCES; /* one that cannot even be read is none that was made here */
        bool ok = fsync(fd) == 0 || errno == EINVAL || errno == EROFS || fail_errno(why, "%s", above);
        close(fd);
        if (!ok)
            return false;
    }
    return true;
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool create(const char *path, mode_t mode, const void *bytes, size_t size, struct reason *why)
{
    struct place place;
    bool ok = place_open(&place, path, false, why) && place_create(&place, mode, bytes, size, why);
    place_close(&place);
    return ok;
}

/* Before there is anything that it is to keep out. */
static bool make_ignored(const struct config *config, struct reason *why)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/.gitignore", config->directory) >= sizeof path)
        return fail(why, "%s: too long a path", config->directory);
    return exists(path) || create(path, 0644, ignored, strlen(ignored), why);
}

static bool make_key(const struct config *config, struct reason *why)
{
    struct secret text;
    char recipient[AGE_RECIPIENT_MAX], now[TIMESTAMP_SIZE];
    if (exists(config->sealed_file)) {
        fail(why, "%s: is there, but its key %s is not; a new key would not open it", config->sealed_file,
             config_identity_rest(config));
        return fail_hint(why, "bring the key back, or move the sealed file away");
    }
    if (!identity_generate(timestamp_now(now), &text, recipient, why))
        return false;
    bool ok = create(config_identity_rest(config), 0600, text.bytes, text.size, why);
    secret_free(&text);
    return ok;
}

/* The signature first: one without its file is made anew, and a file without one would not open. */
static bool create_signed(const struct signing *signing, const struct config *config,
                          const struct file_bytes *file, struct reason *why)
{
    struct stat like = {.st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid()};
    int64_t serial;
    return signing_add(signing, config, &like, file, &serial, why) &&
           create(config->sealed_file, 0600, file->bytes, file->size, why) &&
           signing_keep_serial(config, &like, serial, why);
}

static bool put_sealed_file(const struct config *config, const unsigned char *bytes, size_t size,
                            const struct invocation *invocation, struct reason *why)
{
    const struct sealed_file file = {.config = config, .bytes = {bytes, size}};
    struct signing signing = {0};
    bool is_signed = config->signing_key[0];
    bool recorded = (!is_signed || signing_open(&signing, config, why)) &&
                    auditing_whole(&file, is_signed ? &signing : NULL, invocation, why);
    bool ok = recorded && (is_signed ? create_signed(&signing, config, &file.bytes, why)
                                     : create(config->sealed_file, 0600, bytes, size, why));
    if (recorded && !ok)
        auditing_failure(&file, invocation, why);
    signing_close(&signing);
    return ok;
}

static bool make_sealed_file(const struct config *config, const struct identities *identities,
                             const struct invocation *invocation, struct reason *why)
{
    struct recipient_list recipients;
    unsigned char *file;
    size_t size;
    if (!recipient_list_make(&recipients, config, identities, why) ||
        !age_seal((const unsigned char(*)[AGE_KEY_SIZE])recipients.keys, recipients.count,
                  (const unsigned char *)empty_document, strlen(empty_document), &file, &size, why))
        return false;
    bool ok = put_sealed_file(config, file, size, invocation, why);
    free(file);
    if (ok && config->signers[0] && !config->signing_key[0])
        message("secrunctl", "%s: to be signed before it is of use, as there are signers in %s",
                config->sealed_file, config->file);
    return ok;
}

static bool tell(const struct config *config, const struct identities *identities,
                 const struct invocation *invocation, struct reason *why)
{
    unsigned char recipient[AGE_KEY_SIZE];
    char text[AGE_RECIPIENT_MAX], name[PATH_MAX];
    const char *directory = invocation->options[OPTION_DIRECTORY];
    const char *option = directory ? " -d " : "";
    key_source_name(config, name);
    if (!identity_recipient(&identity_array(identities)[0], recipient, why))
        return false;
    if (!recipient_format(recipient, text))
        return fail(why, "%s: its recipient cannot be written", name);
    printf("A store for this host is in %s; its recipient:\n\n    %s\n\n"
           "Next, put secrets into a profile, and run a program with them:\n\n"
           "    secrunctl%s%s set -p myapp API_KEY\n"
           "    secrunctl%s%s import -p myapp .env\n"
           "    secrun%s%s -p myapp -- myapp\n\n"
           "Without %s nobody can open the store: back it up, off this host.\n",
           config->directory, text, option, directory ? directory : "", option, directory ? directory : "",
           option, directory ? directory : "", name);
    return true;
}

/* Under the lock. */
static bool complete(struct config *config, const struct invocation *invocation, struct reason *why)
{
    struct identities identities;
    bool had_configuration = exists(config->file);
    if (!config_read(config, why) || !key_source_hold(config, why))
        return false;
    /* Only a file is made here; other sources have the key already, or it cannot be read below. */
    bool had_key = config->key_source != KEY_FILE || exists(config_identity_rest(config));
    bool had_sealed_file = exists(config->sealed_file);
    if (had_configuration && had_key && had_sealed_file)
        return fail(why, "%s: there is a store already", config->directory);
    if (!make_ignored(config, why))
        return false;
    /* The key first: it is what can be refused. */
    if (!had_key && !make_key(config, why))
        return false;
    if (!had_configuration && !create(config->file, 0644, configuration, strlen(configuration), why))
        return false;
    if (!unseal_identities(config, &identities, why))
        return false;
    bool ok = (had_sealed_file || make_sealed_file(config, &identities, invocation, why)) &&
              tell(config, &identities, invocation, why);
    identity_free(&identities);
    return ok;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct config config;
    struct place place = {.directory = -1};
    bool ok = config_locate(&config, invocation->options[OPTION_DIRECTORY], why) &&
              make_directory(config.directory, why) && sync_above(config.directory, why) &&
              place_open(&place, config.file, false, why) && place_lock(&place, why) &&
              complete(&config, invocation, why);
    place_close(&place);
    return ok;
}

const struct verb init_verb = {
    .name = "init",
    .operands = "",
    .summary = "make a store: a machine key and an empty sealed file",
    .help =
        "Makes the store's directory, machine.key, secrun.conf and secrets.age, and a .gitignore by which\n"
        "keys stay out of git. Nothing that is there is touched: a store is left as it is, and one that "
        "init\n"
        "did not finish is completed.\n",
    .run = run,
};
