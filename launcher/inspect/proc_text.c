/* SPDX-License-Identifier: ISC */
/* The texts of /proc/PID: see proc_text.h. Pure; runs in secrunctl. */
#include "inspect/proc_text.h"

#include <limits.h>
#include <string.h>

/* What is left of a text. */
struct text {
    const char *at;
    size_t left;
};

static void skip(struct text *text, size_t size)
{
    text->at += size;
    text->left -= size;
}

static void skip_blanks(struct text *text)
{
    while (text->left > 0 && (*text->at == ' ' || *text->at == '\t'))
        skip(text, 1);
}

static bool take_word(struct text *text, const char *word)
{
    size_t size = strlen(word);
    if (text->left < size || memcmp(text->at, word, size) != 0)
        return false;
    skip(text, size);
    return true;
}

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 16;
}

/* A number of at most 64 bits. */
static bool take_number(struct text *text, unsigned base, uint64_t *number)
{
    const char *begin = text->at;
    *number = 0;
    while (text->left > 0) {
        unsigned digit = (unsigned)digit_of(*text->at);
        if (digit >= base)
            break;
        if (*number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
        skip(text, 1);
    }
    return text->at > begin;
}

static bool take_unsigned(struct text *text, unsigned *number)
{
    uint64_t wide;
    skip_blanks(text);
    if (!take_number(text, 10, &wide) || wide > UINT_MAX)
        return false;
    *number = (unsigned)wide;
    return true;
}

static bool take_pid(struct text *text, pid_t *pid)
{
    unsigned number;
    if (!take_unsigned(text, &number) || number > INT_MAX)
        return false;
    *pid = (pid_t)number;
    return true;
}

static struct text take_line(struct text *text)
{
    const char *end = memchr(text->at, '\n', text->left);
    size_t size = end ? (size_t)(end - text->at) : text->left;
    struct text line = {text->at, size};
    skip(text, end ? size + 1 : size);
    return line;
}

static bool take_four(struct text *text, unsigned numbers[static 4])
{
    for (size_t i = 0; i < 4; i++)
        if (!take_unsigned(text, &numbers[i]))
            return false;
    return true;
}

/* kB, which are of 1024 bytes. */
static bool take_size(struct text *text, uint64_t *bytes)
{
    skip_blanks(text);
    if (!take_number(text, 10, bytes) || *bytes > UINT64_MAX / 1024)
        return false;
    *bytes *= 1024;
    return true;
}

enum {
    HAS_PROCESS = 1,
    HAS_THREAD = 2,
    HAS_TRACER = 4,
    HAS_STATE = 8,
    HAS_UIDS = 16,
    HAS_GIDS = 32,
    HAS_ALL = 63
};

static unsigned read_status_line(struct text line, struct proc_status *status)
{
    unsigned number = 0;
    uint64_t wide;
    if (take_word(&line, "State:")) {
        skip_blanks(&line);
        status->state = line.left > 0 ? *line.at : '\0';
        return line.left > 0 ? HAS_STATE : 0;
    }
    if (take_word(&line, "Tgid:"))
        return take_pid(&line, &status->process) ? HAS_PROCESS : 0;
    if (take_word(&line, "Pid:"))
        return take_pid(&line, &status->thread) ? HAS_THREAD : 0;
    if (take_word(&line, "TracerPid:"))
        return take_pid(&line, &status->tracer) ? HAS_TRACER : 0;
    if (take_word(&line, "Uid:"))
        return take_four(&line, status->uids) ? HAS_UIDS : 0;
    if (take_word(&line, "Gid:"))
        return take_four(&line, status->gids) ? HAS_GIDS : 0;
    if (take_word(&line, "VmSize:"))
        status->has_memory = true;
    else if (take_word(&line, "VmSwap:") && take_size(&line, &wide))
        status->swap = wide;
    else if (take_word(&line, "NoNewPrivs:") && take_unsigned(&line, &number))
        status->no_new_privs = number != 0;
    else if (take_word(&line, "Seccomp:") && take_unsigned(&line, &number))
        status->seccomp = number;
    else if (take_word(&line, "CapEff:")) {
        skip_blanks(&line);
        if (take_number(&line, 16, &wide))
            status->capabilities = wide;
    } else if (take_word(&line, "CapPrm:")) {
        skip_blanks(&line);
        if (take_number(&line, 16, &wide))
            status->permitted = wide;
    }
    return 0;
}

bool proc_status_parse(const char *text, size_t size, struct proc_status *status)
{
    struct text rest = {text, size};
    unsigned has = 0;
    *status = (struct proc_status){0};
    while (rest.left > 0)
        has |= read_status_line(take_line(&rest), status);
    return has == HAS_ALL;
}

/* The name stands between the first ( and the last ), whatever is in it. */
bool proc_stat_parse(const char *text, size_t size, struct proc_stat *stat)
{
    enum { STARTED = 22, PARENT = 4 };
    const char *end = size > 0 ? memrchr(text, ')', size) : NULL;
    *stat = (struct proc_stat){0};
    if (!end)
        return false;
    struct text rest = {end + 1, size - (size_t)(end + 1 - text)};
    skip_blanks(&rest);
    if (rest.left == 0)
        return false;
    stat->state = *rest.at;
    skip(&rest, 1);
    if (!take_pid(&rest, &stat->parent))
        return false;
    for (int field = PARENT + 1; field < STARTED; field++) {
        skip_blanks(&rest);
        while (rest.left > 0 && *rest.at != ' ')
            skip(&rest, 1);
    }
    skip_blanks(&rest);
    return take_number(&rest, 10, &stat->started);
}

static bool take_limit(struct text *text, uint64_t *limit)
{
    skip_blanks(text);
    if (take_word(text, "unlimited")) {
        *limit = UINT64_MAX;
        return true;
    }
    return take_number(text, 10, limit);
}

bool proc_core_limit(const char *text, size_t size, uint64_t *soft, uint64_t *hard)
{
    struct text rest = {text, size};
    while (rest.left > 0) {
        struct text line = take_line(&rest);
        if (take_word(&line, "Max core file size"))
            return take_limit(&line, soft) && take_limit(&line, hard);
    }
    return false;
}

bool proc_root_of_map(const char *text, size_t size, unsigned *uid)
{
    struct text rest = {text, size};
    while (rest.left > 0) {
        struct text line = take_line(&rest);
        unsigned inside, count;
        if (take_unsigned(&line, &inside) && take_unsigned(&line, uid) && take_unsigned(&line, &count) &&
            inside == 0 && count > 0)
            return true;
    }
    return false;
}

bool proc_path_is(const char *told, const char *path)
{
    size_t size = strlen(path);
    return strncmp(told, path, size) == 0 && (told[size] == '\0' || strcmp(told + size, " (deleted)") == 0);
}

static bool take_flag(struct text *text, char yes, bool *flag)
{
    if (text->left == 0 || (*text->at != yes && *text->at != (yes == 's' ? 'p' : '-')))
        return false;
    *flag = *text->at == yes;
    skip(text, 1);
    return true;
}

bool proc_mapping_begin(const char *line, size_t size, struct proc_mapping *mapping)
{
    struct text rest = {line, size};
    struct proc_mapping read = {.present = UINT64_MAX};
    if (!take_number(&rest, 16, &read.begin) || !take_word(&rest, "-") ||
        !take_number(&rest, 16, &read.end) || read.end <= read.begin || !take_word(&rest, " ") ||
        !take_flag(&rest, 'r', &read.readable) || !take_flag(&rest, 'w', &read.writable) ||
        !take_flag(&rest, 'x', &read.executable) || !take_flag(&rest, 's', &read.shared))
        return false;
    for (int field = 0; field < 3; field++) { /* offset, device, inode */
        skip_blanks(&rest);
        while (rest.left > 0 && *rest.at != ' ')
            skip(&rest, 1);
    }
    skip_blanks(&rest);
    size_t length = rest.left < MAPPING_PATH - 1 ? rest.left : MAPPING_PATH - 1;
    if (length > 0)
        memcpy(read.path, rest.at, length);
    *mapping = read;
    return true;
}

static void add_flags(struct text *text, struct proc_mapping *mapping)
{
    for (skip_blanks(text); text->left >= 2; skip_blanks(text)) {
        mapping->locked |= memcmp(text->at, "lo", 2) == 0;
        mapping->undumped |= memcmp(text->at, "dd", 2) == 0;
        mapping->device |= memcmp(text->at, "io", 2) == 0 || memcmp(text->at, "pf", 2) == 0;
        skip(text, 2);
    }
}

void proc_mapping_add(const char *line, size_t size, struct proc_mapping *mapping)
{
    struct text rest = {line, size};
    uint64_t bytes;
    if (take_word(&rest, "VmFlags:")) {
        add_flags(&rest, mapping);
        return;
    }
    if (!take_word(&rest, "Rss:") && !take_word(&rest, "Swap:"))
        return;
    if (!take_size(&rest, &bytes))
        return;
    if (mapping->present == UINT64_MAX)
        mapping->present = 0;
    mapping->present = bytes > UINT64_MAX - 1 - mapping->present ? UINT64_MAX - 1 : mapping->present + bytes;
}
