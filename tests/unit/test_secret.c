/* SPDX-License-Identifier: ISC */
/* Locked buffers: growing, reading, wiping, and sharing one block. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "base/secret.h"
#include "support/command.h"

static struct reason why;

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
    scratch_begin();
}

TestSuite(secret, .init = begin, .fini = scratch_end);

Test(secret, keeps_its_bytes_when_it_grows)
{
    struct secret secret = {0};
    for (unsigned i = 0; i < 100000; i++)
        cr_assert(secret_append(&secret, &(char){(char)i}, 1, &why));
    cr_assert_eq(secret.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        cr_assert_eq((char)secret.bytes[i], (char)i);
    secret_free(&secret);
    cr_assert_null(secret.bytes);
    secret_free(&secret);
}

Test(secret, refuses_a_size_that_cannot_be)
{
    struct secret secret = {0};
    cr_assert_not(secret_reserve(&secret, SIZE_MAX / 2, &why));
    cr_assert(strstr(why.text, "no memory"));
}

Test(secret, reads_a_file_up_to_its_limit)
{
    char *bytes = calloc(1, 70000);
    for (size_t size = 0; size < 70000; size = size * 3 + 1) {
        put_file("file", bytes, size);
        char path[600];
        snprintf(path, sizeof path, "%s/file", scratch());
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct secret secret;
        cr_assert(secret_read(&secret, fd, size, "file", &why), "%zu: %s", size, why.text);
        cr_assert_eq(secret.size, size);
        secret_free(&secret);
        if (size > 0) {
            cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
            cr_assert_not(secret_read(&secret, fd, size - 1, "file", &why));
            cr_assert(strstr(why.text, "file: larger than"));
            cr_assert_null(secret.bytes);
        }
        close(fd);
    }
    free(bytes);
}

Test(secret, reads_a_pipe_whose_size_nobody_knows)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    char bytes[60000];
    memset(bytes, 'x', sizeof bytes);
    cr_assert_eq(write(ends[1], bytes, sizeof bytes), (ssize_t)sizeof bytes);
    close(ends[1]);
    struct secret secret;
    cr_assert(secret_read(&secret, ends[0], sizeof bytes, "pipe", &why));
    cr_assert_eq(secret.size, sizeof bytes);
    cr_assert_eq(memcmp(secret.bytes, bytes, sizeof bytes), 0);
    secret_free(&secret);
    close(ends[0]);
}

Test(secret, in_a_shared_block_is_apart_from_the_others_and_wiped_when_freed)
{
    struct secret some[3];
    cr_assert(secret_share(4096, &why));
    for (int i = 0; i < 3; i++) {
        cr_assert(secret_alloc(&some[i], 100, &why));
        memset(some[i].bytes, 'a' + i, 100);
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 100; j++)
            cr_assert_eq(some[i].bytes[j], 'a' + i);
    unsigned char *middle = some[1].bytes;
    secret_free(&some[1]);
    for (int j = 0; j < 100; j++)
        cr_assert_eq(middle[j], 0);
    cr_assert_eq(some[0].bytes[99], 'a');
    cr_assert_eq(some[2].bytes[0], 'c');
    unsigned char *last = some[2].bytes;
    secret_free(&some[2]);
    struct secret again;
    cr_assert(secret_alloc(&again, 100, &why));
    cr_assert_eq(again.bytes, last, "the place of the last one is given again");
    unsigned char *first = some[0].bytes;
    secret_unshare();
    for (int j = 0; j < 100; j++)
        cr_assert_eq(first[j], 0);
}

Test(secret, that_does_not_fit_into_the_shared_block_has_pages_of_its_own)
{
    struct secret large, small;
    cr_assert(secret_share(1024, &why));
    cr_assert(secret_alloc(&large, 5000, &why));
    cr_assert(secret_alloc(&small, 8, &why));
    memset(large.bytes, 'x', 5000);
    memset(small.bytes, 'y', 8);
    cr_assert(secret_append(&small, "zzzzzzzz", 8, &why));
    cr_assert(secret_reserve(&small, 3000, &why));
    cr_assert_eq(memcmp(small.bytes, "zzzzzzzz", 8), 0);
    secret_free(&large);
    secret_free(&small);
    secret_unshare();
}
