# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What the cases in a guest share: stores, and programs that are looked at while they run. Read by each of
# tests/emulated/cases; holds secrets that it makes up.
VALUE=pk-guest-0123456789abcdef
export VISIBLE=yes # what must be in the environment that /proc shows, so that it has been looked at at all
PATH=/opt/secrun/programs:$PATH
# shellcheck source=tests/support/case.sh
. /opt/tests/support/case.sh

# Makes the store of root and that of the ordinary user, once, with the real age.
prepare() {
    [ ! -d /tmp/store.root ] || return 0
    for who in root tester; do
        store=/tmp/store.$who
        mkdir -m 700 "$store"
        (
            umask 077
            age-keygen -o "$store/machine.key" 2>/dev/null
            printf '[default]\nTOKEN = %s\n[strict]\n.include = default\n.memory = secret\n' "$VALUE" |
                age -r "$(age-keygen -y "$store/machine.key")" -o "$store/secrets.age"
        )
        chown -R "$who:" "$store"
    done
}

# sealed root|tester|become ARG…: becomes secrun with these arguments, run by that user on his store; become is a
# root of no more capabilities than it takes to become the tester. It is one process from here to the target.
sealed() {
    who=$1
    shift
    case $who in
    root) exec secrun -d /tmp/store.root "$@" ;;
    tester) exec setpriv --reuid=54321 --regid=54321 --clear-groups secrun -d /tmp/store.tester "$@" ;;
    become) exec setpriv --bounding-set=-all,+setuid,+setgid secrun -d /tmp/store.root -u 54321:54321 "$@" ;;
    esac
}

# plain WHO COMMAND…: the same, with the secret in the plain environment.
plain() {
    who=$1
    shift
    export TOKEN=$VALUE
    case $who in
    root) exec "$@" ;;
    tester) exec setpriv --reuid=54321 --regid=54321 --clear-groups "$@" ;;
    esac
}

# start sealed|plain WHO COMMAND…: starts one of the show programs (tests/runtimes), which is to look up TOKEN, and
# waits until it has printed all it sees, in ./out; its process is $pid, and it waits for the end of its input.
start() {
    way=$1 who=$2
    shift 2
    rm -f in out err
    mkfifo in
    (
        [ "$way" = plain ] || set -- -- "$@"
        "$way" "$who" "$@" TOKEN
    ) <in >out 2>err &
    pid=$!
    exec 8>in
    tries=0
    until grep -qa ready out; do
        tries=$((tries + 1))
        if [ ! -d "/proc/$pid" ] || [ "$tries" -gt 300 ]; then
            cat err
            fail "$*: did not start"
        fi
        sleep 0.1
    done
}

# Lets it end; $status is how it did.
finish() {
    exec 8>&-
    status=0
    wait "$pid" || status=$?
}

# Its descriptors and where they go, as far as that is the same in another process.
descriptors() {
    find "/proc/$pid/fd" -mindepth 1 -printf '%f %l\n' | sed 's/\[[0-9]*\]//' | sort
}

holds_record() {
    tr '\0' '\n' <out | grep -qxF "$1"
}

# What must be so of a live target, whatever delivers to it: it sees its secret, and nobody else does.
check_target() {
    who=$1
    shift
    start plain "$who" "$@"
    grep -qa "$VALUE" "/proc/$pid/environ" || fail "what is looked for in /proc is not found where it is"
    descriptors >descriptors.plain
    finish
    start sealed "$who" "$@"
    holds_record "look TOKEN=$VALUE" || fail "it does not find its secret: $(tr '\0' '\n' <out)"
    case $* in
    *.sh) grep -qaxF "export TOKEN='$VALUE'" out || fail "it cannot list its secret: $(tr '\0' '\n' <out)" ;;
    *) holds_record "list TOKEN=$VALUE" || fail "it cannot list its secret: $(tr '\0' '\n' <out)" ;;
    esac
    ! grep -qa 'SECRUN_CAPSULE\|LD_PRELOAD' out || fail "it sees what is secrun's: $(tr '\0' '\n' <out)"
    # Read by root, who may.
    grep -qa "VISIBLE=yes" "/proc/$pid/environ" || fail "its environment is not in /proc"
    ! grep -qa "$VALUE" "/proc/$pid/environ" || fail "/proc shows its secret"
    ! grep -qa "$VALUE" "/proc/$pid/cmdline" || fail "its command line shows its secret"
    grep -q '^TracerPid:[^0-9]*0$' "/proc/$pid/status" || fail "it is traced"
    children=$(ps -o pid=,stat=,args= --ppid "$pid") || true
    [ -z "$children" ] || fail "it has children: $children"
    descriptors >descriptors.sealed
    diff -u descriptors.plain descriptors.sealed || fail "it has other descriptors than without secrun"
    finish
    [ "$status" -eq 0 ] || fail "it ended with $status"
    [ ! -s err ] || fail "on standard error: $(cat err)"
}

# Other processes of its user get at neither its environment nor its memory.
check_shielded() {
    start sealed tester "$@"
    for file in environ mem maps; do
        if setpriv --reuid=54321 --regid=54321 --clear-groups cat "/proc/$pid/$file" >/dev/null 2>&1; then
            fail "its user can read $file"
        fi
    done
    finish
}

# expect STATUS WHO ARG…: that exit status of secrun's; its output is in ./out and ./err.
expect() {
    wanted=$1
    shift
    status=0
    (sealed "$@") </dev/null >out 2>err || status=$?
    [ "$status" -eq "$wanted" ] || fail "$*: status $status, not $wanted: $(cat out err)"
}

# A signal from outside ends the target, and is what it died of.
check_signal() {
    who=$1
    shift
    start sealed "$who" "$@"
    kill -TERM "$pid"
    finish
    [ "$status" -eq 143 ] || fail "SIGTERM: status $status"
}

memory_line() {
    expect 0 root -n -- /bin/true
    sed -n 's/^memory *//p' out
}
