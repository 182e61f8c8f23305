# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What bash sees, with nothing but its builtins: see show.c.
for name; do
    if [[ -v $name ]]; then printf 'look %s=%s\0' "$name" "${!name}"; else printf 'none %s\0' "$name"; fi
done
while read -r name; do
    printf 'list %s=%s\0' "$name" "${!name}"
done < <(compgen -e)
printf 'ready\0'
while read -r name; do :; done
