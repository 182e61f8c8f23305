/* SPDX-License-Identifier: ISC */
/* The table of cells: see the head of the file `cells`. */
#ifndef SECRUN_TESTS_TABLE_H
#define SECRUN_TESTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a witness of this label is to see. */
enum view {
    VIEW_HAS,    /* exactly these secrets, by look-up and in the array */
    VIEW_GETENV, /* exactly these, by look-up alone */
    VIEW_OTHER,  /* all, but the other value of KEY */
    VIEW_PIECES, /* pieces of exactly these, wherever */
};

struct expected {
    char label[64];
    enum view view;
    uint32_t secrets; /* a bit each */
    unsigned count;   /* witnesses of this label */
};

enum { EXPECTED_MAX = 8, WORDS_MAX = 32 };

struct cell {
    char name[128]; /* runtime/way, and @profile unless that is `tree` */
    char runtime[32];
    char profile[32]; /* `-`: without secrun, the secrets plainly in its environment */
    bool root;        /* can be set up by root alone */
    bool same;        /* witnesses, outputs and status are those of a run without secrun */
    unsigned seen;    /* a bit for each observer (observer.h) that is to see something; no other may */
    int status;       /* exit status */
    char says[128];   /* stands on standard error; empty: nothing of secrun's does */
    uint32_t own;     /* secrets that the runtime itself tells, in hexadecimal, that it has */
    size_t expected_count;
    struct expected expected[EXPECTED_MAX];
    size_t word_count;
    bool runtime_words;         /* the first of them are the runtime's */
    char *words[WORDS_MAX + 1]; /* the command, with its places (@…) not yet filled in */
};

struct table {
    struct cell *cells;
    size_t count;
};

/* Reads the file; false, after a line on standard error for what is wrong in it. Never freed. */
bool table_read(const char *path, struct table *table);

#endif
