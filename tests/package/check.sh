# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What the tests of the package share: one that counts. Read by run.sh, and by cases.sh in the tree.

# check NAME COMMAND…: one test, in a folder of its own and under set -e; what it prints is told if it fails.
check() {
    name=$1
    shift
    work=$(mktemp -d "${TMPDIR:-/tmp}/secrun-package.XXXXXX")
    chmod 755 "$work"
    (
        cd "$work" || exit 1
        set -e
        "$@"
    ) >"$work.log" 2>&1
    # Not as a condition, which would switch set -e off.
    # shellcheck disable=SC2181
    if [ $? -eq 0 ]; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        sed 's/^/#   /' "$work.log"
    fi
    rm -rf "$work" "$work.log"
}

# Fails the test.
fail() {
    echo "$*"
    exit 1
}

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
