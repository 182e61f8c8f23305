/* SPDX-License-Identifier: ISC */
/* What a hand-over says on standard error: see hand_over.h. Runs inside the target on the way to an exec;
 * tells of secrets by their names alone. */
#include "shim/hand_over.h"

#include <linux/errno.h>

#include "shim/libc.h"
#include "shim/line.h"

/* How a line calls the program. */
static const char *shown(const struct hand_over *work)
{
    const char *path = work->call->path;
    struct capsule_match match;
    if (!path || !path[0])
        return "a program given by its descriptor";
    capsule_match_begin(&match, work->capsule, path, strlen(path));
    return capsule_match_next(&match) ? "a program whose path holds a secret" : path;
}

int hand_over_guard_arguments(const struct hand_over *work)
{
    const struct capsule_entry *found = NULL;
    size_t at = 0;
    for (size_t i = 0; work->call->arguments && work->call->arguments[i]; i++) {
        const struct capsule_entry *entry = policy_guard(work->capsule, work->call->arguments[i]);
        if (entry && (!found || (entry->flags & CAPSULE_ARGV_REFUSE))) {
            found = entry;
            at = i;
        }
        if (found && (found->flags & CAPSULE_ARGV_REFUSE))
            break;
    }
    if (!found)
        return 0;
    bool refused = found->flags & CAPSULE_ARGV_REFUSE;
    struct line line;
    line_begin(&line);
    line_text(&line, shown(work));
    line_text(&line, refused ? ": not run: argument " : ": argument ");
    line_number(&line, at);
    line_text(&line, " holds ");
    line_add(&line, capsule_string(work->capsule, found), found->name_size);
    line_text(&line, refused ? " (argv = refuse)" : ", which /proc shows to all");
    line_write(&line);
    return refused ? EPERM : 0;
}

int hand_over_refuse_static(const struct hand_over *work, const struct capsule_entry *entry)
{
    struct line line;
    line_begin(&line);
    line_text(&line, shown(work));
    line_text(&line, ": not run with ");
    line_add(&line, capsule_string(work->capsule, entry), entry->name_size);
    line_text(&line, " (static = refuse): ");
    line_text(&line, work->reach.withheld);
    line_write(&line);
    return EPERM;
}

/* Why, behind what is known of the program, and what would help. */
static const char *find_remedy(const struct hand_over *work, enum fate fate)
{
    switch (fate) {
    case WITHHELD_STATIC:
        return "static = inject would give it";
    case WITHHELD_UNREACHED:
        return work->reach.no_handoff;
    default:
        return NULL;
    }
}

static void tell_fate(const struct hand_over *work, enum fate fate)
{
    const struct withheld *withheld = &work->withheld[fate - WITHHELD];
    const char *remedy = find_remedy(work, fate);
    struct line line;
    line_begin(&line);
    line_text(&line, shown(work));
    line_text(&line, ": ");
    line_text(&line, fate == WITHHELD ? "not among those that inherit" : work->reach.withheld);
    line_text(&line, ": runs without ");
    line_add(&line, capsule_string(work->capsule, withheld->first), withheld->first->name_size);
    if (withheld->count > 1) {
        line_text(&line, " and ");
        line_number(&line, withheld->count - 1);
        line_text(&line, " more");
    }
    if (remedy) {
        line_text(&line, " (");
        line_text(&line, remedy);
        line_text(&line, ")");
    }
    line_write(&line);
}

void hand_over_tell_withheld(const struct hand_over *work)
{
    bool verbose = work->capsule->flags & CAPSULE_VERBOSE;
    bool in_place = work->reach.withheld && work->program.same_process;
    for (enum fate fate = WITHHELD; fate < FATES; fate++)
        if (work->withheld[fate - WITHHELD].count > 0 && (verbose || in_place) && !work->reach.unsure)
            tell_fate(work, fate);
}

void hand_over_tell_plain(const struct hand_over *work)
{
    if (!work->plain_first || !(work->capsule->flags & CAPSULE_VERBOSE))
        return;
    struct line line;
    line_begin(&line);
    line_text(&line, shown(work));
    line_text(&line, ": has ");
    line_add(&line, capsule_string(work->capsule, work->plain_first), work->plain_first->name_size);
    line_text(&line, " in its plain environment, which /proc shows (static = environ)");
    line_write(&line);
}
