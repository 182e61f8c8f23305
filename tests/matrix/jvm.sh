#!/bin/sh
# SPDX-License-Identifier: ISC
# jvm.sh CLASSES PROGRAM SOCKET: an entrypoint that becomes a JVM, which execs itself once more, as its launcher
# does where LD_LIBRARY_PATH names a JVM. Run by the leak matrix; holds secrets, and prints none.
home=$(readlink -f "$(command -v java)")
home=${home%/bin/java}
export LD_LIBRARY_PATH="$home/lib/server"
exec "$home/bin/java" -XX:-UsePerfData -XX:TieredStopAtLevel=1 -Xshare:auto -cp "$1" Ways own "$2" "$3"
