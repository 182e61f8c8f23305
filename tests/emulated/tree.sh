#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes build/emulated/MACHINE/tree, a Debian tree of that machine: the sysroot to build against, and the root
# to run the result in; and boot/vmlinuz and boot/config in it, Debian's own kernel. The packages come from
# where apt takes this machine's, with a state of their own: nothing is installed here, no package's script
# runs. Must be root, since the tree's files have to be root's; sees no secret.
# usage: tests/emulated/tree.sh aarch64|x86_64
set -eu
umask 022
cd "$(dirname "$0")/../.."

packages='
base-files base-passwd libc-bin dash bash coreutils sed grep mawk findutils diffutils util-linux mount procps
libcap2-bin bsdutils busybox age perl-base apparmor
gcc binutils musl-tools perl python3 gawk lua5.4 zsh
libc6-dev linux-libc-dev libsodium-dev libbsd-dev libinih-dev libjansson-dev libcriterion-dev
'
machine=${1-}
case $machine in
aarch64) debian=arm64 ;;
x86_64) debian=amd64 ;;
*)
    echo "usage: tests/emulated/tree.sh aarch64|x86_64" >&2
    exit 2
    ;;
esac

base=$PWD/build/emulated/$machine
tree=$base/tree
# shellcheck disable=SC2086 # a list of words
packages=$(printf '%s ' $packages)
[ "$(cat "$base/packages" 2>/dev/null)" != "$packages" ] || exit 0
echo "tree: unpacking Debian's $debian packages"
rm -rf "$base/tree" "$base/packages" "$base/tree.cpio" "$base/state" "$base/cache"
mkdir -p "$base/state/lists/partial" "$base/cache/archives/partial" "$tree"
: >"$base/state/status"
cat >"$base/apt.conf" <<END
APT::Architecture "$debian";
APT::Architectures "$debian";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Post-Invoke-Success "";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Dir::State "$base/state";
Dir::State::status "$base/state/status";
Dir::Cache "$base/cache";
Dpkg::Use-Pty "false";
END
export APT_CONFIG="$base/apt.conf"
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -qq -y --download-only $packages >"$base/apt.log" 2>&1 || {
    cat "$base/apt.log" >&2
    exit 1
}
kernel=$(apt-cache depends --important "linux-image-$debian" | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | tail -n 1)
(cd "$base/cache/archives" && apt-get download -qq "$kernel" busybox-static)

# The merged /usr first: dpkg-deb -x would put folders in the place of these links.
mkdir -p "$tree/usr/bin" "$tree/usr/sbin" "$tree/usr/lib"
ln -s usr/bin usr/sbin usr/lib "$tree"
for package in "$base"/cache/archives/*.deb; do
    case ${package##*/} in
    linux-image-*) set -- ./boot ;;
    busybox-static_*) set -- --transform='s,/busybox$,/busybox-static,' ./bin/busybox ;; # beside the dynamic one
    *) set -- --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale ;;
    esac
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$tree" "$@"
done
mv "$tree"/boot/vmlinuz-* "$tree/boot/vmlinuz"
mv "$tree"/boot/config-* "$tree/boot/config"
rm -rf "$base/cache" "$base/state"

# What the packages' scripts would have done.
mkdir "$tree/opt"
ln -sf mawk "$tree/usr/bin/awk"
[ ! -e "$tree/usr/bin/gcc" ] || ln -sf gcc "$tree/usr/bin/cc"
cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd"
cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group"
echo 'tester:x:54321:54321::/tmp:/bin/sh' >>"$tree/etc/passwd"
echo 'tester:x:54321:' >>"$tree/etc/group"
chmod -R a+rX "$tree" # whoever makes the guest has to read it
printf '%s' "$packages" >"$base/packages"
