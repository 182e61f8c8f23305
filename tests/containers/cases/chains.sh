# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# What stands between a container and its program: shells, entrypoint scripts, an init.

cat >"$programs/entrypoint.sh" <<'END'
#!/probe/busybox sh
# As most images have one: sets up, then becomes the command.
export PREPARED=yes
exec "$@"
END
sed 's,/probe/busybox sh,/bin/sh,' "$programs/entrypoint.sh" >"$programs/entrypoint-sh.sh"
printf '#!/probe/busybox sh\nexec secrun -p moltbot -- "$@"\n' >"$programs/before.sh"
chmod 755 "$programs"/*.sh
cp /usr/bin/tini-static "$programs/tini"

# chain ENTRY… : the probe finds its key at the end of it, is process 1, and nothing shows.
chain() {
    image=$1 words=$2
    expect_key --entrypoint "$(entry $words)" "$image" $(probe "$image") show MOLTBOT_API_KEY
    expect 7 --entrypoint "$(entry $words)" "$image" $(probe "$image") exit 7
    begin ready --entrypoint "$(entry $words)" "$image" $(probe "$image") wait
    check_proc
    check_inside 0
    check_engine
    [ -z "$(others)" ] || fail "other processes: $(others)"
    end term
}

# The shell is the command, and the program the shell's.
shell() {
    expect_key "$1" sh -c "$(probe "$1") show MOLTBOT_API_KEY; true"
    expect_key "$1" sh -c 'printf %s "$MOLTBOT_API_KEY" | /probe/busybox rev'
    begin ready "$1" sh -c "$(probe "$1") wait; true"
    [ "$(others)" = S ] || fail "not one program below the shell: $(others)"
    check_proc
    check_inside 0
}

# One that is static is given its key, and shows in /proc what it passes on, as documented.
static_shell() {
    expect_key "$1" sh -c "$(probe "$1") show MOLTBOT_API_KEY; true"
    begin ready "$1" sh -c "$(probe "$1") wait; true"
    (check_proc) && fail 'a static shell shows nothing of what it passes on'
    podman kill --signal KILL "$id" >/dev/null
}

no_shell() {
    expect 127 "$1" sh -c 'echo "$MOLTBOT_API_KEY"'
    expect_words 'secrun: sh: No such file or directory'
}

# An init in front is process 1, and secrun becomes its child.
init() {
    expect_key --init --init-path /usr/bin/tini-static "$1" $(probe "$1") show MOLTBOT_API_KEY
    expect 7 --init --init-path /usr/bin/tini-static "$1" $(probe "$1") exit 7
    expect_key --entrypoint "$(entry /probe/tini -- secrun -p moltbot --)" "$1" $(probe "$1") show MOLTBOT_API_KEY
    begin ready --entrypoint "$(entry /probe/tini -- secrun -p moltbot --)" "$1" $(probe "$1") orphan
    [ "$(others)" = S ] || fail "not one process below tini, which waits for orphans: $(others)"
    check_proc
    check_inside 0
    check_engine
    end term
    begin ready --entrypoint "$(entry /probe/tini -- secrun -p moltbot --)" "$1" $(probe "$1") wait
    kill -KILL "$(processes | tail -n 1)"
    status=$(podman wait "$id")
    [ "$status" -eq 137 ] || fail "killed, it ended with $status"
}

# What a shell in a running container sees, and does not.
other_shell() {
    begin 'and ends in' "$1"
    podman exec "$id" /probe/busybox sh -c 'env; tr "\0" "\n" </proc/1/environ; cat /proc/1/maps; ls -l /proc/1/fd /proc/1/cwd' >seen 2>&1 || true
    grep -qxF SECRUN_DIR=/etc/secrun seen || fail "it sees not even its environment: $(cat seen)"
    ! grep -qaFf $found seen || fail 'it sees the key'
    grep -q "environ: Permission denied" seen || fail "it reads the environment of process 1: $(cat seen)"
    # The machine key is there for whoever may read it; with it, secrun.
    [ "$(podman exec "$id" /usr/bin/secrun -p moltbot -- $(probe "$1") show MOLTBOT_API_KEY)" = "$BACKWARDS" ] ||
        fail 'secrun opens the store no more'
}

for image in $images; do
    case $image in
    node | python)
        check "$image: secrun, a script that execs" chain "$image" 'secrun -p moltbot -- /probe/entrypoint-sh.sh'
        check "$image: the same, with inherit = none" chain "$image" 'secrun -p kept -- /probe/entrypoint-sh.sh'
        check "$image: secrun, env, a script that execs" chain "$image" 'secrun -p kept -- env MORE=yes /probe/entrypoint-sh.sh'
        check "$image: sh -c, and the program below it" shell "$image"
        ;;
    musl) check "$image: sh -c, of a shell that is static" static_shell "$image" ;;
    go) check "$image: sh -c, where there is no shell" no_shell "$image" ;;
    esac
    check "$image: a script that execs secrun" chain "$image" /probe/before.sh
    check "$image: an init in front" init "$image"
    check "$image: a shell in the running container" other_shell "$image"
done
