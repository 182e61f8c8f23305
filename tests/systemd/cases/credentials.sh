# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# stamper.service, whose machine key and sealed file are credentials: nothing of it is root's.
# shellcheck source=/dev/null
. /opt/tests/systemd/guest.sh
: "${known:?}"

stamped() {
    name=file-$(date +%s%N)
    printf %s "$name" >"/var/lib/stamper/$name.part"
    mv "/var/lib/stamper/$name.part" "/var/lib/stamper/$name.in"
    await 5 test -f "/var/lib/stamper/$name.stamp"
    [ "$(cat "/var/lib/stamper/$name.stamp")" = "$(signature STAMPER_KEY "$name")" ] || fail 'another stamp'
}

installed() {
    follow stamper.service
    await 5 systemctl is-active --quiet stamper
}

# What the comment says: it can read its own key, and no other store.
readable() {
    as_service stamper cat /run/credentials/stamper.service/machine.key >key || fail 'it cannot read its key'
    grep -q '^AGE-SECRET-KEY-1' key
    ! grep -qF "$(grep '^AGE-SECRET-KEY-1' key)" /etc/secrun/stamper/machine.key.cred || fail 'the key is not encrypted on the disk'
    for file in /etc/secrun/machine.key /etc/secrun/stamper/machine.key; do
        [ -s "$file" ] || fail "there is no $file"
        if as_service stamper cat "$file" >/dev/null 2>&1; then fail "it can read $file"; fi
    done
    # Another user of the machine cannot.
    if setpriv --reuid=12345 --regid=12345 --clear-groups cat /run/credentials/stamper.service/machine.key >/dev/null 2>&1; then
        fail 'another user can read its key'
    fi
}

restarted() {
    before=$(unit_pid stamper)
    systemctl restart stamper
    [ "$(unit_pid stamper)" != "$before" ] || fail 'it is the same process'
    await 5 systemctl is-active --quiet stamper
    stamped
}

# Only as this host can open it.
without_the_key() {
    mv /etc/secrun/stamper/machine.key ./kept
    restarted
    mv ./kept /etc/secrun/stamper/machine.key
}

changed_credential() {
    cp /etc/secrun/stamper/machine.key.cred kept
    base64 -d kept >raw
    printf '\377' | dd of=raw bs=1 seek=$(($(stat -c %s raw) - 3)) conv=notrunc 2>/dev/null
    base64 raw >/etc/secrun/stamper/machine.key.cred
    systemctl restart stamper || true
    await 5 property stamper ExecMainStatus 243
    cat kept >/etc/secrun/stamper/machine.key.cred
    systemctl reset-failed stamper || true
    systemctl restart stamper
    stamped
}

# The credential is there and is no key: secrun says so.
no_key() {
    cp /etc/secrun/stamper/machine.key.cred kept
    echo 'not a key' | systemd-creds encrypt --name=machine.key - /etc/secrun/stamper/machine.key.cred
    systemctl restart stamper || true
    await 5 property stamper ExecMainStatus 125
    journalctl --sync
    journalctl --no-pager -u stamper -o cat | grep '^secrun: ' >told
    cat told
    grep -q 'machine.key' told || fail 'it does not say what is wrong'
    cat kept >/etc/secrun/stamper/machine.key.cred
    systemctl reset-failed stamper || true
    systemctl restart stamper
    stamped
}

reloaded() {
    before=$(unit_pid stamper)
    systemctl reload stamper
    await 5 sh -c "journalctl --sync; journalctl --no-pager -u stamper _PID=$before | grep -q 'stamper: reloaded'"
    [ "$(unit_pid stamper)" = "$before" ] || fail 'it is another process'
}

stopped() {
    pid=$(unit_pid stamper)
    systemctl stop stamper
    [ ! -d "/proc/$pid" ] || fail 'the process is still there'
    systemctl show --property=Result,ExecMainCode,ExecMainStatus stamper >told
    told Result=success ExecMainCode=1 ExecMainStatus=0
}

# As secrun(7) has it for root's store: secrun asks systemd-creds, and the service's user can read no key.
asks_for_it() {
    id tester >/dev/null 2>&1 || useradd --system tester
    store=/etc/secrun/asking
    secrunctl -d $store init >/dev/null
    value ASKED
    secrunctl -d $store set -p asked ASKED <"$known/ASKED"
    systemd-creds encrypt --name=machine.key $store/machine.key $store/machine.key.cred
    rm $store/machine.key
    sed -n "s,^\\(identity = command:.*\\)/etc/secrun/machine.key.cred,\\1$store/machine.key.cred,p" /opt/secrun.7 >line
    [ -s line ] || fail 'the page does not tell'
    { echo '[store]'; cat line; } >$store/secrun.conf
    # shellcheck disable=SC2016 # for the shell of the unit, by way of systemd
    printf '[Service]\nType=oneshot\nUser=tester\nProtectSystem=strict\nPrivateTmp=yes\nPrivateDevices=yes\nExecStart=!/usr/bin/secrun -d %s -p asked -u tester -- /bin/sh -c %s\n' \
        $store "'echo has \$\${#ASKED}; cat $store/machine.key.cred'" >/run/systemd/system/asking.service
    systemctl daemon-reload
    mark_journal
    if systemctl start asking; then fail 'its user can read the credential'; fi
    read_journal
    grep -q '^has 35$' journal || fail "$(cat journal)"
    grep -q 'machine.key.cred: Permission denied' journal || fail "$(cat journal)"
    # And secrunctl goes on working.
    secrunctl -d $store list | grep -q ASKED
}

[ -e /etc/secrun/machine.key ] || secrunctl init >/dev/null 2>&1
remember stamper.service
check 'stamper.service: it is installed as its comment says' installed
check 'stamper.service: the program has its secret' stamped
check 'stamper.service: it is the main process, as a dynamic user, with no rights' runs_as dynamic stamper.service /usr/bin/python3
check 'stamper.service: its user can read its own key, which is encrypted on the disk, and no other' readable
check 'stamper.service: it is well-formed' test -z "$(systemd-analyze verify stamper.service 2>&1)"
check 'stamper.service: nothing in /proc shows a value' nowhere_in_proc
check 'stamper.service: systemd shows no value' nowhere_in_systemd stamper.service
check 'stamper.service: it reloads' reloaded
check 'stamper.service: it restarts' restarted
check 'stamper.service: it starts where there is no plain machine key' without_the_key
check 'stamper.service: a changed credential starts nothing' changed_credential
check 'stamper.service: a credential that is no key is told of' no_key
check 'stamper.service: it stops' stopped
check 'a store whose key is encrypted by systemd-creds, and asked for by secrun' asks_for_it
