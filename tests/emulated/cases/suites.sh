#!/bin/sh
# SPDX-License-Identifier: ISC
# The end to end suites of what a guest is for: the shim in a target, on that machine and that kernel. A test that
# is left out is named here.
cd /tmp || exit 1
suites='@(environment|fallback|process)/*'
# No clang, and no cc for what these compile as they run.
suites="$suites|exec/!(injects_into_a_program_under_address_sanitizer|knows_a_loader_by_the_file*)"
suites="$suites|getenv/!(thread_sanitizer*|takes_the_first_of_a_name*|finds_nothing_after_the_array*)"
# No PHP, no Node.
suites="$suites|hidden/!(*_of_php_*|*_of_node_*)"
# Hundreds and thousands of processes, each many times as slow: they may take longer than a command may.
suites="$suites|spawn/!(eight_threads_start_children*|popen_does_what*)"
# The runtimes that a guest has.
suites="$suites|runtimes/@(c_|dash|bash|busybox|perl|python|gawk|lua|zsh)*"
suites="$suites|attacker/another_process_of_the_same_user_gets_nothing_of_a_c_program"
/opt/run/e2e --tap --jobs "$(nproc)" --filter="@($suites)" | grep -v ' # SKIP'
