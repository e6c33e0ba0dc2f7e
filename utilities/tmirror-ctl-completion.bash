# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What bash offers at a TAB after tmirror-ctl: commands and options as the
# program itself lists them, names as the database has them.
#
# A name may hold anything, so text of the database is only ever compared and
# quoted; nothing of it is given to the shell to expand.  The same goes for
# words that are already on the line: their quotes are taken off here.
#
# bash takes a line apart at '=' and ':' as well, and replaces only what is
# behind the last of them.  So words are put together again first, and what
# stands before that place is taken off the answers.
#
# Needs nothing but bash: not the package bash-completion.

# Sets REPLY to WORD without its quotes.
_tmirror_ctl_unquote()
{
    local word=$1 quote='' c next
    local -i i

    REPLY=
    for ((i = 0; i < ${#word}; i++)); do
        c=${word:i:1} next=${word:i+1:1}
        if [[ $c == \\ && $quote != "'" ]]; then
            if [[ $quote == '"' && $next != [\"\$\`\\] ]]; then
                REPLY+=$c
            else
                REPLY+=$next
                i+=1
            fi
        elif [[ $c == "$quote" ]]; then
            quote=
        elif [[ -z $quote && $c == [\'\"] ]]; then
            quote=$c
        else
            REPLY+=$c
        fi
    done
}

# Puts the words up to the cursor into 'words', as they stand there; sets
# 'head' to what bash keeps of the last one, 'tail' to what it replaces.
_tmirror_ctl_words()
{
    local line=${COMP_LINE:0:COMP_POINT} rest word
    local -i i

    words=() head=
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        if ((i == COMP_CWORD)); then
            word=$rest
        fi
        if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
            words+=("$word") head=
        else
            head=${words[-1]}
            words[-1]+=$word
        fi
        line=${rest#"$word"}
    done
    tail=$word
    if [[ $tail =~ ^[@=:]+$ ]]; then
        head+=$tail tail=
    fi
}

# Runs the program with the options of the line that say where the database is.
_tmirror_ctl_run()
{
    "$program" "${connection[@]}" --timeout=1 --no-syslog "$@" \
        2>/dev/null </dev/null
}

# Adds to 'names' the cells of one column of a list: CSV, where a cell may go
# on in the next line.
_tmirror_ctl_cells()
{
    local line cell='' quotes

    while IFS= read -r line; do
        cell+=$line quotes=${cell//[!\"]/}
        if ((${#quotes} % 2)); then
            cell+=$'\n'
            continue
        fi
        if [[ $cell == \"*\" ]]; then
            cell=${cell:1:${#cell}-2}
            cell=${cell//\"\"/\"}
        fi
        names+=("$cell")
        cell=
    done < <(_tmirror_ctl_run --format=csv --no-headings "$@")
}

# Adds to 'names' the names of a KIND of things.
_tmirror_ctl_names()
{
    case $1 in
        filter) _tmirror_ctl_cells --columns=name filter-list ;;
        session) _tmirror_ctl_cells --columns=name session-list ;;
        eni) _tmirror_ctl_cells --columns=id eni-list ;;
        lb) _tmirror_ctl_cells --columns=name lb-list ;;
        quota) _tmirror_ctl_cells --columns=key quota-list ;;
    esac
}

# Adds to 'names' the targets that begin like WORD.
_tmirror_ctl_targets()
{
    local -a all=("${names[@]}")
    local kind name

    case $1 in
        eni:*) kind=eni ;;
        elb:*) kind=lb ;;
        *)
            names+=(eni: elb: ip:)
            return
            ;;
    esac
    names=()
    _tmirror_ctl_names $kind
    for name in "${names[@]}"; do
        all+=("${1%%:*}:$name")
    done
    names=("${all[@]}")
}

# Adds to 'names' the words KEY=VALUE of COMMAND that go on from WORD.
_tmirror_ctl_keys()
{
    local command=$1 word=$2 key
    local rule='type proto src dst sport dport description'
    local session='vni packet-length description'
    local -a keys values=()

    case $command in
        filter-add) keys=(description) ;;
        filter-set) keys=(name description) ;;
        rule-add) read -ra keys <<<"$rule" ;;
        rule-set) read -ra keys <<<"priority action $rule" ;;
        eni-add | eni-set) keys=(mac ip instance vpc mtu mirroring) ;;
        lb-add | lb-set) keys=(vip members) ;;
        session-add) read -ra keys <<<"$session" ;;
        session-set) read -ra keys <<<"name priority filter target $session" ;;
        *) return ;;
    esac
    if [[ $word != *=* ]]; then
        for key in "${keys[@]}"; do
            # Each once.
            if [[ " ${arguments[*]%%=*} " != *" $key "* ]]; then
                names+=("$key=")
            fi
        done
        return
    fi

    key=${word%%=*}
    if [[ " ${keys[*]} " == *" $key "* ]]; then
        case $key in
            type) names=(ipv4 ipv6) ;;
            proto) names=(all tcp udp icmp icmp6) ;;
            action) names=(accept reject) ;;
            mirroring) names=(true false) ;;
            filter) _tmirror_ctl_names filter ;;
            target) _tmirror_ctl_targets "${word#*=}" ;;
        esac
        for word in "${names[@]}"; do
            values+=("$key=$word")
        done
        names=("${values[@]}")
    fi
}

# Adds to 'names' the priorities of the rules of FILTER in DIRECTION.
_tmirror_ctl_priorities()
{
    local direction=$2 name
    local -a all

    case $direction in
        in*) direction=in ;;
        out* | egress) direction=out ;;
    esac
    _tmirror_ctl_cells --columns=direction,priority rule-list "$1"
    all=("${names[@]}")
    names=()
    for name in "${all[@]}"; do
        if [[ $name == "$direction",* ]]; then
            names+=("${name#*,}")
        fi
    done
}

# Adds to 'names' the values of an argument: COMMAND, what its syntax calls the
# argument, WORD.
_tmirror_ctl_argument()
{
    local command=$1 what=$2 word=$3

    case $what in
        FILTER) _tmirror_ctl_names filter ;;
        SESSION) _tmirror_ctl_names session ;;
        ENI) _tmirror_ctl_names eni ;;
        ID | NAME)
            # What is to be made has no name yet.
            if [[ $command != *-add ]]; then
                if [[ $what == ID ]]; then
                    _tmirror_ctl_names eni
                else
                    _tmirror_ctl_names lb
                fi
            fi
            ;;
        DIRECTION) names=(in out) ;;
        ACTION) names=(accept reject) ;;
        TARGET) _tmirror_ctl_targets "$word" ;;
        PRIORITY)
            if [[ $command == rule-set || $command == rule-del ]]; then
                _tmirror_ctl_priorities "${arguments[0]}" "${arguments[1]}"
            fi
            ;;
        KEY) _tmirror_ctl_names quota ;;
        KEY=VALUE | description=TEXT) _tmirror_ctl_keys "$command" "$word" ;;
        TABLE)
            names=(Agent Connection Load_Balancer Mirror_Filter
                   Mirror_Filter_Rule Mirror_Session Mirror_Source
                   Network_Interface RBAC_Permission RBAC_Role SSL TM_Global)
            ;;
        RECORD)
            case ${arguments[0]} in
                Mirror_Filter) _tmirror_ctl_names filter ;;
                Mirror_Session) _tmirror_ctl_names session ;;
                Network_Interface) _tmirror_ctl_names eni ;;
                Load_Balancer) _tmirror_ctl_names lb ;;
                TM_Global | SSL) names=(.) ;;
            esac
            ;;
    esac
}

# Adds to 'names' what may stand where COMMAND has its next argument, of which
# WORD is there.
_tmirror_ctl_next()
{
    local command=$1 word=$2 syntax what name
    local -a whats all
    local -i n

    syntax=$(_tmirror_ctl_run --commands | grep -F ",$command,")
    read -ra whats <<<"${syntax##*,}"
    n=${#arguments[@]}
    if ((n >= ${#whats[@]})); then
        # The last one may come again.
        n=$((${#whats[@]} - 1))
        if ((n < 0)) || [[ ${whats[n]} != [*+]* ]]; then
            return
        fi
    fi
    what=${whats[n]}
    while [[ $what == [?*+!]* ]]; do
        what=${what:1}
    done
    _tmirror_ctl_argument "$command" "$what" "$word"

    # An ENI that is there already is none to add.
    if [[ $what == ENI ]]; then
        all=("${names[@]}") names=()
        for name in "${all[@]}"; do
            for what in "${arguments[@]:1}"; do
                [[ $what != "$name" ]] || continue 2
            done
            names+=("$name")
        done
    fi
}

# Adds to 'names' the options: the program's own if GLOBAL is not empty, and
# those that commands have.
_tmirror_ctl_options()
{
    local word

    while read -r word; do
        case $word in
            --*=ARG) names+=("${word%ARG}") ;;
            --*) names+=("$word") ;;
        esac
    done < <(test -z "$1" || _tmirror_ctl_run --options)
    while read -r word; do
        names+=("${word%%ARG}")
    done < <(_tmirror_ctl_run --commands | grep -oE -- '--[a-z-]+=?' | sort -u)
}

# Adds to 'names' the values of OPTION.
_tmirror_ctl_values()
{
    case $1 in
        --wait) names=(none agents) ;;
        -f | --format) names=(table list html csv json) ;;
        -d | --data) names=(string bare json) ;;
    esac
}

# Turns 'names' that begin like WORD into answers.
_tmirror_ctl_answer()
{
    local word=$1 name quoted quote=''
    local -a fit=()

    [[ $tail == [\'\"]* ]] && quote=${tail:0:1}
    for name in "${names[@]}"; do
        [[ -n $name && $name == "$word"* ]] || continue
        if [[ $quote ]]; then
            # bash puts the answer between the quotes as it is.
            _tmirror_ctl_unquote "$head"
            quoted=${name#"$REPLY"}
            [[ ($quote == "'" && $quoted != *[\'$'\n']*)
               || ($quote == '"' && $quoted != *[\"\$\`\\!$'\n']*) ]] \
                || continue
        else
            printf -v quoted %q "$name"
            [[ $quoted == "$head"* ]] || continue
            quoted=${quoted#"$head"}
        fi
        fit+=("$quoted")
    done

    # bash shortens the word to what several answers have in common, which
    # must not be less than is there.
    for name in "${fit[@]}"; do
        if ((${#fit[@]} == 1)) || [[ $quote || $name == "$tail"* ]]; then
            COMPREPLY+=("$name")
        fi
    done
    if ((${#COMPREPLY[@]})) && [[ ! ${COMPREPLY[*]} =~ [^=:](' '|$) ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

_tmirror_ctl()
{
    local REPLY program head tail command='' option='' first=1 word
    local -a words names=() arguments=() connection=() takes
    local -i i

    COMPREPLY=()
    _tmirror_ctl_words
    _tmirror_ctl_unquote "${words[0]}"
    program=$REPLY
    mapfile -t takes < <(_tmirror_ctl_run --options | grep '[= ]ARG$')

    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        _tmirror_ctl_unquote "${words[i]}"
        word=$REPLY
        if [[ $option ]]; then
            [[ $option == -[pcC] || $option == --db ]] \
                && connection+=("$option" "$word")
            option=
        elif [[ $word == -- ]]; then
            first='' command='' arguments=()
        elif [[ $command ]]; then
            arguments+=("$word")
        elif [[ $word != -* ]]; then
            command=$word
        elif [[ $word =~ ^--(db|private-key|certificate|ca-cert|ssl-.*)= ]]
        then
            connection+=("$word")
        elif [[ $first && " ${takes[*]} " == *" $word"[=\ ]ARG" "* ]]; then
            option=$word
        fi
    done
    _tmirror_ctl_unquote "${words[-1]}"
    word=$REPLY

    if [[ $option ]]; then
        _tmirror_ctl_values "$option"
    elif [[ $command ]]; then
        _tmirror_ctl_next "$command" "$word"
    elif [[ $first && $word == --*=* ]]; then
        _tmirror_ctl_values "${word%%=*}"
        names=("${names[@]/#/${word%%=*}=}")
    elif [[ $word == -* ]]; then
        _tmirror_ctl_options "$first"
    else
        mapfile -t names < <(_tmirror_ctl_run --commands | cut -d, -f2)
    fi
    _tmirror_ctl_answer "$word"
}

complete -F _tmirror_ctl tmirror-ctl
