# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# examples/tpm with a TPM 2.0 in software: a machine key that no file holds, what another TPM makes of it, and the way
# back.
# shellcheck source=/dev/null
. /opt/tests/systemd/guest.sh
: "${known:?}"
store=/etc/secrun/by-tpm
tcti=swtpm:path=/run/tpm/socket
remember tpm.service
id tester >/dev/null 2>&1 || useradd --system tester

is_up() {
    [ "$(stat -c %U /run/tpm/socket /run/tpm/socket.ctrl | sort -u)" = nobody ]
}

# chip NAME: from now on the TPM is that one; each has a state, and so a seed, of its own.
chip() {
    systemctl stop chip 2>/dev/null || true
    mkdir -p "/var/lib/chip/$1" /run/tpm
    rm -f /run/tpm/socket*
    # As /dev/tpmrm0, which is the user's tss, they are not root's.
    systemd-run --quiet --unit=chip swtpm socket --tpm2 --tpmstate "dir=/var/lib/chip/$1" --flags not-need-init,startup-clear \
        --server type=unixio,path=/run/tpm/socket,mode=0600,uid=65534 \
        --ctrl type=unixio,path=/run/tpm/socket.ctrl,mode=0600,uid=65534
    await 5 is_up
}

sealed() {
    chip first
    mkdir -p /usr/local/lib/secrun "$store"
    cp /opt/examples/tpm/*.sh /usr/local/lib/secrun/
    age-keygen -o recovery.key 2>/dev/null
    cp recovery.key /root/recovery.key
    recipient=$(/usr/local/lib/secrun/seal.sh "$store/tpm" '' "$tcti")
    cat >"$store/secrun.conf" <<END
[store]
identity = command:/usr/local/lib/secrun/open.sh $store/tpm $tcti
recipients = $(age-keygen -y recovery.key)
END
    value TPM_SECRET
    printf '[tpm]\nTPM_SECRET = %s\n' "$(cat "$known/TPM_SECRET")" |
        age -r "$recipient" -r "$(age-keygen -y recovery.key)" -o "$store/secrets.age"
    [ -s "$store/tpm/key.priv" ]
    [ ! -e "$store/machine.key" ] || fail 'there is a plain key'
    ! grep -rq AGE-SECRET-KEY "$store" || fail 'there is a plain key'
}

# A unit with what of the sandbox goes with a TPM. service [CAPABILITY]
service() {
    cat >/run/systemd/system/tpm.service <<END
[Service]
Type=oneshot
User=tester
ExecStart=!/usr/bin/secrun -d $store -p tpm -u tester -- /bin/sh -c 'echo has \$\${#TPM_SECRET}; exit 0'
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectProc=invisible
CapabilityBoundingSet=CAP_SETUID CAP_SETGID ${1-CAP_DAC_OVERRIDE}
SystemCallFilter=@system-service memfd_secret
SystemCallErrorNumber=EPERM
END
    systemctl daemon-reload
    mark_journal
    systemctl start tpm || true
    status=$(systemctl show --property=ExecMainStatus --value tpm)
    systemctl reset-failed tpm 2>/dev/null || true
    read_journal
    cat journal
    [ -z "$(find /dev/shm -name 'secrun-tpm*')" ] || fail 'it leaves files in /dev/shm'
}

starts() {
    chip first
    service
    [ "$status" -eq 0 ] || fail "status $status"
    grep -q 'has 35' journal
}
# The device is not root's, and root is nobody without this.
no_right() {
    service ''
    [ "$status" -eq 125 ] || fail "status $status"
    grep -q 'does not answer' journal
}
other_chip() {
    chip second
    service
    [ "$status" -eq 125 ] || fail "status $status"
    grep -q "^open: $store/tpm/key.priv: not of this host's TPM, or changed" journal
    grep -q '^secrun: .*open.sh' journal || fail 'secrun does not say what has failed'
}
no_chip() {
    systemctl stop chip
    service
    [ "$status" -eq 125 ] || fail "status $status"
    grep -q 'does not answer' journal
    grep -q '^secrun: .*open.sh' journal || fail 'secrun does not say what has failed'
}
changed() {
    chip first
    size=$(stat -c %s "$store/tpm/key.priv")
    for offset in 5 $((size / 2)) $((size - 2)); do
        cp "$store/tpm/key.priv" kept
        byte=$(od -An -tu1 -j "$offset" -N 1 kept | tr -d ' ')
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$store/tpm/key.priv" bs=1 seek="$offset" conv=notrunc 2>/dev/null
        service
        cat kept >"$store/tpm/key.priv"
        [ "$status" -eq 125 ] || fail "byte $offset: status $status"
        grep -q "^open: $store/tpm/key.priv: not of this host's TPM, or changed" journal
    done
}
# secrunctl changes such a store as any other, and keeps the recovery key.
changes() {
    chip first
    value TPM_SECRET
    secrunctl -d "$store" set -p tpm TPM_SECRET <"$known/TPM_SECRET"
    [ "$(secrunctl -d "$store" get -p tpm TPM_SECRET)" = "$(cat "$known/TPM_SECRET")" ]
    age -d -i /root/recovery.key "$store/secrets.age" | grep -qF "$(cat "$known/TPM_SECRET")" || fail 'recovery has another text'
}
recovers() {
    systemctl stop chip
    age -d -i /root/recovery.key "$store/secrets.age" >document
    grep -qxF "TPM_SECRET = $(cat "$known/TPM_SECRET")" document
}
# A key that exists goes in, too, and what is there is not replaced.
existing() {
    chip first
    age-keygen -o own.key 2>/dev/null
    recipient=$(/usr/local/lib/secrun/seal.sh ./own own.key "$tcti")
    [ "$recipient" = "$(age-keygen -y own.key)" ]
    [ "$(/usr/local/lib/secrun/open.sh ./own "$tcti")" = "$(grep '^AGE' own.key)" ]
    if /usr/local/lib/secrun/seal.sh ./own own.key "$tcti" >told 2>&1; then fail 'it is replaced'; fi
    grep -q 'nothing was changed' told
}

check 'tpm: a machine key is made that no file holds' sealed
check 'tpm: a service starts with it' starts
check 'tpm: where the sandbox keeps it from the device, it is status 125' no_right
check 'tpm: with another TPM it is status 125, and a clear line' other_chip
check 'tpm: without a TPM, too' no_chip
check 'tpm: with a changed blob, too' changed
check 'tpm: secrunctl changes the store' changes
check 'tpm: the recovery key opens the store with age alone' recovers
check 'tpm: an existing key is sealed, and no key replaced' existing
check 'tpm: nothing in /proc shows a value' nowhere_in_proc
check 'tpm: systemd shows no value' nowhere_in_systemd tpm
systemctl stop chip
