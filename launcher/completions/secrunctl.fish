# SPDX-License-Identifier: ISC
# Completions of secrunctl for fish. Read by the shell, as whoever types; sees names of profiles and secrets,
# which secrunctl lists without asking for anything, those of hosts in an inventory, and no value.

# For __secrun_names and what else they have in common.
source (status dirname)/secrun.fish

# The verb and its operands before the cursor, a word a line. What is at the cursor may be the value of an option.
function __secrunctl_words
    set -l words (commandline -opc) operand
    set -e words[1]
    argparse -i d/directory= p/profile= file= format= signing-key= name= since= r/recipient= R/recipients-file= \
        o/output= jobs= -- $words 2>/dev/null
    and test "$argv[-1]" = operand
    and set -e argv[-1]
    string match -v -- '-*' $argv
end

# Is the verb one of these? With none: is there no verb yet?
function __secrunctl_verb
    set -l words (__secrunctl_words)
    if set -q words[1]
        contains -- $words[1] $argv
    else
        not set -q argv[1]
    end
end

# Has the verb no operand yet? Or so many?
function __secrunctl_is_first
    test (count (__secrunctl_words)) -eq 1
end

function __secrunctl_has
    test (count (__secrunctl_words)) -eq (math 1 + $argv[1])
end

# Those hosts of the inventory behind `fleet seal` that are not named yet.
function __secrunctl_other_hosts
    set -l words (__secrunctl_words)
    set -q words[3]
    or return
    set -l file (__secrun_plain $words[3])
    test -f "$file"
    or return
    for name in (string replace -rf '^\[([A-Za-z0-9][A-Za-z0-9._-]*)\].*' '$1' <$file 2>/dev/null)
        contains -- $name fleet $words[4..]
        or echo $name
    end
end

function __secrunctl_other_secrets
    set -l words (__secrunctl_words)
    for name in (__secrun_secrets)
        contains -- $name $words
        or echo $name
    end
end

# What `check` is to look at: the words behind it, and behind a -- if there is one.
function __secrunctl_complete_command
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    argparse -i -s d/directory= p/profile= -- $words 2>/dev/null
    set -e argv[1] # check
    argparse -s d/directory= p/profile= -- $argv 2>/dev/null
    __fish_complete_subcommand --commandline $argv
end

set -l verb complete -c secrunctl -x -n __secrunctl_verb -a
complete -c secrunctl -f
$verb init -d 'make a store'
$verb set -d 'set a secret'
$verb get -d 'print the value of one'
$verb unset -d 'remove secrets'
$verb list -d 'list profiles and the names of their secrets'
$verb attribute -d 'set attributes of a secret or a profile'
$verb edit -d 'edit the document'
$verb import -d 'bring in a .env, JSON or INI file'
$verb export -d 'print secrets in plaintext'
$verb rollback -d 'go back to the value before'
$verb check -d 'say what would stop or weaken secrun'
$verb scan -d 'find values in plaintext'
$verb inspect -d 'say what of a running program is exposed'
$verb audit -d 'say who got or changed what, and when'
$verb pubkey -d 'print the recipient of this host'
$verb recipients -d 'who else can open the sealed file'
$verb rekey -d 'make a new machine key'
$verb sign -d 'sign the sealed file'
$verb verify -d 'say who signed the sealed file'
$verb enroll -d 'print what this host hands over to whoever seals for it'
$verb seal -d 'seal a document for another host'
$verb fleet -d 'seal one file for each host of an inventory'

complete -c secrunctl -s d -l directory -x -a '(__fish_complete_directories)' -d 'the store'
complete -c secrunctl -s h -l help -d 'show a summary'
complete -c secrunctl -s V -l version -d 'show the version'
complete -c secrunctl -n 'not __secrunctl_verb init edit pubkey recipients rekey sign verify enroll seal fleet' -s p -l profile -x -a '(__secrun_names)' -d 'the profile'
complete -c secrunctl -n '__secrunctl_verb set unset attribute edit import rollback recipients rekey' -l drop-recipients -d 'seal to fewer recipients than before'
complete -c secrunctl -n '__secrunctl_verb set' -l file -r -F -d 'read the value from a file'
complete -c secrunctl -n '__secrunctl_verb set' -l generate -d 'make a random value'
complete -c secrunctl -n '__secrunctl_verb set' -l keep-newline -d 'the line feed at the end is part of the value'
complete -c secrunctl -n '__secrunctl_verb set' -l allow-empty -d 'an empty value is meant'
complete -c secrunctl -n '__secrunctl_verb check' -l prometheus -d 'metrics instead of lines'
complete -c secrunctl -n '__secrunctl_verb list' -l json -d 'the same for programs'
complete -c secrunctl -n '__secrunctl_verb list' -l names -d 'only the names'
complete -c secrunctl -n '__secrunctl_verb scan' -l json -d 'one JSON object a line'
complete -c secrunctl -n '__secrunctl_verb scan' -l gitignore -d 'what git does not ignore'
complete -c secrunctl -n '__secrunctl_verb scan' -l git -d 'the commits of a repository'
complete -c secrunctl -n '__secrunctl_verb scan' -l staged -d 'the index of a repository'
complete -c secrunctl -n '__secrunctl_verb scan' -l history -d 'what was typed and logged'
complete -c secrunctl -n '__secrunctl_verb scan' -l proc -d 'environments and command lines'
complete -c secrunctl -n '__secrunctl_verb inspect' -l json -d 'one JSON object a line'
complete -c secrunctl -n '__secrunctl_verb inspect' -l memory -d 'search its memory, too'
complete -c secrunctl -n '__secrunctl_verb audit' -l json -d 'one JSON object a line'
complete -c secrunctl -n '__secrunctl_verb audit' -l name -x -a '(__secrun_secrets)' -d 'of this secret only'
complete -c secrunctl -n '__secrunctl_verb audit' -l since -x -d 'a time, a date or a duration'
complete -c secrunctl -n '__secrunctl_verb import export' -l format -x -a 'dotenv ini json' -d 'what the text is'
complete -c secrunctl -n '__secrunctl_verb import' -l replace -d 'values in the store give way'
complete -c secrunctl -n '__secrunctl_verb import' -l skip-invalid -d 'leave out what has no name for a variable'
complete -c secrunctl -n '__secrunctl_verb rekey' -l forget-old -d 'drop the keys that were replaced'
complete -c secrunctl -n '__secrunctl_verb sign' -l signing-key -r -F -d 'the secret key'
complete -c secrunctl -n '__secrunctl_verb verify' -l accept -d 'accept nothing older from now on'
complete -c secrunctl -n '__secrunctl_verb verify' -l accept-rollback -d 'the same for an older one'
complete -c secrunctl -n '__secrunctl_verb enroll' -l name -x -d 'what the host is called'
complete -c secrunctl -n '__secrunctl_verb seal' -s r -l recipient -x -d 'to whom'
complete -c secrunctl -n '__secrunctl_verb seal' -s R -l recipients-file -r -F -d 'to those in a file'
complete -c secrunctl -n '__secrunctl_verb seal' -s o -l output -r -F -d 'the sealed file'
complete -c secrunctl -n '__secrunctl_verb fleet' -l dry-run -d 'say for which hosts, and change nothing'
complete -c secrunctl -n '__secrunctl_verb fleet' -l prune -d 'remove the files of hosts that are no longer there'
complete -c secrunctl -n '__secrunctl_verb fleet' -l jobs -x -d threads

complete -c secrunctl -n '__secrunctl_verb set get attribute rollback; and __secrunctl_is_first' -x -a '(__secrun_secrets)'
complete -c secrunctl -n '__secrunctl_verb unset' -x -a '(__secrunctl_other_secrets)'
complete -c secrunctl -n '__secrunctl_verb import sign verify seal; and __secrunctl_is_first' -F
complete -c secrunctl -n '__secrunctl_verb recipients; and __secrunctl_is_first' -x -a 'list add remove'
complete -c secrunctl -n '__secrunctl_verb audit scan rekey' -F
complete -c secrunctl -n '__secrunctl_verb fleet; and __secrunctl_is_first' -x -a seal
complete -c secrunctl -n '__secrunctl_verb fleet; and __secrunctl_has 1' -F
complete -c secrunctl -n '__secrunctl_verb fleet; and not __secrunctl_is_first; and not __secrunctl_has 1' -x -a '(__secrunctl_other_hosts)'
complete -c secrunctl -n '__secrunctl_verb inspect' -x -a '(__fish_complete_pids)'
complete -c secrunctl -n '__secrunctl_verb check' -x -a '(__secrunctl_complete_command)'
