#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs cases.sh as root in a copy of the Debian tree (tree.sh), with the packages in /opt/packages. Is run in a mount
# and a process namespace of its own, so that no mount and no process outlives it.
# usage: unshare --mount --pid --fork --kill-child tests/package/enter.sh FIRST NEXT OPTIONS, directories with a package
set -eu
cd "$(dirname "$0")/../.."
tests/package/tree.sh
root=$PWD/build/package/root
mount --make-rprivate /
rm -rf --one-file-system "$root"
cp -a --reflink=auto build/package/tree "$root"
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mkdir -p "$root/opt/packages" "$root/opt/tests"
cp tests/package/*.sh tests/support/case.sh "$root/opt/tests"
for name in first next options; do
    cp "$1"/secrun_*.deb "$root/opt/packages/$name.deb"
    shift
done
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    chroot "$root" sh /opt/tests/cases.sh
