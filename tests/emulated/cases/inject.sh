#!/bin/sh
# SPDX-License-Identifier: ISC
# Delivery by inject to what no preload reaches.
# shellcheck source=/dev/null
. /opt/tests/emulated/guest.sh
prepare

for who in root tester; do
    check "inject: a static C program of $who's" check_target $who show-static
    check "inject: a static position-independent C program of $who's" check_target $who show-static-pie
    check "inject: a static C program of $who's, with musl" check_target $who show-static-musl
    check "inject: a Go program of $who's" check_target $who show-go-static
    check "inject: static busybox of $who's" check_target $who busybox-static sh /opt/tests/runtimes/show.sh
    for program in show-static show-static-pie show-go-static; do
        check "inject: a signal to $program of $who's" check_signal $who "$program"
    done
    check "inject: the exit status is the target's, run by $who" expect 7 $who -- busybox-static sh -c 'exit 7'
    check "inject: death by a signal is the target's, run by $who" expect 137 $who -- busybox-static sh -c 'kill -KILL "$$"'
done
for program in show-static show-static-pie show-go-static; do
    check "inject: $program is shielded from its user" check_shielded "$program"
done

# As process 1 of a namespace it is who orphans come to, so that nobody else would clear a helper away.
process_1() {
    # shellcheck disable=SC2016 # the target's own variables
    unshare --pid --fork --mount-proc setpriv --reuid=54321 --regid=54321 --clear-groups \
        secrun -d /tmp/store.tester -- busybox-static sh -c 'echo "$$ $TOKEN"; sleep 1; ps -o pid,stat,args' >out 2>err
    cat out err
    [ "$(head -n 1 out)" = "1 $VALUE" ]
    ! grep -q ' Z' out
    [ "$(grep -c '^ *[0-9]' out)" -le 3 ] # the line above, the shell, ps
}
check 'inject: as process 1 of a namespace' process_1

many() {
    for _ in $(seq 50); do
        expect 0 tester -- show-static TOKEN
        holds_record "look TOKEN=$VALUE" || fail "$(cat out err)"
    done
}
check 'inject: fifty times in a row' many
