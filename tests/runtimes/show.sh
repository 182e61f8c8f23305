# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What a POSIX shell sees, with nothing but its builtins: see show.c. It lists by export -p, quoted.
for name; do
    if eval "[ -n \"\${$name+set}\" ]"; then
        eval "printf 'look %s=%s\\0' \"\$name\" \"\$$name\""
    else
        printf 'none %s\0' "$name"
    fi
done
printf 'exported\n'
export -p
printf '\0ready\0'
while read -r _; do :; done
