# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What the cases in the container share: stores with made-up secrets, and what is to be proven of a unit. Read by each of
# tests/systemd/cases; its secrets are new in each run, and in /run/secrun-tests/values, for root, alone.
known=/run/secrun-tests
case_folder=/var/tmp
case_mode=700
# shellcheck source=tests/support/case.sh
. /opt/tests/support/case.sh

# await SECONDS COMMAND…: until it succeeds.
await() {
    turns=$(($1 * 20))
    shift
    until ("$@") >/dev/null 2>&1; do
        turns=$((turns - 1))
        [ "$turns" -gt 0 ] || fail "in vain waited for: $*"
        sleep 0.05
    done
}

# value NAME: makes up a new value, in $known/NAME.
value() {
    (
        umask 077
        mkdir -p "$known"
        printf 'pk-%s' "$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')" >"$known/$1"
        { cat "$known/$1"; echo; } >>"$known/values"
    )
}

# follow UNIT [NAME]: does what the comment in an example unit tells to do; for a template, with that name.
follow() {
    mkdir -p /var/tmp/examples
    cp /opt/examples/systemd/* /var/tmp/examples
    cd /var/tmp/examples
    sed -n 's/^#   //p' "$1" | sed "s/NAME/${2-}/g" >steps
    [ -s steps ] || fail "$1 tells nothing"
    while read -r step; do
        echo "$step"
        case $step in
        *'secrunctl '*' set '* | 'secrunctl set '*)
            value "${step##* }"
            sh -ec "$step" <"$known/${step##* }"
            ;;
        *'secrunctl import '*)
            # Several in one file, as it is with .env.
            for name in MOLTBOT_API_KEY DB_PASSWORD; do
                value "$name"
                echo "$name=$(cat "$known/$name")"
            done >.env
            sh -ec "$step" </dev/null
            rm .env
            ;;
        *) PATH=/opt/tests/systemd/tools:$PATH sh -ec "$step" </dev/null ;;
        esac
    done <steps
    cd "$OLDPWD"
}

# The signature of a text by the value NAME.
signature() {
    python3 - "$known/$1" "$2" <<'END'
import hashlib, hmac, sys
print(hmac.new(open(sys.argv[1], "rb").read(), sys.argv[2].encode(), hashlib.sha256).hexdigest())
END
}

# systemd forgets how a unit ended when nothing refers to it any more.
remember() {
    printf '[Unit]\nAfter=%s\n' "$*" >/run/systemd/system/remembered.target
    systemctl daemon-reload
    systemctl restart remembered.target
}

# What is printed to the journal from now on, in ./journal.
mark_journal() {
    cursor=$(journalctl --no-pager --lines=0 --show-cursor | sed -n 's/^-- cursor: //p')
}
read_journal() {
    journalctl --sync
    journalctl --no-pager -o cat --after-cursor="$cursor" >journal
}

# Does systemd say this of that unit? property UNIT NAME VALUE
property() {
    [ "$(systemctl show --property="$2" --value "$1")" = "$3" ]
}

# Each of these lines is in ./told.
told() {
    for line; do
        grep -qxF -- "$line" told || fail "not $line: $(cat told)"
    done
}

unit_pid() {
    systemctl show --property=MainPID --value "$1"
}

# No process of the machine shows a value, in its environment or in its arguments.
nowhere_in_proc() {
    grep -laFf "$known/values" /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/comm >shown 2>/dev/null || true
    [ ! -s shown ] || fail "values are shown in: $(cat shown)"
}

# Nothing that systemd tells or keeps has a value: properties, states, the journal, logs, core dumps.
nowhere_in_systemd() {
    systemctl show '*' >told 2>/dev/null
    systemctl --no-pager --full status >>told 2>/dev/null || true
    systemctl show-environment >>told
    systemd-analyze dump >>told
    for unit; do
        systemctl show "$unit" >>told
        systemctl --no-pager --full status "$unit" >>told || true
        systemctl cat "$unit" >>told
        case $unit in
        *.timer) ;;
        *) systemd-analyze --no-pager security "$unit" >>told ;;
        esac
    done
    journalctl --sync
    journalctl --no-pager --all -o export >>told
    coredumpctl --no-pager info >>told 2>&1 || true
    [ "$(wc -c <told)" -gt 100000 ] || fail 'systemd has not told much'
    ! grep -qaFf "$known/values" told || fail "systemd tells a value: $(grep -aFf "$known/values" told | sed 's/pk-[0-9a-f]*/VALUE/g')"
    grep -rlaFf "$known/values" /var /run /etc /srv /tmp /usr/lib/systemd --exclude-dir="${known##*/}" >shown 2>/dev/null || true
    [ ! -s shown ] || fail "files hold a value: $(cat shown)"
}

# runs_as USER UNIT PROGRAM: the main process is that program, with that user's and no other rights.
runs_as() {
    user=$1 pid=$(unit_pid "$2") program=$3
    [ "$pid" -gt 0 ] || fail "$2 has no main process"
    [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$program")" ] || fail "it runs $(readlink "/proc/$pid/exe")"
    status=$(cat "/proc/$pid/status")
    field() {
        echo "$status" | sed -n "s/^$1:[[:space:]]*//p" | tr '\t' ' ' | sed 's/ *$//'
    }
    case $user in
    dynamic)
        uid=$(field Uid | cut -d ' ' -f 1) gid=$uid
        # The range that systemd takes them from.
        if [ "$uid" -lt 61184 ] || [ "$uid" -gt 65519 ]; then fail "user: $uid"; fi
        ;;
    *) uid=$(id -u "$user") gid=$(id -g "$user") ;;
    esac
    [ "$uid" -gt 0 ] || fail "$user is root"
    [ "$(field Uid)" = "$uid $uid $uid $uid" ] || fail "user: $(field Uid)"
    [ "$(field Gid)" = "$gid $gid $gid $gid" ] || fail "group: $(field Gid)"
    groups=$(field Groups)
    [ "${groups:-$gid}" = "$gid" ] || fail "groups: $groups, not $gid"
    for set in CapInh CapPrm CapEff CapAmb; do
        [ "$(field $set)" = 0000000000000000 ] || fail "$set: $(field $set)"
    done
    [ "$(field NoNewPrivs)" = 1 ] || fail 'it may gain privileges'
    [ "$(field Seccomp)" = 2 ] || fail 'no filter of system calls'
    [ "$(field TracerPid)" = 0 ] || fail "traced by $(field TracerPid)"
    # No process of secrun's has stayed.
    group=$(systemctl show --property=ControlGroup --value "$2")
    for folder in "/sys/fs/cgroup/systemd$group" "/sys/fs/cgroup$group"; do
        [ ! -f "$folder/cgroup.procs" ] || processes=$(cat "$folder/cgroup.procs")
    done
    [ "$processes" = "$pid" ] || fail "its processes are: $(ps -o pid=,args= "$processes")"
}

# as_service UNIT COMMAND…: as the user of its main process, and with its view of files.
as_service() {
    pid=$(unit_pid "$1")
    user=$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
    group=$(sed -n 's/^Gid:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
    shift
    nsenter --target "$pid" --mount -- setpriv --reuid="$user" --regid="$group" --clear-groups -- "$@"
}
