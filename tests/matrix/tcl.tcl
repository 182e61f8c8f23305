# SPDX-License-Identifier: ISC
# tcl.tcl WAY PROGRAM SOCKET: starts the witness by one of Tcl's ways. Run by the leak matrix; holds secrets, and
# prints none.
set command [lrange $argv 1 end]
switch [lindex $argv 0] {
    exec { exec {*}$command }
    exec-pipeline { exec {*}$command first | cat | {*}$command last }
    exec-shell { exec /bin/sh -c "[join $command]; exit \$?" }
    open { close [open "|[join $command]" r] }
    open-both { set pipe [open "|[join $command]" r+]; read $pipe; close $pipe }
    changed {
        set env(COPY) $env(KEY)
        set env(KEY) changed
        unset env(PW)
        exec {*}$command
    }
    default { exit 99 }
}
