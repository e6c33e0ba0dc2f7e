# SPDX-License-Identifier: Apache-2.0
# two-nodes.sh: further nodes in a world, sourced by cases.sh.
#
#   vm1                                     vm2
#    |                                       |
#   br-int ---------- production --------- br-int       of node2
#    :                                       :
#   br-phy ---------- underlay ----------- br-phy
#    |
#   c1 ...
#
# A further node is a network namespace, since two userspace datapaths cannot
# share one.  In it are a switch of its own, an Open_vSwitch database of its own
# and, if started, a daemon of its own, which shares the Traffic_Mirror database
# of the first node.  What it writes is in WORLD_DIR/NAME.
#
#     usual_world
#     node_start node2 102
#     at_node node2 machine vm3 10.0.0.3/24 52:54:00:00:00:03
#     at_node node2 start_daemon
#
# Captures of machines lie in WORLD_DIR whatever node they are on, so that
# expect() sees all of them.

# node_start NAME N: a node with the underlay address 172.31.1.N, fd31::N, and
# its daemon not yet running.
node_start() {
    mkdir "$WORLD_DIR/$1"
    ip netns add "$1"
    ip -n "$1" link set lo up
    node_link "int-$1" "$1" int br-int
    node_link "phy-$1" "$1" phy br-phy
    at_node "$1" node_make "$@"
    echo "$1" >>"$WORLD_DIR/nodes"
}

# node_link NAME NODE PEER BRIDGE: a cable from the first node's bridge to the
# other node, where node_make() plugs it in.
node_link() {
    ip link add "$1" type veth peer name "$3" netns "$2"
    ip link set "$1" up
    ip -n "$2" link set "$3" up
    ovs-vsctl add-port "$4" "$1"
}

node_make() {
    WORLD_UNDERLAY4=172.31.1.$2 WORLD_UNDERLAY6=fd31::$2
    WORLD_UNDERLAY_MAC=$(printf '02:00:00:00:31:%02x' "$2")
    WORLD_INT_MAC=$(printf '02:00:00:00:10:%02x' "$2")
    ovsdb-tool create "$OVS_DBDIR/conf.db" \
        "${OVS_PKGDATADIR:-/usr/share/openvswitch}/vswitch.ovsschema"
    world_here ovsdb-server "$OVS_DBDIR/conf.db" -vconsole:off --detach \
        --pidfile --no-chdir --log-file --remote=punix:"$OVS_RUNDIR/db.sock"
    ovs-vsctl --no-wait init
    ovs-vsctl --no-wait set Open_vSwitch . \
        ovs_version="$(ovs-vswitchd --version | sed -n '1s/.* //p')" \
        external_ids:system-id="$1" external_ids:hostname="$1" \
        external_ids:tmirror-remote="\"unix:$WORLD_DIR/db.sock\""
    world_switch_start
    world_bridges_make
    ovs-vsctl add-port br-int int -- add-port br-phy phy
}

# at_node NAME CMD [ARG]...: a command or a function of world.sh or cases.sh,
# for that node and not the first.
at_node() (
    WORLD_NODE=$1
    OVS_RUNDIR=$WORLD_DIR/$1 OVS_LOGDIR=$OVS_RUNDIR OVS_DBDIR=$OVS_RUNDIR
    shift
    "$@"
)

# each_node CMD [ARG]...: for the first node, then for each of the others.
each_node() {
    "$@"
    test -e "$WORLD_DIR/nodes" || return 0
    for node in $(cat "$WORLD_DIR/nodes"); do
        at_node "$node" "$@"
    done
}
