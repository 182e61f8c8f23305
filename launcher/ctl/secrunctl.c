/* SPDX-License-Identifier: ISC */
/*
 * secrunctl: makes, fills and inspects the store. Runs as the operator; its verbs see the machine key
 * and every secret. This file is the only one of it that exits.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/message.h"
#include "ctl/invocation.h"

#define PROGRAM "secrunctl"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* A closed standard descriptor must not become that of a store file; using one stays an error. */
static bool hold_standard_descriptors(struct reason *why)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            return fail_errno(why, "/dev/null");
    return true;
}

/* Nothing of this process is for others: no core, no ptrace, no file that they can read. */
static bool withdraw(struct reason *why)
{
    struct rlimit none = {0, 0};
    umask(077);
    /* A file size limit is to be an error of write(2), which leaves the old store in place. */
    signal(SIGXFSZ, SIG_IGN);
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return fail_errno(why, "PR_SET_DUMPABLE");
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return fail_errno(why, "RLIMIT_CORE");
    if (sodium_init() < 0)
        return fail(why, "libsodium does not start");
    return hold_standard_descriptors(why);
}

static bool flush(struct reason *why)
{
    return (fflush(stdout) == 0 && !ferror(stdout)) || fail_errno(why, "standard output");
}

static int report(int status, const struct reason *why)
{
    message_reason(PROGRAM, why);
    return status;
}

static int secrunctl(int argc, char **argv)
{
    struct invocation invocation;
    struct reason why = {0};
    if (!withdraw(&why))
        return report(EXIT_REFUSED, &why);
    if (!invocation_parse(&invocation, argc, argv, &why))
        return report(EXIT_USAGE, &why);
    bool ok = true;
    int status = EXIT_SUCCESS;
    if (invocation.options[OPTION_HELP])
        invocation_help(invocation.verb);
    else if (invocation.options[OPTION_VERSION])
        printf("secrunctl %s\n", SECRUN_VERSION);
    else if (invocation.verb->answer)
        ok = (status = invocation.verb->answer(&invocation, &why)) <= EXIT_REFUSED;
    else
        ok = invocation.verb->run(&invocation, &why);
    /* What the verb wrote is shown even where it failed (check). */
    struct reason unwritten;
    bool flushed = flush(&unwritten);
    if (!ok)
        return report(status ? status : EXIT_REFUSED, &why);
    return flushed
               ? status
               : report(invocation.verb && invocation.verb->answer ? EXIT_USAGE : EXIT_REFUSED, &unwritten);
}

int main(int argc, char **argv)
{
    exit(secrunctl(argc, argv));
}
