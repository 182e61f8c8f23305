# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# What an image tells: nothing of the keys, neither of the machine's.

layers() {
    podman save -q -o image.tar "$1"
    mkdir image
    tar -xf image.tar -C image
    cat image/* >bytes 2>/dev/null || true
    grep -qaF 'age-encryption.org/v1' bytes || fail 'the sealed file is not found in the layers'
    grep -qaF 'SECRUN_DIR=/etc/secrun' bytes || fail 'the configuration is not found'
    ! grep -qaFf $found bytes || fail 'it is in the image'
}

history() {
    podman history --no-trunc --format json "$1" >told
    podman inspect "$1" >>told
    grep -qF 'SECRUN_DIR=/etc/secrun' told || fail 'nothing is told'
    ! grep -qaFf $found told || fail 'it is told'
    ! grep -qF machine.key told || fail 'a layer has to do with the machine key'
}

# Only what it is to have.
contents() {
    container=$(podman create "$1" x)
    podman export "$container" | tar -t | grep -v '/$' | sort >files
    podman rm "$container" >/dev/null
    for file in etc/secrun/secrets.age etc/secrun/secrun.conf usr/bin/secrun usr/lib/secrun/secrun.so; do
        grep -qx "$file" files || fail "no $file"
    done
    ! grep -E '(^|/)(machine\.key|\.env|secrunctl)$' files || fail 'that should not be there'
    [ "$1" != go ] || [ "$(grep -cv '^\(etc/secrun/\|usr/\(bin\|lib\)/\)' files)" -le 6 ] || fail "more than its own: $(cat files)"
}

for image in $images; do
    check "$image: no layer holds a key" layers "$image"
    check "$image: neither history nor inspect tells one" history "$image"
    check "$image: it has what secrun takes, and nothing secret" contents "$image"
done
