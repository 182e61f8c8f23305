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
    git init -q .
    printf 'npm-debug.log' >.dockerignore # without a line feed, as some editors leave it
    # The image secrun is there.
    block sh | sed -n '/^secrunctl/,/^docker/p' | sed '/^docker/d' >commands
    [ "$(wc -l <commands)" -ge 3 ] || fail "there are other commands: $(cat commands)"
    # shellcheck source=/dev/null
    . ./commands
    rm commands
    [ -s .env ] || fail 'the .env file is gone before anything has run without it'
    block dockerfile >>Dockerfile
    block sh | sed -n "/ && docker run /s,run -v,run --detach --volume '$programs:/probe:ro' -v,p" >run
    grep -q 'docker run' run || fail 'no docker run in the README'
    # shellcheck source=/dev/null
    . ./run >started
    id=$(tail -n 1 started)
    wait_for 'moltbot: ready, MOLTBOT_API_KEY has 30 characters'
    block sh | grep '^shred' >shred
    # shellcheck source=/dev/null
    . ./shred
    [ ! -e .env ] || fail 'the .env file is still there'
    git add -A
    [ "$(git ls-files store | tr '\n' ' ')" = 'store/.gitignore store/secrets.age store/secrun.conf ' ] ||
        fail "git has $(git ls-files store)"
    check_proc
    check_inside 0
    check_engine
    ! podman exec "$id" sh -c 'ls -R /app; ls /etc/secrun' | grep -x 'machine.key\|.env' || fail 'the image has it'
    end 'moltbot: stopping'
    another_user
    another_value
}

# told WORDS: the command in the README's text that begins with these.
told() {
    tr '\n' ' ' <$section | grep -o "\`$1[^\`]*\`" | tr -d '\`' | head -n 1 | grep .
}

# With the key as a file of that user's, which root's secrunctl would not take.
another_user() {
    told 'install -m' >install
    # shellcheck source=/dev/null
    . ./install
    id=$(podman run --detach --user 1000 --volume "$PWD/store/1000.key:/run/secrets/machine.key:ro" moltbot)
    wait_for 'moltbot: ready, MOLTBOT_API_KEY has 30 characters'
    end 'moltbot: stopping'
    ! podman run --rm --user 1000 --volume "$PWD/store/machine.key:/run/secrets/machine.key:ro" moltbot 2>err || fail 'it reads it'
    grep -qx "secrun: hint: it is uid 0's, mode 0600, and this is uid 1000" err || fail "$(cat err)"
}

# The sealed file is another one then, under the same name.
another_value() {
    id=$(podman run --detach --volume "$PWD/store/machine.key:/run/secrets/machine.key:ro" \
        --volume "$PWD/store/secrets.age:/etc/secrun/secrets.age:ro" moltbot)
    wait_for 'moltbot: ready, MOLTBOT_API_KEY has 30 characters'
    told 'secrunctl -d store set' | sed 's/NAME/MOLTBOT_API_KEY/' >setting
    echo another-value | sh -e ./setting
    podman restart --time 8 "$id" >/dev/null
    wait_for 'moltbot: ready, MOLTBOT_API_KEY has 13 characters'
    end 'moltbot: stopping'
}

case " $images " in
*' node '*) check "README: a service in Node comes into a container as told" readme "$PWD/examples/systemd/moltbot.js" ;;
esac
