#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes build/containers/tree, a small Debian tree, of which bed.sh makes the base images. The packages come from where
# apt takes this machine's. Must be root, since the tree's files have to be root's; sees no secret.
# usage: tests/containers/tree.sh
set -eu
umask 022
cd "$(dirname "$0")/../.."
suite=bookworm
base=$PWD/build/containers
[ ! -e "$base/tree.done" ] || exit 0

mirror=$(apt-get indextargets --format "\$(RELEASE) \$(REPO_URI)" 'Created-By: Packages' | sed -n "s/^$suite //p" | head -n 1)
[ -n "$mirror" ] || {
    echo "tree: apt knows of no source for $suite" >&2
    exit 1
}
proxy=
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[ -z "$proxy" ] || export http_proxy="$proxy"

echo "tree: unpacking Debian $suite"
rm -rf "$base/tree"
mkdir -p "$base"
unshare --mount debootstrap --variant=minbase "$suite" "$base/tree" "$mirror" >"$base/tree.log" 2>&1 || {
    tail -n 20 "$base/tree.log" >&2
    exit 1
}
# As in Debian's own images: nothing is kept of what apt fetched, no service is started.
rm -rf "$base"/tree/var/cache/apt/archives/*.deb "$base"/tree/var/lib/apt/lists/* "$base"/tree/var/log/*.log
printf '#!/bin/sh\nexit 101\n' >"$base/tree/usr/sbin/policy-rc.d"
chmod 755 "$base/tree/usr/sbin/policy-rc.d"
[ -z "$proxy" ] || echo "Acquire::http::Proxy \"$proxy\";" >"$base/tree/etc/apt/apt.conf.d/proxy"
: >"$base/tree.done"
