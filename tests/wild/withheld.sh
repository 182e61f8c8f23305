#!/bin/bash
# SPDX-License-Identifier: ISC
# Programs with a set-user-ID or set-group-ID bit, which no preload reaches, and what they run in their turn. env
# stands in front: secrun itself starts none of them. The scratch directory is closed to others.
# shellcheck disable=SC2016 # what is quoted is for the shells that are started
export OTHER=kept
tell='echo "$1: ${KEY+KEY}${TOKEN+TOKEN}${PEM+PEM} ${LD_PRELOAD+LD_PRELOAD}${SECRUN_CAPSULE+SECRUN_CAPSULE} $OTHER"'
again="$tell"'; sh -c "$2" sh "below $1" "$2"'
"$RUN" env ssh-agent sh -c "$again"'; ssh-add -l; kill "$SSH_AGENT_PID"' sh ssh-agent "$tell"
echo "status $?"
"$RUN" sh -c 'eval "$(ssh-agent -s)" >/dev/null; ssh-add -l; ssh-agent -k >/dev/null'
echo "status $?"
for options in '-u nobody' '-E -u nobody' "--preserve-env=OTHER,KEY,TOKEN,PEM"; do
    # shellcheck disable=SC2086 # a list of options
    "$RUN" env sudo -n $options sh -c "$again" sh "sudo $options" "$tell"
    echo "status $?"
done
"$RUN" env su -s /bin/sh nobody -c "$again" sh su "$tell" </dev/null
echo "status $?"
"$RUN" env su -s /bin/sh - nobody -c "$again" sh "su -" "$tell" </dev/null
echo "status $?"
