#!/bin/sh
# SPDX-License-Identifier: ISC
# `make check`: builds and runs the test programs on the secrun that SECRUN_STAGE names (staged.sh), and
# the fuzz targets on their corpora; closes with a line that counts them.
# usage: tests/staged.sh tests/check.sh [unit|e2e|corpus]…
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- unit e2e corpus
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

run_criterion() {
    status=0
    "build/$1" --jobs 2 >"$log/$1.log" 2>&1 || status=$?
    cat "$log/$1.log"
    before=$failed
    count "$log/$1.log" "$1"
    # A runner that dies has not told of all its failures.
    [ "$status" -eq 0 ] || [ "$failed" -gt "$before" ] || failed=$((failed + 1))
}

"$make" -s build/unit build/e2e
for part; do
    case $part in
    unit | e2e) run_criterion "$part" ;;
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
    esac
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
