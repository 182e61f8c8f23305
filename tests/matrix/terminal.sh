#!/bin/sh
# SPDX-License-Identifier: ISC
# terminal.sh tmux|screen PROGRAM SOCKET: runs the witness in a session of a server of its own, and waits for the
# server's end. Run by the leak matrix; holds secrets, and prints none.
way=$1
shift
export TERM=xterm TMUX_TMPDIR="$PWD" SCREENDIR="$PWD/screens" SHELL=/bin/sh
mkdir -m 700 screens
case $way in
tmux)
    tmux -f /dev/null new-session -d "$* first; tmux new-window '$* window'"
    while tmux has-session 2>/dev/null; do sleep 0.05; done
    ;;
screen)
    screen -c /dev/null -D -m "$@" session
    ;;
esac
