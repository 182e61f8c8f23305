/* SPDX-License-Identifier: ISC */
/* Delivery by injection: see inject.h. Runs in secrun, before a secret is there. */
#include "deliver/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/string.h>

#include "deliver/memory.h"
#include "deliver/tracer.h"
#include "shim/carrier.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

/* The number behind a word such as "TracerPid:" in /proc/self/status; -1 if that cannot be told. */
static long status_of(const char *word)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, word, strlen(word)) == 0)
            value = strtol(line + strlen(word), NULL, 10);
    if (file)
        fclose(file);
    return value;
}

static void name_of(long pid, char name[static 32])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(name, 32, file))
        strlcpy(name, "?", 32);
    name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
}

static int yama_scope(void)
{
    char line[32] = "";
    FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    return line[0] ? (int)strtol(line, NULL, 10) : -1;
}

static bool forbidden_by_filter(struct reason *why)
{
    fail(why, "inject: ptrace is forbidden here, by a seccomp filter");
    return fail_hint(why, "allow the system call ptrace, or see static in secrun-document(5)");
}

static bool explain(int error, struct reason *why)
{
    long tracer = status_of("TracerPid:");
    int scope = yama_scope();
    if (error == TRACER_IN_ANOTHER_NAMESPACE) {
        fail(why, "inject: this process is not in the PID namespace that its children are put into");
        return fail_hint(why, "with unshare --pid, use --fork as well");
    }
    if (tracer > 0) {
        char name[32], shown[32];
        name_of(tracer, name);
        fail(why, "inject: traced already, by %s (process %ld), and there can be one tracer only",
             printable(shown, sizeof shown, name, strlen(name)), tracer);
        return fail_hint(why, "attach to the program once it runs, with dumpable = yes in its profile");
    }
    if (error == EPERM && scope >= 2) {
        fail(why, "inject: forbidden by kernel.yama.ptrace_scope = %d", scope);
        return fail_hint(why, scope == 2 ? "it takes CAP_SYS_PTRACE, or 1" : "it takes 1, and a reboot");
    }
    if (error == EPERM && (getuid() != geteuid() || getgid() != getegid()))
        return fail(why,
                    "inject: the real and the effective user or group differ (uid %u and %u, gid %u and %u)",
                    getuid(), geteuid(), getgid(), getegid());
    if (status_of("Seccomp:") == 2 && (error == EPERM || error == ENOSYS || error == EACCES))
        return forbidden_by_filter(why);
    errno = error;
    return fail_errno(why, "inject: ptrace");
}

/* Not by write(2), which sends a signal beyond RLIMIT_FSIZE. Its offset stays 0, as tracer.c has it. It is
 * sealed, since others may open it by way of /proc/PID/fd, and what stands in it is what the target runs. */
static bool fill(int fd)
{
    size_t size;
    const unsigned char *stub = tracer_stub(&size);
    errno = carrier_set_size(fd, size);
    if (errno)
        return false;
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    memcpy(bytes, stub, size);
    munmap(bytes, size);
    return fcntl(fd, F_ADD_SEALS, CARRIER_SEALS) == 0;
}

/* Where memory files must not be executable, this one is not, and can be mapped for execution all the same.
 */
static int open_stub(bool filled, struct reason *why)
{
    unsigned flags = MFD_ALLOW_SEALING | (filled ? 0 : MFD_CLOEXEC);
    int fd = memfd_create("secrun-stub", flags | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
        fd = memfd_create("secrun-stub", flags);
    if (fd >= 0 && (!filled || fill(fd)))
        return fd;
    fail_errno(why, "inject: a memory file");
    if (fd >= 0)
        close(fd);
    return -1;
}

/* go and answer: pipes, from and to the helper. True if it traces this process. */
static bool start_helper(struct inject *inject, int go[static 2], int answer[static 2], struct reason *why)
{
    sigset_t all, before;
    pid_t self = getpid();
    int error = 0;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* the helper's for good: what is sent to the group is not its */
    /* Without a signal for its end, so that the target is sent none. */
    inject->helper = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
    if (inject->helper == 0) {
        close(answer[0]);
        close(go[1]); /* so that it does not wait for a byte of its own */
        tracer_run(inject, self, go[0], answer[1]);
    }
    int saved = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    if (inject->helper < 0) {
        inject->helper = 0;
        fail_errno(why, "inject: a helper process");
        return fail_hint(why, "see RLIMIT_NPROC, and pids.max of the control group");
    }
    close(answer[1]);
    answer[1] = -1;
    prctl(PR_SET_PTRACER, inject->helper); /* fails where there is no Yama */
    if (write(go[1], "", 1) == 1 && read(answer[0], &error, sizeof error) == sizeof error && error == 0)
        return true;
    int status = 0;
    waitpid(inject->helper, &status, __WALL);
    inject->helper = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return forbidden_by_filter(why);
    return error ? explain(error, why) : fail(why, "inject: the helper process has ended");
}

static void close_pipe(const int fds[static 2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Each module that changes domains shows a context here; AppArmor's word for none is unconfined. */
bool inject_should_watch(void)
{
    static const char none[] = "unconfined";
    char context[64];
    int fd = open("/proc/self/attr/current", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, context, sizeof context) : -1;
    if (fd >= 0)
        close(fd);
    size_t length = size > 0 ? strnlen(context, (size_t)size) : 0;
    if (length > 0 && context[length - 1] == '\n')
        length--;
    return length > 0 && !(length == strlen(none) && memcmp(context, none, length) == 0);
}

bool inject_attach(struct inject *inject, enum inject_task task, struct reason *why)
{
    int go[2] = {-1, -1}, answer[2] = {-1, -1};
    *inject = (struct inject){.task = task, .code_fd = open_stub(task == INJECT_STUB, why)};
    if (inject->code_fd < 0) {
        *inject = (struct inject){0};
        return false;
    }
    bool ok = pipe2(go, O_CLOEXEC) == 0 && pipe2(answer, O_CLOEXEC) == 0;
    if (!ok)
        fail_errno(why, "inject: a pipe");
    prctl(PR_SET_DUMPABLE, 1);
    ok = ok && start_helper(inject, go, answer, why);
    prctl(PR_SET_DUMPABLE, 0);
    close_pipe(go);
    close_pipe(answer);
    if (!ok)
        inject_dismiss(inject);
    return ok;
}

void inject_dismiss(struct inject *inject)
{
    if (inject->helper > 0) {
        do /* a SIGCONT of somebody else's may discard it */
            syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
        while (lseek(inject->code_fd, 0, SEEK_CUR) == 0);
        waitpid(inject->helper, NULL, __WALL);
    }
    if (inject->code_fd > 0)
        close(inject->code_fd);
    *inject = (struct inject){0};
}
