#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes build/systemd/tree, a Debian tree with a real systemd, whose programs are this machine's; it is kept as long
# as the list of packages stays. Must be root, since the tree's files have to be root's; sees no secret.
# usage: tests/systemd/bed.sh
set -eu
umask 022
cd "$(dirname "$0")/../.."

# systemd and what it talks to; what the example units run; the TPM; what secrun's package depends on, and what the
# cases look with.
packages='
systemd systemd-sysv dbus libtss2-esys-3.0.2-0 libdw1
nodejs python3 perl-base busybox-static
swtpm tpm2-tools libtss2-tcti-swtpm0
age libsodium23 libjansson4 libbsd0 libinih1
procps libcap2-bin
'
bed=$PWD/build/systemd
# shellcheck disable=SC2086 # a list of words
packages=$(printf '%s,' $packages)
packages=${packages%,}
[ "$(cat "$bed/packages" 2>/dev/null)" != "$packages" ] || exit 0
# From where apt takes this machine's packages.
# shellcheck disable=SC2016 # apt's own names
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Component: main' 'Created-By: Packages' | head -n 1)
echo "bed: unpacking Debian's packages"
rm -rf "$bed/tree" "$bed/packages"
mkdir -p "$bed"
chown --reference=. build "$bed" # what the tests build is whoever's runs them
# In a mount namespace: what is mounted in the tree meanwhile is gone afterwards.
unshare --mount --propagation private \
    debootstrap --variant=minbase --include="$packages" bookworm "$bed/tree" "${mirror:-http://deb.debian.org/debian}" >"$bed/debootstrap.log" 2>&1 || {
    tail -n 20 "$bed/debootstrap.log" "$bed/tree/debootstrap/debootstrap.log" >&2 || true
    exit 1
}
# Only unpacked: its script would set this machine's kernel.core_pattern.
rm -f "$bed"/systemd-coredump_*.deb
(cd "$bed" && apt-get -o APT::Sandbox::User=root download -qq systemd-coredump)
dpkg-deb --fsys-tarfile "$bed"/systemd-coredump_*.deb | tar -x --keep-directory-symlink -C "$bed/tree"
rm -f "$bed"/systemd-coredump_*.deb "$bed/tree/usr/lib/sysctl.d/50-coredump.conf"
# Not the machine's: the guest makes its own.
rm -rf "$bed/tree/var/cache/apt/archives" "$bed/tree/var/lib/apt/lists"
: >"$bed/tree/etc/machine-id"
printf '%s' "$packages" >"$bed/packages"
