# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016,SC2034,SC2046,SC2086,SC2154,SC2317
# The files as engines mount them: who owns them, who may read them, what leads to them.

# As kubelet makes a volume: files in a folder with a date, links to it; $1 the folder, $2 the mode of its files, $3 their group.
kubernetes_volume() {
    (
        umask 022
        mkdir -p "$1/..2026_11_25_12_00_00.123456789"
        cd "$1" || exit
        for file in "$store"/*; do
            cp "$file" ..2026_11_25_12_00_00.123456789/
        done
        ln -s ..2026_11_25_12_00_00.123456789 ..data
        for file in "$store"/*; do
            ln -s "..data/${file##*/}" .
        done
        chmod "$2" ..data/*
        if [ "$3" != 0 ]; then
            chgrp -hR "$3" .
            chmod g+s . ..data
        fi
    )
}

# A Secret and a projected volume are in memory, and have the mode 1777; with an fsGroup, files are the group's, and a folder setgid.
# $2 mode, $3 group, $4… options.
secret_volume() {
    mkdir secret
    mount -t tmpfs -o mode=1777 secret secret
    kubernetes_volume secret "$2" "$3"
    image=$1
    shift 3
    secret=''
    expect_key --volume "$PWD/secret:/run/secrets:ro" "$@" "$image" $(probe "$image") show MOLTBOT_API_KEY
    # As subPath does.
    expect_key --volume "$PWD/secret/..data/machine.key:/run/secrets/machine.key:ro" "$@" "$image" $(probe "$image") show MOLTBOT_API_KEY
    umount secret
}

# A ConfigMap is on the disk of its host, and has the mode 0777: one file of it will do, the folder will not.
config_map() {
    mkdir config
    chmod 777 config
    kubernetes_volume config 644 0
    rm config/machine.key config/..data/machine.key
    expect_key --volume "$PWD/config/..data/secrets.age:/etc/secrun/secrets.age:ro" "$1" $(probe "$1") show MOLTBOT_API_KEY
    expect 125 --volume "$PWD/config:/etc/secrun:ro" --entrypoint "$(entry secrun -k credential:machine.key -p moltbot --)" "$1" x
    expect_words 'secrun: /etc/secrun: directory that others can write (mode 0777)'
}

# $2: how a secret of Podman's is mounted. Docker's are 0444, and root's.
engine_secret() {
    secret=machine.key,$2
    image=$1
    shift 2
    expect_key "$@" "$image" $(probe "$image") show MOLTBOT_API_KEY
}

unreadable_secret() {
    secret=machine.key,mode=0400
    expect 125 --user 1000 "$1"
    expect_words 'secrun: /run/secrets/machine.key: Permission denied'
    expect_words "secrun: hint: it is uid 0's, mode 0400, and this is uid 1000"
}

# What others could have written.
writable_secret() {
    secret=machine.key,mode=0466
    expect 125 "$1"
    expect_words 'secrun: /run/secrets/machine.key: others can write it (mode 0466)'
    secret=machine.key,uid=1000,mode=0400
    expect 125 --cap-add DAC_OVERRIDE "$1"
    expect_words 'secrun: /run/secrets/machine.key: not owned by root (uid 1000)'
}

# Compose mounts the file of the host as it is.
host_file() {
    cp "$store/machine.key" key
    chown "$2" key
    chmod 400 key
    secret=''
    expect_key --user "$2" --volume "$PWD/key:/run/secrets/machine.key:ro" "$1" $(probe "$1") show MOLTBOT_API_KEY
}

# A store that is mounted as a whole, key and all.
whole_store() {
    cp -R "$store" store
    chown -R "$2" store
    secret=''
    expect_key --user "$2" --volume "$PWD/store:/etc/secrun:ro" "$1" $(probe "$1") show MOLTBOT_API_KEY
}

# Who delivers makes no difference to these, so one image of each kind of program will do.
for image in $(echo "$images" | tr ' ' '\n' | grep -x 'node\|go'); do
    check "$image: a Secret of Kubernetes, 0644, root's" secret_volume "$image" 644 0
    check "$image: the same, for another user" secret_volume "$image" 644 0 --user 1000
    check "$image: a Secret of Kubernetes, 0440, of the fsGroup" secret_volume "$image" 440 2000 --user 1000:1000 --group-add 2000
    check "$image: a ConfigMap of Kubernetes" config_map "$image"
    check "$image: a secret of Docker's" engine_secret "$image" mode=0444
    check "$image: the same, for another user" engine_secret "$image" mode=0444 --user 1000
    check "$image: a secret that only root reads" engine_secret "$image" mode=0400
    check "$image: a secret that only its user reads" engine_secret "$image" mode=0400,uid=1000 --user 1000
    check "$image: a secret that its user cannot read" unreadable_secret "$image"
    check "$image: a secret that somebody else could have written" writable_secret "$image"
    check "$image: a file of the host" host_file "$image" 0
    check "$image: a file of the host, of the user's" host_file "$image" 1000
    check "$image: a store of the host" whole_store "$image" 0
    check "$image: a store of the host, of the user's" whole_store "$image" 1000
done
