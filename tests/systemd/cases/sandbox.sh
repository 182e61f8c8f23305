# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Which sandbox settings of a unit secrun works under, what it takes, and what it says where it does not: what
# "UNDER SYSTEMD" in secrun(7) tells.
# shellcheck source=/dev/null
. /opt/tests/systemd/guest.sh
: "${known:?}"
[ -e /etc/secrun/machine.key ] || secrunctl init >/dev/null 2>&1
remember sandbox.service
id tester >/dev/null 2>&1 || useradd --system tester
value SANDBOXED
secrunctl set -p sandbox MOLTBOT_API_KEY <"$known/SANDBOXED"
told="has $(wc -c <"$known/SANDBOXED") characters and ends in $(tail -c 4 "$known/SANDBOXED")"

cat >/srv/sandbox.py <<'END'
import os
key = os.environ["MOLTBOT_API_KEY"]
print(f"has {len(key)} characters and ends in {key[-4:]}")
END

# boxed DELIVERY SETTING…: runs a program of that delivery to its end; ./out and ./err are what was printed, $outcome how
# it ended.
boxed() {
    case $1 in
    preload) program='/usr/bin/python3 /srv/sandbox.py' ;;
    inject) program='/opt/programs/job' ;;
    esac
    shift
    {
        printf '[Service]\nType=oneshot\nUser=tester\nStandardOutput=file:/run/sandbox.out\nStandardError=file:/run/sandbox.err\n'
        # What no secrun can do without.
        printf 'ExecStart=!/usr/bin/secrun -v -p sandbox -u tester -- %s\n' "$program"
        printf '%s\n' "$@"
    } >/run/systemd/system/sandbox.service
    rm -f /run/sandbox.out /run/sandbox.err
    systemctl daemon-reload
    systemctl start sandbox 2>/dev/null || true
    outcome=$(systemctl show --property=ExecMainCode,ExecMainStatus --value sandbox | tr '\n' ' ')
    systemctl reset-failed sandbox 2>/dev/null || true
    cat /run/sandbox.err
    echo "outcome: $outcome"
}

# arrives MEMORY DELIVERY SETTING…: the program has its secret; in secret memory, or in private memory, of which it is told
# whether it is locked. nspawn's own filter lets nobody lock any.
arrives() {
    memory=$1
    shift
    [ "$memory" = private ] || memory=$best
    boxed "$@"
    [ "$outcome" = '1 0 ' ] || fail 'it did not end with 0'
    grep -q "$told" /run/sandbox.out || fail "another secret: $(cat /run/sandbox.out)"
    grep -q "^memory *\(locked \)\{0,1\}$memory" /run/sandbox.err || fail "not in $memory"
}

# refuses STATUS TEXT DELIVERY SETTING…
refuses() {
    status=$1 text=$2
    shift 2
    boxed "$@"
    [ "$outcome" = "1 $status " ] || fail "not status $status"
    grep -q -- "$text" /run/sandbox.err || fail "it does not say: $text"
    [ ! -s /run/sandbox.out ] || fail 'the program has run'
}

# What there is without a sandbox; a kernel before 6.5 may have no secret memory at all.
best=memfd_secret
plain=$(boxed preload)
case $plain in
*'memory    memfd_secret'*) ;;
*private*) best=private ;;
esac

both() {
    for delivery in preload inject; do
        check "sandbox: $delivery works under $*" arrives secret $delivery "$@"
    done
}

for setting in \
    NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes PrivateNetwork=yes PrivateIPC=yes \
    ProtectProc=invisible ProtectProc=noaccess ProcSubset=pid ProtectClock=yes ProtectControlGroups=yes \
    ProtectHostname=yes ProtectKernelLogs=yes ProtectKernelModules=yes ProtectKernelTunables=yes LockPersonality=yes \
    MemoryDenyWriteExecute=yes RestrictAddressFamilies=none RestrictNamespaces=yes RestrictRealtime=yes RestrictSUIDSGID=yes \
    SystemCallArchitectures=native RemoveIPC=yes UMask=0777 KeyringMode=private LimitCORE=infinity LimitMEMLOCK=64K LimitNOFILE=8 \
    'CapabilityBoundingSet=CAP_SETUID CAP_SETGID' 'SystemCallFilter=@system-service memfd_secret ptrace' \
    'NoExecPaths=/srv /var /tmp'; do
    both "$setting"
done

both NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes PrivateNetwork=yes PrivateIPC=yes \
    ProtectProc=invisible ProcSubset=pid ProtectClock=yes ProtectControlGroups=yes ProtectHostname=yes ProtectKernelLogs=yes \
    ProtectKernelModules=yes ProtectKernelTunables=yes LockPersonality=yes MemoryDenyWriteExecute=yes RestrictAddressFamilies=none \
    RestrictNamespaces=yes RestrictRealtime=yes RestrictSUIDSGID=yes SystemCallArchitectures=native \
    'CapabilityBoundingSet=CAP_SETUID CAP_SETGID' 'SystemCallFilter=@system-service memfd_secret ptrace'

both NoExecPaths=/ 'ExecPaths=/usr /opt/programs'

# Where memfd_secret is not to be had, the secrets are in private memory, and -v tells why.
check 'sandbox: without memfd_secret in the filter, a start says so' \
    arrives private preload SystemCallFilter=@system-service
check 'sandbox: so it does where the filter returns an error' \
    arrives private preload SystemCallFilter=@system-service SystemCallErrorNumber=EPERM
check 'sandbox: injection takes ptrace, and no more' arrives private inject 'SystemCallFilter=@system-service ptrace'
for delivery in preload inject; do
    check "sandbox: $delivery works under LimitMEMLOCK=0" arrives private $delivery LimitMEMLOCK=0
    check "sandbox: $delivery works under SystemCallErrorNumber=ENOSYS" \
        arrives private $delivery 'SystemCallFilter=@system-service ptrace' SystemCallErrorNumber=ENOSYS
done
check 'sandbox: injection without ptrace in the filter is status 125, and a line' \
    refuses 125 'inject: ptrace is forbidden here, by a seccomp filter' inject 'SystemCallFilter=@system-service memfd_secret'
for setting in CapabilityBoundingSet= CapabilityBoundingSet=CAP_SETUID CapabilityBoundingSet=CAP_SETGID SecureBits=noroot; do
    check "sandbox: -u does not go under $setting" \
        refuses 125 '^secrun: hint: .*CapabilityBoundingSet= in a unit' preload "$setting"
done
check 'sandbox: -u does not go under PrivateUsers=yes' refuses 125 '^secrun: hint: .*PrivateUsers=' preload PrivateUsers=yes
check 'sandbox: a store that is hidden is not there' refuses 125 '/etc/secrun' preload InaccessiblePaths=/etc/secrun
check 'sandbox: too few descriptors are told of' refuses 125 'Too many open files' preload LimitNOFILE=4

# Without -u: the store is the user's, or comes by credentials.
own() {
    install -d -o tester -m 700 /srv/tester
    setpriv --reuid=tester --regid=tester --clear-groups secrunctl -d /srv/tester/store init >/dev/null
    setpriv --reuid=tester --regid=tester --clear-groups secrunctl -d /srv/tester/store set -p sandbox MOLTBOT_API_KEY <"$known/SANDBOXED"
}
check 'sandbox: a user makes a store of his own' own
start='/usr/bin/secrun -v -d /srv/tester/store -p sandbox --'
for setting in CapabilityBoundingSet= PrivateUsers=yes SecureBits=noroot; do
    check "sandbox: preload without -u works under $setting" \
        arrives secret preload "$setting" ExecStart= "ExecStart=$start /usr/bin/python3 /srv/sandbox.py"
    check "sandbox: inject without -u works under $setting" arrives secret inject "$setting" ExecStart= "ExecStart=$start /opt/programs/job"
done

# Another root directory has to have secrun and its shim at their paths, and the store. Here it is a copy of those of this
# one that are needed, as bind mounts.
root='BindReadOnlyPaths=/usr /bin /lib /lib64 /opt /etc/secrun /etc/passwd /etc/group'
rooted() {
    mkdir -p /srv/root/srv /srv/root/etc
    cp /srv/sandbox.py /srv/root/srv
    arrives secret "$1" RootDirectory=/srv/root MountAPIVFS=yes "$root"
}
for delivery in preload inject; do
    check "sandbox: $delivery works under RootDirectory= that has secrun" rooted $delivery
done
