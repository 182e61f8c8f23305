# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What systemd hears of a start that fails, of a program that ends, and of one that crashes.
# shellcheck source=/dev/null
. /opt/tests/systemd/guest.sh
: "${known:?}"
if [ ! -e /etc/secrun/machine.key ]; then
    secrunctl init >/dev/null 2>&1
fi
remember failing.service dumped.service
id tester >/dev/null 2>&1 || useradd --system tester
value TOKEN
secrunctl set -p tester TOKEN <"$known/TOKEN"
value DUMPED
printf '[open]\n.dumpable = yes\nMOLTBOT_API_KEY = %s\n' "$(cat "$known/DUMPED")" |
    secrunctl import --format ini - >/dev/null

has_ended() {
    case $(systemctl is-active "$1") in
    inactive | failed) ;;
    *) return 1 ;;
    esac
}

# ended EXECSTART PROPERTY…: runs it to its end; ./told has what systemd knows of it, ./journal what was printed.
ended() {
    command=$1
    shift
    {
        echo '[Service]'
        echo 'Type=exec'
        for line in "$@" "ExecStart=$command"; do echo "$line"; done
    } >/run/systemd/system/failing.service
    systemctl daemon-reload
    systemctl reset-failed failing 2>/dev/null || true
    mark_journal
    systemctl start failing || true
    await 10 has_ended failing
    systemctl show --property=Result,ExecMainCode,ExecMainStatus failing >told
    read_journal
    cat told journal
}

# status STATUS TEXT EXECSTART PROPERTY…
status() {
    wanted=$1 text=$2
    shift 2
    ended "$@"
    grep -qx "ExecMainStatus=$wanted" told || fail "not status $wanted"
    grep -qx 'ExecMainCode=1' told || fail 'it did not exit'
    grep -q -- "$text" journal || fail "the journal does not say: $text"
}
# quiet EXECSTART PROPERTY…: status 0, and nothing to say.
quiet() {
    ended "$@"
    told ExecMainCode=1 ExecMainStatus=0
    ! grep '^secrun: ' journal || fail 'it says something'
}
check 'an unknown profile is status 125, and a line in the journal' \
    status 125 '^secrun: .*nothere' '!/usr/bin/secrun -p nothere -u tester -- /bin/true' User=tester
check 'a user that does not exist is status 125' \
    status 125 '^secrun: .*nobody-here' '!/usr/bin/secrun -p tester -u nobody-here -- /bin/true'
check '-u without the ! of the unit is status 125' \
    status 125 'hint: in a unit, write ExecStart=!... so that secrun starts as root$' '/usr/bin/secrun -p tester -u tester -- /bin/true' \
    User=tester
check "neither the ! nor -u is no reason to make a second store" \
    status 125 "hint: if root's store is meant, run this as root: secrun -u USER, in a unit ExecStart=!...; for one of your own: " \
    '/usr/bin/secrun -p tester -- /bin/true' User=tester
check 'the ! without -u is told in the journal, and runs as root' \
    status 0 '^secrun: User=tester of this unit, but no -u: the command runs as root$' '!/usr/bin/secrun -p tester -- /bin/true' User=tester
check 'what starts as root for no other user is not told so' quiet '!/usr/bin/secrun -p tester -- /bin/true'
check 'a program that is not there is status 127' \
    status 127 '^secrun: .*not-there' '!/usr/bin/secrun -p tester -u tester -- /srv/not-there' User=tester
check 'a program that cannot be run is status 126' \
    status 126 '^secrun: ' '!/usr/bin/secrun -p tester -u tester -- /etc/passwd' User=tester
# shellcheck disable=SC2016 # for the shell that systemd starts
check "the program's own status arrives" \
    status 7 'has 35' '!/usr/bin/secrun -p tester -u tester -- /bin/sh -c '\''echo has $${#TOKEN}; exit 7'\''' User=tester

# A profile says who may have it: the line for the audit is in the journal, as from any program that uses syslog.
not_for_this_one() {
    value GUARDED
    printf '[guarded]\n.allow-user = tester\nGUARDED = %s\n' "$(cat "$known/GUARDED")" | secrunctl import --format ini -
    ended '!/usr/bin/secrun -p guarded -u nobody -- /bin/true' User=nobody
    grep -qx ExecMainStatus=125 told
    journalctl --no-pager SYSLOG_FACILITY=10 | grep 'guarded' || fail 'no line with the facility authpriv'
    status 0 '' '!/usr/bin/secrun -p guarded -u tester -- /bin/true' User=tester
}
check 'a profile that is for another user is status 125, and told to syslog' not_for_this_one

own_signal() {
    ended '!/usr/bin/secrun -p tester -u tester -- /bin/sh -c '\''kill -USR2 $$$$'\''' User=tester
    told ExecMainCode=2 ExecMainStatus=12
}
check 'the signal that ends the program arrives' own_signal

# Without root's identity in the namespace, or with too few rights, secrun says what is missing.
without_capabilities() {
    ended '!/usr/bin/secrun -p tester -u tester -- /bin/true' User=tester CapabilityBoundingSet=CAP_CHOWN
    grep -qx ExecMainStatus=125 told
    grep -q '^secrun: ' journal
}
check 'where it may not change users, it is status 125 and a line' without_capabilities

# Programs that crash in a directory where a core file can be written.
crash='/bin/sh -c '\''kill -SEGV $$$$'\'''
cores() {
    mkdir -p /var/lib/failing
    rm -f /var/lib/failing/core*
    ended "$1" User=tester StateDirectory=failing WorkingDirectory=/var/lib/failing LimitCORE=infinity
}
no_core() {
    cores "$crash"
    grep -qx ExecMainCode=3 told || fail 'without secrun there is none either'
    cores "!/usr/bin/secrun -p tester -u tester -- $crash"
    told ExecMainCode=2 ExecMainStatus=11
    [ -z "$(find /var/lib/failing -name 'core*')" ] || fail "$(ls -l /var/lib/failing)"
}
check 'a program that crashes leaves no core' no_core

# With `dumpable = yes` there is one. This kernel writes it as a file; here it is given to systemd-coredump, as the
# kernel of a machine of its own would, which also takes the environment of the process from /proc and tells all to the
# journal. dumped EXECSTART PROPERTY…: ./dump is the dump that coredumpctl has of it.
dumped() {
    command=$1
    shift
    mkfifo endless core
    exec 7<>endless
    {
        echo '[Service]'
        for line in "$@" "ExecStart=$command" User=tester StateDirectory=failing WorkingDirectory=/var/lib/failing LimitCORE=infinity \
            "StandardInput=file:$PWD/endless"; do
            echo "$line"
        done
    } >/run/systemd/system/dumped.service
    rm -f /var/lib/failing/core*
    systemctl daemon-reload
    systemctl start systemd-coredump.socket dumped
    pid=$(unit_pid dumped)
    await 5 sh -c "journalctl --sync; journalctl --no-pager -o cat _PID=$pid | grep 'ends in'"
    /usr/lib/systemd/systemd-coredump "$pid" "$(id -u tester)" "$(id -g tester)" 11 "$(date +%s)" 18446744073709551615 host <core &
    exec 8>core
    # It has read what /proc tells of the process, and has passed the pipe on.
    wait $!
    kill -SEGV "$pid"
    await 5 property dumped ActiveState failed
    file=$(find /var/lib/failing -name 'core*')
    [ -s "$file" ] || fail 'no core was written'
    cp "$file" given
    rm "$file"
    cat given >&8
    exec 8>&- 7>&-
    await 5 coredumpctl --no-pager info "$pid"
    await 5 coredumpctl --output=dump dump "$pid"
    cmp -s given dump || fail 'the dump is not the core'
    journalctl --sync
}
without_secrun() {
    # Not one of the values that are searched for everywhere.
    known=$PWD/plain
    value PLAIN
    dumped /opt/programs/job "Environment=MOLTBOT_API_KEY=$(cat "$known/PLAIN")"
    grep -qaFf "$known/values" dump || fail 'the dump does not hold it'
    journalctl --no-pager --all -o export | grep -qaFf "$known/values" || fail 'the journal does not hold it'
}
# The program is static, and leaves its secret where it was put.
with_secrun() {
    dumped '!/usr/bin/secrun -p open -u tester -- /opt/programs/job'
    ! grep -qaFf "$known/values" dump || fail 'the dump holds a value'
    nowhere_in_systemd dumped
}
check 'without secrun, coredumpctl and the journal have the value of a program that crashes' without_secrun
check 'they have not, even of a program that may be dumped' with_secrun
