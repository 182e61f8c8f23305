# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What the tests of the package expect, behind tests/support/case.sh. Read by run.sh, and by cases.sh in the tree.

# none COMMAND…: fails the test if the command finds something.
none() {
    if "$@"; then
        fail "this was not to find anything: $*"
    fi
}

# same WHAT IS TO-BE: fails the test unless both are the same text.
same() {
    [ "$2" = "$3" ] || fail "$1:
is     $2
to be  $3"
}
