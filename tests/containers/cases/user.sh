# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# secrun -u: a container that starts as root, and a program that is not, and cannot reach the key.

as='secrun -p moltbot -u 1000:1000 --'
limited='--cap-drop ALL --cap-add SETUID --cap-add SETGID --security-opt no-new-privileges --read-only --read-only-tmpfs=false'
secret=machine.key,mode=0400

has_key_alone() {
    expect_key $limited --entrypoint "$(entry $as)" "$1" $(probe "$1") show MOLTBOT_API_KEY
    expect 0 $limited --entrypoint "$(entry $as)" "$1" $(probe "$1") read /run/secrets/machine.key
    grep -qi 'permission denied' out || fail "the key can be read: $(cat out)"
    expect 0 --entrypoint '[]' "$1" $(probe "$1") read /run/secrets/machine.key
    grep -q '^readable$' out || fail "what cannot be read is not there at all: $(cat out)"
    begin ready $limited --entrypoint "$(entry $as)" "$1" $(probe "$1") wait
    first=$(processes)
    for line in 'Uid:\t1000\t1000\t1000\t1000' 'Gid:\t1000\t1000\t1000\t1000' 'Groups:\t1000' 'CapEff:\t0000000000000000' 'CapPrm:\t0000000000000000'; do
        grep -qxP "$line ?" "/proc/$first/status" || fail "$line is not so: $(cat "/proc/$first/status")"
    done
    [ "$(stat -c %u "/proc/$first/environ")" = 0 ] || fail 'it is dumpable'
    check_proc
    check_inside 0
    check_inside 1000
    check_engine
    ! podman exec --user 1000 "$id" /probe/busybox cat /run/secrets/machine.key 2>/dev/null || fail 'another process of its user reads the key'
    end term
}

not_root() {
    # Where there is no /etc/passwd, Podman would make one that this user cannot read.
    expect 125 --user 1000 --passwd=false --entrypoint "$(entry $as)" "$1" x
    expect_words 'it takes root to become another user'
}

no_capability() {
    expect 125 --cap-drop ALL --entrypoint "$(entry $as)" "$1" x
    expect_words '--cap-add'
}

for image in $images; do
    check "$image, secrun -u: the program has its key, and not the machine's" has_key_alone "$image"
    check "$image, secrun -u: not in a container that begins as another user" not_root "$image"
    check "$image, secrun -u: not without the capabilities" no_capability "$image"
done
secret=machine.key
