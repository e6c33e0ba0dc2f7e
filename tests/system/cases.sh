# SPDX-License-Identifier: Apache-2.0
# cases.sh: what the *.test scripts share, to be sourced by a POSIX shell.
#
# A script defines functions and ends with
#
#     cases function 'what it proves' function 'what it proves' ...
#
# Each function is a test: it runs in a world of its own (world.sh), under
# "set -e", so that the first command that fails is the end of it, and prints
# one line of TAP.  When it fails, the end of its trace and of all logs are
# shown.  A test that passes must also leave a daemon that has nothing to do,
# and logs without a complaint, except those that match $complaints.
#
# ONLY: pattern, runs only the functions that match.

here=$(cd "$(dirname "$0")" && pwd)
top_srcdir=${TM_SRCDIR:-$(cd "$here/../.." && pwd)}
top_builddir=${TM_BUILDDIR:-$top_srcdir/_build}
export TM_SRCDIR=$top_srcdir TM_BUILDDIR=$top_builddir
. "$here/world.sh"
. "$here/two-nodes.sh"
export TMIRROR_CTL

complaints='^$'

# cases FUNCTION WHAT...
cases() {
    if test -n "${CASE:-}"; then
        world_enter "$0"
        set -ex
        "$CASE"
        is_calm
        set +x
        exit 0
    fi
    case_file=$(basename "$0" .test)
    case_number=0 case_status=0
    case_dir=$(mktemp -d "${TMPDIR:-/tmp}/tm-case.XXXXXX") || exit 1
    trap 'rm -rf "$case_dir"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    while test $# -ge 2; do
        # shellcheck disable=SC2254
        case $1 in
        ${ONLY:-*}) one_case "$1" "$2" ;;
        esac
        shift 2
    done
    echo "1..$case_number"
    exit $case_status
}

one_case() {
    case_number=$((case_number + 1))
    mkdir "$case_dir/world"
    if CASE=$1 WORLD_KEEP=1 TMPDIR=$case_dir/world \
        timeout -k 10 "${CASE_TIMEOUT:-120}" sh "$0" \
        >"$case_dir/trace" 2>&1 </dev/null
    then
        echo "ok $case_number - $case_file: $2"
    else
        echo "# exit status $? of $1; the end of its trace:"
        sed -e '/^+ world_stop/,$d' \
            -e '/^+* *\(test\|date\|sleep\|eval\) /d' "$case_dir/trace" \
            | tail -n 100 | sed 's/^/#   /'
        for case_log in "$case_dir"/world/*/*.log \
            "$case_dir"/world/*/*/*.log
        do
            test -e "$case_log" || continue
            echo "# the end of ${case_log#"$case_dir"/world/*/}:"
            tail -n 15 "$case_log" | sed 's/^/#   /'
        done
        echo "not ok $case_number - $case_file: $2"
        case_status=1
    fi
    rm -rf "$case_dir/world"
}

# refute CMD...: it must fail ("! CMD" does not end a script under "set -e").
refute() {
    if "$@"; then
        return 1
    fi
}

# The daemon of each node, if there is one, has no difference to send, computes
# the same from nothing, and nobody complains.
is_calm() {
    each_node node_is_calm
}

node_is_calm() {
    if test -e "$OVS_RUNDIR/tmirrord.pid"; then
        world_wait_until 'appctl conn/show | grep "^generation" \
                              | refute grep "not settled"'
        test -z "$(appctl flow/diff)"
        test -z "$(appctl recompute)"
        world_wait_until 'test -z "$(appctl flow/diff)"'
    fi
    refute grep -E '\|(WARN|ERR|EMER)\|' "$OVS_RUNDIR/tmirrord.log" \
        >"$OVS_RUNDIR/complaints" 2>/dev/null \
        || refute grep -vE "$complaints" "$OVS_RUNDIR/complaints"
    refute grep -E '\|EMER\||resubmit actions|Translation failed' \
        "$OVS_RUNDIR/ovs-vswitchd.log"
}

appctl() { ovs-appctl -t tmirrord "$@"; }

# machine NAME ADDRS MAC [COLUMN=VALUE]...: a machine whose frames are captured.
machine() {
    world_vm "$@"
    watch_machine "$1" "$3"
}

watch_machine() {
    world_in "$1" tcpdump -Z root -i eth0 -U --immediate-mode -n -s 2048 \
        -B 8192 -w "$WORLD_DIR/$1.pcap" 2>"$WORLD_DIR/$1.tcpdump" &
    world_wait_until grep -q 'listening on' "$WORLD_DIR/$1.tcpdump"
    echo "$2" >"$WORLD_DIR/$1.mac"
}

# collector NAME N [nolisten]: 172.31.1.N and fd31::N.
collector() {
    world_collector "$1" "172.31.1.$2/24,fd31::$2/64" ${3:+"$3"}
    echo "172.31.1.$2" >"$WORLD_DIR/$1.addr"
}

# The world of most tests: vm1 and vm2 on one network, the collectors c1 and
# c2, and the daemon.
usual_world() {
    world_start
    machine vm1 10.0.0.1/24,fd10::1/64 52:54:00:00:00:01
    machine vm2 10.0.0.2/24,fd10::2/64 52:54:00:00:00:02
    collector c1 2
    collector c2 3
    start_daemon
    tm init
}

# Returns when the daemon knows both databases and the switch.
start_daemon() {
    world_daemon_start "$@"
    world_wait_until 'appctl conn/show | grep -q "^nb_cfg: [0-9]"'
}

# tm COMMAND...: a change, from then on in force for all traffic.  The purge is
# for the stale flows that Open vSwitch before 3.1.3 may keep.
tm() {
    "$TMIRROR_CTL" --timeout=20 --wait=agents "$@"
    each_node ovs-appctl revalidator/purge
}

# Filter NAME that accepts everything.
filter_all() {
    tm -- filter-add "$1" \
        -- rule-add "$1" in 1 accept -- rule-add "$1" out 1 accept \
        -- rule-add "$1" in 2 accept type=ipv6 \
        -- rule-add "$1" out 2 accept type=ipv6 >/dev/null
}

# Returns when the switch can reach a target without asking first.
is_resolved() { ovs-appctl tnl/neigh/show | grep -qF "$1 "; }
resolved() { world_wait_until is_resolved "$1"; }

# session NAME PRIORITY FILTER IP SOURCES [KEY=VALUE]...: made and ready.
session() {
    session_name=$1 session_ip=$4 session_sources=$5
    session_head="$1 $2 $3 ip:$4"
    shift 5
    # shellcheck disable=SC2086
    tm -- session-add $session_head "$@" \
        -- source-add "$session_name" $session_sources >/dev/null
    resolved "$session_ip"
}

# expect EXPRESSION [SECONDS]: see expect.py.  Where there are more nodes, what
# is on its way from one to the other has come, and so have copies of it.
expect() {
    if test -e "$WORLD_DIR/nodes"; then
        each_node world_here "$WORLD_PYTHON" "$here/expect.py" "$WORLD_DIR" \
            True
    fi
    "$WORLD_PYTHON" "$here/expect.py" "$WORLD_DIR" "$@"
}

# serve MACHINE PORT...: echoes there.
serve() {
    serve_at=$1
    shift
    world_in "$serve_at" "$WORLD_PYTHON" "$here/traffic.py" serve "$@" \
        >"$WORLD_DIR/$serve_at.serve" &
    world_wait_until test -s "$WORLD_DIR/$serve_at.serve"
}

# traffic MACHINE COMMAND...: see traffic.py.
traffic() {
    traffic_at=$1
    shift
    world_in "$traffic_at" "$WORLD_PYTHON" "$here/traffic.py" "$@"
}

# stream_start NAME MACHINE SRC SPORT DST DPORT [RATE]: numbered packets, until
# stream_stop NAME, which leaves their number in sent_NAME for expect.
stream_start() {
    traffic "$2" stream "$3" "$4" "$5" "$6" "${7:-300}" "$WORLD_DIR/$1" &
    world_wait_until stream_is_there "$1"
}

stream_is_there() { kill -0 $!; }

stream_stop() {
    : >"$WORLD_DIR/$1.stop"
    world_wait_until test -s "$WORLD_DIR/$1.count"
}

# talk_start MACHINE SRC SPORT DST DPORT: an open TCP connection; then "say TEXT"
# sends a line over it and returns when it has come back.
talk_start() {
    mkfifo "$WORLD_DIR/talk"
    talk_at=$1
    shift
    traffic "$talk_at" talk "$@" <"$WORLD_DIR/talk" >"$WORLD_DIR/talk.out" &
    exec 9>"$WORLD_DIR/talk"
    world_wait_until grep -q connected "$WORLD_DIR/talk.out"
}

say() {
    echo "$1" >&9
    world_wait_until grep -qx "echo $1" "$WORLD_DIR/talk.out"
}

# quiet_ping MACHINE ARG...: with no loss and no duplicates.
quiet_ping() {
    ping_at=$1
    shift
    world_in "$ping_at" ping -q "$@" >"$WORLD_DIR/ping.out" || {
        cat "$WORLD_DIR/ping.out"
        return 1
    }
    grep -q ' 0% packet loss' "$WORLD_DIR/ping.out"
    refute grep -q duplicates "$WORLD_DIR/ping.out"
}

# What the switch has of the plugin: flows with its mark, without counters, and
# without the rows of the cure, which never are the same.
plugin_flows() {
    ovs-ofctl -O OpenFlow15 --no-stats dump-flows br-int \
        cookie=0x746d000000000000/0xffff000000000000 | grep cookie= \
        | grep -v 'reg15=0xffffffff.*actions=drop' | sort
}
