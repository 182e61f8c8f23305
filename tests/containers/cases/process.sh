# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# Every image: process 1 is the program itself, with its signals, its exit status and its children.

# As without secrun.
statuses() {
    for wanted in 0 7 125; do
        expect "$wanted" "$1" $(probe "$1") exit "$wanted"
    done
    expect 127 "$1" no-such-command
    expect_words 'secrun: no-such-command: No such file or directory'
    expect 126 "$1" /etc/secrun/secrun.conf
    expect_words 'secrun: /etc/secrun/secrun.conf: '
}

# $2: the options that make it run with or without secrun.
signals() {
    begin ready $2 "$1" $(probe "$1") wait
    podman kill --signal HUP "$id" >/dev/null
    wait_for hup
    end term
    begin ready $2 "$1" $(probe "$1") wait
    end_at_once
    begin ready $2 "$1" $(probe "$1") wait
    podman kill --signal KILL "$id" >/dev/null
    status=$(podman wait "$id")
    [ "$status" -eq 137 ] || fail "killed, it ended with $status"
}

# A zombie that the program leaves is there, and no other; $2 as above.
zombies() {
    begin ready $2 "$1" $(probe "$1") orphan
    [ "$(others)" = Z ] || fail "its other processes: '$(others)'"
    end term
}

# What it starts has the key, and shows it in /proc only where the program is in Go, as documented.
children() {
    expect_key "$1" $(probe "$1") child $(probe_path "$1") show MOLTBOT_API_KEY
    begin ready "$1" $(probe "$1") child $(probe_path "$1") wait
    [ "$(others)" = S ] || fail "its other processes: '$(others)'"
    case $1 in
    go) (check_proc) && fail 'a program of Go shows nothing of what it starts' ;;
    *) check_proc ;;
    esac
    podman kill --signal KILL "$id" >/dev/null
}

# The probe without a search in PATH.
probe_path() {
    case $1 in
    node | python) echo /usr/bin/"$(probe "$1")" ;;
    *) probe "$1" ;;
    esac
}

for image in $images; do
    check "$image: exit statuses are the program's, or tell what failed" statuses "$image"
    check "$image: signals reach process 1 as they do without secrun" signals "$image" ''
    check "$image, without secrun: the same" signals "$image" '--entrypoint []'
    check "$image: of secrun no process and no zombie is left, of the program its own" zombies "$image" ''
    check "$image, without secrun: the same" zombies "$image" '--entrypoint []'
    check "$image: what the program starts" children "$image"
done
