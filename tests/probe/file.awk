# SPDX-License-Identifier: ISC
# Holds what file(1) says, a line for each file, against what facts.c printed of the same: reads the file `facts` beside
# it. Prints the files on which they disagree. own: the number of this machine's ELF machine.

function disagree(what) {
    print name ": file says " what ": " $0 "; facts: " fact
}

function loader_of(text) {
    if (!match(text, /, interpreter [^,]*/))
        return "static"
    text = substr(text, RSTART + 14, RLENGTH - 14)
    return text == "*empty*" ? "wrong: its interpreter's path is malformed" : text
}

BEGIN {
    machines["SPARC"] = 2
    machines["Intel 80386"] = 3
    machines["Motorola m68k"] = 4
    machines["MIPS"] = 8
    machines["PA-RISC"] = 15
    machines["PowerPC or cisco 4500"] = 20
    machines["64-bit PowerPC or cisco 7500"] = 21
    machines["IBM S/390"] = 22
    machines["ARM"] = 40
    machines["Renesas SH"] = 42
    machines["SPARC V9"] = 43
    machines["IA-64"] = 50
    machines["x86-64"] = 62
    machines["ARM aarch64"] = 183
    machines["Synopsys ARCv2/HS3x/HS4x cores"] = 195
    machines["UCB RISC-V"] = 243
    machines["eBPF"] = 247
    machines["Alpha (unofficial)"] = 36902
}

{
    getline fact < facts
    split(fact, f, "\t")
    name = f[1]
    while (/^(setuid|setgid|sticky) /)
        sub(/^[a-z]+ /, "")
}

!/^ELF / {
    if (f[2] != "other")
        disagree("it is none")
    next
}

f[2] == "other" {
    disagree("it is one")
    next
}

{
    class = $2 == "64-bit" ? 64 : 32
    order = $3 == "LSB" ? "lsb" : "msb"
    type = / relocatable[, ]/ ? 1 : / core file[, ]/ ? 4 : /(pie executable|shared object)[, ]/ ? 3 : / executable[, ]/ ? 2 : 0
    split($0, part, ", ")
    # Some machines' names are followed by what their flags say.
    machine = part[2] in machines ? machines[part[2]] : "unknown"
    if (class != f[2] || order != f[3] || machine != f[4] || type != f[5])
        disagree(class " " order " " machine " " type)
    else if (f[4] == own && f[2] == 64 && (type == 2 || type == 3) && loader_of($0) != f[6])
        disagree("the loader is " loader_of($0))
    else if (/ Go BuildID=/ && f[9] != "go")
        disagree("it is in Go")
}
