# SPDX-License-Identifier: Apache-2.0
# world.sh: a private world with real packets, to be sourced by a POSIX shell.
#
#   vm1  vm2  ...                    network namespaces with one interface each
#    |    |
#   br-int  (NORMAL, as a plain cloud node has it)
#    :         copies leave through the plugin's VXLAN port
#   br-phy  172.31.1.1/24, fd31::1/64: the underlay address of the node
#    |    |
#   c1   c2  ...                      collectors: namespaces that capture
#
# Everything is on the userspace datapath, in namespaces (network, mount, PID)
# of this world's own: no other Open vSwitch is touched, and when the script
# ends, however it ends, the kernel takes down whatever the world started.
#
# Use:
#
#     top_srcdir=... top_builddir=...           absolute
#     . "$top_srcdir/tests/system/world.sh"
#     world_enter "$0" "$@"                     goes on inside the namespaces
#     world_start
#     world_vm vm1 10.0.0.1/24,fd10::1/64 52:54:00:00:00:01
#     world_vm vm2 10.0.0.2/24,fd10::2/64 52:54:00:00:00:02 tag=10
#     world_collector c1 172.31.1.2/24,fd31::2/64
#     world_daemon_start
#     world_in vm1 ping -c1 10.0.0.2
#     world_wait_until 'world_decode c1 | grep -q vni=100'
#
# There is no other sleep than the one in world_wait_until().  To show that
# something is not copied, send it first, then from the same port something
# that is, and wait for that one: packets of one port stay in order.
#
# Variables for the caller: WORLD_DIR (everything the world writes), OVS_RUNDIR
# and its sisters, TMIRRORD, TMIRROR_CTL (the programs), WORLD_TIMEOUT (seconds
# for world_wait_until, 20), WORLD_KEEP (not empty: keep WORLD_DIR).  For more
# than one node, see two-nodes.sh.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/_build}"
: "${TMIRRORD:=$top_builddir/plugin/tmirrord}"
: "${TMIRROR_CTL:=$top_builddir/utilities/tmirror-ctl}"
: "${WORLD_PYTHON:=/usr/bin/python3}"
world_dir=$top_srcdir/tests/system
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

WORLD_UNDERLAY4=172.31.1.1
WORLD_UNDERLAY6=fd31::1
WORLD_UNDERLAY_MAC=02:00:00:00:31:01
WORLD_INT_MAC=02:00:00:00:10:01
WORLD_NODE=                     # The first node has no namespace of its own.

world_log() { echo "world: $*" >&2; }
world_die() { world_log "$*"; exit 1; }

# world_enter SCRIPT [ARG]...: runs SCRIPT again inside namespaces of its own.
# Returns only there.
world_enter() {
    if test -n "${WORLD_INSIDE:-}"; then
        return 0
    fi
    test "$(id -u)" = 0 || world_die "has to be run as root"
    for world_tool in unshare ip ethtool tcpdump ovs-vswitchd ovsdb-server; do
        command -v "$world_tool" >/dev/null \
            || world_die "$world_tool is not installed"
    done
    WORLD_INSIDE=1 exec unshare --net --mount --pid --fork --kill-child \
        --mount-proc sh -c '
            mkdir -p /run/netns && mount -t tmpfs none /run/netns \
                && ip link set lo up && exec "$@"' sh "$@"
}

# world_wait_until CMD [ARG]...: runs CMD until it succeeds.  A single argument
# is a line for the shell.
world_wait_until() {
    world_deadline=$(($(date +%s) + ${WORLD_TIMEOUT:-20}))
    while :; do
        if test $# = 1; then
            eval "$1" && return 0
        else
            "$@" && return 0
        fi
        if test "$(date +%s)" -ge "$world_deadline"; then
            world_log "gave up waiting for: $*"
            return 1
        fi
        sleep 0.05
    done
}

# world_in NAME CMD [ARG]...: inside the namespace of a machine or a collector.
world_in() {
    world_ns=$1
    shift
    ip netns exec "$world_ns" "$@"
}

# world_here CMD [ARG]...: inside the namespace of the node.
world_here() { ${WORLD_NODE:+ip netns exec "$WORLD_NODE"} "$@"; }

# world_ip ARG...: ip(8) for the namespace of the node.
world_ip() { ip ${WORLD_NODE:+-n "$WORLD_NODE"} "$@"; }

# Directories, databases, Open vSwitch, br-int and br-phy.
world_start() {
    test -n "${WORLD_INSIDE:-}" || world_die "world_enter was not called"
    WORLD_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tm-world.XXXXXX") || exit 1
    OVS_RUNDIR=$WORLD_DIR OVS_LOGDIR=$WORLD_DIR OVS_DBDIR=$WORLD_DIR
    OVS_SYSCONFDIR=$WORLD_DIR OVS_SYSLOG_METHOD=null OVS_CTL_TIMEOUT=30
    export WORLD_DIR OVS_RUNDIR OVS_LOGDIR OVS_DBDIR OVS_SYSCONFDIR
    export OVS_SYSLOG_METHOD OVS_CTL_TIMEOUT
    unset TMIRROR_DB
    # As the first process of its PID namespace the shell would ignore signals
    # that it does not catch.
    trap world_stop EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM

    world_databases_start || world_die "cannot start ovsdb-server"
    world_switch_start || world_die "cannot start ovs-vswitchd"
    world_bridges_make
}

world_bridges_make() {
    ovs-vsctl \
        -- add-br br-int \
        -- set bridge br-int datapath_type=netdev fail_mode=standalone \
            other_config:hwaddr=$WORLD_INT_MAC \
        -- add-br br-phy \
        -- set bridge br-phy datapath_type=netdev fail_mode=standalone \
            other_config:hwaddr=$WORLD_UNDERLAY_MAC \
        || world_die "cannot make the bridges"
    world_underlay_up || world_die "cannot set up the underlay"
}

world_databases_start() {
    world_schema=${OVS_PKGDATADIR:-/usr/share/openvswitch}/vswitch.ovsschema
    world_tm_schema=$top_srcdir/ovsdb-schema/traffic-mirror.ovsschema
    ovsdb-tool create "$WORLD_DIR/conf.db" "$world_schema" \
        && ovsdb-tool create "$WORLD_DIR/tmirror.db" "$world_tm_schema" \
        && ovsdb-server "$WORLD_DIR/conf.db" "$WORLD_DIR/tmirror.db" \
            -vconsole:off --detach --pidfile --no-chdir --log-file \
            --remote=punix:"$WORLD_DIR/db.sock" \
        && ovs-vsctl --no-wait init \
        && ovs-vsctl --no-wait set Open_vSwitch . \
            ovs_version="$(ovs-vswitchd --version | sed -n '1s/.* //p')" \
            external_ids:system-id=node1 external_ids:hostname=node1
}

# Also for a test that restarts the switch: world_switch_stop first.
world_switch_start() {
    world_here ovs-vswitchd unix:"$OVS_RUNDIR/db.sock" --disable-system \
        -vconsole:off --detach --pidfile --no-chdir --log-file \
        && world_wait_until 'ovs-appctl version >/dev/null 2>&1'
}

world_switch_stop() { world_daemon_exit ovs-vswitchd; }

# The addresses are on the tap device of br-phy, which ovs-vswitchd makes anew
# when it is restarted.  Returns when the switch has seen the routes.
world_underlay_up() {
    world_wait_until 'world_ip link show br-phy >/dev/null 2>&1' \
        && world_ip addr replace $WORLD_UNDERLAY4/24 dev br-phy \
        && world_ip addr replace $WORLD_UNDERLAY6/64 dev br-phy nodad \
        && world_ip link set br-phy up \
        && world_wait_until world_routes_are_known
}

world_routes_are_known() {
    world_routes=$(ovs-appctl ovs/route/show) || return 1
    case $world_routes in
    *172.31.1.0/24*fd31::/64*|*fd31::/64*172.31.1.0/24*) return 0 ;;
    esac
    return 1
}

# world_plug NAME ADDRS MAC BRIDGE: a namespace with eth0 on BRIDGE.
world_plug() {
    ip netns add "$1" \
        && world_ip link add "tap-$1" type veth peer name eth0 netns "$1" \
            address "$3" \
        && world_in "$1" ethtool -K eth0 tx off >/dev/null \
        && world_in "$1" ip link set lo up \
        && world_in "$1" ip link set eth0 up \
        && world_ip link set "tap-$1" up || return 1

    for world_addr in $(echo "$2" | tr ',' ' '); do
        case $world_addr in
        */*) ;;
        *:*) world_addr=$world_addr/64 ;;
        *) world_addr=$world_addr/24 ;;
        esac
        case $world_addr in
        *:*) world_in "$1" ip addr add "$world_addr" dev eth0 nodad ;;
        *) world_in "$1" ip addr add "$world_addr" dev eth0 ;;
        esac || return 1
    done
    ovs-vsctl --may-exist add-port "$4" "tap-$1"
}

# world_vm NAME ADDR[,ADDR]... MAC [COLUMN=VALUE]...: a virtual machine with
# the ENI NAME.  The columns are those of the Port row (tag=10,
# vlan_mode=trunk).
world_vm() {
    world_name=$1 world_mac=$3
    world_plug "$1" "$2" "$3" br-int \
        || world_die "cannot make machine $world_name"
    shift 3
    ovs-vsctl set Interface "tap-$world_name" \
        external_ids:iface-id="$world_name" \
        external_ids:attached-mac="\"$world_mac\"" \
        external_ids:vm-uuid="$world_name-server" \
        || world_die "cannot make machine $world_name"
    test $# = 0 || ovs-vsctl set Port "tap-$world_name" "$@" \
        || world_die "cannot make machine $world_name"
}

# world_vm_stop NAME: machine and port are gone.
world_vm_stop() {
    ovs-vsctl --if-exists del-port "tap-$1"
    world_ip link del "tap-$1" 2>/dev/null || :
    ip netns del "$1"
}

# world_collector NAME ADDR[,ADDR]... [nolisten]: a machine on the underlay
# that captures into WORLD_DIR/NAME.pcap.  It listens on UDP port 4789, or with
# "nolisten" answers each copy with an ICMP error.
world_collector() {
    world_n_collectors=$((${world_n_collectors:-0} + 1))
    world_mac=$(printf '02:00:00:00:32:%02x' "$world_n_collectors")
    world_plug "$1" "$2" "$world_mac" br-phy \
        || world_die "cannot make collector $1"

    world_cap=$WORLD_DIR/$1
    # Without a limit to the length its buffer holds a handful of packets.
    world_in "$1" tcpdump -Z root -i eth0 -U --immediate-mode -n -s 2048 \
        -B 8192 -w "$world_cap.pcap" 2>"$world_cap.tcpdump" &
    world_wait_until grep -q 'listening on' "$world_cap.tcpdump" \
        || world_die "cannot capture at $1"
    if test "${3:-}" != nolisten; then
        (exec ip netns exec "$1" "$WORLD_PYTHON" "$world_dir/send.py" sink port=4789 \
            >"$world_cap.sink" &)
        world_wait_until test -s "$world_cap.sink" \
            || world_die "cannot listen at $1"
    fi
}

# world_decode NAME|FILE [OPTION]...: the copies that a collector got, one line
# each; options as in vxlan-decode.py.
world_decode() {
    world_pcap=$1
    shift
    test -e "$world_pcap" || world_pcap=$WORLD_DIR/$world_pcap.pcap
    "$WORLD_PYTHON" "$world_dir/vxlan-decode.py" "$@" "$world_pcap"
}

# world_send NAME KIND [KEY=VALUE]...: made-up frames, see send.py.
world_send() {
    world_from=$1
    shift
    world_in "$world_from" "$WORLD_PYTHON" "$world_dir/send.py" "$@"
}

# world_daemon_start [OPTION]...: the plugin's daemon.
world_daemon_start() {
    world_here "$TMIRRORD" -vconsole:off --detach --pidfile --no-chdir \
        --log-file "$@"
}

world_daemon_stop() { world_daemon_exit tmirrord "$@"; }

# world_daemon_exit PROGRAM [OPTION]...: asks it to end, waits until it has.
world_daemon_exit() {
    world_program=$1
    shift
    world_pid=$(cat "$OVS_RUNDIR/$world_program.pid" 2>/dev/null) || return 0
    ovs-appctl -t "$world_program" exit "$@" >/dev/null || return 1
    world_wait_until "! kill -0 $world_pid 2>/dev/null"
}

# Set as a trap: ends what the world started.  Whatever is left is killed by
# the kernel together with the PID namespace.
world_stop() {
    world_status=$?
    set +e
    trap - EXIT HUP INT TERM
    cd /
    test -z "${WORLD_KEEP:-}" || world_log "what was written is in $WORLD_DIR"
    exec 2>/dev/null            # The shell's words about those that it kills.
    for world_pidfile in "$WORLD_DIR"/*.pid; do
        kill "$(cat "$world_pidfile")"
    done
    for world_ns in $(ip netns list | cut -d' ' -f1); do
        for world_pid in $(ip netns pids "$world_ns"); do
            kill "$world_pid"
        done
        ip netns del "$world_ns"
    done
    test -n "${WORLD_KEEP:-}" || rm -rf "$WORLD_DIR"
    exit $world_status
}
