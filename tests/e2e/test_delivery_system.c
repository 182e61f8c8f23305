/* SPDX-License-Identifier: ISC */
/* Delivery where the system forbids, limits or lacks something: see the table in test_delivery.c. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/started.h"
#include "support/store.h"

enum { NO_PERMISSION = 1, AGAIN = 11, NO_MEMORY = 12, DENIED = 13, NO_CALL = 38 };

/* Runs one program, by one delivery, where a system call fails with that error. */
static void check_without(const char *call, int error, const char *how, int status, enum started started,
                          const char *says)
{
    char line[512];
    snprintf(line, sizeof line, "$WITHOUT %s %d secrun -d store %s", call, error, how);
    check_started(line, status, started, says);
}

/* --- secret memory ---------------------------------------------------------------------------------------
 */

Test(delivery, without_memory_to_lock_is_by_the_fallback_unless_policy_forbids)
{
    bool has = store_has_secret_memory("store");
    started_as_ordinary();
    check_every_way("$BECOME prlimit --memlock=0:0 secrun -d store $HOW -- $X", 0, WITH_SECRET, NULL);
    if (has)
        check_every_way("$BECOME prlimit --memlock=0:0 secrun -d store -p strict $HOW -- $X", 125,
                        NOT_STARTED, "do not fit into RLIMIT_MEMLOCK (0)");
}

Test(delivery, without_memory_to_lock_reaches_children)
{
    started_as_ordinary();
    check_started("cp $STATIC x; prlimit --memlock=0:0 true", 0, NOT_STARTED, NULL);
    check_started("$BECOME prlimit --memlock=0:0 secrun -d store -- sh -c './x; exit $?'", 0, WITH_SECRET,
                  NULL);
    check_started("$BECOME prlimit --memlock=0:0 secrun -d store -- $FOUND spawn $MUSL", 0, WITH_SECRET,
                  NULL);
}

Test(delivery, without_memfd_secret_is_by_the_fallback_unless_policy_forbids)
{
    check_every_way("$WITHOUT memfd_secret 1 secrun -d store $HOW -- $X", 0, WITH_SECRET, NULL);
    check_every_way("$WITHOUT memfd_secret 38 secrun -d store $HOW -- $X", 0, WITH_SECRET, NULL);
    check_every_way("$WITHOUT memfd_secret 1 secrun -d store -p strict $HOW -- $X", 125, NOT_STARTED,
                    "memfd_secret: forbidden here");
    check_started("$WITHOUT memfd_secret 38 secrun -d store -- $FOUND spawn $STATIC", 0, WITH_SECRET, NULL);
}

Test(delivery, without_any_memory_file_is_refused)
{
    check_every_way("$WITHOUT memfd_secret 38 $WITHOUT memfd_create 1 secrun -d store $HOW -- $X", 125,
                    NOT_STARTED, "Operation not permitted");
    check_without("memfd_create", DENIED, "-- $STATIC", 125, NOT_STARTED, "inject: a memory file");
    check_without("memfd_create", DENIED, "-- $FOUND spawn $STATIC", 125, NOT_STARTED,
                  "inject: a memory file");
}

/* --- what injection takes --------------------------------------------------------------------------------
 */

Test(delivery, without_ptrace_is_refused_where_it_takes_injection)
{
    static const int errors[] = {NO_PERMISSION, NO_CALL};
    for (size_t i = 0; i < 2; i++) {
        check_without("ptrace", errors[i], "-- $FOUND", 0, WITH_SECRET, NULL);
        check_without("ptrace", errors[i], "-- $STATIC", 125, NOT_STARTED, "by a seccomp filter");
        check_without("ptrace", errors[i], "--delivery inject -- $MUSL", 125, NOT_STARTED,
                      "by a seccomp filter");
        check_without("ptrace", errors[i], "-p environ -- $STATIC", 0, WITH_SECRET,
                      "in its plain environment");
        check_without("ptrace", errors[i], "-- $FOUND spawn $STATIC", 125, NOT_STARTED,
                      "by a seccomp filter");
        check_without("ptrace", errors[i], "-- /bin/sh -c '$STATIC; exit $?'", 125, NOT_STARTED,
                      "see static in");
    }
}

Test(delivery, without_a_helper_process_is_refused)
{
    check_without("clone", AGAIN, "-- $STATIC", 125, NOT_STARTED, "inject: a helper process: ");
    check_without("clone", AGAIN, "-- $STATIC", 125, NOT_STARTED, "hint: see RLIMIT_NPROC, and pids.max");
    check_without("clone", AGAIN, "-- $FOUND", 0, WITH_SECRET, NULL);
}

Test(delivery, without_a_process_to_spare_is_refused)
{
    started_as_ordinary();
    /* What others of this user run counts: one less than there are has been reached in any case. */
    check_started("$BECOME prlimit --nproc=1:1 secrun -d store -- $STATIC", 125, NOT_STARTED,
                  "inject: a helper process: ");
    check_started("$BECOME prlimit --nproc=1:1 secrun -d store -- $FOUND", 0, WITH_SECRET, NULL);
    check_started("$BECOME secrun -d store -- prlimit --nproc=1:1 $STATIC", 125, NOT_STARTED,
                  "inject: a helper process: ");
}

Test(delivery, without_process_vm_works)
{
    check_every_way("$WITHOUT process_vm 1 secrun -d store $HOW -- $X", 0, WITH_SECRET, NULL);
}

Test(delivery, without_maps_that_can_be_executed_is_refused)
{
    check_every_way("$WITHOUT execmem 13 secrun -d store $HOW -- $X", FAILS, NOT_STARTED, "secrun");
    check_without("execmem", NO_PERMISSION, "-- $STATIC", 125, NOT_STARTED,
                  "cannot be mapped into the program");
    check_without("execmem", DENIED, "-- $MUSL", 125, NOT_STARTED,
                  "secrun.so: cannot be mapped to be executed");
    check_started("secrun -d store -- $WITHOUT execmem 13 $MUSL", 125, NOT_STARTED,
                  "secrun.so: cannot be mapped to be executed");
    check_started("secrun -d store -- $WITHOUT execmem 13 $STATIC", 125, NOT_STARTED,
                  "cannot be mapped into the program");
    check_started("secrun -d store -- $WITHOUT execmem 13 $FOUND", FAILS, NOT_STARTED, "secrun.so");
}

/* The setting may be missing here: it is put where it would stand, and ptrace is refused as it would be. */
static void check_yama(int scope, const char *hint)
{
    char line[512];
    struct outcome made =
        shell("cat >inside <<'END'\nmount -t tmpfs none /proc/sys/kernel && mkdir "
              "/proc/sys/kernel/yama && echo %d >/proc/sys/kernel/yama/ptrace_scope || exit 9\n"
              "eval \"$*\"\nEND",
              scope);
    check_status(made, 0);
    snprintf(line, sizeof line, "forbidden by kernel.yama.ptrace_scope = %d\n", scope);
    check_mounted("$NS sh inside '$WITHOUT ptrace 1 secrun -d store -- $STATIC'", 125, NOT_STARTED, line);
    check_mounted("$NS sh inside '$WITHOUT ptrace 1 secrun -d store -- $STATIC'", 125, NOT_STARTED, hint);
    check_mounted("$NS sh inside '$WITHOUT ptrace 1 secrun -d store -- $FOUND spawn $STATIC'", 125,
                  NOT_STARTED, line);
    check_mounted("$NS sh inside '$WITHOUT ptrace 1 secrun -d store -- $FOUND'", 0, WITH_SECRET, NULL);
}

Test(delivery, under_yama_names_its_setting)
{
    check_yama(2, "hint: it takes CAP_SYS_PTRACE, or 1");
    check_yama(3, "hint: it takes 1, and a reboot");
}

Test(delivery, under_a_tracer_works_by_preload_and_names_it_otherwise)
{
    check_started("strace -f -o /dev/null secrun -d store -- $FOUND", 0, WITH_SECRET, NULL);
    check_started("strace -f -o /dev/null secrun -d store -- $MUSL", 0, WITH_SECRET, NULL);
    check_started("strace -f -o /dev/null secrun -d store -- $STATIC", 125, NOT_STARTED,
                  "inject: traced already, by strace (process ");
    check_started("strace -f -o /dev/null secrun -d store -- $FOUND spawn $STATIC", 125, NOT_STARTED,
                  "inject: traced already, by strace (process ");
    check_started("gdb -q --batch -ex run --args secrun -d store -- $STATIC >out 2>err <&-; cat out err >&2",
                  0, NOT_STARTED, "inject: traced already, by gdb (process ");
    check_started("gdb -q --batch -ex run --args secrun -d store -- $FOUND 2>err >out <&-; cat out", 0,
                  WITH_SECRET, NULL);
}

/* --- mounts ----------------------------------------------------------------------------------------- */

Test(delivery, works_where_proc_is_not_mounted)
{
    struct outcome made = shell("printf 'mount -t tmpfs none /proc || exit 9\\neval \"$*\"\\n' >inside");
    check_status(made, 0);
    check_mounted_every_way("export HOW X; $NS sh inside 'secrun -d store $HOW -- $X'", WITH_SECRET);
    check_mounted("$NS sh inside 'secrun -d store -- $FOUND spawn $STATIC'", 0, WITH_SECRET, NULL);
    check_mounted("$NS sh inside 'secrun -d store -- /bin/sh -c \"\\$MUSL; exit \\$?\"'", 0, WITH_SECRET,
                  NULL);
}

Test(delivery, works_where_nothing_can_be_written)
{
    struct outcome made =
        shell("printf 'mount --rbind . . && cd . && mount -o remount,bind,ro / && mount -o "
              "remount,bind,ro . || exit 9\\ncd $PWD; touch no 2>/dev/null && exit 8\\neval "
              "\"$*\"\\n' >inside");
    check_status(made, 0);
    check_mounted_every_way("export HOW X; $NS sh inside 'secrun -d store $HOW -- $X'", WITH_SECRET);
    check_mounted("$NS sh inside 'secrun -d store -- $FOUND spawn $STATIC'", 0, WITH_SECRET, NULL);
}

/* --- limits ------------------------------------------------------------------------------------------------
 */

/* Every limit from one that is too small for anything up to one that is enough. */
Test(delivery, below_every_limit_of_descriptors_is_whole_or_none)
{
    static const char *const programs[] = {"$FOUND", "$MUSL", "$STATIC", "$FOUND spawn $MUSL",
                                           "$FOUND spawn $STATIC"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        for (int limit = 0; limit <= 14; limit++) {
            char line[512];
            snprintf(line, sizeof line, "prlimit --nofile=%d:%d secrun -d store -- %s", limit, limit,
                     programs[i]);
            check_started(line, ANY, EITHER_SAFE, NULL);
        }
}

/* The target itself uses them up: of the shell's, only those that are left can be used for a child. */
Test(delivery, to_a_child_below_every_limit_of_descriptors_is_whole_or_none)
{
    static const char *const programs[] = {"$FOUND", "$MUSL", "$STATIC"};
    const char *bound = getuid() == 0 ? "setpriv --bounding-set=-sys_resource" : "";
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        for (int limit = 3; limit <= 10; limit++) {
            char line[512];
            snprintf(line, sizeof line,
                     "%s secrun -d store -- /bin/sh -c 'ulimit -n %d; exec 3</dev/null; exec %s'", bound,
                     limit, programs[i]);
            check_started(line, ANY, EITHER_SAFE, NULL);
            snprintf(line, sizeof line, "%s secrun -d store -- /bin/sh -c 'ulimit -n %d; %s; exit $?'", bound,
                     limit, programs[i]);
            check_started(line, ANY, EITHER_SAFE, NULL);
        }
}

/* The programs are larger than secrun: it is they that the limit is too small for. By secrun, and by a shell
 * below. */
static void check_memory(char option)
{
    static const char *const programs[] = {"found-large-static", "found-large-musl"};
    static const char *const ways[] = {"ulimit -%c $k; exec secrun -d store -- %s",
                                       "exec secrun -d store -- /bin/sh -c 'ulimit -%c $0; exec %s' $k"};
    for (size_t i = 0; i < 4; i++) {
        char line[1024];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(line, sizeof line, ways[i / 2], option, program(programs[i % 2]));
#pragma GCC diagnostic pop
        struct outcome run =
            shell("for k in $(seq 16384 4 16480) $(seq 16500 20 19000); do r=$(%s 2>err); s=$?\n"
                  "case $r in 'TOKEN=" DELIVERED "') [ $s = 0 ] || echo $k $s ;;\n"
                  "'') [ $s != 0 ] || echo $k $s ;;\n"
                  "*) echo \"$k $s $r\" ;; esac; done; echo $r $s",
                  line);
        check_status(run, 0);
        cr_expect_str_eq(run.out, "TOKEN=" DELIVERED " 0\n", "%s:\n%s", line, run.out);
        outcome_free(&run);
    }
}

Test(delivery, below_every_limit_of_memory_is_whole_or_none)
{
    check_memory('v');
}

Test(delivery, below_every_limit_of_data_is_whole_or_none)
{
    check_memory('d');
}

/* A soft limit is raised for as long as it takes, and is the program's again. */
Test(delivery, below_a_limit_of_file_sizes_works_up_to_the_hard_one)
{
    started_as_ordinary();
    check_every_way("(ulimit -S -f 0; exec $BECOME secrun -d store $HOW -- $X) | cat", 0, WITH_SECRET, NULL);
    check_started("(ulimit -S -f 0; exec $BECOME secrun -d store -- $FOUND spawn $STATIC) | cat", 0,
                  WITH_SECRET, NULL);
    check_every_way("((ulimit -f 0; $BECOME secrun -d store $HOW -- $X); echo $? >&2) 2>&1 | cat >&2", 0,
                    NOT_STARTED, "\n125\n");
}

/* --- namespaces --------------------------------------------------------------------------------------------
 */

Test(delivery, into_a_pid_namespace_of_its_own_works_as_process_1)
{
    check_mounted("$ROOTLY unshare --pid secrun -d store -- $STATIC", 125, NOT_STARTED,
                  "inject: this process is not in the PID namespace");
    check_mounted("$ROOTLY unshare --pid secrun -d store -- $STATIC", 125, NOT_STARTED, "use --fork as well");
    check_mounted_every_way("$ROOTLY unshare --pid --fork secrun -d store $HOW -- $X", WITH_SECRET);
    check_mounted_every_way("$ROOTLY unshare --pid --fork --mount-proc secrun -d store $HOW -- $X",
                            WITH_SECRET);
    check_mounted("$ROOTLY unshare --pid --fork secrun -d store -- $FOUND spawn $STATIC", 0, WITH_SECRET,
                  NULL);
}

/* In it, files of root's seem to be nobody's, and so could be anybody's; with a root directory of his own, as
 * in a container without privileges, an ordinary user is served: test_delivery.c. */
Test(delivery, from_a_user_namespace_whose_root_owns_no_directory_is_refused)
{
    started_as_ordinary();
    check_every_way("$BECOME unshare --user --map-root-user secrun -d store $HOW -- $X", 125, NOT_STARTED,
                    ": not owned by root (uid ");
}

/* Who may not look into the process may not write its maps of users, either. */
Test(delivery, to_a_child_in_a_user_namespace_takes_dumpable)
{
    static const char *const programs[] = {"$FOUND", "$MUSL", "$STATIC", "$FOUND spawn $STATIC"};
    started_as_ordinary();
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char line[256];
        snprintf(line, sizeof line, "$BECOME secrun -d store -p open -- unshare --user --map-root-user %s",
                 programs[i]);
        check_started(line, 0, WITH_SECRET, NULL);
        snprintf(line, sizeof line, "$BECOME secrun -d store -- unshare --user %s", programs[i]);
        check_started(line, 0, WITH_SECRET, NULL);
        snprintf(line, sizeof line, "$BECOME secrun -d store -- unshare --user --map-root-user %s",
                 programs[i]);
        check_started(line, FAILS, NOT_STARTED, "uid_map");
    }
}
