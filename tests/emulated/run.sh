#!/bin/sh
# SPDX-License-Identifier: ISC
# Boots guests with Debian's own kernel for that machine, all of it emulated (so that it goes the same way on any
# host, inside another guest, too), and runs the cases in them (tests/emulated/cases); closes with a line that
# counts the tests. A guest is one initramfs: the machine's Debian tree, and what was built for it.
# usage: tests/emulated/run.sh aarch64|x86_64 [CASE]…
set -eu
cd "$(dirname "$0")/../.."
make=${MAKE:-make}
machine=${1-}
case $machine in
aarch64) goarch=arm64 console=ttyAMA0 ;;
x86_64) goarch=amd64 console=ttyS0 ;;
*)
    echo "usage: tests/emulated/run.sh aarch64|x86_64 [CASE]…" >&2
    exit 2
    ;;
esac
shift
tree=build/emulated/$machine/tree
guest=build/$machine

# A guest that hangs is ended after that.
seconds=${SECRUN_GUEST_SECONDS:-900}

"$make" -s "cross-$machine"
# Compiled in the tree, with that machine's own compilers.
tests/emulated/enter.sh "$machine" /bin/sh /opt/tests/emulated/programs.sh
(
    cd tests/runtimes
    GO111MODULE=off CGO_ENABLED=0 GOARCH=$goarch GOCACHE=${GOCACHE:-$OLDPWD/build/go} \
        go build -o "$OLDPWD/$guest/root/opt/secrun/programs/show-go-static" show_static.go
)

# Two archives, one behind the other: the first changes only with the tree. What is only for building stays out.
archive() {
    cpio --quiet -o -H newc -R 0:0
}
if ! cmp -s "build/emulated/$machine/packages" "$guest/packages"; then
    (cd "$tree" && find . \( -path ./boot -o -path ./usr/share -o -path ./usr/include -o -path './usr/lib/gcc*' \
        -o -path "./usr/bin/*-linux-gnu-*" -o -name '*.a' -o -name gconv \) -prune -o -print | archive) >"$guest/tree.new"
    mv "$guest/tree.new" "$guest/tree.cpio"
    cp "build/emulated/$machine/packages" "$guest/packages"
fi
rm -rf "$guest/initramfs"
mkdir -p "$guest/initramfs/opt"
cp -R --preserve=mode,timestamps "$guest/root/opt/." "$guest/initramfs/opt"
mkdir "$guest/initramfs/opt/tests"
cp -R --preserve=mode,timestamps tests/emulated tests/runtimes tests/support "$guest/initramfs/opt/tests"
cp tests/emulated/init.sh "$guest/initramfs/init"
chmod -R go-w "$guest/initramfs"
(cd "$guest/initramfs" && find . | archive) >"$guest/tests.cpio"
cat "$guest/tree.cpio" "$guest/tests.cpio" >"$guest/initramfs.cpio"
rm -rf "$guest/initramfs" "$guest/tests.cpio"

tests=0
failed=0

# boot NAME OPTIONS CASE…: the processor is $cpu, the kernel gets these options.
boot() {
    name=$1 options=$2
    shift 2
    log=$guest/$name.log
    words=$(echo "$*" | tr ' ' ,)
    case $machine in
    aarch64) set -- -machine virt ;;
    x86_64) set -- -machine q35 ;;
    esac
    echo "$machine: booting ($name)"
    # Lines of the guest's console end as on a terminal.
    timeout "$seconds" "qemu-system-$machine" "$@" -accel tcg,thread=multi -cpu "$cpu" -smp 2 -m 3G -nodefaults -nographic \
        -serial stdio -no-reboot -kernel "$tree/boot/vmlinuz" -initrd "$guest/initramfs.cpio" \
        -append "console=$console quiet panic=-1 $options secrun.cases=$words" </dev/null 2>&1 | sed -u 's/\r//g' | tee "$log" |
        grep --line-buffered -aE '^(not )?ok |^#|^guest:|^  ' || true
    ran=$(grep -caE '^(not )?ok ' "$log") || true
    told=$(sed -n 's/^guest: \([0-9]*\) tests, .*/\1/p' "$log")
    tests=$((tests + ran))
    failed=$((failed + $(grep -ca '^not ok ' "$log" || true)))
    if [ "$ran" -eq 0 ] || [ "$ran" != "$told" ]; then
        tail -n 20 "$log"
        echo "not ok - $machine: $name came to no end"
        tests=$((tests + 1))
        failed=$((failed + 1))
    fi
}

case $machine in
# The first has pointer authentication and branch targets, the second does not.
aarch64) first=max,pauth-impdef=on second=cortex-a72 ;;
x86_64) first=max second=max ;;
esac
cpu=$first
if [ $# -gt 0 ]; then
    boot "chosen" "secretmem.enable=1" "$@"
else
    boot secretmem 'secretmem.enable=1' machine preload inject apparmor dumpable suites yama
    cpu=$second
    boot stock '' machine fallback preload inject yama
fi

echo "$machine: $tests tests, $failed failed"
[ "$failed" -eq 0 ] && [ "$tests" -gt 0 ]
