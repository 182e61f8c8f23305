#!/bin/sh
# SPDX-License-Identifier: ISC
# Part of `make bench`: secrunctl fleet seal of 100, 1,000 and 10,000 hosts with 1 KiB each, one of them changed since,
# and none; processor time and memory, and the ratio to the first. In the same run, what one would write instead: a
# loop of age over the hosts, for 1,000 of them. Each goes into a directory of its own, and nothing is removed meanwhile:
# ext4 looks at each inode that was freed in the last minutes before it takes another. The share of the kernel, which
# makes the files, is told for itself. usage: tests/staged.sh tests/bench/fleet.sh
set -eu
cd "$(dirname "$0")/../.."
bin=$SECRUN_STAGE/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/secrun-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
export LC_ALL=C
age-keygen -o operator.key 2>/dev/null
age-keygen -o host.key 2>/dev/null
operator=$(age-keygen -y operator.key)
host=$(age-keygen -y host.key)
minisign -G -W -p sign.pub -s sign.key >/dev/null

# fleet COUNT: its documents of 1 KiB a host, and its inventory, signed, in a new directory.
number=0
fleet() {
    number=$((number + 1))
    mkdir -m 700 "$work/$number" "$work/$number/documents"
    cd "$work/$number"
    cp ../sign.key .
    awk -v count="$1" 'BEGIN { srand(1); for (i = 0; i < count; i++) { printf "[app-%d]\n", i
        for (k = 0; k < 20; k++) { printf "SECRET_%02d = ", k
            for (j = 0; j < 5; j++) printf "%08x", rand() * 4294967295
            print "" } } }' >documents/all.ini
    {
        printf '[fleet]\nrecipients = %s %s\nsigning-key = sign.key\n' "$operator" "$host"
        awk -v count="$1" -v host="$host" 'BEGIN { for (i = 0; i < count; i++)
            printf "[host-%d]\nrecipients = %s\nprofiles = app-%d\n", i, host, i }'
    } >fleet.ini
}

# measure NAME COMMAND...: its processor time and the most memory it had.
measure() {
    name=$1
    shift
    python3 - "$@" <<'END' >measured
import resource, subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(use.ru_utime + use.ru_stime, use.ru_stime, time.monotonic() - begin, use.ru_maxrss / 1024)
END
    [ -n "${first-}" ] || first=$(cut -d' ' -f1 measured)
    awk -v name="$name" -v first="$first" \
        '{ printf "  %-44s %6.2f s CPU (%5.2f in the kernel) %6.2f s %4.0f MiB %6.2f\n", name, $1, $2, $3, $4, $1 / first }' measured
}

fleet 10
"$bin/secrunctl" fleet seal fleet.ini >/dev/null
echo "sealing for a fleet, signed, $(age -d -i ../host.key sealed/host-1/secrets.age | wc -c) bytes a host"
for count in 100 1000 10000; do
    fleet "$count"
    measure "$count hosts" "$bin/secrunctl" fleet seal fleet.ini
    sed -i '2s/= ./= x/' documents/all.ini
    measure "$count hosts, one of them changed" "$bin/secrunctl" fleet seal fleet.ini
    measure "$count hosts, none changed" "$bin/secrunctl" fleet seal fleet.ini
    fleet "$count"
    measure "$count hosts, on one thread" "$bin/secrunctl" fleet seal --jobs 1 fleet.ini
    [ "$(find sealed -name secrets.age | wc -l)" = "$count" ]
    first=
done
fleet 1000
measure "1000 hosts" "$bin/secrunctl" fleet seal fleet.ini
# shellcheck disable=SC2016 # for the shell that runs it
measure "1000 hosts, age and minisign in a loop" sh -c 'mkdir loop; for i in $(seq 0 999); do mkdir loop/$i
    awk -v p="[app-$i]" "/^\[/ { on = \$0 == p } on" documents/all.ini | age -r "$1" -r "$2" -o loop/$i/secrets.age
    minisign -S -s sign.key -m loop/$i/secrets.age >/dev/null; done' sh "$host" "$operator"
