# SPDX-License-Identifier: ISC
# See deep.c.
set shown {}
foreach name {KEY TOKEN PEM} {
    lappend shown "$name=[expr {[info exists env($name)] ? $env($name) : "(none)"}]"
}
puts "tcl [join $shown { }]."
flush stdout
if {[llength $argv] > 0} {
    if {[catch {exec {*}$argv <@stdin >@stdout 2>@stderr}]} {
        exit 98
    }
}
