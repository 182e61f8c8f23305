# SPDX-License-Identifier: ISC
# gawk -f gawk.awk WAY PROGRAM SOCKET: starts the witness by one of awk's ways. Run by the leak matrix; holds
# secrets, and prints none.
BEGIN {
    way = ARGV[1]
    line = ARGV[2] " " ARGV[3]
    if (way == "system") {
        exit system(line " && :")
    } else if (way == "pipe-from") {
        while ((line | getline) > 0)
            ;
        exit close(line)
    } else if (way == "pipe-to") {
        line = line " && cat"
        print "a line" | line
        exit close(line)
    } else if (way == "coprocess") {
        line = line " && cat"
        print "a line" |& line
        close(line, "to")
        while ((line |& getline) > 0)
            ;
        exit close(line)
    } else if (way == "changed") {
        ENVIRON["COPY"] = ENVIRON["KEY"]
        ENVIRON["KEY"] = "changed"
        exit system(line)
    }
    exit 99
}
