/* SPDX-License-Identifier: ISC */
/* Capabilities: see capabilities.h. Runs in secrun; sees no secret. */
#include "run/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By their number. */
static const char *const names[] = {
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
};

enum { COUNT = sizeof names / sizeof *names };

_Static_assert(CAP_SETUID == CAPABILITIES_SETUID && CAP_SETGID == CAPABILITIES_SETGID &&
                   CAP_NET_BIND_SERVICE == 10 && CAP_SYS_ADMIN == 21 && CAP_AUDIT_READ == 37,
               "the names stand in the order of their numbers");

static int find(const char *name, size_t size)
{
    if (size > 4 && strncasecmp(name, "cap_", 4) == 0) {
        name += 4;
        size -= 4;
    }
    for (int i = 0; i < COUNT; i++)
        if (strlen(names[i]) == size && strncasecmp(names[i], name, size) == 0)
            return i;
    return -1;
}

bool capabilities_parse(const char *list, uint64_t *set, struct reason *why)
{
    char shown[32];
    for (;; list++) {
        size_t size = strcspn(list, ",");
        int number = find(list, size);
        if (size == 0)
            return fail(why, "an empty name in a list of capabilities");
        if (number < 0) {
            fail(why, "unknown capability %s", printable(shown, sizeof shown, list, size));
            return fail_hint(why, "capabilities(7) has them, such as net_bind_service");
        }
        *set |= UINT64_C(1) << number;
        list += size;
        if (*list == '\0')
            return true;
    }
}

bool capabilities_to_give(uint64_t set, struct reason *why)
{
    struct capabilities own;
    if (!capabilities_get(&own))
        return fail_errno(why, "capget");
    for (int i = 0; i < COUNT; i++) {
        if (!capabilities_have(set, i))
            continue;
        if (!capabilities_have(own.permitted, i))
            return fail(why, "%s: secrun does not have it itself, so it cannot give it", names[i]);
        if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) != 1)
            return fail(why, "%s: not in the bounding set, so it cannot be given", names[i]);
    }
    return true;
}

bool capabilities_get(struct capabilities *capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    capabilities->effective = data[0].effective | (uint64_t)data[1].effective << 32;
    capabilities->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    capabilities->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return true;
}

bool capabilities_set(const struct capabilities *capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        data[i] = (struct __user_cap_data_struct){
            .effective = (uint32_t)(capabilities->effective >> 32 * i),
            .permitted = (uint32_t)(capabilities->permitted >> 32 * i),
            .inheritable = (uint32_t)(capabilities->inheritable >> 32 * i),
        };
    return syscall(SYS_capset, &header, data) == 0;
}

uint64_t capabilities_ambient(void)
{
    uint64_t set = 0;
    for (int i = 0; i < 64; i++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
            set |= UINT64_C(1) << i;
    return set;
}

bool capabilities_set_ambient(uint64_t set)
{
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && (set || errno != EINVAL))
        return false; /* before Linux 4.3 there is no such set */
    for (int i = 0; i < 64; i++)
        if (capabilities_have(set, i) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) != 0)
            return false;
    return true;
}
