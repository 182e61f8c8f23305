/* SPDX-License-Identifier: ISC */
/*
 * A running program as it is seen from outside, by way of /proc. Runs in secrunctl. Its directory there is
 * held open: whatever takes the same number later, this one process is looked at or none.
 */
#ifndef SECRUN_INSPECT_PROCESS_H
#define SECRUN_INSPECT_PROCESS_H

#include "base/reason.h"
#include "inspect/asker.h"
#include "inspect/proc_text.h"

enum { PROCESS_NAME = 64 };

struct process {
    int directory;
    pid_t pid;
    uint64_t started;
    pid_t parent;
    char name[PROCESS_NAME]; /* 15 bytes of it, as the process tells it: hostile */
    struct proc_status status;
};

/* False with a reason if there is none, or nothing to look at in it. process_close is due whatever comes
 * back. */
bool process_open(struct process *process, pid_t pid, struct reason *why);
void process_close(struct process *process);

/* All that a small file has, of a directory in /proc. A negative size: it cannot be read, with errno. */
ssize_t process_read_small(int directory, const char *name, char *text, size_t size);

/* Has it not ended yet? */
bool process_is_there(const struct process *process);

/* The name of another one, its tracer say; "?" if that is gone. */
void process_name_of(pid_t pid, char name[static PROCESS_NAME]);

/* Who traces it, or one of its threads; 0: nobody. */
pid_t process_tracer(const struct process *process);

/* What came of a look. REFUSED: to this user. */
enum look { LOOK_DONE, LOOK_REFUSED, LOOK_FAILED };

/* May other programs of its user read and trace it? By what the kernel answers such a program, and by the
 * owner of its files in /proc: so any user can tell that of all but root's programs, and root of all. */
enum shield { SHIELD_UP, SHIELD_DOWN, SHIELD_UNKNOWN };
enum shield process_shield(const struct process *process, const struct asker *asker);

/* Is it in another user namespace than this process, as far as can be told? */
bool process_is_elsewhere(const struct process *process);

/* And is it root there? Then its files have the same owner, whether it is dumpable or not. */
bool process_is_root_elsewhere(const struct process *process);

enum look process_core_limit(const struct process *process, uint64_t *soft, uint64_t *hard);

/* Each mapping in turn, until one returns false; *whole: there were not more than are looked at. */
typedef bool mapping_seen(void *user, const struct proc_mapping *mapping);
enum look process_mappings(const struct process *process, mapping_seen *seen, void *user, bool *whole);

enum mapping_kind {
    MAPPING_SHIM,
    MAPPING_STUB,
    MAPPING_SECRET,
    MAPPING_LOCKED,
    MAPPING_UNLOCKED,
    MAPPING_OTHER
};
/* LOCKED, UNLOCKED: private memory that is left out of dumps, as that of a fallback is. shim: the path of
 * this installation's, or NULL. */
enum mapping_kind mapping_kind(const struct proc_mapping *mapping, const char *shim);

/* A descriptor that should not be open. */
enum descriptor_kind { DESCRIPTOR_SECRET, DESCRIPTOR_MEMORY, DESCRIPTOR_STUB, DESCRIPTOR_FILE };
typedef void descriptor_seen(void *user, unsigned number, enum descriptor_kind kind, const char *path);
/* paths: of files that are not to be open, such as the machine key; ends with NULL. */
enum look process_descriptors(const struct process *process, const char *const *paths, descriptor_seen *seen,
                              void *user, bool *whole);

#endif
