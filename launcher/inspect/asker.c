/* SPDX-License-Identifier: ISC */
/* Asking as another program would: see asker.h. Runs in secrunctl, and in a child of it that sees no secret.
 */
#include "inspect/asker.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct question {
    pid_t pid;
    unsigned uid, gid;
};

static enum asked ask(pid_t pid)
{
    void *list = NULL;
    size_t size = 0;
    if (syscall(SYS_get_robust_list, pid, &list, &size) == 0)
        return ASKED_ALLOWED;
    return errno == EPERM ? ASKED_REFUSED : ASKED_UNKNOWN;
}

/* What is permitted stays, since who has less than the process is refused for that. */
static bool drop_trace(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    memset(data, 0, sizeof data);
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective &= ~CAP_TO_MASK(CAP_SYS_PTRACE);
    return syscall(SYS_capset, &header, data) == 0;
}

static bool become(const struct question *question)
{
    if (question->uid == 0)
        return setresgid(question->gid, question->gid, question->gid) == 0 && drop_trace();
    return setgroups(0, NULL) == 0 && setresgid(question->gid, question->gid, question->gid) == 0 &&
           setresuid(question->uid, question->uid, question->uid) == 0;
}

static unsigned char answer(const struct question *question)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(become(question) ? (int)ask(question->pid) : (int)ASKED_UNKNOWN);
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return ASKED_UNKNOWN;
    return child > 0 && WIFEXITED(status) ? (unsigned char)WEXITSTATUS(status) : ASKED_UNKNOWN;
}

static _Noreturn void serve(int fd)
{
    struct question question;
    while (read(fd, &question, sizeof question) == sizeof question) {
        unsigned char byte = answer(&question);
        if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
            break;
    }
    _exit(0);
}

bool asker_start(struct asker *asker)
{
    int ends[2];
    *asker = (struct asker){0};
    if (geteuid() != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        serve(ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return false;
    }
    *asker = (struct asker){ends[0], pid};
    return true;
}

void asker_end(struct asker *asker)
{
    if (asker->pid <= 0)
        return;
    close(asker->fd);
    while (waitpid(asker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *asker = (struct asker){0};
}

enum asked asker_ask(const struct asker *asker, pid_t pid, const struct proc_status *status)
{
    struct question question = {pid, status->uids[1], status->gids[1]};
    unsigned char byte;
    if (asker->pid <= 0)
        return geteuid() != 0 && status->uids[1] == geteuid() ? ask(pid) : ASKED_UNKNOWN;
    if (send(asker->fd, &question, sizeof question, MSG_NOSIGNAL) != sizeof question ||
        recv(asker->fd, &byte, 1, 0) != 1 || byte > ASKED_UNKNOWN)
        return ASKED_UNKNOWN;
    return (enum asked)byte;
}
