#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints the machine key that seal.sh has put into the TPM of this host: what `identity = command:` runs. Run by secrun as
# root, at each start of a program; it sees the key.
# usage: open.sh DIRECTORY [TCTI]
#
#   identity = command:/usr/local/lib/secrun/open.sh /etc/secrun/tpm
set -eu
umask 077
PATH=/usr/local/bin:/usr/bin:/bin

directory=$1
export TPM2TOOLS_TCTI="${2-device:/dev/tpmrm0}"
fail() {
    echo "open: $*" >&2
    exit 1
}

for file in "$directory/key.pub" "$directory/key.priv"; do
    [ -r "$file" ] || fail "$file: cannot be read; was the key sealed on this host?"
done
# In memory, and writable for a unit with ProtectSystem=strict. No key is in it.
# noda: a file that does not fit counts as no attack, so that the TPM does not lock itself for a service that is tried again.
primary='restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda'
work=$(mktemp -d /dev/shm/secrun-tpm.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tpm2_createprimary -Q -C o -g sha256 -G ecc -a "$primary" -c "$work/primary.ctx" 2>"$work/log" || {
    cat "$work/log" >&2
    fail "the TPM ($TPM2TOOLS_TCTI) does not answer"
}
# Without a resource manager, which /dev/tpmrm0 is, the TPM's few places for loaded keys are ours to clear.
tpm2_flushcontext -Q -t 2>/dev/null || true
tpm2_load -Q -C "$work/primary.ctx" -u "$directory/key.pub" -r "$directory/key.priv" -c "$work/key.ctx" 2>"$work/log" || {
    cat "$work/log" >&2
    fail "$directory/key.priv: not of this host's TPM, or changed; the recovery key opens the store: age -d -i"
}
tpm2_flushcontext -Q -t 2>/dev/null || true
tpm2_unseal -Q -c "$work/key.ctx" 2>"$work/log" || {
    cat "$work/log" >&2
    fail "$directory/key.priv: the TPM does not give it out"
}
tpm2_flushcontext -Q -t 2>/dev/null || true
