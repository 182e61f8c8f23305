#!/bin/sh
# SPDX-License-Identifier: ISC
# Delivery by preload to what this machine runs.
# shellcheck source=/dev/null
. /opt/tests/emulated/guest.sh
prepare

for who in root tester; do
    check "preload: a C program of $who's" check_target $who show
    check "preload: a C program of $who's, with musl" check_target $who show-musl
    check "preload: dash of $who's" check_target $who dash /opt/tests/runtimes/show.sh
    check "preload: bash of $who's" check_target $who bash /opt/tests/runtimes/show.bash
    check "preload: busybox of $who's" check_target $who /usr/bin/busybox sh /opt/tests/runtimes/show.sh
    check "preload: a signal to a C program of $who's" check_signal $who show
done
check 'preload: a C program is shielded from its user' check_shielded show
check 'preload: the exit status is the target'\''s' expect 7 tester -- sh -c 'exit 7'

below() {
    expect 0 root -- sh -c 'dash -c "bash -c \"printenv TOKEN; cat /proc/self/environ >environ; true\"; true"; true'
    [ "$(cat out)" = "$VALUE" ] || fail "$(cat out err)"
    grep -qa VISIBLE=yes environ
    ! grep -qa "$VALUE" environ
}
check 'preload: three levels below it is there, and not in /proc' below

# Debian's 6.1 charges the secret memory of all of a user's processes together, as it is touched.
crowded() {
    # shellcheck disable=SC2016 # the target's own variables
    setpriv --reuid=54321 --regid=54321 --clear-groups prlimit --memlock="$1:$1" secrun -d /tmp/store.tester -- \
        sh -c 'echo "$TOKEN"; sh -c "sh -c \"printenv TOKEN; true\"; printenv TOKEN; true"; true' >out 2>err
    [ "$(sort -u out)" = "$VALUE" ] || fail "$(cat out err)"
    [ "$(wc -l <out)" -eq 3 ] || fail "$(cat out err)"
}
for limit in 0 4096 8192 12288; do
    check "preload: a tree of processes where $limit bytes may be locked" crowded $limit
done
