# SPDX-License-Identifier: ISC
# Makes of what `readelf -hldnSW FILE FILE…` prints a line for each file, as facts.c does. list: the files' names, a line
# each, since readelf passes over those that are too short. own: the number of this machine's ELF machine.

function end_file() {
    if (file == "")
        return
    while ((getline name < list) > 0 && name != file)
        print name "\tother"
    printf "%s\t", file
    if (!class)
        print "other"
    else if (class == 64 && order == "lsb" && machine == own && (type == 2 || type == 3) && loader == "")
        print class "\t" order "\t" machine "\t" type "\twrong: its interpreter's path is malformed"
    else if (class == 64 && order == "lsb" && machine == own && (type == 2 || type == 3))
        print class "\t" order "\t" machine "\t" type "\t" loader "\t" needed "\t" asan "\t" go
    else
        print class "\t" order "\t" machine "\t" type
}

function number_of(text) {
    if (!(text in machines))
        return "\"" text "\", which readelf.awk does not know"
    return machines[text]
}

BEGIN {
    machines["None"] = 0
    machines["Sparc"] = 2
    machines["Intel 80386"] = 3
    machines["MC68000"] = 4
    machines["MIPS R3000"] = 8
    machines["HPPA"] = 15
    machines["PowerPC"] = 20
    machines["PowerPC64"] = 21
    machines["IBM S/390"] = 22
    machines["ARM"] = 40
    machines["Renesas / SuperH SH"] = 42
    machines["Sparc v9"] = 43
    machines["Intel IA-64"] = 50
    machines["Advanced Micro Devices X86-64"] = 62
    machines["AArch64"] = 183
    machines["NVIDIA CUDA architecture"] = 190
    machines["ARCv2"] = 195
    machines["RISC-V"] = 243
    machines["Linux BPF"] = 247
    machines["LoongArch"] = 258
    machines["Alpha"] = 36902
    types["NONE"] = 0
    types["REL"] = 1
    types["EXEC"] = 2
    types["DYN"] = 3
    types["CORE"] = 4
}

/^File: / {
    end_file()
    file = substr($0, 7)
    class = 0
    loader = "static"
    needed = 0
    asan = go = "-"
}

/^  Class: / { class = substr($2, 4) }
/^  Data: / { order = /little/ ? "lsb" : "msb" }
/^  Type: / { type = $2 in types ? types[$2] : $2 }
/^  Machine: / {
    sub(/^ *Machine: */, "")
    machine = number_of($0)
}

# Of several the first counts. What is cut off of a program into a file for debuggers leaves an empty one behind.
/^  INTERP / && loader == "static" && $5 ~ /^0x0*$/ { loader = "" }
/^      \[Requesting program interpreter: / && loader == "static" {
    loader = $0
    sub(/^ *\[Requesting program interpreter: /, "", loader)
    sub(/\]$/, "", loader)
}

/^ 0x[0-9a-f]+ \(NEEDED\)/ {
    needed++
    if ($0 ~ /\[([^]]*\/)?(libasan\.so|libclang_rt\.asan)[^\/]*\]$/)
        asan = "asan"
}

/^  Go  .*GO BUILDID/ { go = "go" }
/^  \[ *[0-9]+\] \.go\.buildinfo / { go = "go" }

END {
    end_file()
    while ((getline name < list) > 0)
        print name "\tother"
}
