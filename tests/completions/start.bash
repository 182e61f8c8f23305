# SPDX-License-Identifier: ISC
# Sourced by an interactive bash (tests/e2e/test_completions.c): ^Xa puts every completion into the line, ^Xp shows the
# line and empties it. With "loader", completions are found by bash-completion, as on a user's terminal.
if [[ $1 == loader ]]; then
    # shellcheck source=/dev/null
    source /usr/share/bash-completion/bash_completion
else
    # shellcheck source=/dev/null
    source "$SECRUN_STAGE/share/bash-completion/completions/secrun"
fi
bind 'set bell-style none'
bind '"\C-xa": insert-completions'
# shellcheck disable=SC2016 # when the key is typed
bind -x '"\C-xp": printf "\n<<%s>>\n" "$READLINE_LINE"; READLINE_LINE='
echo 'shell is ready'
