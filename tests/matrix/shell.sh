# SPDX-License-Identifier: ISC
# shell.sh WAY PROGRAM SOCKET: starts the witness by one of the shell's ways; read by bash, dash and zsh. Run by
# the leak matrix; holds secrets, and prints them in hexadecimal alone.
# shellcheck shell=sh disable=SC1091,SC2150
way=$1
shift
printf '%s\n' '"$@" && :' >lines.sh

own() {
    printf 'own KEY %s\n' "$(printf %s "$KEY" | od -An -v -tx1 | tr -d ' \n')"
}

case $way in
simple) "$@" && : ;;
exec) exec "$@" ;;
pipeline) "$@" first | cat | "$@" last ;;
pipeline-long) "$@" 1 | "$@" 2 | "$@" 3 | "$@" 4 ;;
subshell) (cd / && "$@" && :) && : ;;
subshell-deep) (: && (: && ("$@" && :) && :) && :) && : ;;
substitution) said=$("$@" && echo said) && [ "$said" = said ] ;;
background)
    "$@" &
    wait $!
    ;;
eval) eval '"$@"' && : ;;
sourced) . ./lines.sh ;;
nested) sh -c '"$@" && :' sh "$@" && : ;;
nested-three) sh -c 'bash -c "$*; exit \$?"; exit $?' sh "$@" && : ;;
here) "$@" <<END && : ;;
a line
END
trap)
    trap '"$@"' EXIT
    exit 0
    ;;
function)
    started() { "$@" && :; }
    started "$@"
    ;;
env) env "$@" && : ;;
env-added) env ADDED=yes OTHER=too "$@" && : ;;
env-changed) env KEY=changed COPY="$PIN" "$@" && : ;;
env-unset) env -u KEY "$@" && : ;;
env-empty) env -i "$@" && : ;;
env-empty-path) env -i PATH="$PATH" sh -c '"$@" && :' sh "$@" && : ;;
xargs) printf '%s\n' "$2" | xargs "$1" ;;
xargs-parallel) printf '%s one\n%s two\n' "$2" "$2" | xargs -P 2 -L 1 "$1" ;;
nohup) nohup "$@" && : ;;
timeout) timeout 20 "$@" && : ;;
setsid) setsid -w "$@" && : ;;
setsid-fork) setsid -f "$@" ;;
nice) nice -n 1 "$@" && : ;;
stdbuf) stdbuf -oL "$@" && : ;;
chain) nohup nice env timeout 20 setsid -w sh -c '"$@" && :' sh "$@" && : ;;
find) find / -maxdepth 0 -exec "$@" ';' ;;
find-plus) find / -maxdepth 0 -exec "$1" "$2" '{}' + ;;
renamed)
    export COPY="$KEY"
    unset KEY
    "$@" && :
    ;;
inside)
    export DATABASE="pg://user:$PW@host/base"
    "$@" && :
    ;;
assigned) ADDED=$KEY "$@" && : ;;
changed)
    KEY=changed
    unset PW
    "$@" && :
    ;;
local-only)
    SECOND=$KEY
    unset KEY
    "$@" && : "$SECOND"
    ;;
exported-copy)
    own
    export COPY="$KEY" LONGER="key=$KEY;password=$PW"
    "$@" && sh -c '"$@" && :' sh "$@" && :
    ;;
argument)
    "$@" guarded "$KEY"
    ended=$?
    "$@" next
    exit "$ended"
    ;;
refused) # PROGRAM SOCKET REFUSED
    "$3" "$2" refused
    ended=$?
    "$1" "$2" next
    exit "$ended"
    ;;
then-exec)
    "$@" child
    exec "$@"
    ;;
entrypoint)
    own
    exec sh -c 'exec "$@"' sh env nohup "$@"
    ;;
*) echo "shell.sh: $way: no such way" >&2 && exit 99 ;;
esac
