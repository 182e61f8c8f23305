#!/bin/bash
# SPDX-License-Identifier: ISC
# Programs by which root becomes someone else, and that have no privilege of their own to give: they pass secrets on.
# The scratch directory is closed to others, so that they get digest.sh as text.
# shellcheck disable=SC2016 # what is quoted is for the shells that are started
PATH=$PATH:/usr/sbin:/sbin
code=$(grep -v '^#' "$WORK/digest.sh")
"$RUN" runuser -u nobody -- sh -c "$code" runuser 'runuser, not root'
"$RUN" setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "$code" setpriv 'setpriv, not root'
"$RUN" setpriv --reuid=65534 --regid=65534 --clear-groups bash -c 'bash -c "$1" bash "deeper, not root"' bash "$code"
"$RUN" chroot --userspec=65534:65534 / sh -c "$code" chroot 'chroot, not root'
"$RUN" unshare --mount --pid --fork --mount-proc sh -c "$code" unshare 'other namespaces'
