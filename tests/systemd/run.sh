#!/bin/sh
# SPDX-License-Identifier: ISC
# Boots a real systemd in a container (systemd-nspawn over the tree of bed.sh) with secrun installed, and runs the cases in
# it (tests/systemd/cases); closes with a line that counts the tests. Needs root. The tree stays as it is: what is
# installed and written goes to memory on top of it. The container has no network but its own loopback.
# usage: tests/systemd/run.sh [CASE]…
set -eu
cd "$(dirname "$0")/../.."
here=$PWD/build/systemd
# shellcheck source=tests/support/count.sh
. tests/support/count.sh

# A container that hangs is ended after that.
seconds=${SECRUN_GUEST_SECONDS:-600}

if [ -z "${SECRUN_ENTERED-}" ]; then
    make=${MAKE:-make}
    if [ "$(id -u)" = 0 ]; then as_root=; else as_root=sudo; fi
    mkdir -p "$here"
    rm -rf "$here/programs" "$here/results" "$here/deb"
    mkdir "$here/programs" "$here/results"
    "$make" -s deb DEB="$here/deb" DEB_BUILD_OPTIONS=nocheck >"$here/deb.log" 2>&1 || {
        tail -n 30 "$here/deb.log" >&2
        exit 1
    }
    cc -O1 -static -o "$here/programs/job" examples/job.c
    for program in examples/systemd/*.go; do
        name=$(basename "$program" .go)
        GO111MODULE=off CGO_ENABLED=0 GOCACHE=${GOCACHE:-$PWD/build/go} go build -o "$here/programs/$name" "$program"
    done
    # Processes in it are processes of this machine: in a control group of its own, they are nobody else's.
    status=0
    if [ -d /run/systemd/system ]; then
        set -- systemd-run --quiet --scope --property=Delegate=yes "$0" "$@"
    else
        set -- "$0" "$@"
    fi
    # shellcheck disable=SC2086 # nothing, or a word
    $as_root env SECRUN_ENTERED=1 SECRUN_GUEST_SECONDS="$seconds" unshare --mount --propagation private "$@" || status=$?
    exit "$status"
fi

group=secrun-test-$$
groups=
# shellcheck disable=SC2317 # called at the end
leave() {
    for folder in $groups; do
        # This shell is in it, and goes back to where it came from.
        echo $$ >"$(dirname "$folder")/cgroup.procs" || true
        # The last of the container's processes may be on their way out.
        turns=50
        until find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || [ "$turns" -eq 0 ]; do
            turns=$((turns - 1))
            sleep 0.1
        done
    done
}
trap leave EXIT
trap 'exit 1' HUP INT TERM
if [ ! -d /run/systemd/system ]; then
    for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
        case $(stat -f -c %T "$hierarchy") in
        cgroup2fs | cgroupfs)
            # That of this process, and a new one below it.
            line=$(findmnt -n -o FSTYPE,OPTIONS --target "$hierarchy")
            case $line in
            cgroup2*) own=$(sed -n 's/^0:://p' /proc/self/cgroup) ;;
            *) own=$(sed -n "s/^[0-9]*:\\(.*,\\)\\{0,1\\}\\(name=\\)\\{0,1\\}$(basename "$hierarchy")\\(,.*\\)\\{0,1\\}://p" /proc/self/cgroup) ;;
            esac
            mkdir "$hierarchy$own/$group" 2>/dev/null || continue
            echo $$ >"$hierarchy$own/$group/cgroup.procs" 2>/dev/null || { rmdir "$hierarchy$own/$group"; continue; }
            groups="$groups $hierarchy$own/$group"
            ;;
        esac
    done
fi

root=$here/root
mkdir -p "$root" "$here/top"
mount -t tmpfs -o mode=755,size=1g top "$here/top"
mkdir "$here/top/upper" "$here/top/work"
mount -t overlay -o "lowerdir=$here/tree,upperdir=$here/top/upper,workdir=$here/top/work" overlay "$root"
umask 022
cp "$here"/deb/secrun_*.deb "$root/opt/secrun.deb"
chroot "$root" dpkg --install /opt/secrun.deb >"$here/dpkg.log" 2>&1 || {
    cat "$here/dpkg.log" >&2
    exit 1
}
mkdir -p "$root/opt/tests" "$root/opt/results"
cp -R tests/systemd tests/support "$root/opt/tests"
cp -R tests/runtimes "$root/opt/tests"
cp -R examples README.md man/secrun.7 "$root/opt"
cp -R "$here/programs" "$root/opt/programs"
chown -R 0:0 "$root/opt"
chmod -R go-w "$root/opt"
cp tests/systemd/secrun-tests.service "$root/etc/systemd/system/"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../secrun-tests.service "$root/etc/systemd/system/multi-user.target.wants/"
printf '%s\n' "$@" >"$root/opt/cases"

# memfd_secret is not among the calls that nspawn grants; on a machine of its own it is there.
timeout --kill-after=10 "$seconds" systemd-nspawn --quiet --directory="$root" --machine="$group" --register=no --keep-unit --private-network \
    --system-call-filter=memfd_secret --bind="$here/results:/opt/results" --console=pipe --boot >"$here/console.log" 2>&1 </dev/null || true
log=$here/results/log
[ -s "$log" ] || tail -n 40 "$here/console.log"
cat "$log" || true
count_tests systemd "$log" 'systemd: end' 'the container'
