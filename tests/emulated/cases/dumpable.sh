#!/bin/sh
# SPDX-License-Identifier: ISC
# With fs.suid_dumpable = 1, which is the whole system's, a process that becomes another user can be looked into by
# that user's other processes from then on. secrun holds secrets when it does that (-u).
# shellcheck source=/dev/null
. /opt/tests/emulated/guest.sh
prepare
echo 1 >/proc/sys/fs/suid_dumpable
echo 0 >/proc/sys/kernel/yama/ptrace_scope

# watched NAME COMMAND…: what another process of the tester sees of it, from before it starts.
watched() {
    name=$1
    shift
    rm -f gate
    mkfifo gate
    (
        read -r _ <gate
        exec "$@"
    ) >run 2>&1 &
    pid=$!
    setpriv --reuid=54321 --regid=54321 --clear-groups peek watch "$name" "$pid" >seen &
    watcher=$!
    echo >gate
    wait "$pid" || fail "$*: $(cat run)"
    wait "$watcher"
    cat seen
}

is_open() {
    seen=$(watched "$@")
    [ "$seen" = open ] || fail "$seen"
}

is_shut() {
    for _ in $(seq 60); do
        seen=$(watched "$@")
        [ "$seen" = shut ] || fail "$seen"
    done
}

check "suid_dumpable: a process that becomes another user is open to that user" is_open peek peek naive true
check "suid_dumpable: secrun is not, when it becomes one" is_shut secrun secrun -d /tmp/store.root -u 54321:54321 -- true
check "suid_dumpable: nor when it injects" is_shut secrun secrun -d /tmp/store.root -u 54321:54321 --delivery inject -- true
echo 0 >/proc/sys/fs/suid_dumpable
