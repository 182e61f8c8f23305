/* SPDX-License-Identifier: ISC */
/*
 * Signals that have to wait until something is put right: echo on a terminal, plaintext in a file.
 * They are read as events, so there is no handler and no race with one.
 */
#ifndef SECRUN_SIGNALS_H
#define SECRUN_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>

#include "base/reason.h"

struct signals {
    int fd; /* readable when one is pending */
    sigset_t before;
};

/* Holds back those of the signals in the list (ends with 0) that are not ignored. */
bool signals_hold(struct signals *signals, const int *list, struct reason *why);

/* Takes one that is pending; false if there is none. */
bool signals_take(const struct signals *signals, struct signalfd_siginfo *taken);

/* Ends the holding. number, unless 0, then acts as if it came now: most end the process. */
void signals_release(struct signals *signals, int number);

#endif
