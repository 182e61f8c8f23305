# SPDX-License-Identifier: ISC
# bash.bash WAY PROGRAM SOCKET: what bash and zsh have beyond shell.sh. Run by the leak matrix; holds secrets, and
# prints none.
way=$1
shift
case $way in
process-substitution) read -r said < <("$@" && echo said) && [ "$said" = said ] ;;
here-string) "$@" <<<"a line" && : ;;
output-substitution) echo a line > >("$@" && cat) && wait ;;
coprocess)
    coproc { "$@" && :; }
    wait $!
    ;;
exec-named) exec -a other "$@" ;;
exec-clean) exec -c "$@" ;;
login) exec bash --login -c '"$@" && :' bash "$@" ;;
array)
    declare -a command=("$@")
    "${command[@]}" && :
    ;;
exported-function)
    started() { "$@" && :; }
    export -f started
    bash -c 'started "$@"' bash "$@" && :
    ;;
*) echo "bash.bash: $way: no such way" >&2 && exit 99 ;;
esac
