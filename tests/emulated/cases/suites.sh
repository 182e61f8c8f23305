#!/bin/sh
# SPDX-License-Identifier: ISC
# The end to end suites whose programs this guest has.
cd /tmp || exit 1
/opt/run/e2e --tap --jobs "$(nproc)" --filter='@(environment|getenv|hidden|fallback|exec|spawn|process)/*'
