#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs a command as root in the Debian tree of a machine (tree.sh), with what was built for it (make.mk) in
# /opt. For another machine the kernel starts each program with qemu's user emulation, which binfmt_misc is told
# to do meanwhile. Needs root; all it mounts is its own, and no process outlives it. What the command leaves in
# /opt/secrun/programs is kept in build/MACHINE/root.
# usage: tests/emulated/enter.sh MACHINE COMMAND [ARG]…
set -eu
cd "$(dirname "$0")/../.."
machine=$1
tree=$PWD/build/emulated/$machine/tree
root=$PWD/build/$machine/root
binfmt=/proc/sys/fs/binfmt_misc

if [ -z "${SECRUN_ENTERED-}" ]; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    status=0
    $as_root env SECRUN_ENTERED="secrun-$machine-$$" TIME_LIMIT="${TIME_LIMIT-}" unshare --mount --pid --fork --kill-child "$0" "$@" || status=$?
    exit "$status"
fi
shift

mount --make-rprivate /
mount --bind "$tree" "$tree"
mount -t tmpfs -o mode=1777 tmp "$tree/tmp"
mount -t tmpfs -o mode=755 opt "$tree/opt"
umask 022
mkdir "$tree/opt/tests"
cp -R --preserve=mode,timestamps "$root/opt/." "$tree/opt"
mount --bind -o ro tests "$tree/opt/tests"
mount --rbind /dev "$tree/dev"
mount -t proc proc "$tree/proc"

name=
# shellcheck disable=SC2317 # called at the end
leave() {
    [ -z "$name" ] || echo -1 >"$binfmt/$name"
    [ ! -d "$tree/opt/secrun/programs" ] || cp -R --preserve=mode,timestamps "$tree/opt/secrun/programs" "$root/opt/secrun/"
    chown -R --reference="$root" "$root/opt"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM
if [ "$(uname -m)" != "$machine" ]; then
    modprobe -q binfmt_misc 2>/dev/null || true
    mount -t binfmt_misc binfmt_misc "$binfmt"
    # The head of a 64-bit little-endian program (2, a PIE: 3) for this machine.
    case $machine in
    aarch64) code='\xb7' ;;
    x86_64) code='\x3e' ;;
    esac
    magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00'$code'\x00'
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    name=$SECRUN_ENTERED
    # F: opened now, so that it needs not be in the tree. P: argv[0] is kept.
    printf '%s' ":$name:M::$magic:$mask:/usr/libexec/qemu-binfmt/$machine-binfmt-P:PF" >"$binfmt/register"
fi
status=0
env -i PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 SECRUN_STAGE=/opt/secrun ${TIME_LIMIT:+timeout "$TIME_LIMIT"} \
    chroot "$tree" "$@" || status=$?
exit $status
