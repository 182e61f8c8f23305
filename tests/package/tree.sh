#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes build/package/tree, a small Debian with the libraries that the package depends on, as debootstrap leaves it.
# Must be root, since its files have to be root's; sees no secret. usage: tests/package/tree.sh
set -eu
umask 022
cd "$(dirname "$0")/../.."
include=libsodium23,libbsd0,libinih1,libjansson4
base=$PWD/build/package
[ "$(cat "$base/packages" 2>/dev/null)" != "$include" ] || exit 0

# From where apt takes this machine's own.
# shellcheck disable=SC2016 # apt's
site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
echo "package: making a Debian tree"
rm -rf "$base/tree" "$base/packages"
mkdir -p "$base"
chown --reference=. build "$base" # what the tests build is whoever's runs them
debootstrap --variant=minbase --include="$include" bookworm "$base/tree" "${site:-http://deb.debian.org/debian}" \
    >"$base/debootstrap.log" 2>&1 || {
    tail -n 20 "$base/debootstrap.log" >&2
    exit 1
}
rm -rf "$base"/tree/var/cache/apt/archives/*.deb "$base"/tree/var/lib/apt/lists/*
echo 'tester:x:54321:54321::/home/tester:/bin/sh' >>"$base/tree/etc/passwd"
echo 'tester:x:54321:' >>"$base/tree/etc/group"
printf '%s' "$include" >"$base/packages"
