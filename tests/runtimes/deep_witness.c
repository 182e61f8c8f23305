/* SPDX-License-Identifier: ISC */
/*
 * deep_witness DIGEST: the smallest child that can tell whether it has the variables KEY, TOKEN and PEM:
 * exits with 0 if DIGEST is that of their values, and with 42 if not. With no argument it prints the digest
 * of what it has. The digest (FNV-1a, 64 bits) hides nothing; it only keeps values out of arguments.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    static const char *const names[] = {"KEY", "TOKEN", "PEM"};
    uint64_t digest = 14695981039346656037u;
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        for (const char *byte = value ? value : "(none)"; *byte; byte++)
            digest = (digest ^ (unsigned char)*byte) * 1099511628211u;
        digest *= 1099511628211u;
    }
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, digest);
    if (argc < 2)
        puts(text);
    return argc < 2 || strcmp(text, argv[1]) == 0 ? 0 : 42;
}
