# SPDX-License-Identifier: ISC
# What a Tcl program sees: see show.c.
fconfigure stdout -encoding [encoding system] -translation lf
foreach name $argv {
    if {[info exists env($name)]} {
        puts -nonewline "look $name=$env($name)\0"
    } else {
        puts -nonewline "none $name\0"
    }
}
foreach name [lsort [array names env]] {
    puts -nonewline "list $name=$env($name)\0"
}
puts -nonewline "ready\0"
flush stdout
read stdin
