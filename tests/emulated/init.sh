#!/bin/sh
# SPDX-License-Identifier: ISC
# Process 1 of a guest (run.sh): brings up what a system has, runs the cases that the kernel's command line names
# (secrun.cases=NAME,…; tests/emulated/cases), one `ok - …` or `not ok - …` a test, then a line that counts them.
PATH=/opt/secrun/bin:/usr/sbin:/usr/bin
HOME=/root LC_ALL=C.UTF-8 SECRUN_STAGE=/opt/secrun
export PATH HOME LC_ALL SECRUN_STAGE
umask 022
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t securityfs security /sys/kernel/security
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,ptmxmode=666 pts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs -o mode=755 run /run
ln -s /proc/self/fd /dev/fd
hostname guest

words=$(sed -n 's/.*secrun.cases=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ')
for name in $words; do
    setsid sh "/opt/tests/emulated/cases/$name.sh" </dev/null 2>&1 | tee -a /tmp/results
done
echo "guest: $(grep -cE '^(not )?ok ' /tmp/results) tests, $(grep -c '^not ok ' /tmp/results) failed"
busybox poweroff -f
