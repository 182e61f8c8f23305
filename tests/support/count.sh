# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# The closing line of a suite in shell. Read on the host by those of tests/emulated, tests/package and tests/systemd.

# count_tests SUITE LOG LINE WHAT: says how many tests the log tells of, and one more that failed unless the line LINE
# is in it: WHAT came to no end. False unless there were tests, and none failed.
count_tests() {
    tests=$(grep -caE '^(not )?ok ' "$2") || true
    failed=$(grep -ca '^not ok ' "$2") || true
    if ! grep -qax "$3" "$2"; then
        echo "not ok - $1: $4 came to no end"
        tests=$((tests + 1)) failed=$((failed + 1))
    fi
    echo "$1: $tests tests, $failed failed"
    [ "$failed" -eq 0 ] && [ "$tests" -gt 0 ]
}
