/* SPDX-License-Identifier: ISC */
/*
 * The inventory of a fleet (secrun-fleet(5)): its hosts, to whom each one's file is sealed, and which
 * profiles it gets. Pure on (pointer, length); holds no secret.
 */
#ifndef SECRUN_INVENTORY_H
#define SECRUN_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "store/age.h"
#include "store/table.h"

enum { INVENTORY_MAX = 64 * 1024 * 1024 }; /* bytes of text */
enum { INVENTORY_RECIPIENTS_MAX = 64 };    /* of one host, those of the fleet among them */
enum { INVENTORY_PROFILES_MAX = 256 };     /* of one host */

/* What [fleet] can say. */
enum inventory_setting {
    INVENTORY_DOCUMENTS,   /* the directory of the documents */
    INVENTORY_OUTPUT,      /* the directory of the sealed files */
    INVENTORY_IDENTITY,    /* opens sealed documents */
    INVENTORY_SIGNING_KEY, /* signs what is sealed */
    INVENTORY_STATE,       /* what was sealed of what */
    INVENTORY_SETTINGS
};

struct inventory_host {
    char *name;                                /* owned */
    unsigned char (*recipients)[AGE_KEY_SIZE]; /* those of the fleet first, each once; owned */
    size_t recipient_count;
    char **profiles; /* owned, each of them too */
    size_t profile_count;
    size_t line;
};

struct inventory {
    char *settings[INVENTORY_SETTINGS]; /* NULL: not said; owned */
    struct inventory_host fleet;        /* the recipients of all hosts */
    struct inventory_host *hosts;       /* in the order of the text; owned */
    size_t host_count;
    struct table table; /* private: hosts by name */
};

/*
 * Reads an inventory. Errors ("line N: ..."): whatever ini_read refuses, a section or key that is given
 * twice or not known, a host's name that is none, a recipient or a profile's name that is none, a limit
 * above; a host without recipients or without profiles; no host. inventory_free is due whatever comes back.
 */
bool inventory_parse(struct inventory *inventory, const char *text, size_t size, struct reason *why);
void inventory_free(struct inventory *inventory);

/* NULL if there is none of that name. */
const struct inventory_host *inventory_host(const struct inventory *inventory, const char *name);

/* Letters, digits and ._- ; it begins with a letter or a digit, has at most INI_SECTION_MAX bytes, and is not
 * "fleet". So it is a safe name for a directory, too. */
bool inventory_check_host(const char *name, struct reason *why);

#endif
