/* SPDX-License-Identifier: ISC */
/* Stores for tests: see store.h. Runs in the test programs only; sees the secrets that tests make up. */
#include "support/store.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"

enum { MEMFD_SECRET = 447 }; /* on every machine */

void store_make(const char *name, const void *document, size_t size)
{
    struct outcome made =
        shell_with_input(document, size,
                         "set -e; umask 077; mkdir '%s'; cd '%s'\n"
                         "age-keygen -o machine.key 2>age-keygen.err || { cat age-keygen.err >&2; exit 1; }\n"
                         "rm age-keygen.err; age -r \"$(age-keygen -y machine.key)\" -o secrets.age",
                         name, name);
    check_status(made, 0);
    outcome_free(&made);
}

void store_make_text(const char *name, const char *document)
{
    store_make(name, document, strlen(document));
}

bool store_has_secret_memory(const char *name)
{
    int fd = (int)syscall(MEMFD_SECRET, 0);
    if (fd >= 0)
        close(fd);
    struct outcome told = shell("secrun -d '%s' -n -- true", name);
    check_status(told, 0);
    cr_assert_eq(holds(told.out, told.out_size, "memory    memfd_secret\n"), fd >= 0, "secrun says:\n%s",
                 told.out);
    outcome_free(&told);
    return fd >= 0;
}

const char *scratch_to_ordinary(void)
{
    const char *become = as_ordinary();
    if (*become) {
        struct outcome given = shell("chown -R %u:%u .", ordinary_uid(), ordinary_uid());
        check_status(given, 0);
        outcome_free(&given);
    }
    return become;
}
