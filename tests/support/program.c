/* SPDX-License-Identifier: ISC */
/* Test programs: see program.h. Runs in the test programs only, several of them at a time. */
#include "support/program.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"

#define WARN " -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g "

#define BARE " -Wall -Wextra -Werror -O1 -ffreestanding -fno-stack-protector -fPIE -pie -nostdlib "

#define GO "GO111MODULE=off CGO_ENABLED=0 go build "

#define ENTRY WARN "-Wl,-e,entry "

/* On aarch64, gcc's atomics ask glibc what the processor has. */
#define MUSL_ATOMICS " $(uname -m | sed -n 's/aarch64/-mno-outline-atomics/p') "

#define STATIC " -Wall -Wextra -Werror -O1 -ffreestanding -fno-stack-protector -fno-pie -static -nostdlib "

#define LARGE "-DROOM=16777216 " /* so that its own size is what a limit has to be near to */

/* command makes "$OUT" from "$SRC"; "$DIR" is tests/runtimes. */
struct recipe {
    const char *name, *source, *command;
};

static const struct recipe recipes[] = {
    {"bare", "bare.c", "cc" BARE "-o \"$OUT\" \"$SRC\""},
    {"bare-musl", "bare.c",
     "cc" BARE "-Wl,--dynamic-linker=/lib/ld-musl-$(uname -m).so.1 -o \"$OUT\" \"$SRC\""},
    {"bare-other", "bare.c", "cc" BARE "-Wl,--dynamic-linker=/bin/true -o \"$OUT\" \"$SRC\""},
    {"launch", "launch.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"show", "show.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"show-musl", "show.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\""},
    {"show-static", "show.c", "cc" WARN "-static -o \"$OUT\" \"$SRC\""},
    {"show-static-pie", "show.c", "cc" WARN "-static-pie -o \"$OUT\" \"$SRC\""},
    {"show-java", "Show.java", "mkdir \"$OUT\" && javac -d \"$OUT\" \"$SRC\""},
    {"show-rust", "show.rs", "rustc -O -o \"$OUT\" \"$SRC\""},
    {"show-go", "show.go",
     "GO111MODULE=off CGO_ENABLED=1 go build -ldflags='-linkmode=external' -o \"$OUT\" \"$SRC\""},
    {"show-static-musl", "show.c", "musl-gcc" WARN "-static -o \"$OUT\" \"$SRC\""},
    {"show-rust-static", "show.rs", "rustc -O -C target-feature=+crt-static -o \"$OUT\" \"$SRC\""},
    {"show-go-static", "show_static.go", "GO111MODULE=off CGO_ENABLED=0 go build -o \"$OUT\" \"$SRC\""},
    {"show-go-pie", "show_static.go",
     "GO111MODULE=off CGO_ENABLED=0 go build -buildmode=pie -o \"$OUT\" \"$SRC\""},
    {"user-preload.so", "user_preload.c",
     "cc" WARN "-ffreestanding -nostdlib -shared -fPIC -o \"$OUT\" \"$SRC\""},
    /* Debian's busybox package; busybox-static cannot be installed beside it, so the set-up unpacks it. */
    {"busybox", "show.sh",
     "for b in /bin/busybox \"$DIR/../../build/busybox/bin/busybox\"; do\n"
     "if readelf -lW \"$b\" | grep -q INTERP; then cp \"$b\" \"$OUT\"; exit; fi; done\n"
     "echo 'no dynamic busybox on this machine'; false"},
    {"busybox-static", "show.sh",
     "for b in /bin/busybox \"$DIR/../../build/busybox-static/bin/busybox\"; do\n"
     "if ! readelf -lW \"$b\" | grep -q INTERP; then cp \"$b\" \"$OUT\"; exit; fi; done\n"
     "echo 'no static busybox on this machine'; false"},
    {"changes", "changes.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"changes-musl", "changes.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\""},
    {"early.so", "early_library.c", "cc" WARN "-shared -fPIC -Wl,-soname,early.so -o \"$OUT\" \"$SRC\""},
    {"early", "early.c", "cc" WARN "-o \"$OUT\" \"$SRC\" \"$STORE/early.so\" -Wl,-rpath,\"$STORE\""},
    {"early-musl.so", "early_library.c",
     "musl-gcc" WARN "-shared -fPIC -Wl,-soname,early-musl.so -o \"$OUT\" \"$SRC\""},
    {"early-musl", "early.c",
     "musl-gcc" WARN "-o \"$OUT\" \"$SRC\" \"$STORE/early-musl.so\" -Wl,-rpath,\"$STORE\""},
    {"threads", "threads.c", "cc" WARN "-pthread -o \"$OUT\" \"$SRC\""},
    {"threads-musl", "threads.c", "musl-gcc" WARN MUSL_ATOMICS "-pthread -o \"$OUT\" \"$SRC\""},
    {"threads-tsan", "threads.c", "clang" WARN "-fsanitize=thread -pthread -o \"$OUT\" \"$SRC\""},
    {"signals", "signals.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"signals-musl", "signals.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\""},
    {"forks", "forks.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"forks-musl", "forks.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\""},
    {"spawns", "spawns.c", "cc" WARN "-o \"$OUT\" \"$SRC\" \"$DIR/spawns_report.c\""},
    {"spawns-musl", "spawns.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\" \"$DIR/spawns_report.c\""},
    {"shells", "shells.c", "cc" WARN "-pthread -o \"$OUT\" \"$SRC\""},
    {"shells-musl", "shells.c", "musl-gcc" WARN MUSL_ATOMICS "-pthread -o \"$OUT\" \"$SRC\""},
    {"expansions", "expansions.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"expansions-musl", "expansions.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\""},
    {"spawn-storm", "spawn_storm.c", "cc" WARN "-pthread -o \"$OUT\" \"$SRC\""},
    {"spawn-storm-musl", "spawn_storm.c", "musl-gcc" WARN MUSL_ATOMICS "-pthread -o \"$OUT\" \"$SRC\""},
    {"target", "target.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"captive", "captive.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"captive-static", "captive.c", "cc" WARN "-static -o \"$OUT\" \"$SRC\""},
    {"peek", "peek.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"attacker", "attacker.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"without-call", "without_call.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"found", "found.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"found-musl", "found.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\""},
    {"found-go", "found.c", /* with the note of Go's linker */
     "printf '.section .note.go.buildid,\"a\",%%note\\n.p2align 2\\n.long 4,4,4\\n.asciz \"Go\"\\n.byte "
     "0\\n.long 0\\n'"
     " >\"$OUT.s\" && cc" WARN "-o \"$OUT\" \"$SRC\" \"$OUT.s\""},
    {"found-static", "found.c", "cc" WARN "-static -o \"$OUT\" \"$SRC\""},
    {"found-asan", "found.c", "gcc" WARN "-fsanitize=address -o \"$OUT\" \"$SRC\""},
    {"found-large-musl", "found.c", "musl-gcc" WARN LARGE "-o \"$OUT\" \"$SRC\""},
    {"found-large-static", "found.c", "musl-gcc" WARN LARGE "-static -o \"$OUT\" \"$SRC\""},
    {"found-32", "bare32.c", "gcc -m32" STATIC "-o \"$OUT\" \"$SRC\""},
    {"hidden", "hidden.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"hidden-musl", "hidden.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\""},
    {"state", "state.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"state-static", "state.c", "cc" WARN "-static -o \"$OUT\" \"$SRC\""},
    {"state-static-pie", "state.c", "cc" WARN "-static-pie -o \"$OUT\" \"$SRC\""},
    {"state-static-musl", "state.c", "musl-gcc" WARN "-static -o \"$OUT\" \"$SRC\""},
    {"state-go", "state.go", GO "-o \"$OUT\" \"$SRC\""},
    {"entry-static", "entry.c", "cc" ENTRY "-static -o \"$OUT\" \"$SRC\""},
    {"entry-static-pie", "entry.c", "cc" ENTRY "-static-pie -o \"$OUT\" \"$SRC\""},
    {"entry-static-musl", "entry.c", "musl-gcc" ENTRY "-static -o \"$OUT\" \"$SRC\""},
    {"pester", "pester.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"soak", "soak.c", "cc" WARN "-pthread -o \"$OUT\" \"$SRC\""},
    {"soak-go", "soak.go", GO "-o \"$OUT\" \"$SRC\""},
    {"target-static", "target.c", "cc" WARN "-static -o \"$OUT\" \"$SRC\""},
    {"target-go", "target.go", GO "-o \"$OUT\" \"$SRC\""},
    {"deep", "deep.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"deep-musl", "deep.c", "musl-gcc" WARN "-o \"$OUT\" \"$SRC\""},
    {"deep-java", "Deep.java", "mkdir \"$OUT\" && javac -d \"$OUT\" \"$SRC\""},
    {"deep-witness", "deep_witness.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"tree", "tree.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"storm", "storm.c", "cc" WARN "-pthread -o \"$OUT\" \"$SRC\""},
    {"storm-musl", "storm.c", "musl-gcc" WARN MUSL_ATOMICS "-pthread -o \"$OUT\" \"$SRC\""},
    {"storm-tsan", "storm.c", "clang" WARN "-fsanitize=thread -pthread -o \"$OUT\" \"$SRC\""},
    {"spawner", "spawner.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
    {"fake-capsule", "fake_capsule.c", "cc" WARN "-o \"$OUT\" \"$SRC\""},
};

static struct recipe recipe_of(const char *name)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (strcmp(recipes[i].name, name) == 0)
            return recipes[i];
    return (struct recipe){name, name, "cp \"$SRC\" \"$OUT\""};
}

static const char *directory(void)
{
    static char path[PATH_MAX - 64];
    const char *stage = getenv("SECRUN_STAGE");
    cr_assert_not_null(stage, "SECRUN_STAGE is not set: run the tests by make");
    snprintf(path, sizeof path, "%s/programs", stage);
    cr_assert(mkdir(path, 0755) == 0 || access(path, W_OK) == 0, "%s: cannot be made", path);
    return path;
}

static bool is_newer(const char *path, const char *source)
{
    struct stat made, from;
    cr_assert_eq(stat(source, &from), 0, "%s: not there", source);
    return stat(path, &made) == 0 &&
           (made.st_mtim.tv_sec > from.st_mtim.tv_sec ||
            (made.st_mtim.tv_sec == from.st_mtim.tv_sec && made.st_mtim.tv_nsec >= from.st_mtim.tv_nsec));
}

/* Under the lock of this program: two tests that want it at once make it once. */
static void make(const struct recipe *recipe, const char *path, const char *source)
{
    struct outcome made =
        shell("umask 022; export SRC='%s' OUT='%s.new' DIR='" TESTS_DIR "/runtimes' STORE='%s'\n"
              "rm -rf \"$OUT\"; ( %s ) >&2 && chmod -R a+rX,u+w \"$OUT\" && touch \"$OUT\" && rm -rf '%s' && "
              "mv \"$OUT\" '%s'",
              source, path, directory(), recipe->command, path, path);
    cr_assert_eq(made.status, 0, "%s: cannot be built:\n%s", recipe->name, made.err);
    outcome_free(&made);
}

const char *program(const char *name)
{
    static char paths[8][PATH_MAX];
    static unsigned next;
    struct recipe recipe = recipe_of(name);
    char *path = paths[next++ % 8], source[PATH_MAX], lock[PATH_MAX];
    snprintf(path, PATH_MAX, "%s/%s", directory(), name);
    snprintf(source, sizeof source, TESTS_DIR "/runtimes/%s", recipe.source);
    snprintf(lock, sizeof lock, "%s/.%s.lock", directory(), name);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    cr_assert(fd >= 0 && flock(fd, LOCK_EX) == 0, "%s: cannot be locked", lock);
    if (!is_newer(path, source))
        make(&recipe, path, source);
    close(fd);
    return path;
}

void put_environment(const char *file, const char *entry, ...)
{
    char *bytes;
    size_t size;
    va_list list;
    FILE *stream = open_memstream(&bytes, &size);
    va_start(list, entry);
    for (; entry; entry = va_arg(list, const char *))
        fwrite(entry, 1, strlen(entry) + 1, stream);
    va_end(list);
    fclose(stream);
    put_file(file, bytes, size);
    free(bytes);
}
