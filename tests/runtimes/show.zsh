# SPDX-License-Identifier: ISC
# What zsh sees, with nothing but its builtins: see show.c.
zmodload zsh/parameter
for name; do
    if (( ${+parameters[$name]} )); then printf 'look %s=%s\0' $name "${(P)name}"; else printf 'none %s\0' $name; fi
done
for name in ${(ok)parameters[(R)*export*]}; do
    printf 'list %s=%s\0' $name "${(P)name}"
done
printf 'ready\0'
while read -r name; do :; done
