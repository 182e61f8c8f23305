#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs a command where podman works as on any machine, whatever this one's cgroups and storage are: in mount and PID
# namespaces of its own, so that no container outlives it. Images are kept in build/containers, all else in memory; no
# container has a network. Must be root.
# usage: tests/containers/enter.sh COMMAND [ARG]…
set -eu
cd "$(dirname "$0")/../.."
if [ -z "${SECRUN_ENTERED-}" ]; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    status=0
    $as_root env SECRUN_ENTERED=1 SECRUN_STAGE="${SECRUN_STAGE-}" SECRUN_IMAGES="${SECRUN_IMAGES-}" unshare --mount --pid --mount-proc --fork --kill-child /usr/bin/tini -- "$0" "$@" || status=$?
    exit "$status"
fi

base=$PWD/build/containers
mkdir -p "$base/storage"
mount --make-rprivate /
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
# An overlay does not lie upon another one.
[ "$(stat -f -c %T "$base/storage")" != overlayfs ] || mount -t tmpfs storage "$base/storage"
# What podman knows of containers and secrets is forgotten each time.
for part in libpod secrets volumes; do
    mkdir -p "$base/storage/$part"
    mount -t tmpfs -o mode=700 "$part" "$base/storage/$part"
done
mkdir -p /run/containers /etc/containers
mount -t tmpfs -o mode=755 run /run/containers
mount -t tmpfs -o mode=755 etc /etc/containers
mkdir /run/containers/tmp
cat >/etc/containers/containers.conf <<END
[containers]
cgroups = "disabled"
netns = "none"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "crun"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "/run/containers/tmp"
END
cat >/etc/containers/storage.conf <<END
[storage]
driver = "overlay"
graphroot = "$base/storage"
runroot = "/run/containers/storage"
END
# No registry: an image is here, or is an error.
echo 'unqualified-search-registries = []' >/etc/containers/registries.conf
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >/etc/containers/policy.json
export BUILDAH_ISOLATION=chroot TMPDIR=/run/containers/tmp
# What a run that was killed has left.
podman ps --all --external --quiet | xargs -r podman rm --force >/dev/null
cd "$base/../.."
exec "$@"
