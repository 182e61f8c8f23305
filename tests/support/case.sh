# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Tests as the suites in shell have them, one line each. Read by those of tests/emulated, tests/package and tests/systemd,
# on the host or within what they run in. case_folder: where a test has its folder; case_mode: the folder's.
: "${case_folder:=${TMPDIR:-/tmp}}" "${case_mode:=755}"

# check NAME COMMAND…: one test, in a folder of its own and under set -e; what it prints is told if it fails.
check() {
    inside=$1 # the name of the test
    shift
    work=$(mktemp -d "$case_folder/secrun-case.XXXXXX")
    chmod "$case_mode" "$work"
    (
        cd "$work" || exit 1
        set -e
        "$@"
    ) >"$work.log" 2>&1
    # Not as a condition, which would switch set -e off.
    # shellcheck disable=SC2181
    if [ $? -eq 0 ]; then
        echo "ok - $inside"
    else
        echo "not ok - $inside"
        sed 's/^/#   /' "$work.log"
    fi
    rm -rf "$work" "$work.log"
}

# Fails the test.
fail() {
    echo "$*"
    exit 1
}
