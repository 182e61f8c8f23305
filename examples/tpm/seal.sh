#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes a machine key that only the TPM 2.0 of this host gives out again (open.sh), and prints its recipient. The key is
# in no file but the one that the TPM has encrypted; to have an existing key sealed, give its file. Run by root, once; it
# sees the key, and hands it on by pipes alone. Takes tpm2-tools and age.
# usage: seal.sh DIRECTORY [KEY] [TCTI]
#
# The key is tied to the TPM, and not to the state of its PCRs: it survives updates of firmware, boot loader and kernel, and
# whoever is root on this host gets it. What it stops is that somebody opens the store with the disk alone. A TPM that
# breaks takes the key with it: seal the store to a recovery key as well (recipients in secrun.conf(5)).
#
#   cp open.sh seal.sh /usr/local/lib/secrun/
#   recipient=$(/usr/local/lib/secrun/seal.sh /etc/secrun/tpm)
set -eu
umask 077

directory=$1
key=${2-}
export TPM2TOOLS_TCTI="${3-device:/dev/tpmrm0}"
fail() {
    echo "seal: $*" >&2
    exit 1
}

mkdir -p "$directory"
[ ! -e "$directory/key.priv" ] || fail "$directory: there is a key already; nothing was changed"
if [ -n "$key" ]; then
    secret=$(grep '^AGE-SECRET-KEY-1' "$key") || fail "$key: holds no age identity"
else
    secret=$(age-keygen 2>/dev/null | grep '^AGE-SECRET-KEY-1')
fi
recipient=$(printf '%s\n' "$secret" | age-keygen -y)

# noda: a file that does not fit counts as no attack, so that the TPM does not lock itself for a service that is tried again.
primary='restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# The primary key is made anew from the TPM's own seed whenever it is needed, and is the same each time.
tpm2_createprimary -Q -C o -g sha256 -G ecc -a "$primary" -c "$work/primary.ctx" || fail 'the TPM makes no primary key'
tpm2_flushcontext -Q -t 2>/dev/null || true
printf '%s\n' "$secret" | tpm2_create -Q -C "$work/primary.ctx" -g sha256 -a 'fixedtpm|fixedparent|userwithauth|noda' \
    -u "$work/key.pub" -r "$work/key.priv" -i - || fail 'the TPM does not seal the key'
tpm2_flushcontext -Q -t 2>/dev/null || true
# Only what can be opened again is kept.
cp "$work/key.pub" "$work/key.priv" "$directory"
opened=$("$(dirname "$0")/open.sh" "$directory" "$TPM2TOOLS_TCTI") || opened=
if [ "$opened" != "$secret" ]; then
    rm -f "$directory/key.pub" "$directory/key.priv"
    fail 'the TPM does not give the key back'
fi
echo "$recipient"
