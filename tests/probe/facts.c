/* SPDX-License-Identifier: ISC */
/*
 * Prints what shim/elf.c finds in each of the files whose names are read, a line each, as readelf.awk prints
 * what readelf finds. Runs in compare.sh only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/elf.h"

static bool fetch(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    return pread(file->fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* ET_EXEC or ET_DYN for this machine: the others are not read further. */
static void print_program(const struct elf_facts *facts, const char *wrong)
{
    if (wrong)
        printf("\twrong: %s", wrong);
    else
        printf("\t%s\t%u\t%s\t%s", facts->interpreter[0] ? facts->interpreter : "static", facts->needed,
               facts->asan ? "asan" : "-", facts->go ? "go" : "-");
}

static void print_facts(const char *name, const unsigned char *bytes, size_t size, int fd)
{
    struct elf_facts whole, pieces;
    const struct elf_file file = {.fetch = fetch, .size = size, .fd = fd};
    const char *wrong = elf_inspect(bytes, size, &whole);
    printf("%s\t", name);
    if (!elf_is(bytes, size)) {
        printf("other%s\n", wrong ? "" : " that is taken for a program");
        return;
    }
    printf("%s\t%s\t%u\t%u", whole.class == ELF_64 ? "64" : "32", whole.big_endian ? "msb" : "lsb",
           whole.machine, whole.type);
    if ((whole.type == 2 || whole.type == 3) && !elf_is_foreign(&whole))
        print_program(&whole, wrong);
    if (elf_inspect_file(&file, &pieces) != wrong || memcmp(&whole, &pieces, sizeof whole) != 0)
        printf("\tunlike what is read in pieces");
    printf("\n");
}

static void look_at(const char *name)
{
    struct stat status;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) != 0) {
        printf("%s\tcannot be read\n", name);
    } else {
        size_t size = (size_t)status.st_size;
        void *bytes = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
        if (bytes == MAP_FAILED)
            printf("%s\tcannot be mapped\n", name);
        else
            print_facts(name, size ? bytes : (const unsigned char *)"", size, fd);
        if (size && bytes != MAP_FAILED)
            munmap(bytes, size);
    }
    if (fd >= 0)
        close(fd);
}

int main(void)
{
    char *name = NULL;
    size_t room = 0;
    for (ssize_t size; (size = getline(&name, &room, stdin)) > 0;) {
        if (name[size - 1] == '\n')
            name[size - 1] = '\0';
        look_at(name);
    }
    free(name);
    return fflush(stdout) != 0;
}
