#!/bin/sh
# SPDX-License-Identifier: ISC
# Holds what shim/elf.c finds in the files of this machine, and in some built for it, against what readelf and file(1)
# find. usage: tests/probe/compare.sh FACTS DIRECTORY; DIRECTORY is where it leaves what it compared.
set -eu
facts=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
tree=$(realpath "$here/../..")
files_min=10000
files_max=80000 # the rest is of the same kind, and time is short
line_feed='
'
export LC_ALL=C

mkdir -p "$2/made"
cd "$2"
made=$PWD/made
case $(uname -m) in
aarch64) own=183 ;;
*) own=62 ;;
esac

# What few machines have installed: programs in Go, of musl, without a loader, and of AddressSanitizer.
build_programs() {
    printf 'int main(void){return 0;}\n' >main.c
    printf 'package main\n\nfunc main() { println() }\n' >plain.go
    printf 'package main\n\n// #include <stdlib.h>\nimport "C"\n\nfunc main() { C.abort() }\n' >cgo.go
    gcc -static -o "$made/static" main.c
    gcc -static-pie -o "$made/static-pie" main.c
    gcc -no-pie -o "$made/no-pie" main.c
    gcc -fsanitize=address -o "$made/asan" main.c
    clang -fsanitize=address -shared-libasan -o "$made/asan-clang" main.c
    clang -fsanitize=address -o "$made/asan-static" main.c
    musl-gcc -o "$made/musl" main.c
    musl-gcc -static -o "$made/musl-static" main.c
    export GO111MODULE=off
    CGO_ENABLED=0 go build -o "$made/go" plain.go
    CGO_ENABLED=0 go build -buildmode=pie -o "$made/go-pie" plain.go
    CGO_ENABLED=0 go build -ldflags='-s -w -buildid=' -o "$made/go-nameless" plain.go
    go build -o "$made/go-cgo" cgo.go
    go build -ldflags=-buildid= -o "$made/go-cgo-nameless" cgo.go
    go build -buildmode=pie -ldflags='-linkmode=external -s -w' -o "$made/go-cgo-pie" cgo.go
}

# Others' programs: the byte at 5 is the order, the halves at 16 and 18 are type and machine.
patch() {
    cp /bin/true "$made/$1"
    printf %b "$2" | dd of="$made/$1" bs=1 seek=5 conv=notrunc 2>/dev/null
    printf %b "$3" | dd of="$made/$1" bs=1 seek=16 conv=notrunc 2>/dev/null
}

# An archive would be looked into, and a name is a line. Some directories are not for everybody.
files() {
    find "$@" -type f -readable ! -name '*.a' ! -name '*.rlib' ! -path "*$line_feed*" 2>/dev/null || true
}

list_files() {
    files "$made"
    [ -z "${SECRUN_STAGE-}" ] || files "$SECRUN_STAGE"
    [ ! -d "$tree/build/busybox" ] || files "$tree/build/busybox"
    files /usr/bin /usr/sbin
    files /usr/lib \( -perm -100 -o -name '*.so*' -o -name '*.o' -o -name '*.ko' \)
    files /usr/lib
}

compare_half() {
    half=$1
    "$facts" <"list.$half" >"facts.$half"
    tr '\n' '\0' <"list.$half" | xargs -0 -n 2000 readelf -hldnSW 2>/dev/null |
        awk -v own=$own -v list="list.$half" -f "$here/readelf.awk" >"readelf.$half"
    diff "facts.$half" "readelf.$half" >"differences.$half" || true
    file -b -e apptype -e cdf -e compress -e csv -e encoding -e json -e tar -e text -e tokens -f "list.$half" |
        awk -v own=$own -v facts="facts.$half" -f "$here/file.awk" >>"differences.$half"
}

build_programs
patch s390 '\002' '\000\003\000\026'
patch arm '\001' '\003\000\050\000'

list_files | awk -v max=$files_max '!seen[$0]++ && count++ < max' >list
count=$(wc -l <list)
if [ "$count" -lt "$files_min" ]; then
    echo "probe: only $count files below /usr/bin, /usr/sbin and /usr/lib; it takes $files_min" >&2
    exit 1
fi
awk 'NR % 2 == 0' list >list.0
awk 'NR % 2 == 1' list >list.1
compare_half 0 &
compare_half 1
wait $!

cat differences.0 differences.1
disagree=$(cat differences.0 differences.1 | grep -ac '^<\|: file says ' || true)
echo "probe: $count files, $disagree disagree"
[ "$disagree" -eq 0 ]
