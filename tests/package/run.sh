#!/bin/sh
# SPDX-License-Identifier: ISC
# The Debian package: builds it, looks at it, builds it again elsewhere, and in a Debian tree (tree.sh) installs,
# upgrades, removes and purges it (cases.sh). Closes with a line that counts the tests. Needs root for the tree, and
# becomes it there; all that it mounts is its own. usage: tests/package/run.sh
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
make=${MAKE:-make}
base=$top/build/package
version=$(sed -n 's/^VERSION := //p' Makefile)
arch=$(dpkg --print-architecture)
first=$base/first
next=$base/next
unset DEB_BUILD_OPTIONS DEB_BUILD_PROFILES
# shellcheck source=tests/support/case.sh
. tests/support/case.sh
# shellcheck source=tests/support/count.sh
. tests/support/count.sh
# shellcheck source=tests/package/check.sh
. tests/package/check.sh

# build_package DIRECTORY VERSION: with the tests that it has.
build_package() {
    rm -rf "$1"
    "$make" -C "$top" deb DEB="$1" VERSION="$2" >"$1.log" 2>&1 || {
        tail -n 30 "$1.log"
        exit 1
    }
    grep -q 'Passing: [1-9]' "$1.log" || fail "the tests did not run"
    [ -s "$1/secrun_$2_$arch.deb" ]
}

passes_lintian() {
    # What it says besides is for people to look at.
    lintian --allow-root -i -I --pedantic --fail-on error,warning "$first/secrun_${version}_$arch.changes" >told 2>&1 || {
        cat told
        exit 1
    }
    none grep '^[EW]:' told
    # An override that stands for nothing is one too many.
    none grep 'unused-override\|mismatched-override' told
}

# Is every byte the same, where hardly anything else is? As another user, if there is one to be.
is_reproducible() {
    there=$(mktemp -d "${TMPDIR:-/tmp}/elsewhere.XXXXXX")
    trap 'rm -rf "$there"' EXIT
    chmod 755 "$there"
    tree=$there/a/path/that-is-longer/secrun
    (cd "$top" && umask 077 && .debian/export.sh "$version" "$tree")
    as_other=
    if [ "$(id -u)" = 0 ]; then
        chown -R 65534:65534 "$there"
        as_other='setpriv --reuid=65534 --regid=65534 --clear-groups'
    fi
    (
        cd "$tree"
        umask 027
        $as_other env -i PATH="$PATH" HOME="$there" TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 LANGUAGE=tr USER=other \
            DEB_BUILD_OPTIONS='nocheck parallel=1' DEB_BUILD_PROFILES=nocheck dpkg-buildpackage -us -uc -b
    ) >log 2>&1 || {
        tail -n 30 log
        exit 1
    }
    for file in "$first"/*.deb; do
        cmp "$file" "$there/a/path/that-is-longer/${file##*/}" || fail "${file##*/} differs"
    done
    set -- "$first"/*.deb
    [ $# -eq 2 ] || fail "not the package and its symbols: $*"
}

# Without dpkg's flags, which would see to it by themselves.
builds_the_same_anywhere() {
    (cd "$top" && .debian/export.sh "$version" "$PWD/build/package/plain")
    cp -R "$base/plain" "$work/other-place"
    (cd "$base/plain" && "$make" -s PREFIX=/usr CFLAGS='-O2 -g')
    # The other order, as far as make lets one choose it.
    (cd other-place && umask 077 && TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 "$make" -s -j 2 PREFIX=/usr CFLAGS='-O2 -g' BUILD=build)
    for file in secrun secrunctl secrun.so; do
        cmp "$base/plain/build/$file" "other-place/build/$file" || fail "$file differs"
        none grep -a "$base\|$work" "other-place/build/$file"
    done
}

# shellcheck disable=SC2016 # dpkg's
# What the linker reads of archives, against what the package says.
names_what_is_linked_in() {
    tree=$first/secrun-$version
    rm "$tree/build/secrun"
    (cd "$tree" && "$make" -s PREFIX=/usr VERSION="$version" LDFLAGS=-Wl,--trace build/secrun) >trace
    grep -oE '/[^ ()]*\.a' trace | sort -u | xargs -n 1 readlink -f | xargs dpkg -S | sed 's/: .*//' | sort -u |
        xargs dpkg-query -W -f '${source:Package} (= ${source:Version})\n' | LC_ALL=C sort -u >linked
    dpkg-deb -f "$first/secrun_${version}_$arch.deb" Static-Built-Using | sed 's/, */\n/g' | LC_ALL=C sort >said
    [ "$(wc -l <linked)" -ge 5 ]
    diff said linked
}

honours_options() {
    rm -rf "$base/options"
    DEB_BUILD_OPTIONS='nocheck noopt nostrip nodoc noautodbgsym parallel=1' DEB_BUILD_PROFILES='nocheck nodoc' \
        "$make" -C "$top" deb DEB="$base/options" VERSION="$version" >log 2>&1 || {
        tail -n 30 log
        exit 1
    }
    file=$base/options/secrun_${version}_$arch.deb
    none grep 'build/unit' log
    grep -q -- ' -O0 .*launcher/run/secrun\.c$' log || fail "noopt: optimized"
    none grep 'make.* -j[ 0-9]*[2-9]' log
    [ ! -e "$base/options/secrun-dbgsym_${version}_$arch.deb" ] || fail "noautodbgsym: symbols were packed"
    dpkg-deb -x "$file" options
    readelf -SW options/usr/bin/secrun | grep -q ' \.debug_info ' || fail "nostrip: stripped"
    [ ! -e options/usr/share/man ] || fail "nodoc: manual pages"
    same "nodoc: documents" "$(ls options/usr/share/doc/secrun)" "README.Debian
changelog.gz
copyright"
    # And by default they are otherwise.
    dpkg-deb -x "$first/secrun_${version}_$arch.deb" default
    readelf -SW default/usr/bin/secrun | none grep ' \.debug_info '
    [ -s default/usr/share/man/man1/secrun.1.gz ]
}

has_what_make_install_installs() {
    "$make" -s -C "$top" install BUILD="$base/plain/build" PREFIX=/usr DESTDIR="$PWD/root" >/dev/null
    dpkg-deb -x "$first/secrun_${version}_$arch.deb" package
    # The package packs documents, knows where Debian's zsh looks, and adds what Debian wants.
    (cd root && find . -type f | sed 's,zsh/site-functions,zsh/vendor-completions,') | sort >installed
    (cd package && find . -type f | sed 's/\.gz$//' |
        grep -vE '/doc/secrun/(changelog|copyright|README.Debian)$|/lintian/') | sort >packed
    diff installed packed
    same "owner and mode of /etc/secrun" \
        "$(dpkg-deb -c "$first/secrun_${version}_$arch.deb" | sed -n 's, .* \(\./etc/secrun/\)$, \1,p')" 'drwx------ ./etc/secrun/'
    dpkg-deb -c "$first/secrun_${version}_$arch.deb" | none grep -v ' root/root '
}

# With what others have in the same directories, and with a prefix of its own.
uninstall_leaves_nothing() {
    mkdir -p root/opt/bin root/opt/lib root/opt/share/man/man1 root/opt/share/fish/vendor_completions.d root/opt/share/doc/other
    echo other | tee root/opt/bin/other root/opt/share/man/man1/other.1 root/opt/share/fish/vendor_completions.d/other.fish \
        root/opt/share/doc/other/README >/dev/null
    (cd root && find . -printf '%y %m %p\n' | sort) >before
    "$make" -s -C "$top" install BUILD="$work/build" PREFIX=/opt DESTDIR="$PWD/root" >/dev/null
    (cd root && find . -printf '%y %m %p\n' | sort) >between
    [ "$(comm -13 before between | grep -c '^f')" -ge 20 ]
    "$make" -s -C "$top" uninstall BUILD="$work/build" PREFIX=/opt DESTDIR="$PWD/root"
    (cd root && find . -printf '%y %m %p\n' | sort) >after
    diff before after
}

mkdir -p "$base"
set +e # a test that fails is told, and the next is run
{
    check 'package: is built, and passes its tests' build_package "$first" "$version"
    check 'package: is built in a higher version' build_package "$next" "$version+next"
    check 'package: has nothing that lintian complains about' passes_lintian
    check 'package: is the same, to the byte, from elsewhere' is_reproducible
    check 'make: builds the same anywhere' builds_the_same_anywhere
    check 'package: names what is linked into it' names_what_is_linked_in
    check 'package: honours DEB_BUILD_OPTIONS' honours_options
    check 'package: has what make install installs' has_what_make_install_installs
    check 'make: uninstall leaves nothing, and takes nothing of others' uninstall_leaves_nothing
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root unshare --mount --pid --fork --kill-child tests/package/enter.sh "$first" "$next" "$base/options" || true
} | tee "$base/log"

count_tests package "$base/log" 'tree: end' 'the tests in the tree'
