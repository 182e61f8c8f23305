#!/bin/sh
# SPDX-License-Identifier: ISC
# Yama's ptrace_scope, from 0 to 3, which stays until the next boot. It says who may trace, and so who may
# inject; preload does not ask.
# shellcheck source=/dev/null
. /opt/tests/emulated/guest.sh
prepare

arrives() {
    expect 0 "$@" TOKEN
    grep -qa "$VALUE" out || fail "$(cat out err)"
}

refused() {
    expect 125 "$@" TOKEN
    [ ! -s out ] || fail "$(cat out)"
    grep -q '^secrun: .*kernel.yama.ptrace_scope' err || fail "$(cat err)"
}

for scope in 0 1 2 3; do
    echo $scope >/proc/sys/kernel/yama/ptrace_scope
    check "yama: scope $scope is set" [ "$(cat /proc/sys/kernel/yama/ptrace_scope)" = $scope ]
    check "yama: preload under scope $scope for root" arrives root -- printenv
    check "yama: preload under scope $scope for an ordinary user" arrives tester -- printenv
    case $scope in
    0 | 1) as_root=arrives as_tester=arrives ;;
    2) as_root=arrives as_tester=refused ;; # CAP_SYS_PTRACE is asked for
    3) as_root=refused as_tester=refused ;;
    esac
    check "yama: inject under scope $scope for root: $as_root" "$as_root" root -- show-static
    check "yama: inject under scope $scope for an ordinary user: $as_tester" "$as_tester" tester -- show-static
done
