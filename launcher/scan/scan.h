/* SPDX-License-Identifier: ISC */
/*
 * A scan for the values of a store: what is looked for, where it is looked for, and what has been found. Runs
 * in secrunctl, often as root, over files of anybody. Sees every value; hands on and prints none, nor a name
 * or path that has one in it.
 */
#ifndef SECRUN_SCAN_H
#define SECRUN_SCAN_H

#include <sys/types.h>

#include "scan/stream.h"

enum where_kind {
    WHERE_FILE,
    WHERE_NAME,
    WHERE_INPUT,
    WHERE_COMMIT,
    WHERE_INDEX,
    WHERE_PROCESS,
    WHERE_JOURNAL
};

/* The strings are as they were met: hostile. */
struct where {
    enum where_kind kind;
    const char *path;    /* of a file, within a commit, in the index; else NULL */
    const char *commit;  /* hex; NULL where no commit has the object */
    const char *object;  /* of git: hex */
    const char *type;    /* of git: blob, tree, commit, tag */
    const char *part;    /* of a process: environ or cmdline */
    const char *program; /* of a process */
    pid_t pid;
    bool is_own; /* the file that is the machine key's own */
};

struct finding {
    struct where where;
    uint32_t secret; /* as patterns_add was told */
    enum form form;
    uint64_t offset, line; /* in what is there; not of a name */
};

struct scan {
    struct patterns patterns;
    struct matcher matcher;
    struct stream stream;
    struct where where; /* of what is being scanned */
    bool (*report)(void *user, const struct finding *finding, struct reason *why);
    void *user;
    uint32_t key;           /* the secret that is the machine key, whose own file */
    dev_t key_device;       /* is this one: what is found of it there is no finding */
    ino_t key_number;       /* 0: there is no such file */
    bool progress;          /* is there a terminal to tell it to? */
    long told;              /* milliseconds: when it was told last; 0: no line of it stands there */
    uint64_t bytes, things; /* that were scanned */
    size_t found, unread;
    size_t last_pattern; /* of the last match, and where it ends */
    uint64_t last_end;
};

/* With all patterns added. scan_free is due whatever comes back. */
bool scan_prepare(struct scan *scan, struct reason *why);
void scan_free(struct scan *scan);

/* A copy of text for people: with '*' for every byte of a value, and '?' for what could drive a terminal;
 * malloc'd, or NULL. With keep, the latter stays. */
char *scan_shown(const struct scan *scan, const char *text, bool keep);

/* Covers with '*' what is a piece of a value in a text that is cut off, and may end or begin within one. */
enum { SCAN_CUT_MAX = 64 };
void scan_cover_pieces(const struct scan *scan, char *text);

/* Fails with "PATH: " and the text. */
bool scan_refuse(const struct scan *scan, const char *path, const char *text, struct reason *why);

/* Begins with the next thing, which scan->where tells. */
void scan_begin(struct scan *scan);

/* Says on standard error what could not be read, and counts it. error: of errno. */
void scan_unread(struct scan *scan, const char *path, int error);

/* Is a value in the name? Reports with scan->where. */
bool scan_name(struct scan *scan, const char *name, struct reason *why);

/* Scans a descriptor to its end, or its first `size` bytes; a read error is told and counted, and is no
 * failure. scan->where says what it is. */
bool scan_descriptor(struct scan *scan, int fd, uint64_t size, struct reason *why);

/* After some bytes: tells how far it is, now and then. */
void scan_progress(struct scan *scan);
/* Takes that line away. */
void scan_progress_end(struct scan *scan);

/* --- where: false only for what keeps the scan from going on ---------------------------------------- */

/* Files, and all below directories; "-" is standard input. Links are not followed, but for the operands. */
bool scan_paths(struct scan *scan, char *const *paths, size_t count, struct reason *why);
/* A regular file below a directory's descriptor (or AT_FDCWD) by that name; shown: its path. */
enum { SCAN_FOLLOW = 1 /* it may be a link */, SCAN_ABSENT = 2 /* it need not be there */ };
bool scan_file(struct scan *scan, int directory, const char *name, const char *shown, unsigned how,
               struct reason *why);
/* A directory and all below; a file. */
bool scan_tree(struct scan *scan, char *path, struct reason *why);
/* The files in directories that git knows or does not ignore; files. */
bool scan_not_ignored(struct scan *scan, char *const *paths, size_t count, struct reason *why);
/* Every object of a repository. */
bool scan_commits(struct scan *scan, const char *directory, struct reason *why);
/* What would be committed. directory: NULL for the current one, or what git's variables say. */
bool scan_index(struct scan *scan, const char *directory, struct reason *why);
/* Environments and command lines; how many processes could not be read is in *hidden. */
bool scan_processes(struct scan *scan, size_t *hidden, struct reason *why);
/* Histories of shells and the like, in this user's home, or for root in every user's; the journal. */
bool scan_histories(struct scan *scan, struct reason *why);

#endif
