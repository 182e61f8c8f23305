#!/bin/bash
# SPDX-License-Identifier: ISC
# The tools that stand in front of other commands, each under "$RUN" with a command that tells what it has.
# shellcheck disable=SC2016 # what is quoted is for the shells that are started
D=$WORK/digest.sh
"$RUN" env "$D" env
"$RUN" env FIRST=1 sh -c 'echo "$FIRST"; exec "$0" env-and-sh' "$D"
"$RUN" env -i PATH="$PATH" "$D" cleared
"$RUN" env -u KEY -u TOKEN -u PEM "$D" unset
printf '%s\n' a b c d | "$RUN" xargs -n 1 "$D"
printf '%s\0' a b c d | "$RUN" xargs -0 -P 4 -I X "$D" X | sort
mkdir found
touch found/1 found/2
"$RUN" find found -type f -exec "$D" {} \; | sort
"$RUN" find found -type f -execdir "$D" {} + | sort
"$RUN" timeout 20 "$D" timeout
"$RUN" timeout --foreground -s KILL 0.2 sh -c '"$0" timeout-kill; exec sleep 20' "$D"
echo "status $?"
"$RUN" nohup "$D" nohup 2>/dev/null
"$RUN" nice -n 5 "$D" nice
"$RUN" setsid -w "$D" setsid
"$RUN" stdbuf -oL "$D" stdbuf
"$RUN" flock found/1 "$D" flock
"$RUN" flock found/1 -c "$D flock-c"
"$RUN" script -qec "$D script" /dev/null | tr -d '\r'
"$RUN" setpriv --no-new-privs "$D" setpriv
"$RUN" sh -c '"$0" sh; "$0" again | cat; ("$0" subshell); echo "$("$0" substitution)"; exec "$0" exec' "$D"
"$RUN" bash -c '"$0" bash & wait; coproc { "$0" coprocess; read -r; }; head -n 1 <&"${COPROC[0]}"; echo >&"${COPROC[1]}"; cat <("$0" process)' "$D"
"$RUN" awk -v command="$D awk" 'BEGIN { system(command); command " pipe" | getline line; print line }'
"$RUN" python3 -c 'import os, sys; os.system(sys.argv[1] + " system"); os.execv(sys.argv[1], [sys.argv[1], "execv"])' "$D"
"$RUN" tar -cf /dev/null --checkpoint=1 --checkpoint-action=exec="$D tar" found
# As cron runs a job: a small environment of its own, and the line given to sh -c.
env -i HOME="$HOME" LOGNAME=tester SHELL=/bin/sh PATH="$PATH" /bin/sh -c "'$RUN' '$D' cron"
"$RUN" env -i HOME="$HOME" LOGNAME=tester SHELL=/bin/sh PATH=/usr/bin:/bin /bin/sh -c "'$D' job-of-cron"
"$RUN" sh -c 'ssh-agent true; "$0" after-ssh-agent' "$D"
"$RUN" sh -c 'exit 42'
echo "status $?"
"$RUN" sh -c 'kill -TERM $$'
echo "status $?"
