# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# Every image, in every way to confine it: the program has its key, and nobody else finds it.

# Where one limit is given, the engine leaves out those that it has by default, and takes more than it may have here.
limits='--ulimit nofile=1024:1024 --ulimit nproc=4096:4096'

# The options of each way.
options_of() {
    case $1 in
    root) ;;
    user) echo --user 1000 ;;
    'unknown user') echo --user 4711:4712 --passwd=false ;;
    'read-only root') echo --read-only --read-only-tmpfs=false ;;
    'no capabilities') echo --cap-drop ALL ;;
    no_new_privs) echo --security-opt no-new-privileges ;;
    'all of these') echo --user 1000 --read-only --read-only-tmpfs=false --cap-drop ALL --security-opt no-new-privileges ;;
    'no memfd_secret') echo --security-opt seccomp=/run/containers/no-memfd_secret.json ;;
    'no memfd_secret (EPERM)') echo --security-opt seccomp=/run/containers/denied-memfd_secret.json ;;
    'memlock 64 KiB') echo $limits --ulimit memlock=65536:65536 ;;
    'memlock 0') echo $limits --ulimit memlock=0:0 ;;
    esac
}

# The line of the report that tells of the memory.
memory_of() {
    case $1 in
    'no memfd_secret') echo '^memory  *locked private memory (memfd_secret: not in this kernel, switched off, or forbidden by a seccomp filter)$' ;;
    'no memfd_secret (EPERM)') echo '^memory  *locked private memory (memfd_secret: forbidden here, .*seccomp filter)$' ;;
    'memlock 0') echo '^memory  *private memory, not locked (memfd_secret: [0-9]* bytes do not fit into RLIMIT_MEMLOCK (0))$' ;;
    *) echo "^$memory\$" ;;
    esac
}

has_key() {
    expect_key $(options_of "$2") --entrypoint "$(entry secrun -v -p moltbot --)" "$1" $(probe "$1") show MOLTBOT_API_KEY
    grep -q "$(memory_of "$2")" err || fail "memory is not told as '$(memory_of "$2")': $(cat err)"
}

# The example's own program. What it starts finds the key as well.
is_alone() {
    begin 'MOLTBOT_API_KEY has 30 characters and ends in cdef' $(options_of "$2") "$1"
    case $1 in
    python)
        while [ "$(podman logs "$id" | grep -c 'a program finds MOLTBOT_API_KEY: 30 characters, ending in cdef')" -lt 2 ]; do
            sleep 0.1
        done
        [ "$(others | tr -d '\n')" = SS ] || fail "not two workers: $(others)"
        ;;
    *) [ -z "$(others)" ] || fail "other processes: $(others)" ;;
    esac
    check_proc
    check_inside 0
    check_inside 1000
    check_engine
    case $1 in
    python) end 'workers: stopping' ;;
    musl) end 'agent: stopping' ;;
    *) end 'gateway: stopping' ;;
    esac
}

# What is searched for is found, where it is.
plain_is_found() {
    begin ready --entrypoint '[]' --env "MOLTBOT_API_KEY=$VALUE" "$1" $(probe "$1") wait
    grep -qaFf $found "/proc/$(processes | head -n 1)/environ" || fail "not in /proc"
    (check_proc) && fail "check_proc passes"
    (check_inside 0) && fail "check_inside passes"
    (check_engine) && fail "check_engine passes"
    end term
}

memory=$(secrun -n -d "$store" -p moltbot -- /bin/true | grep '^memory')
for image in $images; do
    check "$image: a key in the plain environment is found" plain_is_found "$image"
    for way in root user 'unknown user' 'read-only root' 'no capabilities' no_new_privs 'all of these' \
        'no memfd_secret' 'no memfd_secret (EPERM)' 'memlock 64 KiB' 'memlock 0'; do
        check "$image, $way: a program has its key" has_key "$image" "$way"
        check "$image, $way: nobody else finds it, and it stops at once" is_alone "$image" "$way"
    done
done
