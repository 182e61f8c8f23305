# SPDX-License-Identifier: ISC
# Completions of secrun for fish. Read by the shell, as whoever types; sees names of profiles and secrets,
# which secrunctl lists without asking for anything, and no value.

# The command behind secrun's own options, up to the cursor, its words ended by NULs; false if there is none yet.
function __secrun_command
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    argparse -s d/directory= f/file= k/identity= p/profile= 'o/only=+' 'r/require=+' u/user= ambient-caps= \
        delivery= n/dry-run v/verbose h/help V/version -- $words 2>/dev/null
    or return
    set -q argv[1]
    and not string match -q -- '-*' $argv[1]
    or return
    string join0 -- $argv
    return 0
end

function __secrun_has_no_command
    not __secrun_command >/dev/null
end

function __secrun_complete_command
    set -l command (__secrun_command | string split0)
    __fish_complete_subcommand --commandline $command
end

# The last value of an option before the cursor; $argv: its letter, its long form.
function __secrun_value
    set -l words (commandline -opc)
    set -e words[1]
    set -l found
    while set -q words[1]
        switch $words[1]
            case --
                break
            case "--$argv[2]=*"
                set found (string replace -r '^[^=]*=' '' -- $words[1])
            case "-$argv[1]" "--$argv[2]"
                set -e words[1]
                set found $words[1]
            case "-$argv[1]*"
                set found (string sub -s 3 -- $words[1])
        end
        set -e words[1]
    end
    set -q found[1]
    and printf '%s\n' $found[1]
end

# A word of the command line, of which nothing is evaluated but a variable or ~/ at the beginning.
function __secrun_plain
    set -l word (string replace -r '^~(?=/|$)' -- $HOME $argv[1])
    set -l variable (string match -r '^\$([A-Za-z_][A-Za-z0-9_]*)' -- $word)
    and set word $$variable[2](string replace -- $variable[1] '' $word)
    printf '%s\n' $word
end

# Profiles, or with -p PROFILE its secrets, of the store that the command line names.
function __secrun_names
    set -l directory (__secrun_value d directory)
    set -l store
    set -q directory[1]
    and set store -d (__secrun_plain $directory)
    secrunctl list --names $store $argv </dev/null 2>/dev/null
end

function __secrun_secrets
    set -l profile (__secrun_value p profile)
    set -q profile[1]
    or set profile default
    __secrun_names -p $profile
end

# The candidates behind what the word has up to its last comma.
function __secrun_list
    set -l before (commandline -ct | string match -r '^(?:--[a-z-]+=|-[a-zA-Z])?(.*,)')[2]
    set -q before[1]
    or set before ''
    for candidate in $argv
        contains -- $candidate (string split , -- $before)
        or echo $before$candidate
    end
end

function __secrun_users
    set -l user (commandline -ct | string match -r '^(?:--user=|-u)?([^:]*:)')[2]
    if set -q user[1]
        printf "$user%s\n" (__fish_complete_groups)
    else
        __fish_complete_users
    end
end

function __secrun_capabilities
    string split ' ' "audit_control audit_read audit_write block_suspend bpf checkpoint_restore chown dac_override dac_read_search fowner fsetid ipc_lock ipc_owner kill lease linux_immutable mac_admin mac_override mknod net_admin net_bind_service net_broadcast net_raw perfmon setfcap setgid setpcap setuid sys_admin sys_boot sys_chroot sys_module sys_nice sys_pacct sys_ptrace sys_rawio sys_resource sys_time sys_tty_config syslog wake_alarm"
end

complete -c secrun -f
set -l options complete -c secrun -n __secrun_has_no_command
$options -s d -l directory -x -a '(__fish_complete_directories)' -d 'the store'
$options -s f -l file -r -F -d 'the sealed file'
$options -s k -l identity -r -F -a 'command: credential: fd:' -d 'the machine key'
$options -s p -l profile -x -a '(__secrun_names)' -d 'the profile'
$options -s o -l only -x -a '(__secrun_list (__secrun_secrets))' -d 'only these secrets'
$options -s r -l require -x -a '(__secrun_list (__secrun_secrets))' -d 'without these secrets nothing runs'
$options -s u -l user -x -a '(__secrun_users)' -d 'become this user before the command runs'
$options -l ambient-caps -x -a '(__secrun_list (__secrun_capabilities))' -d 'what the command keeps of root'
$options -l delivery -x -a 'auto preload inject' -d 'how secrets get into the command'
$options -s n -l dry-run -d 'say what would be delivered, run nothing'
$options -s v -l verbose -d 'say what is delivered, and run'
$options -s h -l help -d 'show a summary'
$options -s V -l version -d 'show the version'
complete -c secrun -x -n 'not __secrun_has_no_command' -a '(__secrun_complete_command)'
