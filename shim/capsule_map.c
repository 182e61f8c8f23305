/* SPDX-License-Identifier: ISC */
/* Getting at a capsule: see capsule_map.h. Runs inside the target, before its main, and in the launcher; sees
 * secrets. */
#include "shim/capsule_map.h"

#include <linux/fcntl.h>
#include <linux/mman.h>

#include "shim/carrier.h"
#include "shim/environ.h"
#include "shim/sys.h"

#ifndef SECRETMEM_MAGIC
#define SECRETMEM_MAGIC 0x5345434d
#endif

/* A number of one to nine digits; -1 if there is none. Moves *text behind it. */
static int read_number(const char **text)
{
    int number = 0;
    size_t digits = 0;
    for (; **text >= '0' && **text <= '9' && digits < 9; digits++)
        number = number * 10 + (*(*text)++ - '0');
    return digits > 0 ? number : -1;
}

bool capsule_find_announced(char *const *array, struct capsule_announced *announced)
{
    const char *text = environ_scan(array, CAPSULE_VARIABLE);
    if (!text)
        return false;
    announced->fd = read_number(&text);
    announced->helper = -1;
    bool names_helper = *text == ',';
    if (names_helper) {
        text++;
        announced->helper = read_number(&text);
    }
    if (*text != '\0' || (names_helper && announced->helper < 0))
        announced->fd = -1;
    return true;
}

/* The fallback: out of the memfd, which others might have opened before this process was shielded, into
 * private memory of this process alone. NULL if it cannot be had. */
static void *copy_sealed(int fd, size_t size)
{
    long from = sys_mmap(size, PROT_READ, MAP_PRIVATE, fd);
    if (sys_failed(from))
        return NULL;
    long to = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (sys_failed(to)) {
        sys_munmap((void *)from, size);
        return NULL;
    }
    sys_madvise((void *)to, size, MADV_DONTDUMP);
    sys_mlock((void *)to, size);
    const uint64_t *source = (const uint64_t *)from;
    uint64_t *target = (uint64_t *)to;
    for (size_t i = 0; i < (size + 7) / 8; i++) /* both are whole pages */
        target[i] = source[i];
    sys_munmap((void *)from, size);
    return target;
}

const char *capsule_map(int fd, void **block, size_t *size, bool *secret)
{
    struct stat status = {0};
    struct statfs system = {0};
    if (sys_fstat(fd, &status) < 0 || sys_fstatfs(fd, &system) < 0)
        return "its descriptor is not open";
    if (status.st_size <= 0 || status.st_size > CAPSULE_SIZE_MAX)
        return "of a wrong size";
    *size = (size_t)status.st_size;
    *secret = (uint32_t)system.f_type == SECRETMEM_MAGIC;
    if (*secret) {
        long address = sys_mmap(*size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
        *block = sys_failed(address) ? NULL : (void *)address;
    } else {
        long seals = sys_fcntl(fd, F_GET_SEALS, 0);
        if (seals < 0 || (seals & CARRIER_SEALS) != CARRIER_SEALS)
            return "its descriptor is neither secret memory nor sealed";
        *block = copy_sealed(fd, *size);
    }
    return *block ? NULL : "cannot be mapped (see RLIMIT_MEMLOCK and RLIMIT_AS)";
}
