#!/bin/sh
# SPDX-License-Identifier: ISC
# A kernel that gives out no secret memory: the secrets still arrive, unless policy asks for it.
# shellcheck source=/dev/null
. /opt/tests/emulated/guest.sh
prepare

arrives() {
    expect 0 "$1" -v -- printenv TOKEN
    [ "$(cat out)" = "$VALUE" ] || fail "$(cat out)"
    grep -q '^memory    locked private memory' err || fail "$(cat err)"
}
check 'fallback: the secret arrives for root' arrives root
check 'fallback: the secret arrives for an ordinary user' arrives tester

refused() {
    expect 125 "$1" -p strict -- printenv TOKEN
    [ ! -s out ]
    grep -q '^secrun: memfd_secret: ' err || fail "$(cat err)"
    grep -q '^secrun: hint: .*secretmem.enable=1' err || fail "$(cat err)"
}
check 'fallback: memory = secret refuses to run for root' refused root
check 'fallback: memory = secret refuses to run for an ordinary user' refused tester
