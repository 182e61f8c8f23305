# SPDX-License-Identifier: ISC
# What gawk sees: see show.c.
BEGIN {
    for (i = 1; i < ARGC; i++)
        if (ARGV[i] in ENVIRON)
            printf "look %s=%s%c", ARGV[i], ENVIRON[ARGV[i]], 0
        else
            printf "none %s%c", ARGV[i], 0
    PROCINFO["sorted_in"] = "@ind_str_asc"
    for (name in ENVIRON)
        printf "list %s=%s%c", name, ENVIRON[name], 0
    printf "ready%c", 0
    fflush()
    while ((getline line < "-") > 0)
        ;
    exit 0
}
