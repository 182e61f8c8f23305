/* SPDX-License-Identifier: ISC */
/* The report of secrunctl check: see checking.h. Runs as the operator; prints no value. */
#include "ctl/checking.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void checking_say(struct checking *checking, enum level level, const char *format, ...)
{
    static const char *const words[] = {"ok  ", "warn", "FAIL"};
    checking->warnings += level == WARN;
    checking->failures += level == FAIL;
    if (checking->quiet)
        return;
    va_list list;
    va_start(list, format);
    printf("%s  ", words[level]);
    vprintf(format, list);
    va_end(list);
    printf("\n");
}

void checking_say_reason(struct checking *checking, enum level level, const struct reason *why)
{
    checking_say(checking, level, "%s", why->text);
    if (why->hint[0])
        checking_advise(checking, why->hint);
}

void checking_advise(const struct checking *checking, const char *text)
{
    if (!checking->quiet)
        printf("      %s\n", text);
}

const char *checking_kernel(const char *path, char line[static 256])
{
    FILE *file = fopen(path, "re");
    line[0] = '\0';
    if (file && fgets(line, 256, file))
        line[strcspn(line, "\n")] = '\0';
    if (file)
        fclose(file);
    return line;
}
