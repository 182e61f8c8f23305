#!/bin/sh
# SPDX-License-Identifier: ISC
# Under user emulation (user.sh): the unit tests, and the end to end tests that start no target. A test that is left
# out is named here. qemu's environment for a program is a set of NAME=VALUE: it drops the slots, which have no
# name, and changes the order, so that no secret can arrive there, which the last test holds secrun to. It has no
# ptrace either. What is left out is what a guest with a kernel of its own is for (suites.sh).
cd /tmp || exit 1
PATH=/opt/secrun/bin:$PATH

# No Node, which these compare with.
suites='!(age_peers|dotenv_peer|age_vectors|probe|elf|inject|outer)/*'
# No Go, no clang; and a script's interpreters are followed one time less, since qemu itself is one.
suites="$suites|probe/!(*_in_go_*|follows_as_many_interpreters*)|elf/!(*_in_go_*|*_under_address_sanitizer_*)"
# No ptrace, which all of inject takes; and qemu does not heed MADV_DONTFORK.
suites="$suites|outer/!(is_not_in_the_memory_of_a_forked_process)"
/opt/run/unit --tap --jobs 2 --filter="@($suites)" | grep -v ' # SKIP'

suites='@(ctl_init|ctl_list|ctl_options|ctl_pubkey|ctl_store|ctl_terminal|ctl_unset|shim)/!(that_is_missing_or*|keeps_keys_out_of_git)'
# These run a target, or trace one, or look for Node.
suites="$suites|ctl_check/!(passes_a_store_that_runs|of_a_command_that_is_to_be_injected*|of_a_command_tells*)"
suites="$suites|ctl_get/!(prints_what_a_run*)|ctl_set/!(gives_secrun_the_same_bytes)"
suites="$suites|stores/!(below_a_directory_that_others*|of_another_user*|that_are_as_they_should_be_open)|policy_text/!(verbose_says_the_same)"
# No Node.
suites="$suites|ctl_edit/*|ctl_export/!(is_read_back_by_*)|ctl_import/!(reads_a_env_file_as_dotenv_does)"
/opt/run/e2e --tap --jobs 2 --filter="@($suites)" | grep -v ' # SKIP'

fails_closed() {
    [ "$(uname -m)" = aarch64 ] || return 1
    secrunctl -d store init >/dev/null || return 1
    printf secret-value | secrunctl -d store set -p printenv TOKEN || return 1
    secrun -d store -n -- printenv TOKEN >plan || return 1
    grep '^memory    locked private memory (memfd_secret: not in this kernel' plan || return 1
    secrun -d store -- printenv TOKEN >out 2>err
    [ $? -eq 125 ] && [ ! -s out ] && [ "$(cat err)" = 'secrun: capsule: made for another environment' ]
}
if fails_closed >/tmp/fails-closed 2>&1; then
    echo 'ok - user emulation: a target that loses its slots does not start'
else
    echo 'not ok - user emulation: a target that loses its slots does not start'
    sed 's/^/#   /' /tmp/fails-closed
fi
echo "user: end"
