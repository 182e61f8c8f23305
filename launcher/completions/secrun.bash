# SPDX-License-Identifier: ISC
# Completions of secrun and secrunctl for bash. Sourced by the shell, as whoever types; sees names of
# profiles and secrets, which secrunctl lists without asking for anything, those of hosts in an inventory, and
# no value. Nothing of the command line is evaluated here.

# What was typed up to the cursor, in words: COMP_WORDS are broken at = and :, too. Sets words, and for each
# the index in COMP_WORDS where it begins, in starts; _secrun_cut is how much of the last word readline keeps.
_secrun_read() {
    local line=${COMP_LINE:0:COMP_POINT} i word blank
    words=() starts=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        blank=${line%%[![:blank:]]*}
        line=${line#"$blank"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$line
        line=${line#"$word"}
        if [[ -n $blank || ${#words[@]} -eq 0 ]]; then
            words+=("$word") starts+=("$i")
        else
            words[-1]+=$word
        fi
    done
    _secrun_cut=0
    if [[ ${starts[-1]} -lt $COMP_CWORD ]]; then
        [[ $word != [=:] ]] || word=
        _secrun_cut=$((${#words[-1]} - ${#word}))
    fi
}

# A word as the shell would pass it, as far as that takes no evaluation; else nothing.
_secrun_plain() {
    local word=$1
    case $word in
    \"*\" | \'*\') word=${word:1:${#word}-2} ;;
    \~ | \~/*) word=$HOME${word:1} ;;
    esac
    if [[ $1 != \'* && $word =~ ^\$(([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})(.*)$ ]]; then
        local name=${BASH_REMATCH[2]}${BASH_REMATCH[3]}
        word=${!name-}${BASH_REMATCH[4]}
    fi
    [[ $1 == [\"\']* ]] || word=${word//\\/}
    case $word in
    *[\$\`\"\']*) ;;
    *) printf '%s' "$word" ;;
    esac
}

# Profiles, or with -p PROFILE its secrets. Of the store that the command line names.
_secrun_names() {
    [[ -z $directory ]] || set -- -d "$(_secrun_plain "$directory")" "$@"
    secrunctl list --names "$@" </dev/null 2>/dev/null
}

# The hosts of the inventory $1.
_secrun_hosts() {
    [[ ! -f $1 ]] || sed -n '/^\[fleet\]/d; s/^\[\([A-Za-z0-9][A-Za-z0-9._-]*\)\].*/\1/p' <"$1" 2>/dev/null
}

# Candidates, one a line on standard input, that begin with $1; each is put behind $2.
_secrun_offer() {
    local candidate
    while IFS= read -r candidate; do
        [[ $candidate != "$1"* ]] || COMPREPLY+=("$2$candidate")
    done
}

# The same for the last name of a list with commas; those before it are not offered again.
_secrun_offer_list() {
    local last=${1##*,} candidate before
    before=${1%"$last"}
    while IFS= read -r candidate; do
        [[ $candidate != "$last"* || ,$before == *",$candidate,"* ]] || COMPREPLY+=("$2$before$candidate")
    done
    compopt -o nospace
}

# Those of them that are no operands yet.
_secrun_others() {
    local candidate
    while IFS= read -r candidate; do
        [[ " ${operands[*]} " == *" $candidate "* ]] || printf '%s\n' "$candidate"
    done
}

_secrun_files() {
    compopt -o filenames
    _secrun_offer '' "$3" < <(compgen "$1" -- "$2")
}

_secrun_users() {
    if [[ $1 == *:* ]]; then
        _secrun_offer '' "$2${1%%:*}:" < <(compgen -g -- "${1#*:}")
    else
        _secrun_offer '' "$2" < <(compgen -u -- "$1")
    fi
}

_secrun_capabilities() {
    printf '%s\n' audit_control audit_read audit_write block_suspend bpf checkpoint_restore chown dac_override \
        dac_read_search fowner fsetid ipc_lock ipc_owner kill lease linux_immutable mac_admin mac_override mknod \
        net_admin net_bind_service net_broadcast net_raw perfmon setfcap setgid setpcap setuid sys_admin sys_boot \
        sys_chroot sys_module sys_nice sys_pacct sys_ptrace sys_rawio sys_resource sys_time sys_tty_config syslog \
        wake_alarm
}

# A command with its arguments, whose first word is words[$1].
_secrun_command() {
    local start=${starts[$1]}
    _secrun_cut=0
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$start"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$start"
    elif [[ $start -eq $COMP_CWORD ]]; then
        _secrun_files -c "${words[-1]}" ''
    else
        compopt -o bashdefault -o default
    fi
}

# The value of an option, typed as far as $2; $3 stands before it in the same word.
_secrun_value() {
    case $1 in
    -d | --directory) _secrun_files -d "$2" "$3" ;;
    -f | --file | --signing-key | --recipients-file | --output) _secrun_files -f "$2" "$3" ;;
    -k | --identity)
        # Not both: the colon of a file's name is quoted.
        [[ -z $2 ]] || _secrun_offer "$2" "$3" <<<$'command:\ncredential:\nfd:'
        if [[ ${#COMPREPLY[@]} -gt 0 ]]; then
            compopt -o nospace
        else
            _secrun_files -f "$2" "$3"
        fi
        ;;
    -p | --profile) _secrun_offer "$2" "$3" < <(_secrun_names) ;;
    -o | --only | -r | --require)
        _secrun_offer_list "$2" "$3" < <(_secrun_names -p "$(_secrun_plain "${profile:-default}")")
        ;;
    -u | --user) _secrun_users "$2" "$3" ;;
    --ambient-caps) _secrun_offer_list "$2" "$3" < <(_secrun_capabilities) ;;
    --delivery) _secrun_offer "$2" "$3" <<<$'auto\npreload\ninject' ;;
    --format) _secrun_offer "$2" "$3" <<<$'dotenv\nini\njson' ;;
    esac
}

# The numbers of the processes here.
_secrun_processes() {
    local directory
    for directory in /proc/[0-9]*; do
        printf '%s\n' "${directory#/proc/}"
    done
}

# Looks at one word that begins with a dash; $2 is the next one. Sets option and value if it has one of those
# with a value (letters and long), and took_next if that is the next word.
_secrun_option() {
    local name letter rest
    option='' value='' took_next=
    case $1 in
    --*)
        for name in "${long[@]}"; do
            # Abbreviated, too.
            [[ $name == "${1%%=*}"* ]] || continue
            option=$name
            case $1 in
            *=*) value=${1#*=} ;;
            *) value=$2 took_next=1 ;;
            esac
            break
        done
        ;;
    *)
        rest=${1:1}
        while [[ -n $rest ]]; do
            letter=${rest:0:1} rest=${rest:1}
            [[ $letters == *"$letter"* ]] || continue
            option=-$letter value=$rest
            [[ -n $rest ]] || { value=$2 took_next=1; }
            break
        done
        ;;
    esac
    case $option in
    -d | --directory) directory=$value ;;
    -p | --profile) profile=$value ;;
    esac
}

# Is the last word the value of an option? Then it is completed. Options have been read up to index $1, which is
# that of the last word or of the one before it.
_secrun_complete_value() {
    local current=${words[-1]} last=$((${#words[@]} - 1))
    if [[ -n $took_next && $1 -eq $((last - 1)) ]]; then
        _secrun_value "$option" "$current" ''
    elif [[ $1 -eq $last && -n $option && -z $took_next ]]; then
        _secrun_value "$option" "$value" "${current%"$value"}"
    else
        return 1
    fi
}

# Readline replaces only what stands behind the last = or :.
_secrun_finish() {
    local i
    for ((i = 0; _secrun_cut > 0 && i < ${#COMPREPLY[@]}; i++)); do
        COMPREPLY[i]=${COMPREPLY[i]:_secrun_cut}
    done
}

_secrun() {
    local words starts _secrun_cut directory='' profile='' option value took_next i
    local letters=dfkporu
    local long=(--directory --file --identity --profile --only --require --user --ambient-caps --delivery)
    local flags=(-n --dry-run -v --verbose -h --help -V --version)
    _secrun_read
    COMPREPLY=()
    for ((i = 1; i < ${#words[@]}; i++)); do
        if [[ ${words[i]} == -- && $i -lt $((${#words[@]} - 1)) ]]; then
            _secrun_command $((i + 1))
            return
        elif [[ ${words[i]} != -?* ]]; then
            break
        fi
        _secrun_option "${words[i]}" "${words[i + 1]-}"
        if _secrun_complete_value "$i"; then
            _secrun_finish
            return
        fi
        [[ -z $took_next ]] || ((i++))
    done
    if [[ ${words[-1]} == -* && $i -ge $((${#words[@]} - 1)) ]]; then
        _secrun_offer "${words[-1]}" '' < <(printf '%s\n' -d -f -k -p -o -r -u "${long[@]}" "${flags[@]}")
    else
        _secrun_command "$i"
    fi
}

_secrunctl() {
    local words starts _secrun_cut directory='' profile='' option value took_next i verb='' command='' operands=()
    local letters=dprRo long=(--directory --profile --file --format --signing-key --name --since --recipient)
    local more=() verbs=(init set get unset list attribute edit import export rollback check scan inspect audit pubkey
        recipients rekey sign verify enroll seal fleet)
    long+=(--recipients-file --output --jobs)
    _secrun_read
    COMPREPLY=()
    for ((i = 1; i < ${#words[@]}; i++)); do
        if [[ ${words[i]} == -- && $verb == check && $i -lt $((${#words[@]} - 1)) ]]; then
            _secrun_command $((i + 1))
            return
        elif [[ ${words[i]} == -?* ]]; then
            _secrun_option "${words[i]}" "${words[i + 1]-}"
            case $option in # letters that secrun has for something else
            -r) option=--recipient ;;
            -R) option=--recipients-file ;;
            -o) option=--output ;;
            esac
            if _secrun_complete_value "$i"; then
                _secrun_finish
                return
            fi
            [[ -z $took_next ]] || ((i++))
        elif [[ $i -lt $((${#words[@]} - 1)) ]]; then
            if [[ -z $verb ]]; then
                verb=${words[i]}
            else
                operands+=("${words[i]}")
                command=${command:-$i}
            fi
        fi
    done
    case $verb in
    set) more=(-p --profile --file --generate --keep-newline --allow-empty --drop-recipients) ;;
    get) more=(-p --profile) ;;
    check) more=(-p --profile --prometheus) ;;
    recipients) more=(--drop-recipients) ;;
    rekey) more=(--forget-old --drop-recipients) ;;
    attribute | unset | rollback) more=(-p --profile --drop-recipients) ;;
    list) more=(-p --profile --json --names) ;;
    edit) more=(--drop-recipients) ;;
    import) more=(-p --profile --format --replace --skip-invalid --drop-recipients) ;;
    export) more=(-p --profile --format) ;;
    scan) more=(-p --profile --json --gitignore --git --staged --history --proc) ;;
    inspect) more=(-p --profile --json --memory) ;;
    audit) more=(-p --profile --name --since --json) ;;
    sign) more=(--signing-key) ;;
    verify) more=(--accept --accept-rollback) ;;
    enroll) more=(--name) ;;
    seal) more=(-r --recipient -R --recipients-file -o --output) ;;
    fleet) more=(--dry-run --prune --jobs) ;;
    esac
    if [[ ${words[-1]} == -* ]]; then
        _secrun_offer "${words[-1]}" '' < <(printf '%s\n' -d --directory -h --help -V --version "${more[@]}")
        return
    fi
    case $verb in
    '') _secrun_offer "${words[-1]}" '' < <(printf '%s\n' "${verbs[@]}") ;;
    recipients) [[ ${#operands[@]} -gt 0 ]] || _secrun_offer "${words[-1]}" '' < <(printf '%s\n' list add remove) ;;
    audit | import | rekey | scan | sign | verify) _secrun_files -f "${words[-1]}" '' ;;
    inspect) _secrun_offer "${words[-1]}" '' < <(_secrun_processes) ;;
    seal) [[ ${#operands[@]} -gt 0 ]] || _secrun_files -f "${words[-1]}" '' ;;
    fleet)
        case ${#operands[@]} in
        0) _secrun_offer "${words[-1]}" '' <<<seal ;;
        1) _secrun_files -f "${words[-1]}" '' ;;
        *) _secrun_offer "${words[-1]}" '' < <(_secrun_hosts "$(_secrun_plain "${operands[1]}")" | _secrun_others) ;;
        esac
        ;;
    check) _secrun_command "${command:-$((${#words[@]} - 1))}" ;;
    attribute | set | get | unset | rollback)
        [[ $verb == unset || ${#operands[@]} -eq 0 ]] || return
        _secrun_offer "${words[-1]}" '' < <(_secrun_names -p "$(_secrun_plain "${profile:-default}")" | _secrun_others)
        ;;
    esac
}

complete -F _secrun secrun
complete -F _secrunctl secrunctl
