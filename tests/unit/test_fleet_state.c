/* SPDX-License-Identifier: ISC */
/* The state of a fleet, as it is written and read again. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "fleet/state.h"

#define HEX8(x)  x x x x x x x x
#define HEX64(x) HEX8(x x x x x x x x)

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(fleet_state, .init = begin);

static void put(struct fleet_state *state, const char *name, unsigned char byte)
{
    struct reason why = {0};
    struct fleet_entry entry = {.serial = byte};
    memset(entry.inputs, byte, sizeof entry.inputs);
    memset(entry.files, byte + 1, sizeof entry.files);
    cr_assert(fleet_state_put(state, name, &entry, &why), "%s", why.text);
}

static char *format(const struct fleet_state *state)
{
    struct reason why = {0};
    char *text;
    size_t size;
    cr_assert(fleet_state_format(state, &text, &size, &why), "%s", why.text);
    cr_assert_eq(strlen(text), size);
    return text;
}

Test(fleet_state, is_read_as_it_was_written)
{
    struct fleet_state state, again;
    struct reason why = {0};
    fleet_state_begin(&state);
    put(&state, "web-2", 2);
    put(&state, "web-1", 1);
    put(&state, "gone", 9);
    put(&state, "web-2", 7);
    fleet_state_drop(&state, "gone");
    fleet_state_drop(&state, "never");
    char *text = format(&state);
    cr_assert(fleet_state_parse(&again, text, strlen(text), &why), "%s", why.text);
    char *twice = format(&again);
    cr_expect_str_eq(text, twice);
    cr_expect_arr_eq(state.key, again.key, sizeof state.key);
    cr_expect_eq(again.count, 2);
    cr_expect_eq(fleet_state_find(&again, "web-1")->serial, 1);
    cr_expect_eq(fleet_state_find(&again, "web-2")->serial, 7);
    cr_expect_eq(fleet_state_find(&again, "web-2")->files[0], 8);
    cr_expect_null(fleet_state_find(&state, "gone"));
    cr_expect_null(fleet_state_find(&again, "gone"));
    cr_expect(strstr(text, "\"web-1\"") < strstr(text, "\"web-2\""), "in the order of names");
    put(&state, "gone", 3);
    cr_expect_eq(fleet_state_find(&state, "gone")->serial, 3);
    free(text);
    free(twice);
    fleet_state_free(&state);
    fleet_state_free(&again);
}

Test(fleet_state, has_another_key_each_time_it_begins)
{
    struct fleet_state a, b;
    fleet_state_begin(&a);
    fleet_state_begin(&b);
    cr_expect_arr_neq(a.key, b.key, sizeof a.key);
    fleet_state_free(&a);
    fleet_state_free(&b);
}

#define KEY          "\"key\":\"" HEX64("a") "\""
#define HOST         "\"" HEX64("b") "\",\"" HEX64("c") "\""
#define STATE(hosts) "{\"version\":1," KEY ",\"hosts\":{" hosts "}}"

Test(fleet_state, that_was_not_written_by_it_is_refused)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"version\":2," KEY ",\"hosts\":{}}",
        "{\"version\":1," KEY "}",
        "{\"version\":1,\"hosts\":{}}",
        "{\"version\":1,\"key\":\"ab\",\"hosts\":{}}",
        "{\"version\":1,\"key\":\"" HEX64("g") "\",\"hosts\":{}}",
        STATE("\"a\":1"),
        STATE("\"a\":[" HOST "]"),
        STATE("\"a\":[" HOST ",\"1\"]"),
        STATE("\"a\":[" HOST ",-1]"),
        STATE("\"a\":[" HOST ",1,1]"),
        STATE("\"a\":[\"b\",\"c\",1]"),
        STATE("\"../a\":[" HOST ",1]"),
        STATE("\"\":[" HOST ",1]"),
        STATE("\"a\":[" HOST ",1],\"a\":[" HOST ",1]"),
        STATE("") "x",
    };
    struct fleet_state state;
    struct reason why;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        why = (struct reason){0};
        cr_expect_not(fleet_state_parse(&state, bad[i], strlen(bad[i]), &why), "%s", bad[i]);
        cr_expect_neq(why.text[0], '\0');
        fleet_state_free(&state);
    }
    static const char good[] = STATE("\"a\":[" HOST ",0]");
    cr_expect(fleet_state_parse(&state, good, strlen(good), &why), "%s", why.text);
    fleet_state_free(&state);
}
