/* SPDX-License-Identifier: ISC */
/* Signals as events: see signals.h. Runs in secrunctl; sees no secret. */
#include "ctl/signals.h"

#include <errno.h>
#include <unistd.h>

bool signals_hold(struct signals *signals, const int *list, struct reason *why)
{
    sigset_t set;
    sigemptyset(&set);
    for (; *list; list++) {
        struct sigaction action;
        /* One that is ignored (nohup) would come nevertheless, once it is blocked. */
        if (sigaction(*list, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, *list);
    }
    signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->fd < 0)
        return fail_errno(why, "signalfd");
    sigprocmask(SIG_BLOCK, &set, &signals->before);
    return true;
}

bool signals_take(const struct signals *signals, struct signalfd_siginfo *taken)
{
    return read(signals->fd, taken, sizeof *taken) == (ssize_t)sizeof *taken;
}

void signals_release(struct signals *signals, int number)
{
    int saved = errno;
    close(signals->fd);
    if (number)
        raise(number);
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
    errno = saved;
}
