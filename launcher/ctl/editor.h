/* SPDX-License-Identifier: ISC */
/* A text in the operator's editor: a file in memory that only this user can read, wiped afterwards. */
#ifndef SECRUN_EDITOR_H
#define SECRUN_EDITOR_H

#include <stdbool.h>

#include "base/reason.h"
#include "base/secret.h"
#include "ctl/private_directory.h"
#include "ctl/signals.h"

struct editor {
    struct private_directory directory;
    struct signals signals; /* held from begin to end, so that none leaves the file behind */
    int caught;             /* the one that came, or 0 */
};

/* Makes the private directory. After true, editor_end is due, on every way out. */
bool editor_begin(struct editor *editor, struct reason *why);

/* Puts *text into a file there, runs $VISUAL, $EDITOR or vi on it, and replaces *text with what it holds
 * then. False if the editor failed or a signal came; *text is as it was then. */
bool editor_run(struct editor *editor, struct secret *text, struct reason *why);

/* Is there somebody to ask? */
bool editor_is_attended(void);

/* Asks whether to edit again. False for a no, for the end of input, and for a signal. */
bool editor_ask_again(struct editor *editor);

/* Wipes and removes whatever is in the directory, the editor's own files too, and the directory. A signal
 * that came meanwhile takes effect now. */
void editor_end(struct editor *editor);

#endif
