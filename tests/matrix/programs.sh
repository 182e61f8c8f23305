#!/bin/sh
# SPDX-License-Identifier: ISC
# Puts the programs of the leak matrix where it runs, and makes those of them that are so by their owner, mode
# or name. usage: tests/matrix/programs.sh BUILT DIRECTORY. Run by the matrix; sees no secret.
set -eu
cp -r "$1" "$2"
cd "$2"
cp witness stranger
ln -s witness link
mkdir parts && cp witness parts
if [ "$(id -u)" = 0 ]; then
    PATH=$PATH:/usr/sbin:/sbin
    cp witness set-uid
    chown 54321 set-uid
    chmod 4755 set-uid
    cp witness set-gid
    chgrp 54321 set-gid
    chmod 2755 set-gid
    cp witness capable
    setcap cap_net_raw+ep capable
fi
