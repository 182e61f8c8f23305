/* SPDX-License-Identifier: ISC */
/* The configuration: see config.h. Runs in secrun and secrunctl; sees no secret. */
#include "base/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/ini.h"
#include "base/number.h"
#include "base/path.h"
#include "base/secret.h"
#include "base/timestamp.h"

static bool set(char *out, size_t size, const char *value, struct reason *why)
{
    if (strlcpy(out, value, size) >= size)
        return fail(why, "longer than %zu bytes", size - 1);
    return true;
}

static bool join(char out[static PATH_MAX], const char *base, const char *path, struct reason *why)
{
    if (path[0] == '\0')
        return fail(why, "empty path");
    int length = base && path[0] != '/' ? snprintf(out, PATH_MAX, "%s/%s", base, path)
                                        : snprintf(out, PATH_MAX, "%s", path);
    return (length >= 0 && length < PATH_MAX) || fail(why, "longer than %d bytes", PATH_MAX - 1);
}

static bool find_directory(struct config *config, const char *option, struct reason *why)
{
    char *out = config->directory;
    const char *variable = getenv("SECRUN_DIR"), *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (option || (variable && *variable))
        return join(out, NULL, option ? option : variable, why) || fail_within(why, "store directory");
    if (geteuid() == 0)
        return set(out, PATH_MAX, CONFIG_DIRECTORY, why);
    config->of_user = true;
    if (base && base[0] == '/')
        return join(out, base, "secrun", why) || fail_within(why, "XDG_CONFIG_HOME");
    if (home && home[0] == '/')
        return join(out, home, ".config/secrun", why) || fail_within(why, "HOME");
    fail(why, "no store directory: neither SECRUN_DIR nor HOME is set");
    return fail_hint(why, "say where it is with -d DIR");
}

bool config_locate(struct config *config, const char *directory, struct reason *why)
{
    *config = (struct config){.keep_previous = CONFIG_KEEP_PREVIOUS};
    if (!find_directory(config, directory, why))
        return false;
    return (join(config->file, config->directory, "secrun.conf", why) &&
            join(config->sealed_file, config->directory, "secrets.age", why) &&
            config_set_identity(config, "file:machine.key", config->directory, why)) ||
           fail_within(why, "%s", config->directory);
}

static bool set_file(struct config *config, const char *path, const char *base, struct reason *why)
{
    char joined[PATH_MAX];
    if (!join(joined, base, path, why))
        return false;
    int length = snprintf(config->identity, sizeof config->identity, "file:%s", joined);
    return (length >= 0 && (size_t)length < sizeof config->identity) ||
           fail(why, "longer than %zu bytes", sizeof config->identity - 1);
}

/* The name of a file, and not of one that is hidden or elsewhere. */
static bool check_credential(const char *name, struct reason *why)
{
    enum { NAME_BYTES = 255 };
    size_t size = strlen(name);
    if (size > 0 && size <= NAME_BYTES && name[0] != '.' && !strchr(name, '/'))
        return true;
    return fail(why, "credential: takes a name without slashes, which does not begin with a dot");
}

static bool check_descriptor(const char *number, struct reason *why)
{
    size_t size = strlen(number);
    if (size > 0 && size <= 7 && strspn(number, "0123456789") == size && strcmp(number, "1") != 0 &&
        strcmp(number, "2") != 0 && (size == 1 || number[0] != '0'))
        return true;
    return fail(why, "fd: takes a descriptor's number: 0, or 3 and above");
}

static bool check_key_command(const char *command, struct reason *why)
{
    return command[0] == '/' || fail(why, "command: takes an absolute path, and arguments behind it");
}

bool config_set_identity(struct config *config, const char *identity, const char *base, struct reason *why)
{
    static const struct {
        const char *prefix;
        bool (*check)(const char *rest, struct reason *why);
    } sources[] = {
        [KEY_CREDENTIAL] = {"credential:", check_credential},
        [KEY_FD] = {"fd:", check_descriptor},
        [KEY_COMMAND] = {"command:", check_key_command},
    };
    for (size_t i = KEY_CREDENTIAL; i < sizeof sources / sizeof *sources; i++) {
        size_t size = strlen(sources[i].prefix);
        if (strncmp(identity, sources[i].prefix, size) != 0)
            continue;
        config->key_source = (enum key_source)i;
        return sources[i].check(identity + size, why) &&
               set(config->identity, sizeof config->identity, identity, why);
    }
    config->key_source = KEY_FILE;
    return set_file(config, strncmp(identity, "file:", 5) == 0 ? identity + 5 : identity, base, why);
}

const char *config_identity_rest(const struct config *config)
{
    return config->identity + strcspn(config->identity, ":") + 1;
}

/* One of two words; the second means true. */
static bool choice(bool *out, const char *value, const char *no, const char *yes, struct reason *why)
{
    *out = strcmp(value, yes) == 0;
    if (*out || strcmp(value, no) == 0)
        return true;
    return fail(why, "neither %s nor %s", no, yes);
}

/* One of the words that a document has too. */
static bool set_policy(char *out, size_t size, const char *value, bool (*is_value)(const char *),
                       const char *wanted, struct reason *why)
{
    return is_value(value) ? set(out, size, value, why) : fail(why, "%s is wanted", wanted);
}

/* An empty list would be one that everybody is on. */
static bool set_signers(struct config *config, const char *value, struct reason *why)
{
    if (value[strspn(value, ", \t")] != '\0')
        return set(config->signers, sizeof config->signers, value, why);
    fail(why, "none, which would accept no store at all");
    return fail_hint(why, "leave the key out, and a store needs no signature");
}

static bool set_audit(enum audit_policy *policy, const char *value, struct reason *why)
{
    static const char *const words[] = {
        [AUDIT_OFF] = "off", [AUDIT_BEST] = "best", [AUDIT_REQUIRED] = "required"};
    for (size_t i = AUDIT_OFF; i < sizeof words / sizeof *words; i++)
        if (strcmp(value, words[i]) == 0) {
            *policy = (enum audit_policy)i;
            return true;
        }
    return fail(why, "off, best or required is wanted");
}

static bool set_audit_log(struct config *config, const char *value, struct reason *why)
{
    bool journal = strcmp(value, "journal") == 0;
    if (journal || strcmp(value, "syslog") == 0) {
        config->audit_place = journal ? AUDIT_TO_JOURNAL : AUDIT_TO_SYSLOG;
        return true;
    }
    config->audit_place = AUDIT_TO_FILE;
    return join(config->audit_file, config->directory, value, why);
}

static bool set_serial(int64_t *serial, const char *value, struct reason *why)
{
    return number_parse(value, strlen(value), serial) ||
           fail(why, "a number of at most %d digits is wanted", NUMBER_DIGITS_MAX);
}

static bool set_key(struct config *config, const char *section, const struct ini_event *event,
                    struct reason *why)
{
    const char *name = event->name, *value = event->value;
    struct policy_defaults *policy = &config->policy;
    if (strcmp(section, "store") == 0) {
        if (strcmp(name, "sealed-file") == 0)
            return join(config->sealed_file, config->directory, value, why);
        if (strcmp(name, "identity") == 0)
            return config_set_identity(config, value, config->directory, why);
        if (strcmp(name, "recipients") == 0)
            return set(config->recipients, sizeof config->recipients, value, why);
        if (strcmp(name, "signers") == 0)
            return set_signers(config, value, why);
        if (strcmp(name, "signing-key") == 0)
            return join(config->signing_key, config->directory, value, why);
        if (strcmp(name, "min-serial") == 0)
            return set_serial(&config->min_serial, value, why);
        if (strcmp(name, "audit-log") == 0)
            return set_audit_log(config, value, why);
        if (strcmp(name, "keep-previous") == 0)
            return timespan_or_no_parse(value, &config->keep_previous) ||
                   fail(why, "a duration such as 7d, or no, is wanted");
    } else if (strcmp(section, "policy") == 0) {
        if (strcmp(name, "memory") == 0)
            return choice(&config->memory_secret, value, "best", "secret", why);
        if (strcmp(name, "audit") == 0)
            return set_audit(&config->audit, value, why);
        if (strcmp(name, "dumpable") == 0)
            return choice(&config->dumpable, value, "no", "yes", why);
        if (strcmp(name, "inherit") == 0)
            return set_policy(policy->inherit, sizeof policy->inherit, value, policy_is_inherit,
                              POLICY_INHERIT_WANTED, why);
        if (strcmp(name, "expose") == 0)
            return set_policy(policy->expose, sizeof policy->expose, value, policy_is_expose,
                              POLICY_EXPOSE_WANTED, why);
        if (strcmp(name, "argv") == 0)
            return set_policy(policy->argv, sizeof policy->argv, value, policy_is_argv, POLICY_ARGV_WANTED,
                              why);
        if (strcmp(name, "static") == 0)
            return set_policy(policy->statics, sizeof policy->statics, value, policy_is_static,
                              POLICY_STATIC_WANTED, why);
        if (strcmp(name, "on-expiry") == 0)
            return set_policy(policy->on_expiry, sizeof policy->on_expiry, value, policy_is_on_expiry,
                              POLICY_EXPIRY_WANTED, why);
        if (strcmp(name, "delivery") == 0) {
            config->delivery = policy_delivery_of(value);
            return policy_is_delivery(value) || fail(why, POLICY_DELIVERY_WANTED " is wanted");
        }
    }
    return fail(why, "unknown key in [%s]", section);
}

struct reading {
    struct config *config;
    char section[INI_SECTION_MAX + 1];
};

static bool on_event(void *user, const struct ini_event *event, struct reason *why)
{
    struct reading *reading = user;
    char name[64];
    switch (event->kind) {
    case INI_SECTION:
        if (strcmp(event->name, "store") != 0 && strcmp(event->name, "policy") != 0)
            return fail(why, "line %zu: unknown section [%s]", event->line,
                        printable(name, sizeof name, event->name, strlen(event->name)));
        strlcpy(reading->section, event->name, sizeof reading->section);
        return true;
    case INI_VALUE:
        if (set_key(reading->config, reading->section, event, why))
            return true;
        return fail_within(why, "line %zu: %s", event->line,
                           printable(name, sizeof name, event->name, strlen(event->name)));
    case INI_CONTINUATION:
        break;
    }
    return fail(why, "line %zu: a value here is one line", event->line);
}

/* Whoever cannot even look into root's store is not to be given single files of it. */
static bool explain_denied(const struct config *config, struct reason *why)
{
    struct stat status;
    return stat(config->directory, &status) == 0 && status.st_uid == 0 && geteuid() != 0 &&
           access(config->directory, X_OK) != 0 && fail_hint(why, "it is root's store: run this as root");
}

bool config_read(struct config *config, struct reason *why)
{
    struct secret text;
    if (!path_read(config->file, PATH_TRUSTED, CONFIG_FILE_MAX, &text, why)) {
        /* Not there, and not a link to something that is not: its policy must not lapse unseen. */
        struct stat status;
        return errno == EACCES ? explain_denied(config, why)
                               : errno == ENOENT && lstat(config->file, &status) != 0 && errno == ENOENT;
    }
    struct reading reading = {.config = config};
    bool ok = ini_read((const char *)text.bytes, text.size, on_event, &reading, why) ||
              fail_within(why, "%s", config->file);
    secret_free(&text);
    return ok;
}
