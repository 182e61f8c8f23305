#!/bin/sh
# SPDX-License-Identifier: ISC
# `make lint`: every linter over every file it is for; exits 1 if any has something to say.
set -eu
cd "$(dirname "$0")/.."
status=0
run() {
    echo "lint: $1"
    shift
    "$@" || status=1
}

# It counts what it keeps quiet about on standard error.
# shellcheck disable=SC2317 # called by run
clang_tidy() {
    clang-tidy --quiet "$@" 2>/dev/null
}

sources=$(find launcher shim tests examples -name '*.c' -o -name '*.h' | sort)
launcher=$(find launcher -name '*.c' | sort)
shim=$(find shim -name '*.c' | sort)
scripts=$(find tests examples .ci .debian launcher -type f \( -name '*.sh' -o -name '*.bash' -o -name '*.postrm' -o -name pre-commit -o -path '.ci/*' \) | sort)
pages=$(find man -type f | sort)

# shellcheck disable=SC2086 # lists of names without blanks
{
    run clang-format clang-format --dry-run --Werror $sources
    run 'clang-tidy launcher' clang_tidy $launcher -- -std=gnu11 -D_GNU_SOURCE -Ilauncher -I. \
        -DSECRUN_SHIM='"/x"' -DSECRUN_PROGRAM='"/y"' -DSECRUN_STUB='"/dev/null"' -DSECRUN_VERSION='"x"'
    run 'clang-tidy shim' clang_tidy $shim -- -std=gnu11 -D_GNU_SOURCE -ffreestanding -I. \
        -DSECRUN_SHIM='"/x"' -DSECRUN_PROGRAM='"/y"'
    run cppcheck cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
        --enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=ctuuninitvar \
        --suppress=pointerOutOfBoundsCond --suppress=identicalInnerCondition -D__x86_64__ -DSECRUN_SHIM='"/x"' \
        -DSECRUN_PROGRAM='"/y"' -DSECRUN_STUB='"/dev/null"' \
        -Ilauncher -I. launcher shim
    run shellcheck shellcheck $scripts
    run zsh zsh -n launcher/completions/_secrun
    run fish fish --no-execute launcher/completions/*.fish
    run mandoc mandoc -T lint -W warning $pages
}
exit $status
