#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs what goes under qemu's user emulation (cases/user.sh), which is fast, and closes with a line that counts the
# tests. usage: tests/emulated/user.sh aarch64
set -eu
cd "$(dirname "$0")/../.."
machine=$1
log=build/$machine/user.log
"${MAKE:-make}" -s "cross-$machine"
TIME_LIMIT=${SECRUN_GUEST_SECONDS:-900} tests/emulated/enter.sh "$machine" /bin/sh /opt/tests/emulated/cases/user.sh >"$log" 2>&1 || true
cat "$log"
tests=$(grep -cE '^(not )?ok ' "$log") || true
failed=$(grep -c '^not ok ' "$log") || true
if ! grep -q '^user: end$' "$log"; then
    echo "not ok - $machine: user emulation came to no end"
    tests=$((tests + 1)) failed=$((failed + 1))
fi
echo "$machine: $tests tests, $failed failed"
[ "$failed" -eq 0 ] && [ "$tests" -gt 0 ]
