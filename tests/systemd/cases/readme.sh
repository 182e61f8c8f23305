# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# "Under systemd" in the README, done word by word to a service that has had a .env file; then all of it goes away again.
# shellcheck source=/dev/null
. /opt/tests/systemd/guest.sh
: "${known:?}"
sed -n '/^## Under systemd/,/^## From/p' /opt/README.md >/run/section

# It reads its keys by dotenv, which is there, with all the other names that such a file has.
before() {
    install -D -m 644 /opt/examples/systemd/moltbot.js /srv/moltbot/moltbot.js
    value MOLTBOT_API_KEY
    printf 'MOLTBOT_API_KEY="%s"\nGREETING=good day\n' "$(cat "$known/MOLTBOT_API_KEY")" >/srv/moltbot/.env
}
# steps FROM TO: does the commands between these lines of the section.
steps() {
    sed -n "/$1/,/$2/s/^    \([a-z].*\)/\1/p" /run/section >steps
    [ "$(wc -l <steps)" -ge 3 ] || fail "there are other commands: $(cat steps)"
    while read -r step; do
        echo "$step"
        sh -ec "$step" </dev/null >out 2>&1 || fail "$step: $(cat out)"
        case $step in
        'secrun -n'*) grep -q '^secret  *MOLTBOT_API_KEY$' out || fail "$(cat out)" ;;
        'systemctl '*) await 5 ready ;;
        'secrunctl inspect'*) grep -q '^ok ' out || fail "$(cat out)" ;;
        esac
    done <steps
}
commands() {
    steps '^## Under' '^```ini'
    [ -s /srv/moltbot/.env ] || fail 'the .env file is gone before anything has run without it'
}
# ready [TIMES]: by its own name, and not by secrun's.
ready() {
    journalctl --sync
    [ "$(journalctl --no-pager -t moltbot | grep -c 'ready, MOLTBOT_API_KEY has 35 characters')" -eq "${1-1}" ]
}
unit() {
    # shellcheck disable=SC2016 # the backticks are Markdown's
    sed -n '/^```ini/,/^```$/p' /run/section | sed '/^```/d' >/etc/systemd/system/moltbot.service
    steps '^```ini' '^## In a'
    [ ! -e /srv/moltbot/.env ] || fail 'the .env file is still there'
    [ "$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$(unit_pid moltbot)/status")" = "$(id -u moltbot)" ]
    # And it needs none.
    systemctl restart moltbot
    await 5 ready 2
    [ "$(systemctl is-active moltbot)" = active ]
}

check 'README: a service with a .env file' before
check 'README: its commands put that into a store' commands
check 'README: its unit starts the service with it' unit
check 'README: nothing in /proc shows a value' nowhere_in_proc
check 'README: systemd shows no value' nowhere_in_systemd moltbot.service
systemctl stop moltbot
rm -rf /etc/systemd/system/moltbot.service /etc/secrun /srv/moltbot
userdel moltbot
systemctl daemon-reload
