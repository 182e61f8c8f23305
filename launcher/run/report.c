/* SPDX-License-Identifier: ISC */
/* The report: see report.h. Runs in secrun; is given names and sizes, prints no value. */
#include "run/report.h"

#include <stdio.h>
#include <string.h>

#include "deliver/preload.h"

static bool stands_in(char *const *environment, const char *name)
{
    size_t size = strlen(name);
    for (; *environment; environment++)
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return true;
    return false;
}

static bool ends_in(const char *path, const char *end)
{
    size_t size = strlen(path), tail = strlen(end);
    return size >= tail && strcmp(path + size - tail, end) == 0;
}

static void report_program(int fd, const struct probe *probe, const struct choice *choice)
{
    dprintf(fd, "command   %s\n", probe->path);
    if (strcmp(probe->path, probe->binary) != 0)
        dprintf(fd, "program   %s\n", probe->binary);
    if (ends_in(probe->binary, "/env"))
        dprintf(
            fd,
            "note      env starts another program, whose /proc/PID/environ then holds what it passes on\n");
    if (!probe->reachable)
        dprintf(fd, "delivery  none: %s\n", probe->unreachable.text);
    else if (choice->count == 0)
        dprintf(fd, "delivery  none needed: no secrets\n");
    else
        dprintf(fd, "delivery  preload of %s (%s, %s)\n", preload_shim(), probe->machine, probe->libc);
}

void report(int fd, const struct probe *probe, const struct choice *choice, const struct reason *memory,
            char *const *inherited)
{
    report_program(fd, probe, choice);
    if (choice->count > 0 && memory->text[0])
        dprintf(fd, "memory    locked private memory (%s)\n", memory->text);
    else if (choice->count > 0)
        dprintf(fd, "memory    memfd_secret\n");
    if (choice->dumpable)
        dprintf(fd, "dumpable  yes: the same user can debug the program, and read its memory\n");
    dprintf(fd, "profile   %s\n", choice->profile->name);
    for (size_t i = 0; i < choice->count; i++)
        dprintf(fd, "secret    %s%s\n", choice->secrets[i]->name,
                stands_in(inherited, choice->secrets[i]->name) ? " (in place of the inherited one)" : "");
}
