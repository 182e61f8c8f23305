/* SPDX-License-Identifier: ISC */
/*
 * launch FILE COMMAND [ARG...]: runs COMMAND (found in this process's PATH) with exactly the environment
 * that FILE holds, as NUL-terminated entries, whatever they look like: twice the same name, no '='.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIZE_MAX_BYTES = 4 * 1024 * 1024, ENTRIES_MAX = 32768 };

int main(int argc, char **argv)
{
    static char bytes[SIZE_MAX_BYTES + 1];
    static char *entries[ENTRIES_MAX + 1];
    FILE *file = argc > 2 ? fopen(argv[1], "r") : NULL;
    if (!file) {
        fprintf(stderr, "launch: usage, or no such file\n");
        return 99;
    }
    size_t size = fread(bytes, 1, SIZE_MAX_BYTES, file), count = 0;
    fclose(file);
    for (size_t i = 0; i < size && count < ENTRIES_MAX; i++)
        if (i == 0 || bytes[i - 1] == '\0')
            entries[count++] = bytes + i;
    execvpe(argv[2], argv + 2, entries);
    perror(argv[2]);
    return 99;
}
