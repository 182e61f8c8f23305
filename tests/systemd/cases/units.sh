# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# The example units whose programs take their secrets from root's store: each is installed as its comment says, and
# looked at from inside.
# shellcheck source=/dev/null
. /opt/tests/systemd/guest.sh
: "${known:?}"

# posted PORT NAME: the service at that port signs with that value.
posted() {
    text="text of $$"
    answer=$(python3 - "$1" "$text" <<'END'
import sys, urllib.request
print(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/", sys.argv[2].encode(), 5).read().decode().strip())
END
    )
    [ "$answer" = "$(signature "$2" "$text")" ] || fail "it answers: $answer"
}

# asked NAME: the socket's service does.
asked() {
    answer=$(python3 - /run/signer.sock 'a line' <<'END'
import socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(10)
    s.connect(sys.argv[1])
    s.sendall(sys.argv[2].encode() + b"\n")
    print(s.makefile().readline().strip())
END
    )
    [ "$answer" = "$(signature "$1" 'a line')" ] || fail "it answers: $answer"
}

# The store of root, from where the units take theirs, is closed to the service's user; so is the program's memory.
shut() {
    for file in /etc/secrun/machine.key /etc/secrun/secrets.age; do
        [ -s "$file" ] || fail "there is no $file"
        if as_service "$1" cat "$file" >/dev/null 2>&1; then fail "its user can read $file"; fi
    done
    if as_service "$1" ls /etc/secrun >/dev/null 2>&1; then fail "its user can list the store"; fi
    status=0
    as_service "$1" secrun -d /etc/secrun -p "$2" -- env >out 2>&1 || status=$?
    [ "$status" -eq 125 ] || fail "its user can run secrun on the store: $(cat out)"
    pid=$(unit_pid "$1")
    for file in environ mem maps; do
        if as_service "$1" cat "/proc/$pid/$file" >/dev/null 2>&1; then fail "its user can read $file of it"; fi
    done
    # No descriptor of the store, or of the capsule.
    find "/proc/$pid/fd" -mindepth 1 -printf '%l\n' >open
    ! grep -q 'secrun\|secretmem\|memfd' open || fail "it has open: $(cat open)"
}

installed() {
    follow "$@"
    case $1 in
    signer.service | report.service) ;;
    secrun@.service) await 5 systemctl is-active --quiet "secrun@$2" ;;
    *) await 5 systemctl is-active --quiet "${1%.service}" ;;
    esac
}

# reloaded UNIT PATTERN: the same process, which says so.
reloaded() {
    before=$(unit_pid "$1")
    systemctl reload "$1"
    await 5 sh -c "journalctl --sync; journalctl --no-pager -u '$1' _PID=$before | grep -q '$2'"
    [ "$(unit_pid "$1")" = "$before" ] || fail 'it is another process'
}

# restarted UNIT COMMAND…: another process, of which the same is true.
restarted() {
    unit=$1
    before=$(unit_pid "$unit")
    shift
    systemctl restart "$unit"
    [ "$(unit_pid "$unit")" != "$before" ] || fail 'it is the same process'
    [ ! -d "/proc/$before" ] || fail 'the process before is still there'
    await 5 systemctl is-active --quiet "$unit"
    await 5 "$@"
}

# killed UNIT COMMAND…: a program that is killed is told of as that, and started again.
killed() {
    unit=$1
    before=$(unit_pid "$unit")
    restarts=$(systemctl show --property=NRestarts --value "$unit")
    shift
    kill -KILL "$before"
    await 5 sh -c "[ \$(systemctl show --property=NRestarts --value '$unit') -gt $restarts ] && systemctl is-active --quiet '$unit'"
    journalctl --sync
    journalctl --no-pager -u "$unit" | grep -q 'Main process exited, code=killed, status=9/KILL' || fail "$(journalctl --no-pager -u "$unit")"
    await 5 "$@"
}

# stopped UNIT: promptly, by its own handling of SIGTERM.
stopped() {
    pid=$(unit_pid "$1")
    begin=$(date +%s%N)
    systemctl stop "$1"
    took=$((($(date +%s%N) - begin) / 1000000))
    [ "$took" -lt 2000 ] || fail "it took $took ms"
    [ ! -d "/proc/$pid" ] || fail 'the process is still there'
    systemctl show --property=Result,ExecMainCode,ExecMainStatus "$1" >told
    told Result=success
    case $2 in
    exits) told ExecMainCode=1 ExecMainStatus=0 ;;
    dies) told ExecMainCode=2 ExecMainStatus=15 ;;
    esac
}

secrunctl init >/dev/null 2>&1
remember moltbot.service gateway.service secrun@first.service signer.service courier.service report.service

# What is searched for is found where it is without secrun.
found_without() {
    install -d -m 700 "$known"
    # shellcheck disable=SC2030 # another list of values, for here
    (
        known=$PWD/plain
        value PLAIN
        systemd-run --quiet --unit=plain --property=Environment="PLAIN=$(cat "$known/PLAIN")" sleep 60
        if (nowhere_in_proc); then fail 'not found in /proc'; fi
        if (nowhere_in_systemd plain); then fail 'not found by systemctl'; fi
    )
    systemctl stop plain
}
check 'without secrun, /proc and systemctl show the value' found_without

# service UNIT USER PROGRAM PROFILE COMMAND…: what holds for every service that runs on.
service() {
    unit=$1 user=$2 program=$3 profile=$4
    shift 4
    check "$unit: the program has its secret" await 5 "$@"
    check "$unit: it is the main process, as its user, with no rights" runs_as "$user" "$unit" "$program"
    check "$unit: the store is closed to its user, and so is its memory" shut "$unit" "$profile"
    check "$unit: nothing in /proc shows a value" nowhere_in_proc
    check "$unit: it is well-formed, and hardened" sound "$unit"
    check "$unit: systemd shows no value" nowhere_in_systemd "$unit"
    check "$unit: it restarts" restarted "$unit" "$@"
}

# What systemd thinks of the sandbox: 10 is none at all.
sound() {
    warnings=$(systemd-analyze verify "$1" 2>&1)
    [ -z "$warnings" ] || fail "$warnings"
    level=$(systemd-analyze --no-pager security "$1" | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
    [ "${level%.*}" -lt 3 ] || fail "exposure level $level"
}

check 'moltbot.service: it is installed as its comment says' installed moltbot.service
service moltbot.service moltbot /usr/bin/node moltbot posted 8701 MOLTBOT_API_KEY
check 'moltbot.service: it reloads' reloaded moltbot.service 'moltbot: reloaded'
check 'moltbot.service: killed, it is started again' killed moltbot.service posted 8701 MOLTBOT_API_KEY
check 'moltbot.service: it stops' stopped moltbot.service exits

check 'gateway.service: it is installed as its comment says' installed gateway.service
service gateway.service gateway /srv/gateway/gateway gateway posted 8702 GATEWAY_KEY
check 'gateway.service: killed, it is started again' killed gateway.service posted 8702 GATEWAY_KEY
check 'gateway.service: it stops' stopped gateway.service dies

# A template's program is whatever is in /srv/NAME/run: here a script that becomes the static one, and the one in Node.
cp /opt/programs/gateway /srv/run-gateway
printf '#!/bin/sh\nexec /srv/run-gateway\n' >/opt/examples/systemd/run
sed -i 's/API_KEY$/GATEWAY_KEY/' /opt/examples/systemd/secrun@.service
check 'secrun@.service: it is installed as its comment says' installed secrun@.service first
service secrun@first.service first /srv/run-gateway first posted 8702 GATEWAY_KEY
check 'secrun@.service: it stops' stopped secrun@first.service dies

signer_installed() {
    installed signer.service
    systemctl is-active --quiet signer.socket
    [ "$(systemctl is-active signer.service)" = inactive ] || fail 'it is started without a connection'
}
signer_passed() {
    [ "$(systemctl show --property=ActiveState --value signer.service)" = active ]
    journalctl --sync
    journalctl --no-pager -u signer.service | grep -q 'ready on signer.socket' || fail 'LISTEN_FDNAMES did not arrive'
    pid=$(unit_pid signer.service)
    [ "$(find "/proc/$pid/fd" -mindepth 1 -printf '%f\n' | sort -n | tr '\n' ' ')" = '0 1 2 3 ' ] ||
        fail "descriptors: $(ls -l "/proc/$pid/fd")"
    grep -qaz "^LISTEN_PID=$pid\$" "/proc/$pid/environ" || fail "LISTEN_PID: $(tr '\0' '\n' <"/proc/$pid/environ")"
}
signer_idles() {
    mkdir -p /run/systemd/system/signer.service.d
    printf '[Service]\nEnvironment=IDLE_SECONDS=0.2\n' >/run/systemd/system/signer.service.d/idle.conf
    systemctl daemon-reload
    systemctl stop signer.service 2>/dev/null
    asked SIGNER_KEY
    await 5 property signer.service ActiveState inactive
    asked SIGNER_KEY
    rm -r /run/systemd/system/signer.service.d
    systemctl daemon-reload
}
check 'signer.service: it is installed as its comment says' signer_installed
check 'signer.service: a connection starts it' asked SIGNER_KEY
check 'signer.service: the socket and the LISTEN variables are passed, and nothing else' signer_passed
service signer.service signer /usr/bin/python3 signer asked SIGNER_KEY
check 'signer.service: it stops' stopped signer.service exits
check 'signer.service: a connection starts it again after it has ended' signer_idles
systemctl stop signer.socket signer.service 2>/dev/null

fresh_ticket() {
    read -r moment code </run/courier/ticket
    [ $(($(date +%s) - moment)) -le 2 ] || fail "it is of $moment"
    [ "$code" = "$(signature COURIER_KEY "$moment")" ] || fail 'it has another signature'
}
status_is() {
    [ "$(systemctl show --property=StatusText --value courier)" = "$1" ]
}
courier_ready() {
    systemctl stop courier
    systemctl start courier
    # Not before the program has said so.
    status_is 'COURIER_KEY has 35 characters' || fail "$(systemctl status courier)"
}
courier_reloads() {
    before=$(unit_pid courier)
    systemctl reload courier
    await 5 status_is reloaded
    [ "$(unit_pid courier)" = "$before" ] || fail 'it is another process'
}
# For longer than the watchdog waits.
courier_lives() {
    before=$(unit_pid courier)
    sleep 3
    [ "$(unit_pid courier)" = "$before" ] || fail "$(systemctl status courier)"
}
courier_hangs() {
    before=$(unit_pid courier)
    kill -STOP "$before"
    await 8 sh -c "p=\$(systemctl show --property=MainPID --value courier); [ \$p -gt 0 ] && [ \$p -ne $before ] && systemctl is-active --quiet courier"
    journalctl --sync
    journalctl --no-pager -u courier | grep -q 'Watchdog timeout' || fail "$(journalctl --no-pager -u courier)"
    await 3 fresh_ticket
}
check 'courier.service: it is installed as its comment says' installed courier.service
check 'courier.service: systemd waits until the program is ready' courier_ready
service courier.service courier /usr/bin/python3 courier fresh_ticket
check 'courier.service: it reloads, and systemd is told' courier_reloads
check 'courier.service: the watchdog hears of it' courier_lives
check 'courier.service: one that hangs is ended by the watchdog, and started again' courier_hangs
check 'courier.service: it stops' stopped courier.service exits

# reported FILE LINES: so many, and the last one is signed.
reported() {
    [ "$(wc -l <"$1")" -eq "$2" ] || fail "$(cat "$1")"
    line=$(tail -n 1 "$1")
    # shellcheck disable=SC2031
    token=$(cat "$known/REPORT_TOKEN")
    [ "${line##* }" = "$(printf '%s %s' "$token" "${line% *}" | sha256sum | cut -d ' ' -f 1)" ] || fail "another token: $line"
}
report_once() {
    systemctl start report.service
    systemctl show --property=Result,ExecMainStatus report.service >told
    told Result=success ExecMainStatus=0
    reported /var/lib/report/report 1
    [ "$(stat -c %U /var/lib/report/report)" = report ]
}
report_timed() {
    systemctl list-timers --no-pager | grep -q 'report.timer' || fail "$(systemctl list-timers)"
    mkdir -p /run/systemd/system/report.timer.d
    printf '[Timer]\nOnCalendar=\nPersistent=no\nOnActiveSec=1\nAccuracySec=100ms\nRandomizedDelaySec=0\n' >/run/systemd/system/report.timer.d/soon.conf
    systemctl daemon-reload
    systemctl restart report.timer
    await 10 reported /var/lib/report/report 2
    rm -r /run/systemd/system/report.timer.d
    systemctl daemon-reload
}
check 'report.service: it is installed as its comment says' installed report.service
check 'report.service: the job has its token, and so have its children' report_once
check 'report.timer: it starts the job' report_timed
check 'report.service: it is well-formed, and hardened' sound report.service
check 'report.service: nothing in /proc shows a value' nowhere_in_proc
check 'report.service: systemd shows no value' nowhere_in_systemd report.service report.timer
systemctl stop report.timer
