/* SPDX-License-Identifier: ISC */
/* Numbers: how many digits, and nothing else. */
#include "base/number.h"

#include <string.h>

#include <criterion/criterion.h>

TestSuite(number);

static void check(const char *text, int64_t number)
{
    int64_t is = -1;
    cr_expect(number_parse(text, strlen(text), &is), "'%s' is refused", text);
    cr_expect_eq(is, number, "'%s' is %lld", text, (long long)is);
}

Test(number, of_up_to_eighteen_digits_is_taken)
{
    check("0", 0);
    check("9", 9);
    check("1795644573", 1795644573);
    check("100000000000000000", INT64_C(100000000000000000));
    check("999999999999999999", INT64_C(999999999999999999));
}

Test(number, may_have_zeros_in_front_which_are_decimal_and_count_as_digits)
{
    int64_t number;
    check("00", 0);
    check("010", 10);
    check("000000000000000008", 8);
    cr_expect_not(number_parse("0000000000000000008", 19, &number));
}

Test(number, of_anything_else_is_refused_and_what_was_there_is_left)
{
    static const char *const texts[] = {"",
                                        "+1",
                                        "-1",
                                        "-",
                                        "+",
                                        " 1",
                                        "1 ",
                                        "1\n",
                                        "\t1",
                                        "0x1",
                                        "1e3",
                                        "1.0",
                                        "1a",
                                        "a",
                                        "1,000",
                                        "1_0",
                                        "/",
                                        ":",
                                        "\xC2\xB2",
                                        "\xD9\xA1",
                                        "1000000000000000000",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "18446744073709551617",
                                        "99999999999999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t number = 7;
        cr_expect_not(number_parse(texts[i], strlen(texts[i]), &number), "'%s' is taken", texts[i]);
        cr_expect_eq(number, 7, "'%s'", texts[i]);
    }
}

Test(number, ends_where_its_size_says)
{
    int64_t number = 7;
    cr_expect(number_parse("12345", 3, &number));
    cr_expect_eq(number, 123);
    cr_expect_not(number_parse("1\0"
                               "2",
                               3, &number));
    cr_expect_not(number_parse("12", 0, &number));
    cr_expect_eq(number, 123);
}
