#!/bin/sh
# SPDX-License-Identifier: ISC
# `make demo`: programs in Node and Python, and a static one, run on a sealed .env file, and /proc is searched for
# what was in it. Ends with status 1 if anything is not as claimed. Uses the secrun that SECRUN_STAGE
# names, else the one in PATH; the store is in a directory of its own, which is removed at the end.
set -eu

[ -z "${SECRUN_STAGE-}" ] || PATH=$SECRUN_STAGE/bin:$PATH
cd "$(dirname "$0")"
work=$(mktemp -d "${TMPDIR:-/tmp}/secrun-demo.XXXXXX")
started=

clean_up() {
    for pid in $started; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "demo: $*" >&2
    [ ! -s "$work/log" ] || cat "$work/log" >&2
    exit 1
}

# Shows a command, and runs it with its standard error kept for the case that it fails.
run() {
    printf '$ %s\n' "$*"
    "$@" 2>"$work/log" || fail "$1 ended with status $?"
}

# Has $pid not ended? It may be stopped for its start to be traced; one that has ended, and is not waited for yet, is still there to kill(1).
alive() {
    grep -q '^State:[[:space:]]*[RSDTt]' "/proc/$pid/status" 2>/dev/null
}

# Shows a command, starts it, and waits for its first line of output; its process is $pid then.
start() {
    printf '$ %s &\n' "$*"
    : >"$work/output" # not the one before, should this shell be faster than the program
    "$@" <"$work/input" >>"$work/output" 2>"$work/log" 9<&- &
    pid=$!
    started="$started $pid"
    tries=0
    until [ -s "$work/output" ]; do
        alive || [ -s "$work/output" ] || fail "$1 ended early"
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || fail "$1 says nothing"
        sleep 0.1
    done
    head -n 1 "$work/output"
    grep -q "ends in $tail\$" "$work/output" || fail "the program has another key, or none"
}

# Says how often the key is in what the kernel shows of $pid; $found is that number, or "refused".
look() {
    if cat "/proc/$pid/environ" >"$work/environ" 2>/dev/null; then
        [ -s "$work/environ" ] || fail "/proc/$pid/environ is empty"
        found=$(grep -aoF -e "$key" "$work/environ" | wc -l)
        echo "  /proc/$pid/environ: $(wc -c <"$work/environ") bytes, key found: $found"
    else
        found=refused
        echo "  /proc/$pid/environ: reading it is refused"
    fi
    # Of a process that has ended this would say nothing.
    alive || fail "the program has ended early"
}

sealed() {
    look
    case $found in
    0 | refused) ;;
    *) fail "the key is in /proc/$pid/environ" ;;
    esac
    cat "/proc/$pid/cmdline" >"$work/cmdline"
    ! grep -qaF -e "$key" "$work/cmdline" || fail "the key is in /proc/$pid/cmdline"
}

# The programs themselves, not the wrapper scripts of pyenv or nvm, which take their time.
node=$(node -p process.execPath)
python=$(python3 -c 'import sys; print(sys.executable)')
key=$(sed -n 's/^MOLTBOT_API_KEY=//p' moltbot.env)
tail=$(printf %s "$key" | tail -c 4)
[ ${#key} -gt 16 ] || fail "moltbot.env has no MOLTBOT_API_KEY"

# What the programs have as standard input: without an end as long as this script has it open. Each opens it for
# itself, since Node makes it non-blocking, which is no good to Python.
mkfifo "$work/input"
exec 9<>"$work/input"
export SECRUN_DIR="$work/store"

echo "A .env file with made-up keys goes into a sealed store in $work."
echo
run secrunctl init >"$work/init"
head -n 1 "$work/init"
run secrunctl import -p moltbot moltbot.env
run secrunctl list
found=$(grep -aoF -e "$key" "$work/store/secrets.age" | wc -l)
echo "  store/secrets.age: $(wc -c <"$work/store/secrets.age") bytes, key found: $found"
[ "$found" -eq 0 ] || fail "the key is in the sealed file"

echo
echo "Two programs that know nothing of secrun have the key; the kernel's copy of their environment does not."
echo
start secrun -p moltbot -- "$node" gateway.js
sealed
start secrun -p moltbot -- "$python" worker.py
sealed

echo
echo "Nor does it matter that a program is static, as most of those in Go are."
echo
run cc -O2 -static -o "$work/job" job.c
run secrun -n -p moltbot -- "$work/job"
start secrun -p moltbot -- "$work/job"
sealed

echo
echo "It is the same with what a program starts: here a shell, and Node below it."
echo
start secrun -p moltbot -- sh -c '"$@"; exit' sh "$node" gateway.js
sealed
children=$(cat "/proc/$pid/task/$pid/children")
[ -n "$children" ] || fail "the shell has started nothing"
for pid in $children; do
    started="$started $pid"
    sealed
done

echo
echo "The same, as it is without secrun:"
echo
echo "\$ export MOLTBOT_API_KEY=...$tail"
export MOLTBOT_API_KEY="$key"
start "$node" gateway.js
look
[ "$found" = 1 ] || fail "the comparison does not hold: /proc/$pid/environ should have the key"

echo
echo "demo: all of this was checked, and holds"
