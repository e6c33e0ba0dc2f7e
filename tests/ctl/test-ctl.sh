#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Tests tmirror-ctl against an ovsdb-server of its own.
#
#   TMIRROR_CTL=PATH [SEED=N] tests/ctl/test-ctl.sh
#   [SEED=N] tests/ctl/test-ctl.sh BUILDDIR
#
# Prints "ok N - NAME" or "not ok N - NAME" a test, and last
# "N passed, N failed, N skipped".  Exits 0 if none failed, 77 if there is no
# ovsdb-server.
#
# A command that is refused must exit 1 with one line on stderr that begins
# with "tmirror-ctl: ", and leave the database as it was; refused() checks all
# of that every time.

. "$(dirname "$0")/harness.sh"

## The database.

run filter-list
check "no server: one line" test "$rc" -eq 1 -a \
    "$err" = "tmirror-ctl: unix:$dir/db.sock: database connection failed (No such file or directory)"

echo '{"name":"Other","tables":{"T":{"columns":{"c":{"type":"integer"}}}}}' \
    >"$dir/other.ovsschema"
ovsdb-tool create "$dir/conf.db" "$dir/other.ovsschema"
ovsdb-server --detach --no-chdir --pidfile --log-file -vconsole:off \
    --remote="punix:$dir/db.sock" --remote=ptcp:0:127.0.0.1 \
    "$dir/conf.db" || exit 1
port=$(sed -n 's/.*listening on port \([0-9]*\).*/\1/p' "$dir/ovsdb-server.log")

run filter-list
check "database not served: one line at once" test "$rc" -eq 1 -a \
    "$err" = "tmirror-ctl: database Traffic_Mirror is not served at unix:$dir/db.sock; run tmirror-ctl init"
run --db="tcp:127.0.0.1:$port" init
check "init of a database elsewhere is refused" test "$rc" -eq 1 -a \
    -z "${err##tmirror-ctl: *not a server of this machine*ovsdb-tool create*}"
run --dry-run init
check "init --dry-run makes nothing" test $rc -eq 0 -a \
    ! -e "$dir/traffic-mirror.db"

pids=
for i in 1 2 3; do
    "$TMIRROR_CTL" init >"$dir/init.$i" 2>&1 &
    pids="$pids $!"
done
codes=
for pid in $pids; do
    wait "$pid"
    codes=$codes$?
done
out=$(cat "$dir"/init.?) err=
check "three init at once" test "$codes" = 000
check "init leaves nothing beside the database" \
    test -z "$(find "$dir" -name 'traffic-mirror.db.*')"
accepted "init again" init
run --no-headings --format=csv --columns=nb_cfg list TM_Global
check "init makes one TM_Global row" test "$out" = 0
accepted "init at a TCP remote that has the database" \
    --db="tcp:127.0.0.1:$port" init
TMIRROR_DB="tcp:127.0.0.1:$port" run filter-list
check "\$TMIRROR_DB" test $rc -eq 0
TMIRROR_DB=unix:/nowhere run --db="unix:$dir/db.sock" filter-list
check "--db is stronger than \$TMIRROR_DB" test $rc -eq 0

## Usage.

misused "no command"
misused "unknown command" frobnicate
misused "unknown option" --frobnicate show
misused "unknown short option" -X show
misused "unknown option of a command" --if-exists filter-list
misused "missing argument of an option" --db
misused "argument of an option without" --oneline=1 show
misused "unknown format" --format=yaml show
misused "unknown data format" -d yaml show
misused "unknown --wait" --wait=godot show
misused "bad --timeout" --timeout=soon show
misused "bad -v" -v junk:junk:junk show
misused "option twice" --may-exist --may-exist filter-add x
misused "not UTF-8" filter-add "$(printf '\377')"
misused "newline in a command" "$(printf 'a\nb')"
for usage in filter-add filter-set 'filter-set x' filter-del 'filter-list x' \
    'rule-add x in 1' 'rule-set x in 1' rule-del 'rule-del x in 1 2' \
    rule-list eni-add eni-set 'eni-set x' eni-del 'eni-list x' \
    'session-add x 1 y' 'session-set x' session-enable 'session-disable x y' \
    session-del 'session-list x' lb-add 'lb-set x' lb-del 'lb-list x' 'source-add x' source-del 'show x y' 'init x'
do
    # shellcheck disable=SC2086
    misused "arguments: $usage" $usage
done
for option in --help --version --commands --options; do
    accepted "$option" $option
done
run --version
check "--version is ours" test -z "${out##tmirror-ctl *}"

## Filters.

run filter-add web "description=the web"
web=$out
check "filter-add prints the UUID" is_uuid "$web"
prints "the UUID is the row's" "$web" --bare get Mirror_Filter web _uuid
refused "filter-add of a name that exists" '"web" already exists' \
    filter-add web
prints "filter-add --may-exist" "$web" --may-exist filter-add web
prints "filter-add --may-exist, same description" "$web" \
    --may-exist filter-add web "description=the web"
refused "filter-add --may-exist, other description" "another description" \
    --may-exist filter-add web description=other
refused "filter-add with an unknown key" 'unknown key "colour"' \
    filter-add x colour=red
refused "filter-add with a word" '"red" is not KEY=VALUE' filter-add x red
refused "filter-add with a key twice" "description is given twice" \
    filter-add x description=a description=b
refused "filter-add with a bad name" 'name' filter-add 'a b'
refused "filter-add with a name of 65" 'name' filter-add \
    "$(printf '%065d' 0)"
refused "filter-add with an empty name" 'name' filter-add ''
refused "filter-add with a bad description" "description" \
    filter-add x 'description=<b>'
refused "filter-add with a newline" "name" filter-add "$(printf 'a\nb')"
accepted "filter-add with a Chinese name" filter-add 过滤器
accepted "filter-set name" filter-set 过滤器 name=zh description=x
refused "filter-set to a name that exists" "already exists" \
    filter-set zh name=web
accepted "filter-set to its own name" filter-set zh name=zh
accepted "filter-set clears the description" filter-set zh description=
prints "description is cleared" '""' get Mirror_Filter zh description
refused "filter-set of an unknown filter" 'no filter "nix"' \
    filter-set nix name=y
accepted "filter by UUID" filter-set "$web" description=w
accepted "filter by prefix of 4" filter-set \
    "$(printf '%.4s' "$web")" description=w
refused "filter by prefix of 3" "no filter" filter-set \
    "$(printf '%.3s' "$web")" description=w
accepted "filter-del" filter-del zh
refused "filter-del of an unknown filter" 'no filter "zh"' filter-del zh
accepted "filter-del --if-exists" --if-exists filter-del zh

# A filter whose name is another's UUID prefix, and two of the same name.
prefix=$(printf '%.8s' "$web")
accepted "a name like a UUID" filter-add "$prefix"
accepted "the name wins over the UUID prefix" filter-del "$prefix"
prints "and the other is there" w get Mirror_Filter web description
accepted "two of the same name" \
    create Mirror_Filter name=twin -- create Mirror_Filter name=twin
run filter-del twin
ids=$("$TMIRROR_CTL" --bare --columns=_uuid find Mirror_Filter name=twin |
      grep . | sort)
check "an ambiguous name lists the UUIDs" \
    test "$err" = "tmirror-ctl: filter \"twin\" is ambiguous: $(echo $ids |
        sed 's/ /, /')"
refused "an ambiguous name for --may-exist" ambiguous \
    --may-exist filter-add twin
for id in $ids; do
    accepted "filter-del by UUID" filter-del "$id"
done

## Rules.

accepted "rule-add" rule-add web in 1 accept proto=tcp src=172.16.0.0/24 \
    sport=10000-10001 dst=10.0.0.3 dport=80 description=first
accepted "rule-add, the other direction" rule-add web outbound 1 reject
accepted "rule-add ipv6" rule-add web ingress 5 reject type=ipv6 proto=icmp6 \
    dst=2001:db8::/32
accepted "rule-add out of order" rule-add web inbound 2 accept proto=udp
prints "rule-list" \
"in,1,accept,ipv4,tcp,172.16.0.0/24,10000-10001,10.0.0.3/32,80-80,first
in,2,accept,ipv4,udp,,,,,
in,5,reject,ipv6,icmp6,,,2001:db8::/32,,
out,1,reject,ipv4,all,,,,," --no-headings --format=csv rule-list web
prints "rule-list --columns" "1,in
2,in
5,in
1,out" --no-headings -f csv --columns=priority,direction rule-list web
refused "an unknown column" 'no column "nix"' --columns=nix rule-list web
run -f json --columns=priority rule-list web
check "rule-list as JSON has numbers" \
    test "$out" = '{"data":[[1],[2],[5],[1]],"headings":["priority"]}'

refused "rule-add of one that exists" "already exists" \
    rule-add web in 1 accept
accepted "rule-add --may-exist" --may-exist rule-add web in 1 accept
accepted "rule-add --may-exist, same keys" \
    --may-exist rule-add web in 1 accept sport=10000-10001 proto=tcp
refused "rule-add --may-exist, other action" "another action" \
    --may-exist rule-add web in 1 reject
refused "rule-add --may-exist, other key" "another dport" \
    --may-exist rule-add web in 1 accept dport=81
refused "direction" 'direction "up"' rule-add web up 3 accept
refused "action" 'action "drop"' rule-add web in 3 drop
for priority in 0 65536 -1 x '' 1.5 99999999999999999999; do
    refused "rule priority '$priority'" "priority" \
        rule-add web in "$priority" accept
done
refused "type" 'type "ipv5"' rule-add web in 3 accept type=ipv5
refused "proto" 'proto "sctp"' rule-add web in 3 accept proto=sctp
refused "CIDR with host bits" 'src "10.0.0.1/8"' \
    rule-add web in 3 accept src=10.0.0.1/8
refused "bad CIDR" 'dst "x"' rule-add web in 3 accept dst=x
refused "ports the wrong way round" 'sport "9-8"' \
    rule-add web in 3 accept proto=tcp sport=9-8
refused "port 0" 'dport "0"' rule-add web in 3 accept proto=tcp dport=0
refused "port 65536" 'dport "65536"' \
    rule-add web in 3 accept proto=tcp dport=65536
refused "ports without tcp or udp" "port" rule-add web in 3 accept dport=80
refused "IPv6 address in an IPv4 rule" "src" \
    rule-add web in 3 accept src=2001:db8::/32
refused "icmp with IPv6" "icmp" rule-add web in 3 accept type=ipv6 proto=icmp
refused "icmp6 with IPv4" "icmp6" rule-add web in 3 accept proto=icmp6
refused "a rule's description" "description" \
    rule-add web in 3 accept 'description=<'
refused "rule-add to an unknown filter" 'no filter "nix"' \
    rule-add nix in 3 accept
refused "the second of two commands" "already exists" \
    rule-add web in 3 accept -- rule-add web in 3 accept
refused "the first of two commands" 'direction "up"' \
    rule-add web up 3 accept -- rule-add web in 3 accept

accepted "rule-set" rule-set web in 1 priority=4 action=reject dport= src=
run --no-headings -f csv --columns=direction,priority,action,proto,src,sport,dst,dport,description rule-list web
check "rule-set and the order of matching" test "$out" = \
"in,2,accept,udp,,,,,
in,4,reject,tcp,,10000-10001,10.0.0.3/32,,first
in,5,reject,icmp6,,,2001:db8::/32,,
out,1,reject,all,,,,,"
refused "rule-set to a priority that exists" "priority 5" \
    rule-set web in 4 priority=5
refused "rule-set that leaves ports without protocol" "port" \
    rule-set web in 4 proto=all
refused "rule-set of the direction" 'unknown key "direction"' \
    rule-set web in 4 direction=out
refused "rule-set of an unknown rule" "no inbound rule with priority 77" \
    rule-set web in 77 action=accept
refused "rule-del of an unknown rule" "no outbound rule with priority 77" \
    rule-del web out 77
accepted "rule-del --if-exists" --if-exists rule-del web out 77
accepted "rule-del --if-exists of an unknown filter" --if-exists rule-del nix
refused "rule-del of an unknown filter" "no filter" rule-del nix
accepted "rule-del of one" rule-del web in 4
accepted "rule-del of a direction" rule-del web in
run --no-headings -f csv --columns=direction rule-list web
check "rule-del left the other direction" test "$out" = out
accepted "rule-del of all" rule-del web
prints "rule-del left nothing" "" --no-headings -f csv rule-list web
accepted "rules again" rule-add web in 1 accept proto=tcp dport=80 \
    -- rule-add web in 2 reject -- rule-add web out 1 accept

## ENIs.

run eni-add vm1 mac=00:00:00:00:00:01,00:00:00:00:00:02 \
    ip=10.0.0.1,2001:db8::1 instance=i-1 vpc=v mtu=1400 mirroring=true
check "eni-add prints the UUID" is_uuid "$out"
prints "eni-list" \
"vm1,\"00:00:00:00:00:01,00:00:00:00:00:02\",\"10.0.0.1,2001:db8::1\",i-1,v,1400,true," \
    --no-headings -f csv eni-list
refused "eni-add of one that exists" '"vm1" already exists' eni-add vm1
accepted "eni-add --may-exist" --may-exist eni-add vm1 mtu=1400
refused "eni-add --may-exist that contradicts" "another mtu" \
    --may-exist eni-add vm1 mtu=1500
refused "mac" 'mac' eni-add x mac=00:00
refused "ip" 'ip "10.0.0"' eni-add x ip=10.0.0
refused "mtu" 'mtu' eni-add x mtu=67
refused "mirroring" 'mirroring "maybe"' eni-add x mirroring=maybe
refused "ENI with a blank" "no blanks" eni-add 'a b'
refused "ENI without a name" "1 to 255" eni-add ''
accepted "eni-set clears" eni-set vm1 mtu= instance= vpc=
prints "eni-set cleared" "vm1,,," --no-headings -f csv \
    --columns=id,instance,vpc,mtu eni-list
refused "eni-set of an unknown ENI" 'no ENI "nix"' eni-set nix mtu=1500
accepted "eni-add of another" eni-add vm2
accepted "eni-add --may-exist fills in" --may-exist eni-add vm2 ip=10.0.0.2
prints "what was filled in" '["10.0.0.2"]' \
    get Network_Interface vm2 addresses
accepted "eni-del" eni-del vm2
refused "eni-del of an unknown ENI" 'no ENI "vm2"' eni-del vm2
accepted "eni-del --if-exists" --if-exists eni-del vm2

## Load balancers.

run lb-add lb1 vip=10.8.8.8
check "lb-add prints the UUID" is_uuid "$out"
accepted "lb-add with members" lb-add lb2 members=10.8.8.3,10.8.8.2
prints "lb-list" 'lb1,10.8.8.8,
lb2,,"10.8.8.2,10.8.8.3"' --no-headings -f csv \
    --columns=name,vip,members lb-list
refused "lb-add of one that exists" '"lb1" already exists' lb-add lb1
accepted "lb-add --may-exist" --may-exist lb-add lb2 members=10.8.8.2,10.8.8.3
refused "lb-add --may-exist that contradicts" "another vip" \
    --may-exist lb-add lb1 vip=10.8.8.9
refused "vip" 'vip "x"' lb-add x vip=x
refused "members" 'members "x"' lb-add x members=10.0.0.1,x
refused "vip and members" "exclude" lb-set lb1 members=10.0.0.1
refused "a bad name" "name" lb-add 'a b'
accepted "an empty one" lb-add lb3

## Sessions.

run session-add audit 1 web ip:172.31.1.9 vni=100
audit=$out
check "session-add prints the UUID" is_uuid "$audit"
refused "session-add of one that exists" '"audit" already exists' \
    session-add audit 1 web ip:172.31.1.9
prints "session-add --may-exist" "$audit" \
    --may-exist session-add audit 1 web ip:172.31.1.9
for other in '2 web ip:172.31.1.9' '1 web ip:172.31.1.10' \
    '1 web ip:172.31.1.9 vni=1' '1 web ip:172.31.1.9 packet-length=9'
do
    # shellcheck disable=SC2086
    refused "session-add --may-exist: $other" "with another" \
        --may-exist session-add audit $other
done
refused "session-add --may-exist --disabled" "with another state" \
    --may-exist --disabled session-add audit 1 web ip:172.31.1.9
for priority in 0 32767 x; do
    refused "session priority $priority" "priority" \
        session-add s $priority web ip:1.2.3.4
done
for vni in -1 16777216 x; do
    refused "vni $vni" "vni" session-add s 1 web ip:1.2.3.4 vni=$vni
done
for length in 0 65536 x; do
    refused "packet-length $length" "packet-length" \
        session-add s 1 web ip:1.2.3.4 packet-length=$length
done
refused "session with an unknown filter" 'no filter "nix"' \
    session-add s 1 nix ip:1.2.3.4
for target in ip: ip:x ip:1.2.3.4/24 eni: eni:nix elb:nix nix 1.2.3.4; do
    refused "target $target" "target" session-add s 1 web "$target"
done
accepted "an ENI without address" eni-add bare
refused "target without address" "bare" session-add s 1 web eni:bare
accepted "target ENI" eni-add sink ip=10.9.9.9
accepted "session to an ENI" --disabled session-add tosink 2 web eni:sink
refused "eni-set that takes the target's address" 'session "tosink"' \
    eni-set sink ip=
refused "eni-del of a target" 'session "tosink"' eni-del sink
refused "filter-del of a filter in use" 'sessions "audit", "tosink"' \
    filter-del web

accepted "session to a load balancer" session-add tolb 3 web elb:lb1
refused "lb-del of a target" 'session "tolb"' lb-del lb1
accepted "lb-set that takes the target's address" lb-set lb1 vip=
accepted "target without members" session-add s 1 web elb:lb3 -- session-del s
accepted "lb-set" lb-set lb1 vip= members=10.8.8.1
accepted "lb-del of none in use" session-del tolb -- lb-del lb1 -- lb-del lb3
refused "lb-del of an unknown one" 'no load balancer "lb1"' lb-del lb1
accepted "lb-del --if-exists" --if-exists lb-del lb1

accepted "source-add, known and unknown ENIs" source-add audit vm1 vm9 vm7
refused "source-add of a source" '"vm1" is already a source' \
    source-add audit vm1
refused "source-add of an ENI twice" '"vm5" is already a source' \
    source-add audit vm5 vm5
accepted "source-add --may-exist" --may-exist source-add audit vm1
refused "eni-del of a source" 'session "audit"' eni-del vm1
refused "a target as source" "sink" source-add audit sink
refused "a source as target" "vm1" session-add s 9 web eni:vm1
refused "priority of two sessions of a source" "priority" \
    session-add same 1 web ip:1.2.3.4 -- source-add same vm1
. "$(dirname "$0")/targets.sh"
accepted "an ENI that does not support mirroring" eni-add weak mirroring=false
refused "it is no source" "weak" source-add audit weak
accepted "another session of the source" \
    session-add second 3 web ip:1.2.3.4 -- source-add second vm1
refused "session-set to that priority" "priority" \
    session-set audit priority=3
accepted "session-del" session-del second
refused "session-del of an unknown session" 'no session "second"' \
    session-del second
accepted "session-del --if-exists" --if-exists session-del second

## show.

source_row() {
    eni=$("$TMIRROR_CTL" get Network_Interface "$1" _uuid)
    "$TMIRROR_CTL" --bare --columns=_uuid find Mirror_Source interface="$eni"
}
accepted "state of the sources" \
    set Mirror_Source "$(source_row vm1)" status=attached agent=hv1 ofport=5 \
    -- set Mirror_Source "$(source_row vm7)" status=error \
        'reason="flavor does not support mirroring"'
prints "show SESSION" "session audit ($audit)
  priority 1, enabled, vni 100, target ip:172.31.1.9
  filter web ($web): 2 inbound rules, 1 outbound rule
  source vm1: attached on hv1 (ofport 5)
  source vm9: detached
  source vm7: error: flavor does not support mirroring" show audit
accepted "a reason with attached" set Mirror_Source "$(source_row vm1)" \
    'reason="inbound not mirrored: no MAC known"'
run show
tosink=$("$TMIRROR_CTL" get Mirror_Session tosink _uuid)
check "show" test "$out" = "session audit ($audit)
  priority 1, enabled, vni 100, target ip:172.31.1.9
  filter web ($web): 2 inbound rules, 1 outbound rule
  source vm1: attached on hv1 (ofport 5): inbound not mirrored: no MAC known
  source vm9: detached
  source vm7: error: flavor does not support mirroring
session tosink ($tosink)
  priority 2, disabled, vni 1, target eni:sink
    warning: session has no sources, so it copies nothing
  filter web ($web): 2 inbound rules, 1 outbound rule"
refused "show of an unknown session" 'no session "nix"' show nix
prints "session-list" \
"audit,1,true,web,ip:172.31.1.9,100,,\"vm1,vm9,vm7\",
tosink,2,false,web,eni:sink,1,,," --no-headings -f csv \
    --columns=name,priority,enabled,filter,target,vni,packet-length,sources,description \
    session-list

accepted "session-set everything" session-set tosink name=t2 priority=7 \
    target=ip:2001:db8::9 vni=16777215 packet-length=96 description=d
accepted "session-enable" session-enable t2
prints "session-set changed all" "audit,1,true,ip:172.31.1.9,100,,
t2,7,true,ip:2001:db8::9,16777215,96,d" --no-headings -f csv \
    --columns=name,priority,enabled,target,vni,packet-length,description \
    session-list
accepted "session-set clears" session-set t2 vni= packet-length= description=
prints "vni is the default again" 1 get Mirror_Session t2 vni
prints "packet length is gone" "[]" get Mirror_Session t2 packet_length
prints "the old target is gone" "[]" get Mirror_Session t2 target_interface
accepted "eni-del of what was a target" eni-del sink
accepted "session-disable" session-disable t2
prints "disabled" false get Mirror_Session t2 enabled
refused "session-set to a name that exists" "already exists" \
    session-set t2 name=audit

row=$(source_row vm1)
accepted "source-del of one" source-del audit vm9
prints "the others keep their state" attached get Mirror_Source "$row" status
refused "source-del of no source" '"vm9" is not a source' source-del audit vm9
accepted "source-del --if-exists" --if-exists source-del audit vm9
accepted "source-del of all" source-del audit
prints "no sources" "[]" get Mirror_Session audit sources
prints "their rows are gone" "" --bare --columns=_uuid list Mirror_Source

accepted "what is wrong already" \
    set Mirror_Session audit target_type=eni
accepted "can be disabled" session-disable audit
refused "but not enabled" "target" session-enable audit
accepted "can be mended" session-set audit target=ip:172.31.1.9
accepted "and enabled" session-enable audit

## Transactions.

refused "nothing of a transaction remains" "no filter" \
    filter-add a -- eni-add b -- session-add c 5 a ip:1.2.3.4 \
    -- source-add c x y -- rule-add nix in 1 accept
accepted "commands see each other" filter-add a -- rule-add a in 1 accept \
    -- session-add c 5 a ip:1.2.3.4 -- source-add c x -- source-del c \
    -- session-del c -- filter-del a -- eni-del x
dump >"$dir/before"
run --dry-run filter-add dry
dump >"$dir/after"
check "--dry-run writes nothing" test $rc -eq 0
check "--dry-run wrote nothing" cmp -s "$dir/before" "$dir/after"
refused "--dry-run refuses as well" "no filter" --dry-run filter-del nix
prints "--oneline" "session audit ($audit)\\n  priority 1, enabled, vni 100, target ip:172.31.1.9\\n    warning: session has no sources, so it copies nothing\\n  filter web ($web): 2 inbound rules, 1 outbound rule" \
    --oneline show audit
accepted "our commands see those of the database" \
    create Mirror_Filter name=gen -- rule-add gen in 1 accept \
    -- set Mirror_Filter gen name=gen2 -- filter-del gen2
ovsdb-tool show-log "$dir/traffic-mirror.db" >"$dir/log"
check "the log says who did it" \
    grep -q '"tmirror-ctl: .*filter-add web' "$dir/log"
refused "id without row" "@x" \
    set Mirror_Filter web rules=@x

## Races.

race 5 rule-add web in 7 accept
check "5 rules of the same priority: one wins" \
    test "$won,$lost,$odd" = 1,4,0
race 5 rule-add web in 1@ accept
check "5 rules of different priorities: all win" \
    test "$won,$lost,$odd" = 5,0,0
race 5 filter-add racer
check "5 filters of the same name: one wins" test "$won,$lost,$odd" = 1,4,0
race 5 session-add race@ 50 web ip:1.2.3.4 -- source-add race@ shared
check "5 sessions of a source, same priority: one wins" \
    test "$won,$lost,$odd" = 1,4,0
race 5 session-add any@ 5@ web ip:1.2.3.4 -- source-add any@ shared2
check "5 sessions of a source, different priorities: 3 to 5 win" \
    test "$((won + lost)),$odd" = 5,0 -a $won -ge 3
race 5 --may-exist source-add audit shared3
check "the same source 5 times is one" test "$won,$odd" = 5,0
run --no-headings -f csv --columns=name,sources session-list
check "one source" grep -qx 'audit,shared3' "$dir/out"
race 5 --may-exist eni-add eni5 mtu=140@
check "5 MTUs of one ENI: one wins" test "$won,$lost,$odd" = 1,4,0
race 6 filter-del racer
check "6 deletions of a filter: one wins" test "$won,$lost,$odd" = 1,5,0

# A node makes the row of an ENI, without our guard, at the same moment.
"$TMIRROR_CTL" remove TM_Global . options go
"$TMIRROR_CTL" --timeout=60 wait-until TM_Global . options:go=1 \
    -- source-add audit plugged >"$dir/race-out" 2>"$dir/race-err" &
ours=$!
"$TMIRROR_CTL" --timeout=60 wait-until TM_Global . options:go=1 \
    -- create Network_Interface name=plugged >/dev/null 2>&1 &
node=$!
wait_until has_sessions 2
"$TMIRROR_CTL" set TM_Global . options:go=1
wait $node
wait $ours
rc=$? out=$(cat "$dir/race-out") err=$(cat "$dir/race-err")
check "source-add while the node makes the ENI" test $rc -eq 0

## Waiting for nodes.

now() {
    echo "$(date +%s)000"
}
accepted "--wait=agents without nodes" --wait=agents filter-add w1
cfg=$("$TMIRROR_CTL" get TM_Global . nb_cfg)
accepted "nodes: one alive, one dead, one stopped" \
    create Agent name=alive alive_at="$(now)" nb_cfg="$cfg" \
    -- create Agent name=dead alive_at=1000 -- create Agent name=stopped
"$TMIRROR_CTL" --timeout=60 --wait=agents show >"$dir/out" 2>"$dir/err" &
waiter=$!
accepted "the generation rises without any change" \
    --timeout=30 wait-until TM_Global . nb_cfg="$((cfg + 1))"
check "it waits" kill -0 $waiter
run --timeout=1 --wait=agents show
check "--timeout ends with SIGALRM" test $rc -eq 142
cfg=$("$TMIRROR_CTL" get TM_Global . nb_cfg)
accepted "the node confirms" \
    set Agent alive nb_cfg="$cfg" alive_at="$(now)"
wait $waiter
rc=$? out=$(cat "$dir/out") err=$(cat "$dir/err")
check "and the wait is over" test $rc -eq 0
run --no-headings -f csv --columns=name,alive,applied agent-list
check "agent-list" test "$out" = "alive,true,$cfg
dead,false,0
stopped,false,0"
accepted "a short interval" set TM_Global . options:agent-alive-interval=1
accepted "a node that dies is not waited for" --wait=agents show
accepted "--wait=none" --wait=none show

summary
test $failed -eq 0
