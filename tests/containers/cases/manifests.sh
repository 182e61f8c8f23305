# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# compose.yaml is run by docker-compose; what kubernetes.yaml asks for is read by podman, and then run.

# docker-compose of this engine, for the example whose folder is ./docker.
compose() {
    DOCKER_HOST=unix:///run/containers/engine.sock docker-compose --project-name example -f docker/compose.yaml -f here.yaml "$@" 2>composed ||
        fail "docker-compose $*: $(cat composed)"
}

composed() {
    podman system service --time 0 unix:///run/containers/engine.sock &
    service=$!
    trap 'kill $service' EXIT
    cp -R "$PWD_AT_START/examples/docker" .
    cp -R "$store" docker/node/store
    chown -R "$1" docker/node/store
    podman tag node moltbot
    # As all containers here have it.
    printf 'services: {gateway: {network_mode: none, ulimits: {nofile: 1024, nproc: 4096}, volumes: ["%s:/probe:ro"]%s}}\n' "$programs" "$2" >here.yaml
    compose up --detach --no-build
    id=$(compose ps --quiet)
    wait_for 'MOLTBOT_API_KEY has 30 characters and ends in cdef'
    grep -q '^Uid:.1000.1000.1000.1000$' "/proc/$(processes | head -n 1)/status" || fail 'it does not run as its user'
    [ "$(podman exec --user "$3" "$id" sh -c 'cat /run/secrets/machine.key >/dev/null 2>&1; echo $?')" = "$4" ] ||
        fail "whether user $3 reads the key is not as told"
    check_proc
    check_inside 1000
    check_engine
    compose stop
    podman logs "$id" 2>&1 | tail -n 1 | grep -qx 'gateway: stopping' || fail "it did not stop by itself: $(podman logs "$id")"
}

# As `kubectl create configmap` and `kubectl create secret` make them.
resources() {
    cat "$PWD_AT_START/examples/docker/kubernetes.yaml"
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: moltbot-sealed}\nbinaryData: {secrets.age: %s}\n' \
        "$(base64 -w 0 "$store/secrets.age")"
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: {name: moltbot-key}\ndata: {machine.key: %s}\n' \
        "$(base64 -w 0 "$store/machine.key")"
}

# podman makes the pod, but starts none where containers have no cgroups. What it has made of the manifest is run as a
# container then, with the modes that fsGroup and defaultMode make. It wants to be told that the Secret has to be there.
deployed() {
    podman tag node moltbot
    resources | sed 's/^\( *\)defaultMode: .*/&\n\1optional: false/' >all.yaml
    sed 's/^cgroups = .*/pids_limit = 0/' /etc/containers/containers.conf >containers.conf
    CONTAINERS_CONF=$PWD/containers.conf podman kube play --quiet --start=false --network none all.yaml
    id=moltbot-pod-0-gateway
    podman inspect "$id" >made
    made() {
        jq -r ".[0] | $1" made
    }
    [ "$(made '.Config.User')" = 1000:1000 ] || fail "user $(made '.Config.User')"
    [ "$(made '.HostConfig.ReadonlyRootfs')" = true ] || fail 'its root can be written'
    [ "$(made '.EffectiveCaps | length')" = 0 ] || fail "it has $(made '.EffectiveCaps')"
    made '.HostConfig.SecurityOpt[]' | grep -q no-new-privileges || fail 'it may gain privileges'
    [ "$(made '.Mounts | map(.Destination) | sort | join(" ")')" = '/etc/secrun/secrets.age /run/secrets/machine.key' ] ||
        fail "its mounts: $(made '.Mounts')"
    made '.Mounts[] | select(.RW)' | grep . && fail 'a mount can be written'
    [ "$(made '.Path')" = secrun ] || fail "it runs $(made '.Path')"
    # This podman leaves subPath out, and does not decode what a Secret holds.
    set --
    for mount in $(made '.Mounts[] | .Source + ":" + .Destination'); do
        file=${mount##*/}
        grep -q "subPath: $file\$" all.yaml || fail "no subPath for $file"
        cp "$store/$file" "${mount%%:*}/$file"
        chown 0:1000 "${mount%%:*}/$file"
        chmod 440 "${mount%%:*}/$file"
        set -- "$@" --volume "${mount%%:*}/$file:${mount#*:}:ro"
    done
    secret=''
    expect_key --user 1000:1000 --read-only --cap-drop ALL --security-opt no-new-privileges "$@" moltbot $(probe node) show MOLTBOT_API_KEY
}

PWD_AT_START=$PWD
case " $images " in
*' node '*)
    check 'compose: the key is root'\''s, the program is not' composed 0 '' 1000 1
    check 'compose: the key is the user'\''s' composed 1000 \
        ', user: "1000", entrypoint: [secrun, -p, moltbot, --], command: [node, gateway.js]' 1000 0
    check 'kubernetes: a pod as the manifest has it' deployed
    ;;
esac
