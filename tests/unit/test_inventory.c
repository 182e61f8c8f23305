/* SPDX-License-Identifier: ISC */
/* The inventory of a fleet: what it says, and what is refused of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "fleet/inventory.h"
#include "store/identity.h"

static char keys[4][AGE_RECIPIENT_MAX];

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
    for (size_t i = 0; i < 4; i++) {
        unsigned char scalar[AGE_KEY_SIZE], key[AGE_KEY_SIZE];
        memset(scalar, (int)i + 1, sizeof scalar);
        crypto_scalarmult_curve25519_base(key, scalar);
        cr_assert(recipient_format(key, keys[i]));
    }
}

TestSuite(inventory, .init = begin);

/* "@0" to "@3" in a text are recipients. */
static char *spell(const char *text)
{
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);
    for (; *text; text++) {
        if (*text == '@')
            fputs(keys[*++text - '0'], stream);
        else
            fputc(*text, stream);
    }
    cr_assert_eq(fclose(stream), 0);
    return out;
}

static struct inventory parse(const char *text)
{
    struct inventory inventory;
    struct reason why = {0};
    char *spelt = spell(text);
    cr_assert(inventory_parse(&inventory, spelt, strlen(spelt), &why), "%s: %s", text, why.text);
    free(spelt);
    return inventory;
}

static void check_refused(const char *text, const char *reason)
{
    struct inventory inventory;
    struct reason why = {0};
    char *spelt = spell(text);
    cr_expect_not(inventory_parse(&inventory, spelt, strlen(spelt), &why), "%s", text);
    cr_expect(strstr(why.text, reason), "%s: %s", text, why.text);
    inventory_free(&inventory);
    free(spelt);
}

/* "@0 @1: a b", as the text of a host. */
static void check_host(const struct inventory *inventory, const char *name, const char *expected)
{
    char found[1024] = "";
    const struct inventory_host *host = inventory_host(inventory, name);
    cr_assert_not_null(host, "%s", name);
    for (size_t i = 0; i < host->recipient_count; i++) {
        char text[AGE_RECIPIENT_MAX];
        cr_assert(recipient_format(host->recipients[i], text));
        size_t key = 0;
        while (key < 4 && strcmp(keys[key], text) != 0)
            key++;
        snprintf(found + strlen(found), sizeof found - strlen(found), "@%zu ", key);
    }
    for (size_t i = 0; i < host->profile_count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s ", host->profiles[i]);
    cr_expect_str_eq(found, expected);
}

Test(inventory, is_read)
{
    struct inventory inventory =
        parse("# a fleet\n[web-1.example.org]\nrecipients = @1\nprofiles = common, app\n\n[fleet]\n"
              "documents = d\noutput = /o\nidentity = file:x\nsigning-key = k\nstate = s\nrecipients = @0\n"
              "[DB_2]\nprofiles = db\n  common\n\tother,x\nrecipients = @2, @3\n  @2\n");
    cr_expect_eq(inventory.host_count, 2);
    check_host(&inventory, "web-1.example.org", "@0 @1 common app ");
    check_host(&inventory, "DB_2", "@0 @2 @3 db common other x ");
    cr_expect_null(inventory_host(&inventory, "fleet"));
    cr_expect_null(inventory_host(&inventory, "web-1"));
    static const char *const settings[INVENTORY_SETTINGS] = {"d", "/o", "file:x", "k", "s"};
    for (size_t i = 0; i < INVENTORY_SETTINGS; i++)
        cr_expect_str_eq(inventory.settings[i], settings[i]);
    inventory_free(&inventory);
}

Test(inventory, needs_no_fleet_section)
{
    struct inventory inventory = parse("[a]\nrecipients = @1\nprofiles = p\n");
    check_host(&inventory, "a", "@1 p ");
    cr_expect_null(inventory.settings[INVENTORY_OUTPUT]);
    inventory_free(&inventory);
}

Test(inventory, has_each_recipient_of_a_host_once)
{
    struct inventory inventory =
        parse("[fleet]\nrecipients = @0 @1\n[a]\nrecipients = @1 @2 @2 @0\nprofiles = p\n");
    check_host(&inventory, "a", "@0 @1 @2 p ");
    inventory_free(&inventory);
}

Test(inventory, that_makes_no_sense_is_refused)
{
    check_refused("", "no hosts");
    check_refused("[fleet]\noutput = x\n", "no hosts");
    check_refused("recipients = @0\n", "line 1: a line before the first section");
    check_refused("[a]\nrecipients = @0\n", "line 1: [a] has no profiles");
    check_refused("[a]\nprofiles = p\n", "line 1: [a] has no recipients");
    check_refused("[fleet]\nrecipients = @0\n[a]\nprofiles = p\n", "line 3: [a] has no recipients");
    check_refused("[a]\nrecipients = @0\nprofiles =\n", "[a] has no profiles");
    check_refused("[a]\nrecipients = @0\nprofiles = p\n[a]\n", "line 4: [a] for the second time");
    check_refused("[fleet]\n[fleet]\n", "line 2: [fleet] for the second time");
    check_refused("[a]\nrecipients = @0\nrecipients = @1\n", "line 3: recipients for the second time");
    check_refused("[a]\nprofiles = p\nprofiles = q\n", "line 3: profiles for the second time");
    check_refused("[fleet]\noutput = a\noutput = b\n", "line 3: output for the second time");
    check_refused("[fleet]\noutput =\n", "line 2: output: empty");
    check_refused("[fleet]\nprofiles = p\n", "line 2: documents, output, identity");
    check_refused("[a]\noutput = p\n", "line 2: recipients or profiles is wanted");
    check_refused("[fleet]\noutput = p\n  q\n", "line 3: an indented line that goes on with no list");
    check_refused("[a]\nrecipients = age1nothing\n", "line 2: ");
    check_refused("[a]\nrecipients = @0\n  AGE-SECRET-KEY-1QQ\n", "line 3: ");
    check_refused("[a]\nprofiles = p q/r\n", "line 2: a profile's name is letters");
}

Test(inventory, name_of_a_host_is_a_name_for_a_directory)
{
    static const char *const bad[] = {"..", ".a", "-a", "a/b", "a b", "a\\b", "_a", "a\x01", "\xc3\xa4"};
    struct reason why;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        snprintf(text, sizeof text, "[%s]\n", bad[i]);
        check_refused(text, "line 1: a host's name is letters, digits");
        cr_expect_not(inventory_check_host(bad[i], &why));
    }
    cr_expect_not(inventory_check_host("", &why));
    cr_expect_not(inventory_check_host("fleet", &why));
    cr_expect_not(inventory_check_host("h2345678901234567890123456789012345678901234567890", &why));
    cr_expect(inventory_check_host("h234567890123456789012345678901234567890123456789", &why));
    cr_expect(inventory_check_host("0a.B-c_d", &why));
}

Test(inventory, limits_are_held)
{
    char text[INVENTORY_PROFILES_MAX * 4 + 128] = "[a]\nrecipients = @0\nprofiles =";
    for (size_t i = 0; i < INVENTORY_PROFILES_MAX; i++)
        strcat(text, " p");
    struct inventory inventory = parse(text);
    cr_expect_eq(inventory_host(&inventory, "a")->profile_count, INVENTORY_PROFILES_MAX);
    inventory_free(&inventory);
    strcat(text, " p");
    check_refused(text, "line 3: more than 256 profiles");
    struct reason why;
    cr_expect_not(inventory_parse(&inventory, "", (size_t)INVENTORY_MAX + 1, &why));
    cr_expect(strstr(why.text, "above"), "%s", why.text);
    inventory_free(&inventory);
}
