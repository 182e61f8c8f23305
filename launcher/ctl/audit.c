/* SPDX-License-Identifier: ISC */
/* secrunctl audit: who got what, and when. Runs as the operator; opens no secret. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/message.h"
#include "base/path.h"
#include "base/timestamp.h"
#include "ctl/audit_line.h"
#include "ctl/invocation.h"
#include "ctl/store.h"
#include "store/document.h"

struct auditing {
    struct audit_wanted wanted;
    char since[TIMESTAMP_SIZE];
    bool json;
    bool headed;      /* the heads of the columns stand there */
    uintmax_t others; /* lines that are no record */
};

/* A time, a date, or how long ago. */
static bool read_since(struct auditing *auditing, const char *since, struct reason *why)
{
    int64_t seconds;
    if (!since)
        return true;
    if (timespan_parse(since, &seconds))
        seconds = time(NULL) > seconds ? time(NULL) - seconds : 0;
    else if (!document_time(since, &seconds))
        return fail(why, "--since: a time such as 2026-11-23T18:00:00Z, a date, or a duration such as 7d");
    auditing->wanted.since = timestamp_text(auditing->since, seconds);
    return true;
}

static char *name_user(char *out, size_t size, uid_t uid)
{
    const struct passwd *entry = getpwuid(uid);
    if (entry)
        snprintf(out, size, "%s", entry->pw_name);
    else
        snprintf(out, size, "%u", uid);
    return out;
}

static bool print(struct auditing *auditing, const struct audit_line *line, struct reason *why)
{
    char shown[AUDIT_LINE_SHOWN];
    if (!auditing->json) {
        if (!auditing->headed)
            puts(audit_line_heads);
        auditing->headed = true;
        puts(audit_line_show(line, name_user, shown));
        return true;
    }
    char *text = json_dumps(line->object, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!text)
        return fail(why, "no memory for a record");
    puts(text);
    free(text);
    return true;
}

static bool take_line(struct auditing *auditing, const char *text, size_t size, struct reason *why)
{
    struct audit_line line;
    if (size == 0)
        return true;
    if (!audit_line_parse(&line, text, size)) {
        auditing->others++;
        return true;
    }
    bool ok = !audit_line_is_wanted(&line, &auditing->wanted) || print(auditing, &line, why);
    audit_line_free(&line);
    return ok;
}

/* A line that is longer than any record is passed over, whatever its length. */
static bool read_lines(struct auditing *auditing, int fd, const char *path, char *buffer, struct reason *why)
{
    size_t used = 0;
    bool passing = false;
    for (;;) {
        ssize_t got = read(fd, buffer + used, AUDIT_LINE_MAX - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(why, "%s", path);
        if (got == 0)
            break;
        used += (size_t)got;
        char *at = buffer, *feed;
        while ((feed = memchr(at, '\n', used - (size_t)(at - buffer)))) {
            if (!passing && !take_line(auditing, at, (size_t)(feed - at), why))
                return false;
            passing = false;
            at = feed + 1;
        }
        used -= (size_t)(at - buffer);
        memmove(buffer, at, used);
        if (used == AUDIT_LINE_MAX) {
            auditing->others += !passing;
            passing = true;
            used = 0;
        }
    }
    return passing || take_line(auditing, buffer, used, why);
}

static bool read_fd(struct auditing *auditing, int fd, const char *path, struct reason *why)
{
    char *buffer = malloc(AUDIT_LINE_MAX);
    bool ok = buffer ? read_lines(auditing, fd, path, buffer, why) : fail(why, "no memory for a line");
    free(buffer);
    return ok;
}

static bool read_file(struct auditing *auditing, const char *path, struct reason *why)
{
    if (strcmp(path, "-") == 0)
        return read_fd(auditing, STDIN_FILENO, "standard input", why);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_errno(why, "%s", path);
    bool ok = read_fd(auditing, fd, path, why);
    close(fd);
    return ok;
}

/* The log of secrun.conf, which has to be as trustworthy as it was to those who wrote it. */
static bool read_configured(struct auditing *auditing, const struct invocation *invocation,
                            struct reason *why)
{
    struct config config;
    if (!config_locate(&config, invocation->options[OPTION_DIRECTORY], why) || !config_read(&config, why))
        return false;
    if (config.audit_place != AUDIT_TO_FILE) {
        fail(why, "%s: has no audit-log that is a file", config.file);
        return fail_hint(why, "%s",
                         config.audit_place == AUDIT_TO_JOURNAL
                             ? "journalctl -t secrun -o cat --output-fields=SECRUN_RECORD | secrunctl audit -"
                             : "secrunctl audit FILE, such as the one that syslog writes");
    }
    int fd = path_open(config.audit_file, PATH_TRUSTED, why);
    if (fd < 0 && errno == ENOENT)
        return fail_hint(why, "nothing has been recorded; secrunctl check, and in a unit with "
                              "ProtectSystem=strict see ReadWritePaths=");
    if (fd < 0)
        return false;
    bool ok = read_fd(auditing, fd, config.audit_file, why);
    close(fd);
    return ok;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct auditing auditing = {
        .wanted = {.profile = invocation->options[OPTION_PROFILE], .name = invocation->options[OPTION_NAME]},
        .json = invocation->options[OPTION_JSON],
    };
    if (!read_since(&auditing, invocation->options[OPTION_SINCE], why))
        return false;
    bool ok = invocation->operand_count > 0 || read_configured(&auditing, invocation, why);
    for (size_t i = 0; ok && i < invocation->operand_count; i++)
        ok = read_file(&auditing, invocation->operands[i], why);
    if (ok && auditing.others > 0)
        message("secrunctl", "%ju line%s no record", auditing.others, auditing.others == 1 ? " is" : "s are");
    return ok;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    struct auditing auditing;
    return read_since(&auditing, invocation->options[OPTION_SINCE], why);
}

const struct verb audit_verb = {
    .name = "audit",
    .operands = "[-p PROFILE] [--name NAME] [--since WHEN] [--json] [FILE|-]...",
    .summary = "say who got or changed what, and when",
    .help =
        "Reads the audit log that secrun.conf names, or these files, or standard input: starts, refusals,\n"
        "changes of the store, and values that were shown. No value is in it.\n\n"
        "  --name NAME   records of this secret only\n"
        "  --since WHEN  since a time, a date, or for a duration: 2026-11-23, 7d\n"
        "  --json        one JSON object a line\n\n"
        "  secrunctl audit -p moltbot --since 24h\n"
        "  journalctl -t secrun -o cat --output-fields=SECRUN_RECORD | secrunctl audit -\n",
    .options = OPTION(PROFILE) | OPTION(NAME) | OPTION(SINCE) | OPTION(JSON),
    .most = SIZE_MAX,
    .check = check,
    .run = run,
};
