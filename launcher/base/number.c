/* SPDX-License-Identifier: ISC */
/* Numbers: see number.h. Runs in secrun and secrunctl; sees no secret. */
#include "base/number.h"

bool number_parse(const char *text, size_t size, int64_t *number)
{
    int64_t value = 0;
    if (size == 0 || size > NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *number = value;
    return true;
}
