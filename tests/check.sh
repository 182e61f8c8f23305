#!/bin/sh
# SPDX-License-Identifier: ISC
# `make check`: builds and runs the test programs on the secrun that SECRUN_STAGE names (staged.sh), the fuzz
# targets on their corpora, the comparison of how ELF files are read, and the leak matrix, which then has to
# fail with each function of the shim disabled; closes with a line that counts them.
# usage: tests/staged.sh tests/check.sh [PART]…, of unit e2e corpus probe matrix seeded spawning soak package
# user-aarch64 guest-aarch64 guest-x86_64 systemd containers
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- unit e2e corpus probe matrix seeded
make=${MAKE:-make}
log=build/check
: "${SECRUN_NPM:=$PWD/build/npm/node_modules}"
export SECRUN_NPM
mkdir -p "$log"

for node in "$PWD"/build/npm/node_modules/node-linux-*/bin; do
    [ ! -x "$node/node" ] || PATH=$node:$PATH
done
export PATH

passed=0
failed=0

# Criterion's closing line: "Synthesis: Tested: N | Passing: N | Failing: N | Crashing: N"
count() {
    line=$(sed -n 's/.*Synthesis: //p' "$1" | sed 's/\x1b\[[0-9;]*m//g' | tail -n 1)
    pass=$(printf '%s' "$line" | sed -n 's/.*Passing: *\([0-9]*\).*/\1/p')
    tested=$(printf '%s' "$line" | sed -n 's/.*Tested: *\([0-9]*\).*/\1/p')
    if [ -z "$tested" ] || [ "$tested" -eq 0 ]; then
        echo "check: $2 ran no test" >&2
        failed=$((failed + 1))
        return
    fi
    passed=$((passed + pass))
    failed=$((failed + tested - pass))
}

# The program, and what is to be called of it.
run_criterion() {
    "$make" -s "build/$1"
    status=0
    "build/$1" --jobs 2 --filter="$2" >"$log/$1.log" 2>&1 || status=$?
    cat "$log/$1.log"
    before=$failed
    count "$log/$1.log" "$1"
    # A runner that dies has not told of all its failures.
    [ "$status" -eq 0 ] || [ "$failed" -gt "$before" ] || failed=$((failed + 1))
}

# Its closing line holds how many there were and how many of them failed: the sed script prints both.
run_counted() {
    name=$1 script=$2
    shift 2
    status=0
    "$@" >"$log/$name.log" 2>&1 || status=$?
    cat "$log/$name.log"
    counted=$(sed -n "$script" "$log/$name.log" | tail -n 1)
    tested=${counted% *} failing=${counted#* }
    if [ "${tested:-0}" -eq 0 ] || { [ "$status" -ne 0 ] && [ "$failing" -eq 0 ]; }; then
        echo "check: $name did not come to its end" >&2
        failed=$((failed + 1))
        return
    fi
    passed=$((passed + tested - failing))
    failed=$((failed + failing))
}

for part; do
    case $part in
    unit | e2e) run_criterion "$part" '*' ;;
    # With SECRUN_LONG, ten times as many and more.
    spawning) run_criterion e2e 'tree/spawning*' ;;
    soak) run_criterion e2e 'inject_soak/*' ;;
    corpus)
        for name in $("$make" -s fuzzers); do
            if "$make" -s "build/fuzz/$name" && "build/fuzz/$name" -runs=0 "tests/fuzz/corpus/$name" >"$log/fuzz-$name.log" 2>&1; then
                passed=$((passed + 1))
            else
                cat "$log/fuzz-$name.log"
                echo "check: fuzz target $name fails on its corpus" >&2
                failed=$((failed + 1))
            fi
        done
        ;;
    probe)
        "$make" -s build/probe-facts
        run_counted probe 's/^probe: \([0-9]*\) files, \([0-9]*\) disagree$/\1 \2/p' \
            tests/probe/compare.sh build/probe-facts build/probe
        ;;
    matrix)
        "$make" -s build/matrix
        run_counted matrix 's/^leak matrix: \([0-9]*\) cells.* \([0-9]*\) failed.*/\1 \2/p' \
            build/matrix build/matrix-programs
        ;;
    seeded)
        # With a stage of its own, since it puts other shims there.
        run_counted seeded 's/^seeded violations: \([0-9]*\), \([0-9]*\) not noticed$/\1 \2/p' \
            tests/staged.sh tests/matrix/seeded.sh
        ;;
    package)
        run_counted package 's/^package: \([0-9]*\) tests, \([0-9]*\) failed$/\1 \2/p' tests/package/run.sh
        ;;
    user-* | guest-*)
        machine=${part#*-}
        case $part in
        user-*) command=user.sh ;;
        *) command=run.sh ;;
        esac
        run_counted "$part" "s/^$machine: \\([0-9]*\\) tests, \\([0-9]*\\) failed$/\\1 \\2/p" "tests/emulated/$command" "$machine"
        ;;
    containers)
        run_counted containers 's/^containers: \([0-9]*\) tests, \([0-9]*\) failed$/\1 \2/p' tests/containers/run.sh
        ;;
    systemd)
        run_counted systemd 's/^systemd: \([0-9]*\) tests, \([0-9]*\) failed$/\1 \2/p' tests/systemd/run.sh
        ;;
    esac
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
