#!/bin/sh
# SPDX-License-Identifier: ISC
# The life of the package in a Debian tree, from its installation to a purge, in order. Run by enter.sh as root in the
# tree; makes a store there, with a secret that it makes up.
# shellcheck source=tests/support/case.sh
. /opt/tests/case.sh
# shellcheck source=tests/package/check.sh
. /opt/tests/check.sh
packages=/opt/packages
VALUE=pk-package-0123456789abcdef

version() {
    dpkg-deb -f "$packages/$1.deb" Version
}

# What dpkg knows of every file but the package's own, and what there is of them.
files() {
    find / -xdev \( -path /proc -o -path /dev -o -path /tmp -o -path /var/lib/dpkg -o -path /var/log -o -path /opt \
        -o -path /etc/secrun \) -prune -o -printf '%y %m %u %g %p\n' | sort
}

installs() {
    files >/tmp/before
    dpkg -i "$packages/first.deb"
    same status "$(dpkg-query -W -f '${Status} ${Version}' secrun)" "install ok installed $(version first)"
    same secrun "$(secrun --version)" "secrun $(version first)"
    same secrunctl "$(secrunctl --version)" "secrunctl $(version first)"
    same /etc/secrun "$(stat -c '%a %U %G' /etc/secrun) $(ls -A /etc/secrun)" '700 root root '
    dpkg --verify secrun
}

seals_and_runs() {
    secrunctl init
    printf %s "$VALUE" | secrunctl set -p printenv TOKEN
    secrunctl check >checked || { cat checked; exit 1; }
    same 'what a program is given' "$(secrun printenv TOKEN)" "$VALUE"
    same 'what is injected' "$(secrun --delivery inject printenv TOKEN)" "$VALUE"
    none grep -a "$VALUE" /etc/secrun/machine.key /etc/secrun/secrets.age /etc/secrun/secrun.conf
    same machine.key "$(stat -c '%a %U' /etc/secrun/machine.key)" '600 root'
    find /etc/secrun -type f -exec sha256sum {} + | sort >/tmp/store
}

is_for_users_too() {
    as_tester='setpriv --reuid=54321 --regid=54321 --clear-groups env HOME=/tmp/home'
    mkdir -p /tmp/home
    chown 54321:54321 /tmp/home
    $as_tester secrunctl init
    printf %s users | $as_tester secrunctl set TOKEN
    same 'what his program is given' "$($as_tester secrun -- printenv TOKEN)" users
    # shellcheck disable=SC2086 # a command's words
    none $as_tester secrun -d /etc/secrun -- printenv TOKEN 2>error
    grep -q '^secrun: /etc/secrun.*: Permission denied$' error || fail "$(cat error)"
}

# A program that goes on from here to the end: for each line that it is sent it starts a child, which tells what it has.
# shellcheck disable=SC2016 # its shell's
child='echo "$$ ${TOKEN-nothing}" >/tmp/answer; read -r line </tmp/hold'
program="while read -r number; do sh -c '$child' & done"
starts() {
    mkfifo /tmp/orders /tmp/answer /tmp/hold
    cd /
    secrun -p printenv -- sh -c "$program" <>/tmp/orders >/tmp/program.log 2>&1 &
    echo $! >/tmp/program.pid
    cd "$OLDPWD"
    answers "$VALUE"
    grep -q ' /usr/lib/secrun/secrun.so$' "/proc/$(cat /tmp/program.pid)/maps"
}

# answers TO-BE: the program's next child has this, and nothing shows the secret.
answers() {
    echo go >/tmp/orders
    timeout 10 cat /tmp/answer >answer || fail "no answer: $(cat /tmp/program.log)"
    read -r child token <answer
    echo "$child" >/tmp/child.pid
    same 'what its child has' "$token" "$1"
    tr '\0' '\n' <"/proc/$child/environ" >environ
    grep -q '^HOME=' environ || fail "the child's environment was not seen"
    for other in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do
        tr '\0' '\n' <"$other" >seen 2>/dev/null || continue # it has ended
        none grep "$VALUE" seen
    done
    same 'what the program said' "$(cat /tmp/program.log)" ''
}

upgrades() {
    dpkg -i "$packages/next.deb"
    same secrun "$(secrun --version)" "secrun $(version next)"
    find /etc/secrun -type f -exec sha256sum {} + | sort | diff /tmp/store -
    same 'what a program is given' "$(secrun printenv TOKEN)" "$VALUE"
    dpkg --verify secrun
}

goes_on_through_the_upgrade() {
    maps="/proc/$(cat /tmp/program.pid)/maps"
    grep -q ' /usr/lib/secrun/secrun.so (deleted)$' "$maps" || fail "the program has another shim: $(grep secrun "$maps")"
    answers "$VALUE"
    # The child has the new one, and so has what it would start.
    grep ' /usr/lib/secrun/secrun.so$' "/proc/$(cat /tmp/child.pid)/maps" || fail "$(cat "/proc/$(cat /tmp/child.pid)/maps")"
}

# An administrator's own mode for the directory outlives an upgrade, and so does a downgrade the store.
keeps_the_mode_of_the_directory() {
    dpkg-statoverride --update --add root root 0711 /etc/secrun
    dpkg -i "$packages/first.deb"
    same mode "$(stat -c %a /etc/secrun)" 711
    dpkg-statoverride --remove /etc/secrun
    chmod 700 /etc/secrun
    find /etc/secrun -type f -exec sha256sum {} + | sort | diff /tmp/store -
}

# Built without optimization, and with all of its symbols.
runs_without_optimization() {
    dpkg -i "$packages/options.deb"
    same 'what a program is given' "$(secrun printenv TOKEN)" "$VALUE"
    same 'what a child is given' "$(secrun -p printenv -- sh -c 'sh -c "printenv TOKEN"; exit')" "$VALUE"
    same 'what is injected' "$(secrun --delivery inject printenv TOKEN)" "$VALUE"
}

is_removed() {
    dpkg -r secrun
    none command -v secrun
    [ ! -e /usr/lib/secrun ]
    find /etc/secrun -type f -exec sha256sum {} + | sort | diff /tmp/store -
    same mode "$(stat -c %a /etc/secrun)" 700
    same status "$(dpkg-query -W -f '${Status}' secrun)" 'deinstall ok config-files'
    files | diff /tmp/before -
}

# As README.Debian says.
goes_on_through_the_removal() {
    answers nothing
    kill "$(cat /tmp/program.pid)"
}

is_purged_but_for_the_store() {
    dpkg -P secrun >told 2>&1
    grep -q '^secrun: /etc/secrun is kept' told || fail "$(cat told)"
    find /etc/secrun -type f -exec sha256sum {} + | sort | diff /tmp/store -
    none dpkg-query -W secrun
}

is_installed_upon_a_store() {
    dpkg -i "$packages/next.deb"
    same 'what a program is given' "$(secrun printenv TOKEN)" "$VALUE"
    # It was removed and came back with another mode: the package's.
    same /etc/secrun "$(stat -c '%a %U' /etc/secrun)" '700 root'
}

is_purged_without_a_trace() {
    rm -r /etc/secrun/*
    dpkg -P secrun >told 2>&1
    none grep secrun: told
    [ ! -e /etc/secrun ]
    files | diff /tmp/before -
}

check 'package: installs, with an empty directory for the store' installs
check 'package: seals and runs' seals_and_runs
check 'package: is for other users with their own store' is_for_users_too
check 'package: a program that starts children is started' starts
check 'package: is upgraded, and the store kept' upgrades
check 'package: a running program goes on through the upgrade, its children with the new shim' goes_on_through_the_upgrade
check 'package: leaves the mode of the directory to the administrator' keeps_the_mode_of_the_directory
check 'package: runs when it was built without optimization' runs_without_optimization
check 'package: is removed, and the store kept' is_removed
check 'package: a running program goes on through the removal, its children without secrets' goes_on_through_the_removal
check 'package: is purged, and says that the store is kept' is_purged_but_for_the_store
check 'package: is installed upon a store that was kept' is_installed_upon_a_store
check 'package: is purged without a trace where there is no store' is_purged_without_a_trace
echo 'tree: end'
