/* SPDX-License-Identifier: ISC */
/* Is a cell as the table says that it is? */
#ifndef SECRUN_TESTS_JUDGE_H
#define SECRUN_TESTS_JUDGE_H

#include <stdbool.h>

#include "matrix/observer.h"
#include "matrix/run.h"

enum { REASON_MAX = 1500 };

/* plain: NULL unless the cell says `same`. What is wrong, in lines without a value; empty: nothing. */
void judge(const struct cell *cell, const struct run *sealed, const struct run *plain,
           const struct observer *observer, char reason[static REASON_MAX]);

#endif
