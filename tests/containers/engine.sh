# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2046,SC2086,SC2154,SC2034
# What the cases share: images, containers that are looked at while they run, and what to look for. Read by run.sh and
# each of tests/containers/cases, in enter.sh; holds a secret that it makes up.
VALUE=ck-containers-0123456789abcdef
BACKWARDS=fedcba9876543210-sreniatnoc-kc
store=/run/containers/store
programs=$PWD/build/containers/programs
found=/run/containers/found # what is looked for, one a line: as an argument it would itself be found in /proc
images=${SECRUN_IMAGES:-node python go musl}
tests=0
failed=0

# check NAME COMMAND…: one test, under set -e; what it prints is told if it fails.
check() {
    inside=$1
    shift
    rm -rf /run/containers/case
    mkdir /run/containers/case
    # Not as a condition, which would switch off set -e within.
    set +e
    (
        cd /run/containers/case || exit 1
        set -e
        "$@"
    ) >/run/containers/case.log 2>&1
    status=$?
    set -e
    if [ $status -eq 0 ]; then
        echo "ok - $inside"
    else
        failed=$((failed + 1))
        echo "not ok - $inside"
        sed 's/^/#   /' /run/containers/case.log
    fi
    tests=$((tests + 1))
    podman pod ls --quiet | xargs -r podman pod rm --force >/dev/null
    find /sys/fs/cgroup/libpod_parent -depth -type d -exec rmdir {} + 2>/dev/null || true
    podman ps --all --quiet | xargs -r podman rm --force --time 0 >/dev/null
}

# Fails the test.
fail() {
    echo "$*"
    exit 1
}

# The store of the examples, from a .env file as the README tells; a profile that other processes do not inherit; what is
# never to be found outside of a program.
make_store() {
    secrunctl -d "$store" init >/dev/null
    echo "MOLTBOT_API_KEY='$VALUE'" >/run/containers/.env
    secrunctl -d "$store" import -p moltbot /run/containers/.env >/dev/null 2>&1
    {
        secrunctl -d "$store" export --format ini
        printf '[kept]\n.include = moltbot\n.inherit = none\n.static = inject\n'
    } | age -r "$(secrunctl -d "$store" pubkey)" -o "$store/new"
    mv "$store/new" "$store/secrets.age"
    rm /run/containers/.env
    printf '%s\n%s\n' "$VALUE" "$(sed -n 's/^AGE-SECRET-KEY-1//p' "$store/machine.key")" >$found
    podman secret create machine.key "$store/machine.key" >/dev/null
}

# The examples' images, named like them, and secrun's.
build_images() {
    work=/run/containers/context
    podman build -q --pull=never -t secrun -f examples/docker/secrun/Dockerfile . >/dev/null
    for image in $images; do
        rm -rf "$work"
        cp -R "examples/docker/$image" "$work"
        cp -R "$store" "$work/store" # with the key, which is to stay out
        podman build -q --pull=never -t "$image" "$work" >/dev/null
    done
}

# Words that run the probe of an image's kind, and the image's program.
probe() {
    case $1 in
    node) echo node /probe/probe.js ;;
    python) echo python3 /probe/probe.py ;;
    *) echo "/probe/probe-$1" ;;
    esac
}

# The words of an ENTRYPOINT, as a list.
entry() {
    jq -cn '$ARGS.positional' --args -- "$@"
}

# run OPTION… IMAGE ARG…: runs it to its end; in ./out, ./err and $status. It has its key unless an option says otherwise.
secret=machine.key
run() {
    status=0
    podman run --rm --volume "$programs:/probe:ro" ${secret:+"--secret=$secret"} "$@" </dev/null >out 2>err || status=$?
}

# expect STATUS OPTION… IMAGE ARG…
expect() {
    wanted=$1
    shift
    run "$@"
    [ "$status" -eq "$wanted" ] || fail "$*: status $status, not $wanted: $(cat out err)"
}

# It is $BACKWARDS that a program prints that has its key.
expect_key() {
    expect 0 "$@"
    grep -qx -- "$BACKWARDS" out || fail "$*: it does not find its key: $(cat out err)"
}

expect_words() {
    grep -qF -- "$1" out err || fail "no '$1' in: $(cat out err)"
}

# begin LINE OPTION… IMAGE ARG…: starts it, as $id, and waits until it has printed that line.
begin() {
    line=$1
    shift
    id=$(podman run --detach --volume "$programs:/probe:ro" ${secret:+"--secret=$secret"} "$@")
    wait_for "$line"
}

wait_for() {
    tries=0
    until podman logs "$id" 2>&1 | grep -q -- "$1"; do
        tries=$((tries + 1))
        { [ "$tries" -lt 100 ] && [ "$(podman inspect -f '{{.State.Running}}' "$id")" = true ]; } ||
            fail "it did not print '$1': $(podman logs "$id" 2>&1)"
        sleep 0.1
    done
}

# end LINE: stops it by `podman stop`, which kills after 8 seconds: it ends before by itself, with status 0, and LINE is the
# last that it prints.
end() {
    begun=$(date +%s%N)
    podman stop --time 8 "$id" >/dev/null
    took=$((($(date +%s%N) - begun) / 1000000))
    status=$(podman inspect -f '{{.State.ExitCode}}' "$id")
    podman logs "$id" >out 2>err
    podman rm "$id" >/dev/null
    [ "$status" -eq 0 ] || fail "it ended with $status: $(cat out err)"
    [ "$(tail -n 1 out)" = "$1" ] || fail "it did not print '$1': $(cat out err)"
    [ "$took" -lt 8000 ] || fail "to stop took $took ms"
}

# The same without what the engine takes for itself: within a second.
end_at_once() {
    first=$(processes | head -n 1)
    begun=$(date +%s%N)
    kill -TERM "$first"
    while [ -e "/proc/$first/exe" ]; do
        sleep 0.02
    done
    took=$((($(date +%s%N) - begun) / 1000000))
    status=$(podman wait "$id")
    [ "$status" -eq 0 ] || fail "it ended with $status"
    [ "$took" -lt 1000 ] || fail "to end took $took ms"
}

# The processes of $id, numbered as seen from here; the first is its process 1.
processes() {
    first=$(podman inspect -f '{{.State.Pid}}' "$id")
    echo "$first"
    space=$(readlink "/proc/$first/ns/pid" | sed 's/[][]/\\&/g')
    find /proc/[0-9]*/ns/pid -lname "$space" ! -path "/proc/$first/*" 2>/dev/null | cut -d / -f 3
}

# Nothing that is looked for in what every process here shows, of $id, of the engine or of another; but what is shown has
# been looked at.
check_proc() {
    for pid in $(processes); do
        grep -qaF SECRUN_DIR=/etc/secrun "/proc/$pid/environ" || fail "the environment of $pid is not in /proc"
    done
    shown=$(grep -laFf $found /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null) || return 0
    for file in $shown; do
        tr '\0' ' ' <"${file%/*}/cmdline"
        fail "$file shows it"
    done
}

# The states of its processes, process 1 left out.
others() {
    for pid in $(processes | tail -n +2); do
        sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status"
    done
}

# The same as seen in the container, by a shell of this user's.
check_inside() {
    podman exec --user "$1" "$id" /probe/busybox sh -c 'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/maps ' >inside 2>&1 || true
    grep -qaF SECRUN_DIR=/etc/secrun inside || fail "nothing to see for $1"
    ! grep -qaFf $found inside || fail "a shell of $1 sees it"
}

# Nothing of it in what the engine tells and has written.
check_engine() {
    podman inspect "$id" >inspected
    podman logs "$id" >>inspected 2>&1
    podman diff "$id" >>inspected
    grep -qF '"Entrypoint"' inspected || fail "nothing was inspected"
    ! grep -qaFf $found inspected || fail "the engine tells it"
}

# The probes, and what an image from scratch has not; and seccomp profiles, which are the engine's own but for one call.
make_programs() {
    mkdir -p "$programs"
    musl-gcc -O2 -Wall -Werror -o "$programs/probe-musl" tests/containers/probe.c
    (cd tests/containers && GO111MODULE=off CGO_ENABLED=0 GOCACHE=${GOCACHE:-$programs/../go} go build -o "$programs/probe-go" probe.go)
    cp tests/containers/probe.js tests/containers/probe.py "$programs"
    image=$(podman image mount localhost/bed/alpine)
    cp "$image/bin/busybox" "$programs"
    podman image unmount localhost/bed/alpine >/dev/null
    default=/usr/share/containers/seccomp.json
    for call in memfd_secret ptrace; do
        jq --arg call $call 'del(.syscalls[].names[] | select(. == $call))' $default >/run/containers/no-$call.json
        jq --arg call $call '.syscalls += [{names: [$call], action: "SCMP_ACT_ERRNO", errnoRet: 1}]' \
            /run/containers/no-$call.json >/run/containers/denied-$call.json
    done
}
