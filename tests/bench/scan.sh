#!/bin/sh
# SPDX-License-Identifier: ISC
# Part of `make bench`: secrunctl scan against grep and ripgrep on a tree of 1 GiB, with 1,000 secrets in all the
# forms that scan looks for. All three search every file for the same strings, from a warm cache, and print
# the place of each match. The last column is the ratio to scan. usage: tests/staged.sh tests/bench/scan.sh
set -eu
cd "$(dirname "$0")/../.."
bin=$SECRUN_STAGE/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/secrun-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
export SECRUN_DIR="$work/store" LC_ALL=C

# Files of this machine, as they come, to 1 GiB.
mkdir tree
find /usr/bin /usr/include /usr/share /usr/lib -xdev -type f -readable -size -65536k -printf '%s %p\n' 2>/dev/null | sort -k2 |
    awk '{ sum += $1; if (sum > 1024 * 1048576) exit; sub(/^[0-9]* /, ""); print }' >files
tar -cf - -T files 2>/dev/null | tar -xf - -C tree
"$bin/secrunctl" init >/dev/null
python3 - <<'END'
import base64, os, random, string, urllib.parse
random.seed(1)
letters = string.ascii_letters + string.digits + "+/_-=.!"
values = ["".join(random.choice(letters) for _ in range(random.randint(16, 48))) for _ in range(1000)]
patterns = set()
def forms(value):
    v = value.encode()
    yield value
    for skip, before in ((0, 0), (2, 1), (3, 2)):
        text = base64.b64encode(b"\0" * before + v)[skip:].decode()
        text = text[: (8 * len(v) - (0, 4, 2)[before]) // 6]
        yield text
        yield text.replace("+", "-").replace("/", "_")
    yield v.hex()
    yield v.hex().upper()
    yield urllib.parse.quote(value, safe="")
    yield urllib.parse.quote(value, safe="/")
    yield urllib.parse.quote(value, safe="!*'()")
planted = 0
with open("document", "w") as out:
    for i, value in enumerate(values):
        out.write(f"SECRET_{i:04}={value}\n")
        all = list(forms(value))
        patterns.update(all)
        os.makedirs(f"tree/planted/{i % 7}", exist_ok=True)
        with open(f"tree/planted/{i % 7}/{i}", "w") as file:
            file.write("x" * (i * 37 % 5000) + "\n k=" + all[i % len(all)] + "\n")
with open("patterns", "w") as out:
    out.write("\n".join(sorted(patterns)) + "\n")
with open("plain", "w") as out:
    out.write("\n".join(values) + "\n")
END
"$bin/secrunctl" import --format dotenv document >/dev/null 2>&1
rm document
find tree -type f -exec cat {} + | wc -c | awk '{ printf "a tree of %.0f MiB, ", $1 / 1048576 }'
printf '%d files, %d strings of 1,000 secrets\n' "$(find tree -type f | wc -l)" "$(wc -l <patterns)"

# best NAME COMMAND...: the least of three runs, in seconds, into time.NAME; what it prints into out.NAME.
best() {
    name=$1
    shift
    for _ in 1 2 3; do
        begin=$(date +%s%N)
        "$@" >"out.$name" 2>/dev/null || [ $? -le 1 ]
        end=$(date +%s%N)
        echo $(((end - begin) / 1000))
    done | sort -n | head -n 1 >"time.$name"
}
best scan "$bin/secrunctl" scan tree
best grep grep -raobF -f patterns tree
best ripgrep rg -uuu -aobF -f patterns tree
best ripgrep-1 rg -j1 -uuu -aobF -f patterns tree
best ripgrep-plain rg -uuu -aobF -f plain tree
for name in scan grep ripgrep ripgrep-1 ripgrep-plain; do
    awk -v name="$name" -v scan="$(cat time.scan)" -v found="$(wc -l <"out.$name")" \
        '{ printf "  %-44s %9.2f s %8d found  %6.2f\n", name, $1 / 1e6, found, $1 / scan }' "time.$name"
done
# Each planted value is found in its file, and nothing anywhere else.
[ "$(sed -n 's/^tree\/planted\/[0-9]\/\([0-9]*\):2: .*SECRET_0*\([0-9][0-9]*\)[ ,].*/\1 \2/p' out.scan | awk '$1 == $2' | sort -u | wc -l)" = 1000 ]
! grep -v '^tree/planted/' out.scan
