# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# What an operator gets wrong, and what an engine forbids: status 125, and a line that says so.

no_key() {
    secret=''
    expect 125 "$1"
    expect_words 'secrun: /run/secrets/machine.key: No such file or directory'
    expect_words 'in a container, mount the secret machine.key'
}

wrong_key() {
    age-keygen -o other 2>/dev/null
    podman secret create other other >/dev/null
    secret=other,target=machine.key
    expect 125 "$1"
    podman secret rm other >/dev/null
    expect_words 'is /run/secrets/machine.key the key of this host?'
    grep -q AGE-SECRET-KEY other
    ! grep -qF "$(sed -n 's/^AGE-SECRET-KEY-1//p' other)" out err || fail 'it tells the key'
}

no_profile() {
    expect 125 --entrypoint "$(entry secrun -p other --)" "$1" $(probe "$1") exit 0
    expect_words moltbot
}

# Only an injection traces. A filter that answers as the engine's own does, and one with EPERM.
no_ptrace() {
    for filter in no denied; do
        case $1 in
        go)
            expect 125 --security-opt seccomp=/run/containers/$filter-ptrace.json "$1" $(probe "$1") show MOLTBOT_API_KEY
            expect_words ptrace
            expect_words seccomp
            ;;
        *)
            expect_key --security-opt seccomp=/run/containers/$filter-ptrace.json "$1" $(probe "$1") show MOLTBOT_API_KEY
            ;;
        esac
    done
}

# What the profile may ask for.
strict_memory() {
    printf '[store]\nidentity = credential:machine.key\n[policy]\nmemory = secret\n' >secrun.conf
    expect 125 --security-opt seccomp=/run/containers/no-memfd_secret.json \
        --volume "$PWD/secrun.conf:/etc/secrun/secrun.conf:ro" "$1"
    expect_words memfd_secret
}

for image in $images; do
    check "$image: without the secret mounted it says which one" no_key "$image"
    check "$image: with another key it says which one" wrong_key "$image"
    check "$image: with a wrong profile it lists those there are" no_profile "$image"
    check "$image: where ptrace is forbidden" no_ptrace "$image"
    check "$image: memory = secret holds where memfd_secret is forbidden" strict_memory "$image"
done
