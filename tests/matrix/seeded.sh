#!/bin/sh
# SPDX-License-Identifier: ISC
# Does the leak matrix see? For each function that the shim stands in front of, in turn, a shim that leaves it to
# libc: then a cell of the C library must fail, with glibc and with musl. Prints a table of what was noticed;
# exits 1 if something was not. usage: tests/staged.sh tests/matrix/seeded.sh [NAME]…
set -eu
cd "$(dirname "$0")/../.."
make=${MAKE:-make}
build=${BUILD:-build}
names=${*:-$(sed -n 's/^ *\([a-z_]*\);$/\1/p' shim/shim.map)}
[ -n "$names" ] || { echo "seeded: no name in shim/shim.map" >&2; exit 1; }

# shellcheck disable=SC2046,SC2086 # names without blanks
"$make" -s -j 2 PREFIX="$SECRUN_STAGE" "$build/matrix" $(printf "$build/without/%s.so " $names)

# Prints the first cell to fail without that name, those that are named for it first.
noticed() {
    for filter in "$2/*$1*" "$2/*"; do
        if told=$("$build/matrix" "$build/matrix-programs" --expect-failure --filter "$filter"); then
            printf '%s\n' "$told" | sed -n '1s/^leak matrix: //p'
            return
        fi
    done
    return 1
}

count=0
unnoticed=0
for name in $names; do
    install -m 644 "$build/without/$name.so" "$SECRUN_STAGE/lib/secrun/secrun.so"
    for libc in c-glibc c-musl; do
        count=$((count + 1))
        told=$(noticed "$name" "$libc") || {
            told='NOT NOTICED'
            unnoticed=$((unnoticed + 1))
        }
        printf '%-14s %s\n' "$name" "$told"
    done
done
echo "seeded violations: $count, $unnoticed not noticed"
[ "$unnoticed" -eq 0 ]
