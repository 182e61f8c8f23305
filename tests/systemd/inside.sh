#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs the cases in the container: those that /opt/cases names, or all; one `ok - …` or `not ok - …` a test.
export HOME=/root LC_ALL=C.UTF-8
umask 022
cases=$(cat /opt/cases)
[ -n "$cases" ] || cases='readme units credentials failing sandbox tpm'
# Not "degraded" either: what is looked at is a system in order.
tries=0
until [ "$tries" -gt 100 ] || [ "$(systemctl list-jobs --no-legend | grep -vc secrun-tests)" -eq 0 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
for name in $cases; do
    setsid sh "/opt/tests/systemd/cases/$name.sh" </dev/null 2>&1
done
echo 'systemd: end'
