#!/bin/sh
# SPDX-License-Identifier: ISC
# AppArmor, which may put a program into secure mode at its exec (Px): its loader then drops the shim without a
# word, and only whoever watches over the start knows. A program that stays in its domain (ix), or changes it
# without that (px), is as any other.
# shellcheck source=/dev/null
. /opt/tests/emulated/guest.sh
prepare

mkdir -p /tmp/domains
for name in stays changes cleans; do
    cp /opt/secrun/programs/show "/tmp/domains/$name"
    cp /opt/secrun/programs/show-static "/tmp/domains/$name-static"
done

# In the domain of an operator who confines secrun.
cat >/tmp/profiles <<'END'
abi <abi/3.0>,
profile secrun_confined /opt/secrun/bin/secrun {
  /** rwlkm,
  capability,
  ptrace,
  signal,
  unix,
  /tmp/domains/stays* ix,
  /tmp/domains/changes* px -> secrun_other,
  /tmp/domains/cleans* Px -> secrun_other,
}
profile secrun_other {
  /** rwlkmix,
  capability,
  ptrace,
  signal,
  unix,
}
END

arrives() {
    expect 0 "$@" TOKEN
    grep -qa "$VALUE" out || fail "$(cat out err)"
    [ ! -s err ] || fail "$(cat err)"
}

ended() {
    expect 125 "$@" TOKEN
    [ ! -s out ] || fail "$(cat out)"
    grep -q '^secrun: .*secure mode' err || fail "$(cat err)"
}

is_confined() {
    start sealed root /tmp/domains/stays
    # shellcheck disable=SC2154 # of start
    domain=$(cat "/proc/$pid/attr/current")
    [ "$domain" = 'secrun_confined (enforce)' ] || fail "$domain"
    children=$(ps -o pid=,stat=,args= --ppid "$pid") || true
    [ -z "$children" ] || fail "it has children: $children"
    finish
}

check "apparmor: is in this kernel" grep -q Y /sys/module/apparmor/parameters/enabled
check "apparmor: unconfined, the program has its secret" arrives root -- /tmp/domains/cleans
check "apparmor: the profiles are taken" apparmor_parser --config-file=/dev/null -r /tmp/profiles
check "apparmor: secrun and the program are confined, and nothing is left behind" is_confined
for who in root tester become; do
    check "apparmor: in its domain, $who's program has its secret" arrives $who -- /tmp/domains/stays
    check "apparmor: in another domain, $who's program has its secret" arrives $who -- /tmp/domains/changes
    check "apparmor: in secure mode, $who's program is ended" ended $who -- /tmp/domains/cleans
    check "apparmor: in secure mode, $who's program with no secret is not" expect 0 $who -o NONE -- /tmp/domains/cleans
    for name in stays changes cleans; do
        check "apparmor: injected into $who's static program ($name)" arrives $who -- /tmp/domains/$name-static
    done
done
apparmor_parser --config-file=/dev/null -R /tmp/profiles
