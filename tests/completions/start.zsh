# SPDX-License-Identifier: ISC
# Sourced by an interactive zsh (tests/e2e/test_completions.c): ^Xa puts every completion into the line, ^Xp shows the
# line and empties it.
fpath=($SECRUN_STAGE/share/zsh/site-functions $fpath)
autoload -Uz compinit
compinit -u -D
unsetopt beep prompt_cr prompt_sp
all_matches() {
    _main_complete
    compstate[insert]=all
    compstate[list]=
}
zle -C all-matches complete-word all_matches
bindkey '^Xa' all-matches
show_line() {
    print -r -- $'\n<<'$BUFFER'>>'
    BUFFER=
}
zle -N show-line show_line
bindkey '^Xp' show-line
print 'shell is ready'
