#!/bin/sh
# SPDX-License-Identifier: ISC
# Builds the images of examples/docker with podman, and runs the cases on them (tests/containers/cases), under its default
# seccomp profile; closes with a line that counts the tests. Uses the secrun that SECRUN_STAGE names to make the store.
# usage: tests/staged.sh tests/containers/run.sh [CASE]…
set -eu
cd "$(dirname "$0")/../.."
case ${SECRUN_ENTERED-} in
'') exec tests/containers/enter.sh "$0" "$@" ;;
esac
PATH=$SECRUN_STAGE/bin:$PATH
[ $# -gt 0 ] || set -- keys process refusals mounts user chains images manifests readme

tests/containers/bed.sh
# shellcheck source=tests/containers/engine.sh
. tests/containers/engine.sh
make_store
echo 'containers: building the images'
build_images
make_programs
for case; do
    # shellcheck source=/dev/null
    . "tests/containers/cases/$case.sh"
done
echo "containers: $tests tests, $failed failed"
[ "$failed" -eq 0 ] && [ "$tests" -gt 0 ]
