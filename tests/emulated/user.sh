#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs what goes under qemu's user emulation (cases/user.sh), which is fast, and closes with a line that counts the
# tests. usage: tests/emulated/user.sh aarch64
set -eu
cd "$(dirname "$0")/../.."
machine=$1
# shellcheck source=tests/support/count.sh
. tests/support/count.sh
log=build/$machine/user.log
"${MAKE:-make}" -s "cross-$machine"
TIME_LIMIT=${SECRUN_GUEST_SECONDS:-900} tests/emulated/enter.sh "$machine" /bin/sh /opt/tests/emulated/cases/user.sh >"$log" 2>&1 || true
cat "$log"
count_tests "$machine" "$log" 'user: end' 'user emulation'
