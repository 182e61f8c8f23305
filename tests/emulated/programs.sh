#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes the programs that a guest has, of those in tests/support/program.c; runs in that machine's tree (enter.sh).
set -eu
# Two at a time in about this order: what others are linked with comes long before them.
programs='
early.so early-musl.so
bare bare-musl bare-other launch show show-musl show-static show-static-pie show-static-musl user-preload.so busybox
changes changes-musl threads threads-musl signals signals-musl forks forks-musl spawns spawns-musl
shells shells-musl expansions expansions-musl target attacker without-call hidden hidden-musl
state fake-capsule spawner peek
early early-musl
'
# shellcheck disable=SC2086 # a list of words
printf '%s\n' $programs | xargs -P 2 -n 4 sh -c 'PROGRAMS="$*" /opt/run/programs' sh >/tmp/made 2>&1 || {
    cat /tmp/made
    exit 1
}
cp /usr/bin/busybox-static /opt/secrun/programs
