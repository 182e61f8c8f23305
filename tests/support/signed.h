/* SPDX-License-Identifier: ISC */
/* A store whose sealed file has to be signed, with keys of the real minisign(1). */
#ifndef SECRUN_TESTS_SIGNED_H
#define SECRUN_TESTS_SIGNED_H

/*
 * Fixture, with scratch_end: the store of ctl_begin, with ours.pub as its signer and ours.key as its
 * signing-key; FIRST is first in it. theirs.key is a key of somebody else. $PUB and $KEY name ours to a
 * shell, and the function `forge` puts a file in the place of ./secrets.age that anybody could have made,
 * since the recipient is public: FIRST is forged in it.
 */
void signed_begin(void);

/* In front of a shell's text that uses forge. */
#define FORGE                                                                                                \
    "forge() { printf '[default]\\nFIRST = forged\\n' | age -r \"$(age-keygen -y machine.key)\" "            \
    "-o forged.age && mv forged.age secrets.age; }\n"

/* The signing key takes no passphrase, and minisign nothing from a terminal. */
#define MINISIGN_SIGN "minisign -S -s \"$KEY\" </dev/null"

#endif
