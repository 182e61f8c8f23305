#!/bin/sh
# SPDX-License-Identifier: ISC
# What this guest is, and that secrun says the same.
# shellcheck source=/dev/null
. /opt/tests/emulated/guest.sh
prepare
echo "# $(uname -srm), booted in $(cut -d. -f1 /proc/uptime) s; $(cat /sys/kernel/security/lsm)"
echo "# $(cat /proc/cmdline)"

security_modules() {
    grep -q yama /sys/kernel/security/lsm
    [ -e /proc/sys/kernel/yama/ptrace_scope ]
    grep -q apparmor /sys/kernel/security/lsm
}
check 'machine: has Yama and AppArmor' security_modules

# Before Linux 6.5 it takes the switch.
secret_memory() {
    memory=$(memory_line)
    echo "memory: $memory"
    if grep -q secretmem.enable=1 /proc/cmdline; then
        [ "$memory" = memfd_secret ]
    else
        [ "$memory" = 'locked private memory (memfd_secret: not in this kernel, or switched off)' ]
    fi
}
check 'machine: secrun says what memory it has' secret_memory

says_the_machine() {
    expect 0 root -n -- /bin/true
    cat out
    grep -q "^delivery  preload of .*($(uname -m | tr _ -), glibc)" out
}
check 'machine: secrun says which machine a program is for' says_the_machine

sealing() {
    export SECRUN_DIR="$PWD/store"
    secrunctl init
    printf %s "$VALUE" | secrunctl set -p work TOKEN
    [ "$(secrunctl get -p work TOKEN)" = "$VALUE" ]
    [ "$(age -d -i store/machine.key store/secrets.age | grep -c "TOKEN = $VALUE")" = 1 ]
    [ "$(secrun -p work -- printenv TOKEN)" = "$VALUE" ]
}
check 'machine: what secrunctl seals, age opens and secrun runs' sealing
