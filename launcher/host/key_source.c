/* SPDX-License-Identifier: ISC */
/* Sources of the machine key: see key_source.h. Runs in secrun and secrunctl; sees the machine key. */
#include "host/key_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/path.h"
#include "host/command.h"
#include "store/identity.h"

enum { COMMAND_SECONDS = 30, WORDS_MAX = 64 };

#define CREDENTIALS "CREDENTIALS_DIRECTORY" /* systemd.exec(5) */
#define SECRETS     "/run/secrets"          /* Docker, Podman, Compose; Kubernetes, if mounted there */

static const char blanks[] = " \t";

/* --- names ------------------------------------------------------------------------------------------ */

static const char *credentials_directory(void)
{
    const char *directory = getenv(CREDENTIALS);
    return directory ? directory : SECRETS;
}

void key_source_name(const struct config *config, char name[static PATH_MAX])
{
    const char *rest = config_identity_rest(config);
    switch (config->key_source) {
    case KEY_FILE:
        strlcpy(name, rest, PATH_MAX);
        return;
    case KEY_CREDENTIAL:
        snprintf(name, PATH_MAX, "%s/%s", credentials_directory(), rest);
        return;
    case KEY_FD:
        snprintf(name, PATH_MAX, "fd:%s", rest);
        return;
    case KEY_COMMAND:
        snprintf(name, PATH_MAX, "%.*s", (int)strcspn(rest, blanks), rest);
        return;
    }
}

bool key_source_lasts(const struct config *config)
{
    return config->key_source != KEY_FD;
}

void key_source_stamp(const struct config *config, struct key_stamp *stamp)
{
    if (config->key_source != KEY_FILE || stat(config_identity_rest(config), &stamp->file) != 0)
        *stamp = (struct key_stamp){0};
}

bool key_source_moved(const struct config *config, const struct key_stamp *stamp)
{
    struct key_stamp now;
    key_source_stamp(config, &now);
    return !path_is_unchanged(&stamp->file, &now.file);
}

/* --- files ------------------------------------------------------------------------------------------ */

static bool read_file(const struct config *config, enum path_rule rule, struct secret *text,
                      struct reason *why)
{
    char path[PATH_MAX];
    key_source_name(config, path);
    return path_read(path, rule, IDENTITY_FILE_MAX, text, why);
}

static bool read_credential(const struct config *config, struct secret *text, struct reason *why)
{
    const char *directory = credentials_directory(), *name = config_identity_rest(config);
    if (directory[0] != '/')
        return fail(why, CREDENTIALS ": not an absolute path");
    if (strlen(directory) + 1 + strlen(name) >= PATH_MAX)
        return fail(why, CREDENTIALS ": longer than %d bytes", PATH_MAX - 1);
    if (read_file(config, PATH_HANDED, text, why))
        return true;
    int saved = errno;
    if (saved == ENOENT && getenv(CREDENTIALS))
        fail_hint(why, "in the unit: LoadCredential=%s:PATH", name);
    else if (saved == ENOENT)
        fail_hint(why,
                  CREDENTIALS " is not set, as in a unit it would be; in a container, mount the secret %s",
                  name);
    errno = saved;
    return false;
}

/* --- descriptors ------------------------------------------------------------------------------------ */

static int descriptor(const struct config *config)
{
    return (int)strtol(config_identity_rest(config), NULL, 10); /* as config_set_identity has checked */
}

bool key_source_hold(const struct config *config, struct reason *why)
{
    if (config->key_source != KEY_FD)
        return true;
    int fd = descriptor(config);
    if (fcntl(fd, F_GETFD) >= 0)
        return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 || fail_errno(why, "fd:%d", fd);
    fail(why, "fd:%d: that descriptor is not open", fd);
    return fail_hint(why, "in a shell: %d< FILE", fd);
}

static bool read_descriptor(const struct config *config, struct secret *text, struct reason *why)
{
    char name[PATH_MAX];
    int fd = descriptor(config);
    key_source_name(config, name);
    bool ok = secret_read(text, fd, IDENTITY_FILE_MAX, name, why);
    close(fd);
    if (fd == STDIN_FILENO && open("/dev/null", O_RDONLY) != fd && ok) {
        secret_free(text);
        ok = fail_errno(why, "/dev/null, in place of standard input");
    }
    return ok;
}

/* --- commands --------------------------------------------------------------------------------------- */

/* Cuts a command line at its blanks, in place; NULL behind the last word. */
static bool split(char *line, char *words[static WORDS_MAX + 1], struct reason *why)
{
    size_t count = 0;
    for (char *word, *rest = line; (word = strsep(&rest, blanks));) {
        if (*word == '\0')
            continue;
        if (count == WORDS_MAX)
            return fail(why, "more than %d words", WORDS_MAX);
        words[count++] = word;
    }
    words[count] = NULL;
    return true;
}

static bool read_command(const struct config *config, struct secret *text, struct reason *why)
{
    char line[sizeof config->identity], *words[WORDS_MAX + 1];
    strlcpy(line, config_identity_rest(config), sizeof line);
    if (!split(line, words, why))
        return fail_within(why, "command:");
    const struct command command = {
        .arguments = words,
        .environment = config->environment ? config->environment : environ,
        .max = IDENTITY_FILE_MAX,
        .seconds = COMMAND_SECONDS,
    };
    int status;
    if (!command_run(&command, text, &status, why))
        return false;
    if (status == 0 && text->size > 0)
        return true;
    secret_free(text);
    errno = 0;
    return status == 0 ? fail(why, "%s: prints nothing", words[0])
                       : fail(why, "%s: exit status %d", words[0], status);
}

/* --- all -------------------------------------------------------------------------------------------- */

bool key_source_read(const struct config *config, struct secret *text, struct reason *why)
{
    switch (config->key_source) {
    case KEY_FILE:
        return read_file(config, PATH_PRIVATE, text, why);
    case KEY_CREDENTIAL:
        return read_credential(config, text, why);
    case KEY_FD:
        return read_descriptor(config, text, why);
    case KEY_COMMAND:
        return read_command(config, text, why);
    }
    return fail(why, "no source of the machine key");
}
