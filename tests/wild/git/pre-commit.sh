#!/bin/sh
# SPDX-License-Identifier: ISC
# Refuses a commit that holds the key, which it has to know for that.
../../digest.sh pre-commit
[ -n "$KEY" ] || exit 1
git diff --cached >.git/staged
if printf '%s\n' "$KEY" | grep -qFf - .git/staged; then # printf is the shell's own: no argument of a process
    echo "pre-commit: a commit with the key in it"
    exit 1
fi
