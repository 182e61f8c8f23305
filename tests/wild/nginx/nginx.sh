#!/bin/bash
# SPDX-License-Identifier: ISC
# What nginx takes for its binary, and execs for an upgrade: tells what that process has (digest.sh), and becomes
# nginx. PATH is not in the environment that nginx leaves itself.
"${0%/*}/../digest.sh" "start${NGINX:+ of an upgrade}${WORK:+, WORK set}" >>"${0%/*}/starts"
PATH=/usr/sbin:/usr/bin:/bin
exec -a "$0" nginx "$@"
