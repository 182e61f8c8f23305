#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs a command with secrun staged in a directory of its own, which SECRUN_STAGE names and which is
# removed afterwards. Not below this tree: whoever owns the tree could change there what root then
# runs, and secrun refuses that. usage: tests/staged.sh COMMAND [ARG]…
set -eu
stage=$(mktemp -d "${TMPDIR:-/tmp}/secrun-stage.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$stage"
"${MAKE:-make}" -s -C "$(dirname "$0")/.." stage STAGE="$stage"
status=0
SECRUN_STAGE=$stage "$@" || status=$?
exit $status
