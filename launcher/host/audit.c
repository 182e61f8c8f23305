/* SPDX-License-Identifier: ISC */
/* The audit log: see audit.h. Runs in secrun and secrunctl; sees names and paths. */
#include "host/audit.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "base/message.h"
#include "base/path.h"
#include "host/audit_internal.h"
#include "host/audit_record.h"

bool audit_is_on(const struct config *config)
{
    return config->audit == AUDIT_BEST || config->audit == AUDIT_REQUIRED ||
           (config->audit == AUDIT_UNSAID && config->audit_place != AUDIT_TO_NOTHING);
}

static bool is_required(const struct audit_log *log)
{
    return log->config->audit == AUDIT_REQUIRED;
}

void audit_digest(unsigned char digest[static AUDIT_DIGEST_SIZE], const unsigned char *bytes, size_t size)
{
    crypto_generichash(digest, AUDIT_DIGEST_SIZE, bytes, size, NULL, 0);
}

/* A program or a change without a record is refused, or goes on with one warning. */
static bool decide(struct audit_log *log, struct reason *failure, struct reason *why)
{
    bool warned = log->warned;
    log->warned = true;
    fail_within(failure, "audit");
    if (is_required(log)) {
        *why = *failure;
        if (!why->hint[0])
            fail_hint(why, "mend it; or audit = best in %.160s, which does without a record",
                      log->config->file);
        return false;
    }
    if (!warned)
        message(log->program, "%s (not recorded)", failure->text);
    if (!warned && failure->hint[0])
        message(log->program, "hint: %s", failure->hint);
    return true;
}

/* --- opening ---------------------------------------------------------------------------------------- */

static int open_syslog(struct audit_log *log, struct reason *why)
{
    int fd = audit_socket_open(SYSLOG_SOCKET, SOCK_DGRAM, is_required(log), why);
    log->stream = fd < 0 && errno == EPROTOTYPE;
    return log->stream ? audit_socket_open(SYSLOG_SOCKET, SOCK_STREAM, is_required(log), why) : fd;
}

/* The user of the login session, which a change of the user does not change (pam_loginuid(8)). */
static uint32_t login_user(void)
{
    char text[16] = "";
    int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    return size > 0 ? (uint32_t)strtoul(text, NULL, 10) : UINT32_MAX;
}

/* What would give the file its place, by the error that there was. */
static void advise(const char *path, int error, struct reason *why)
{
    static const char shared[] = "chmod go-w ";
    int size = (int)(path_name(path) - path);
    /* Where others write, they may have to: it is their log, too. */
    if (strncmp(why->hint, shared, strlen(shared)) == 0 && strcmp(why->hint + strlen(shared), path) != 0)
        fail_hint(why, "a directory of its own: install -d -m 755 /var/lib/secrun");
    if (why->hint[0] || size == 0)
        return;
    if (error == ENOENT)
        fail_hint(why, "make its directory: install -d -m 755 %.*s", size, path);
    else if (error == EROFS)
        fail_hint(why, "in a unit with ProtectSystem=strict: ReadWritePaths=%.*s", size, path);
}

/* Whatever else it is, a record behind it would spoil it. NUL bytes are what a crash may leave. */
static bool is_log(int fd, const char *path, struct reason *why)
{
    char first;
    return pread(fd, &first, 1, 0) != 1 || first == '{' || first == '\n' || first == '\0' ||
           fail(why, "%s: not an audit log: it begins with something else", path);
}

static int open_file(const char *path, struct reason *why)
{
    int fd = path_open_append(path, why);
    if (fd < 0)
        advise(path, errno, why);
    if (fd < 0 || is_log(fd, path, why))
        return fd;
    close(fd);
    return -1;
}

static bool try_file(const char *path, struct reason *why)
{
    if (!path_may_append(path, why)) {
        advise(path, errno, why);
        return false;
    }
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool may = fd < 0 || is_log(fd, path, why);
    if (fd >= 0)
        close(fd);
    return may;
}

static int open_place(struct audit_log *log, struct reason *why)
{
    if (log->config->audit_place == AUDIT_TO_FILE)
        return open_file(log->config->audit_file, why);
    if (log->config->audit_place == AUDIT_TO_JOURNAL)
        return audit_socket_open(JOURNAL_SOCKET, SOCK_DGRAM, is_required(log), why);
    return open_syslog(log, why);
}

bool audit_open(struct audit_log *log, const struct config *config, const char *program, struct reason *why)
{
    struct reason failure = {0};
    *log = (struct audit_log){.fd = -1};
    if (!audit_is_on(config))
        return true;
    *log = (struct audit_log){
        .config = config, .program = program, .uid = getuid(), .login = login_user(), .fd = -1};
    log->fd = open_place(log, &failure);
    return log->fd >= 0 || decide(log, &failure, why);
}

bool audit_try(const struct config *config, struct reason *why)
{
    struct audit_log log = {.config = config, .fd = -1};
    if (config->audit_place == AUDIT_TO_FILE)
        return try_file(config->audit_file, why);
    log.fd = open_place(&log, why);
    if (log.fd >= 0)
        close(log.fd);
    return log.fd >= 0;
}

void audit_close(struct audit_log *log)
{
    if (log->config && log->fd >= 0)
        close(log->fd);
    *log = (struct audit_log){.fd = -1};
}

/* --- the journal ------------------------------------------------------------------------------------ */

/* Its native protocol (systemd.io, "Native Journal Protocol"): NAME=value, or, with line feeds in the value,
 * NAME, a line feed, the size in 64 bits little-endian, the value; each ends with a line feed. */
static size_t put_field(char *out, size_t room, const char *name, const char *value, size_t size)
{
    size_t name_size = strlen(name);
    uint64_t size_le = htole64(size);
    if (size == 0 || name_size + size + sizeof size_le + 2 > room)
        return 0;
    char *at = mempcpy(out, name, name_size);
    if (memchr(value, '\n', size)) {
        *at++ = '\n';
        at = mempcpy(at, &size_le, sizeof size_le);
    } else {
        *at++ = '=';
    }
    at = mempcpy(at, value, size);
    *at++ = '\n';
    return (size_t)(at - out);
}

static bool write_journal(const struct audit_log *log, const struct audit_record *record, const char *json,
                          size_t size, struct reason *why)
{
    enum { ROOM = 2 * AUDIT_RECORD_MAX };
    char sentence[1024], digest[2 * AUDIT_DIGEST_SIZE + 1] = "";
    char *message = malloc(ROOM);
    if (!message)
        return fail(why, "no memory for a record");
    if (record->digest)
        sodium_bin2hex(digest, sizeof digest, record->digest, AUDIT_DIGEST_SIZE);
    const struct {
        const char *name, *value;
    } fields[] = {
        {"MESSAGE", audit_record_sentence(record, sentence, sizeof sentence)},
        {"PRIORITY", "5"},
        {"SYSLOG_FACILITY", "10"},
        {"SYSLOG_IDENTIFIER", "secrun"},
        {"SECRUN_EVENT", audit_event_word(record->event)},
        {"SECRUN_VERB", record->verb},
        {"SECRUN_PROGRAM", record->program},
        {"SECRUN_PROFILE", record->profile},
        {"SECRUN_DELIVERY", record->delivery},
        {"SECRUN_STORE", record->store},
        {"SECRUN_DIGEST", digest},
        {"SECRUN_SIGNER", record->signer},
        {"SECRUN_REASON", record->reason},
    };
    size_t used = put_field(message, ROOM, "SECRUN_RECORD", json, size);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].value)
            used += put_field(message + used, ROOM - used, fields[i].name, fields[i].value,
                              strlen(fields[i].value));
    for (size_t i = 0; record->names && i < record->names->count; i++)
        used += put_field(message + used, ROOM - used, "SECRUN_NAME", record->names->names[i].name,
                          strlen(record->names->names[i].name));
    bool ok = audit_socket_send(log->fd, JOURNAL_SOCKET, message, used, why);
    free(message);
    return ok;
}

/* --- writing ---------------------------------------------------------------------------------------- */

static bool write_syslog(const struct audit_log *log, char *line, const struct audit_record *record,
                         const struct audit_origin *origin, struct reason *why)
{
    size_t prefix = audit_syslog_header(line, AUDIT_SYSLOG_MAX);
    size_t size = prefix + audit_record_json(record, origin, line + prefix, AUDIT_SYSLOG_MAX - prefix);
    return audit_socket_send(log->fd, SYSLOG_SOCKET, line, size + log->stream, why);
}

/* Whoever reads it is elsewhere. */
static const char *make_absolute(char out[static PATH_MAX], const char *path)
{
    if (!path || path[0] == '/' || !getcwd(out, PATH_MAX))
        return path;
    size_t used = strlen(out);
    int length = snprintf(out + used, PATH_MAX - used, "/%s", path);
    return length < 0 || (size_t)length >= PATH_MAX - used ? path : out;
}

/* The line has room for a line feed on both sides. */
static bool write_record(const struct audit_log *log, char *line, const struct audit_record *what,
                         struct reason *why)
{
    char store[PATH_MAX];
    struct audit_record record = *what;
    struct audit_origin origin = {
        .uid = log->uid,
        .login = log->login,
        .pid = getpid(),
        .parent = getppid(),
        .version = SECRUN_VERSION,
    };
    record.store = make_absolute(store, what->store);
    clock_gettime(CLOCK_REALTIME, &origin.time);
    if (log->config->audit_place != AUDIT_TO_FILE && log->config->audit_place != AUDIT_TO_JOURNAL)
        return write_syslog(log, line, &record, &origin, why);
    size_t size = audit_record_json(&record, &origin, line + 1, AUDIT_RECORD_MAX);
    return log->config->audit_place == AUDIT_TO_FILE
               ? audit_file_write(log->fd, log->config->audit_file, line, size, is_required(log), why)
               : write_journal(log, &record, line + 1, size, why);
}

bool audit_write(struct audit_log *log, const struct audit_record *record, struct reason *why)
{
    struct reason failure = {0};
    if (!log->config || log->fd < 0 || (log->warned && !is_required(log)))
        return true;
    char *line = malloc(AUDIT_RECORD_MAX + 2);
    bool ok = line ? write_record(log, line, record, &failure) : fail(&failure, "no memory for a record");
    free(line);
    return ok || decide(log, &failure, why);
}
