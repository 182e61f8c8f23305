# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# What the README tells of containers is done as it stands there, for a service that had a .env file
# and still asks for dotenv.

section=/run/containers/section
sed -n '/^## In a container/,/^## From/p' README.md >$section

# block LANGUAGE: the lines of that code block.
block() {
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" $section | sed '/^```/d'
}

readme() {
    docker() {
        podman "$@"
    }
    cp "$1" gateway.js
    echo "MOLTBOT_API_KEY=$VALUE" >.env
    printf 'FROM docker.io/library/node:22-bookworm-slim\nWORKDIR /app\nCOPY . .\n' >Dockerfile
    # The image secrun is there.
    block sh | sed -n '/^secrunctl/,$p' >commands
    grep -q shred commands
    # shellcheck source=/dev/null
    . ./commands
    rm commands
    [ ! -e .env ] || fail 'the .env file is still there'
    block dockerfile >>Dockerfile
    sed -n 's/.*`\(docker build -t moltbot . && docker run .* moltbot\)`.*/\1/p' $section |
        sed "s,run -v,run --detach --volume '$programs:/probe:ro' -v," >run
    grep -q 'docker run' run || fail 'no docker run in the README'
    # shellcheck source=/dev/null
    . ./run >started
    id=$(tail -n 1 started)
    wait_for 'moltbot: ready, MOLTBOT_API_KEY has 30 characters'
    check_proc
    check_inside 0
    check_engine
    ! podman exec "$id" sh -c 'ls -R /app; ls /etc/secrun' | grep -x 'machine.key\|.env' || fail 'the image has it'
    end 'moltbot: stopping'
}

case " $images " in
*' node '*) check "README: a service in Node comes into a container as told" readme "$PWD/examples/systemd/moltbot.js" ;;
esac
