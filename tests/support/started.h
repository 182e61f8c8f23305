/* SPDX-License-Identifier: ISC */
/* Whether a program was started, and what it then had of its secret: for runs that may go wrong. */
#ifndef SECRUN_TESTS_STARTED_H
#define SECRUN_TESTS_STARTED_H

#define DELIVERED "pk-delivered-0123456789"

/*
 * Fixtures. The scratch directory then holds the store `store`, whose profiles give TOKEN: default, withhold,
 * refuse and environ (by what they say of static), strict (memory = secret), open (dumpable = yes). For the
 * shell there are: $FOUND $MUSL $STATIC $ASAN  programs that tell what they have (tests/runtimes/found.c)
 *   $WITHOUT                    the program without-call
 *   $NS                         unshare, with a mount namespace whose root this user is
 *   $ROOTLY                     makes an ordinary user root of a namespace
 *   $BECOME                     empty, until started_as_ordinary()
 */
void started_begin(void);
void started_end(void);

/* From then on the scratch directory is the ordinary user's, and $BECOME makes root that user. */
void started_as_ordinary(void);

enum started {
    NOT_STARTED,
    WITH_SECRET,
    WITHOUT_SECRET, /* started, and a line says that it has none */
    EITHER_SAFE,    /* not started, and a line or a signal tells; or with its secret */
};

enum { FAILS = -1, ANY = -2 }; /* in place of an exit status: any but 0; any */

/*
 * Runs a shell line, and expects that exit status, and on standard error `says` (NULL: nothing at all, or for
 * EITHER_SAFE anything). What was started must have had its secret or not, as `started` says, in all its
 * reports, and no descriptor of a capsule.
 */
void check_started(const char *command, int status, enum started started, const char *says);

/* The same for each delivery: HOW is preload with $X of glibc and of musl, inject with these, and none for
 * static. */
void check_every_way(const char *command, int status, enum started started, const char *says);

/* The same for `./x` as a child of dash, bash, and a program that calls posix_spawn, which secrun runs with
 * these options. */
void check_child(const char *options, int status, enum started started, const char *says);

/*
 * The same where other things are mounted, or in other namespaces. An ordinary user can have those only in a
 * user namespace, where root's directories are nobody's: there, all that can be shown is that secrun refuses
 * to trust them, and starts nothing.
 */
void check_mounted(const char *command, int status, enum started started, const char *says);
void check_mounted_every_way(const char *command, enum started started);

#endif
