#!/bin/sh
# SPDX-License-Identifier: ISC
# `make bench`: secrun against what one would use instead, measured side by side in one run. The last
# column of each table is the ratio to its first line. usage: tests/staged.sh tests/bench/bench.sh
set -eu
cd "$(dirname "$0")/../.."
bin=$SECRUN_STAGE/bin
starts=$PWD/build/bench/starts
getenv=$PWD/build/bench/getenv
execs=$PWD/build/bench/execs
dynamic=$PWD/build/bench/nothing
static=$PWD/build/bench/nothing-static
for node in "$PWD"/build/npm/node_modules/node-linux-*/bin; do
    [ ! -x "$node/node" ] || PATH=$node:$PATH
done
dotenvx=$PWD/build/npm/node_modules/.bin/dotenvx

work=$(mktemp -d "${TMPDIR:-/tmp}/secrun-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

names='OPENAI_API_KEY ANTHROPIC_API_KEY DB_PASSWORD STRIPE_SECRET AWS_SECRET_ACCESS_KEY GITHUB_TOKEN
MOLTBOT_API_KEY REDIS_URL SENTRY_DSN JWT_SECRET MAILGUN_KEY TWILIO_AUTH_TOKEN SLACK_TOKEN GOOGLE_API_KEY
HF_TOKEN COHERE_KEY PINECONE_API_KEY SUPABASE_KEY CLOUDFLARE_TOKEN DISCORD_TOKEN TELEGRAM_BOT_TOKEN NPM_TOKEN'
inherited='PATH=/usr/local/bin:/usr/bin:/bin HOME=/root LANG=C TERM=xterm SHELL=/bin/sh USER=root LOGNAME=root
PWD=/tmp HOSTNAME=host EDITOR=vi PAGER=less TZ=UTC LC_ALL=C DISPLAY=:0 XDG_RUNTIME_DIR=/run SSH_AUTH_SOCK=/a
MAIL=/var/mail NODE_ENV=production PORT=8080 LOG_LEVEL=info WORKERS=4 VIRTUAL_ENV=/v PYTHONPATH=/p
JAVA_HOME=/j GOPATH=/g CARGO_HOME=/c INVOCATION_ID=1 JOURNAL_STREAM=8:1'

"$bin/secrunctl" -d store init >/dev/null
for name in $names; do
    printf '%s=value-of-%s-0123456789abcdef\n' "$name" "$name"
done >.env
"$bin/secrunctl" -d store import .env >/dev/null 2>&1
export SECRUN_DIR="$work/store"
recipient=$("$bin/secrunctl" pubkey)

echo "starting a program, 22 secrets"
systemd_creds=
if command -v systemd-creds >/dev/null && systemd-creds encrypt --with-key=host .env creds >/dev/null 2>&1; then
    systemd_creds="--- systemd-creds systemd-creds decrypt creds -"
else
    echo "  (systemd-creds: no host key to be had here)"
fi
# shellcheck disable=SC2086 # a list of words
"$starts" 200 "env A=B true" env A=B true --- "secrun true" "$bin/secrun" true --- "true" true \
    --- "age -d alone" age -d -i store/machine.key store/secrets.age $systemd_creds
"$starts" 7 "secrun true" "$bin/secrun" true --- "dotenvx run -- true" "$dotenvx" run --quiet -f .env -- true

echo "starting a program from a store that has to be signed, 22 secrets"
cp -a store signed
minisign -G -W -p signer.pub -s signer.key >/dev/null
printf '[store]\nsigners = %s\nsigning-key = %s\n' "$(tail -n 1 signer.pub)" "$work/signer.key" >>signed/secrun.conf
"$bin/secrunctl" -d signed sign >/dev/null
"$starts" 1000f "no signers" "$bin/secrun" "$dynamic" --- "signers" "$bin/secrun" -d signed "$dynamic"

echo "starting a static program by fork and exec, 22 secrets: injection"
"$starts" 1000f "static, plainly" "$static" --- "secrun, static: inject" "$bin/secrun" "$static"
echo "starting a dynamic program by fork and exec, 22 secrets"
"$starts" 1000f "dynamic, plainly" "$dynamic" --- "secrun, dynamic: preload" "$bin/secrun" "$dynamic" \
    --- "secrun, dynamic: inject" "$bin/secrun" --delivery inject "$dynamic"
echo "injection against preload"
"$starts" 1000f "secrun, dynamic: preload" "$bin/secrun" "$dynamic" --- "secrun, static: inject" "$bin/secrun" "$static" \
    --- "secrun, dynamic: inject" "$bin/secrun" --delivery inject "$dynamic"

echo "the shim's cost on a plain exec (no capsule announced)"
"$starts" 400 "env X=y true" env X=y true \
    --- "env LD_PRELOAD=secrun.so true" env LD_PRELOAD="$SECRUN_STAGE/lib/secrun/secrun.so" true

# children COUNT: to start /bin/true from a process that has so many secrets, against plain variables.
children() {
    plain_secrets=$(seq -f 'SECRET_%03g' "$1" | while read -r name; do
        echo "$name=$(echo "$name" | sha256sum | cut -c1-40)"
    done)
    {
        echo '[tree]'
        echo "$plain_secrets"
        echo '[none]'
        echo '.inherit = none'
        echo "$plain_secrets"
    } | age -r "$recipient" -o children/secrets.age
    # shellcheck disable=SC2086 # lists of words
    "$execs" 1000 "plain environment" env -i $inherited $plain_secrets "$execs" serve /bin/true \
        --- "secrun" env -i $inherited "$bin/secrun" -d children -p tree "$execs" serve /bin/true \
        --- "secrun, inherit = none" env -i $inherited "$bin/secrun" -d children -p none "$execs" serve /bin/true
}
mkdir -m 700 children
cp store/machine.key children/
for count in 3 100; do
    echo "starting a child that has $count secrets, from a process that has them"
    children $count
done

echo "a store of 10,000 secrets and 8 MiB"
mkdir -m 700 large
cp store/machine.key large/
awk 'BEGIN { for (p = 0; p < 100; p++) { printf "[p%02d]\n", p
    for (s = 0; s < 100; s++) { printf "SECRET_%02d_%02d = ", p, s
        for (i = 0; i < 102; i++) printf "%08x", p * 7919 + s * 104729 + i
        print "" } } }' >large.ini
{
    echo '[all]'
    grep -v '^\[' large.ini
} >single.ini
age -r "$recipient" -o large/secrets.age large.ini
mkdir -m 700 single
cp store/machine.key single/
age -r "$recipient" -o single/secrets.age single.ini
rm -f large.ini single.ini
"$starts" 50 "age -d alone" age -d -i store/machine.key large/secrets.age \
    --- "secrun, one of 100 profiles" "$bin/secrun" -d large -p p42 true \
    --- "secrun, all in one profile" "$bin/secrun" -d single -p all true

echo "getenv in a program with 50 variables, 22 of them secrets, ns a call: libc, secrun, ratio"
for name in $names; do
    plain="${plain-} $name=value-of-$name-0123456789abcdef"
done
for _ in 1 2 3 4 5; do
    # shellcheck disable=SC2086 # lists of words
    {
        env -i $inherited $plain "$getenv" $names ABSENT_NAME http_proxy NODE_OPTIONS SOME_FLAG HOME | sed 's/^/libc /'
        env -i $inherited "$bin/secrun" -d store "$getenv" $names ABSENT_NAME http_proxy NODE_OPTIONS SOME_FLAG HOME |
            sed 's/^/secrun /'
    }
done | awk '
    { key = $1 " " $2; kind[$2] = $2 == "HOME" ? "an inherited variable" : $3 == "found" ? "a secret" : "an absent name"
      if (!(key in least) || $4 < least[key]) least[key] = $4 }
    END { for (name in kind) { n[kind[name]]++; libc[kind[name]] += least["libc " name]; ours[kind[name]] += least["secrun " name] }
      for (k in n) printf "  %-44s %9.1f %9.1f  %6.2f\n", k " (mean of " n[k] ")", libc[k] / n[k], ours[k] / n[k], ours[k] / libc[k] }' | sort
