#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes stand-ins, of Debian's packages, for the images that the examples' Dockerfiles begin with, under the names that
# these give: there is no registry. Runs in enter.sh; sees no secret.
set -eu
base=build/containers

# The whole of a name that the Dockerfiles begin with.
name_of() {
    sed -n "s,^\(FROM\|ARG BASE=\) *\(docker.io/library/$1:[^ ]*\).*,\2,p; s,^ARG BASE=\(docker.io/library/$1:[^ ]*\)$,\1,p" \
        examples/docker/*/Dockerfile | sort -u
}

# bed NAME: from the Dockerfile on standard input, unless it was made from the very same.
bed() {
    cat >"$base/$1.new"
    if ! cmp -s "$base/$1.new" "$base/$1.bed" || ! podman image exists "localhost/bed/$1"; then
        echo "bed: $1"
        podman build -q -t "localhost/bed/$1" - <"$base/$1.new" >"$base/$1.log" 2>&1 || {
            tail -n 20 "$base/$1.log" >&2
            exit 1
        }
        mv "$base/$1.new" "$base/$1.bed"
    fi
    podman tag "localhost/bed/$1" "$(name_of "$1")"
}

# with PACKAGE…: Debian with these.
with() {
    echo 'FROM localhost/bed/debian'
    echo "RUN apt-get -qq update && apt-get install -qq -y --no-install-recommends $* && rm -rf /var/lib/apt/lists/*"
}

podman image exists localhost/bed/debian || {
    echo 'bed: debian'
    tar -C "$base/tree" -c . | podman import -q - localhost/bed/debian >/dev/null
}
podman tag localhost/bed/debian "$(name_of debian)"
with nodejs | bed node
with python3-minimal libpython3-stdlib | bed python
with golang-go | bed golang
# As in Alpine: a loader that is the library as well, busybox for all else. This busybox is a static one.
{
    with musl busybox-static | sed '1s/$/ AS build/'
    echo 'FROM scratch
COPY --from=build /usr/lib/@-linux-musl/libc.so /lib/ld-musl-@.so.1
COPY --from=build /bin/busybox /bin/busybox
RUN ["/bin/busybox", "mkdir", "-p", "/usr/bin", "/usr/sbin", "/sbin", "/tmp"]
RUN ["/bin/busybox", "--install", "/bin"]
RUN echo "root:x:0:0:root:/root:/bin/sh" >/etc/passwd; echo "root:x:0:" >/etc/group; chmod 1777 /tmp'
} | sed "s/@/$(uname -m)/g" | bed alpine
