/* SPDX-License-Identifier: ISC */
/*
 * JSON by way of jansson: see json.h. Runs in secrunctl; sees the secrets that are imported or exported.
 *
 * jansson asks for its memory by way of two functions without a context, so the arena they serve from is
 * this file's one variable. It hands out pieces of locked blocks and takes none back: all are wiped
 * together. None of jansson's error texts is shown, since they quote what stands at the error.
 */
#include "ctl/json.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { ARENA_BLOCK = 1024 * 1024, ARENA_BLOCKS = 4096 };

static struct {
    struct secret blocks[ARENA_BLOCKS];
    size_t count;
} arena;

static void *arena_take(size_t size)
{
    struct reason ignored;
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) / align * align;
    struct secret *block = arena.count > 0 ? &arena.blocks[arena.count - 1] : NULL;
    if (!block || block->capacity - block->size < size) {
        if (arena.count == ARENA_BLOCKS)
            return NULL;
        block = &arena.blocks[arena.count];
        if (!secret_alloc(block, size > ARENA_BLOCK ? size : (size_t)ARENA_BLOCK, &ignored))
            return NULL;
        arena.count++;
    }
    void *piece = block->bytes + block->size;
    block->size += size;
    return piece;
}

static void arena_keep(void *piece)
{
    (void)piece;
}

static void arena_begin(void)
{
    json_set_alloc_funcs(arena_take, arena_keep);
}

static void arena_end(void)
{
    while (arena.count > 0)
        secret_free(&arena.blocks[--arena.count]);
    json_set_alloc_funcs(malloc, free);
}

static bool read_member(const char *name, const json_t *value, json_member_fn *member, void *user,
                        struct reason *why)
{
    char shown[128], digits[32];
    printable(shown, sizeof shown, name, strlen(name));
    switch (json_typeof(value)) {
    case JSON_STRING:
        return member(user, name, json_string_value(value), json_string_length(value), why);
    case JSON_TRUE:
        return member(user, name, "true", strlen("true"), why);
    case JSON_FALSE:
        return member(user, name, "false", strlen("false"), why);
    case JSON_INTEGER:
        snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return member(user, name, digits, strlen(digits), why);
    case JSON_REAL:
        fail(why, "%s: a number with a fraction or an exponent", shown);
        return fail_hint(why, "put it between quotes, so that it is kept as it is written");
    case JSON_NULL:
        return fail(why, "%s: null, which is no value", shown);
    case JSON_OBJECT:
    case JSON_ARRAY:
        break;
    }
    const char *inner = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)value));
    if (!inner)
        return fail(why, "%s: %s, not a string", shown, json_is_array(value) ? "an array" : "an object");
    char below[128];
    return fail(why, "%s.%s: nested, where a string is wanted", shown,
                printable(below, sizeof below, inner, strlen(inner)));
}

static bool refuse(const json_error_t *error, struct reason *why)
{
    const char *reason = "not JSON";
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        reason = "a member for the second time";
        break;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        reason = "a NUL in a string";
        break;
    case json_error_invalid_utf8:
        reason = "not UTF-8";
        break;
    case json_error_numeric_overflow:
        reason = "a number out of range; put it between quotes";
        break;
    case json_error_out_of_memory:
        return fail(why, "no memory for its members");
    case json_error_end_of_input_expected:
        reason = "text behind the object";
        break;
    default:
        break;
    }
    return fail(why, "line %d: %s", error->line, reason);
}

bool json_read_members(const char *text, size_t size, json_member_fn *member, void *user, struct reason *why)
{
    json_error_t error;
    const char *name;
    json_t *value;
    arena_begin();
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    bool ok = root ? json_is_object(root) || fail(why, "not a JSON object") : refuse(&error, why);
    if (ok) {
        json_object_foreach(root, name, value)
        {
            ok = read_member(name, value, member, user, why);
            if (!ok)
                break;
        }
    }
    json_decref(root);
    /* It may quote the text. */
    explicit_bzero(&error, sizeof error);
    arena_end();
    return ok;
}

struct writing {
    struct secret *out;
    struct reason *why;
};

static int append(const char *bytes, size_t size, void *user)
{
    struct writing *writing = user;
    return secret_append(writing->out, bytes, size, writing->why) ? 0 : -1;
}

static json_t *build(const struct json_member *members, size_t count, struct reason *why)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < count; i++) {
        json_t *value = json_stringn(members[i].value, members[i].size);
        if (value && json_object_set_new(object, members[i].name, value) == 0)
            continue;
        fail(why, "%s: not UTF-8, which JSON has to be", members[i].name);
        fail_hint(why, "--format ini has a spelling for every value");
        return NULL;
    }
    if (!object)
        fail(why, "no memory for %zu members", count);
    return object;
}

bool json_write_members(struct secret *out, const struct json_member *members, size_t count,
                        struct reason *why)
{
    struct writing writing = {out, why};
    arena_begin();
    json_t *object = build(members, count, why);
    bool ok = object != NULL;
    if (ok && json_dump_callback(object, append, &writing, JSON_INDENT(2)) != 0)
        ok = fail(why, "no memory for %zu members", count);
    ok = ok && secret_append(out, "\n", 1, why);
    arena_end();
    return ok;
}
