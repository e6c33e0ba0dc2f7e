# SPDX-License-Identifier: Apache-2.0
#
# What the tests here are written with: results, tmirror-ctl calls and what is
# to be true of each, races.  To be sourced; $TMIRROR_CTL is the program, or
# that of the build tree in $1.

PATH=$PATH:/usr/sbin:/usr/bin
export PATH
: "${TMIRROR_CTL:=${1:-.}/utilities/tmirror-ctl}"
case $TMIRROR_CTL in
    /*) ;;
    *) TMIRROR_CTL=$(pwd)/$TMIRROR_CTL ;;
esac
: "${SEED:=$(date +%s)}"
unset TMIRROR_DB TMIRROR_DB_FILE OVS_CTL_TIMEOUT

passed=0 failed=0 skipped=0

summary() {
    echo "$passed passed, $failed failed, $skipped skipped"
}

if ! command -v ovsdb-server >/dev/null || ! command -v ovsdb-tool >/dev/null
then
    skipped=1
    echo "ok 1 - tmirror-ctl # SKIP no ovsdb-server"
    summary
    exit 77
fi

dir=$(mktemp -d) || exit 1
OVS_RUNDIR=$dir OVS_DBDIR=$dir OVS_LOGDIR=$dir
export OVS_RUNDIR OVS_DBDIR OVS_LOGDIR

cleanup() {
    for pidfile in "$dir"/*.pid; do
        test -f "$pidfile" && kill "$(cat "$pidfile")"
    done
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# serve: a server with an empty Traffic_Mirror database.
serve() {
    echo '{"name":"Other","tables":{"T":{"columns":{"c":{"type":"integer"}}}}}' \
        >"$dir/other.ovsschema"
    ovsdb-tool create "$dir/conf.db" "$dir/other.ovsschema" || exit 1
    ovsdb-server --detach --no-chdir --pidfile --log-file -vconsole:off \
        --remote="punix:$dir/db.sock" "$dir/conf.db" || exit 1
    "$TMIRROR_CTL" init || exit 1
}

# pass NAME / fail NAME [WHY]
pass() {
    passed=$((passed + 1))
    echo "ok $((passed + failed)) - $1"
}
fail() {
    failed=$((failed + 1))
    echo "not ok $((passed + failed)) - $1"
    test -z "$2" || printf '%s\n' "$2" | sed 's/^/#   /'
}
# check NAME CONDITION...: CONDITION is a command.
check() {
    name=$1
    shift
    if "$@"; then pass "$name"; else fail "$name" "$out$err"; fi
}

# run ARG...: runs tmirror-ctl; sets out, err, rc.
run() {
    "$TMIRROR_CTL" --timeout=30 --no-syslog "$@" \
        >"$dir/out" 2>"$dir/err" </dev/null
    rc=$?
    out=$(cat "$dir/out") err=$(cat "$dir/err")
}
dump() {
    ovsdb-client dump "unix:$dir/db.sock" Traffic_Mirror 2>&1
}
one_line() {
    test "$(wc -l <"$dir/err")" -eq 1 && test -z "${err##tmirror-ctl: *}"
}

# accepted NAME ARG...: exits 0 and says nothing on stderr.
accepted() {
    name=$1
    shift
    run "$@"
    if test $rc -eq 0 && test -z "$err"; then
        pass "$name"
    else
        fail "$name" "exit code $rc: $err"
    fi
}
# prints NAME OUTPUT ARG...: accepted, with exactly that output.
prints() {
    name=$1 want=$2
    shift 2
    run "$@"
    if test $rc -eq 0 && test -z "$err" && test "$out" = "$want"; then
        pass "$name"
    else
        fail "$name" "exit code $rc: $err
got:
$out
wanted:
$want"
    fi
}
# refused NAME TEXT ARG...: exit code 1, TEXT in the one line, nothing written.
refused() {
    name=$1 text=$2
    shift 2
    dump >"$dir/before"
    run "$@"
    dump >"$dir/after"
    if test $rc -ne 1; then
        fail "$name" "exit code $rc: $err"
    elif ! one_line; then
        fail "$name" "not one line: $err"
    elif ! printf '%s\n' "$err" | grep -qF -e "$text"; then
        fail "$name" "no \"$text\" in: $err"
    elif ! cmp -s "$dir/before" "$dir/after"; then
        fail "$name" "the database changed"
    else
        pass "$name"
    fi
}
# misused NAME ARG...: exit code 2, one line.
misused() {
    name=$1
    shift
    run "$@"
    if test $rc -eq 2 && one_line; then
        pass "$name"
    else
        fail "$name" "exit code $rc: $err"
    fi
}
# wait_until CONDITION...: waits, 30 s at most.
wait_until() {
    tries=300
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        test $tries -gt 0 || return 1
        sleep 0.1
    done
}
is_uuid() {
    printf '%s\n' "$1" | grep -qE '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
}
has_sessions() {
    test "$(ovs-appctl -t "$dir/ovsdb-server.$(cat "$dir/ovsdb-server.pid").ctl" \
            memory/show | tr ' ' '\n' | sed -n 's/^sessions://p')" = "$1"
}

# race N ARG...: N times the same command at the same moment on the same
# contents; '@' in ARG becomes 1 to N.  Sets 'won' and 'lost' to how many exited
# 0 and 1, 'odd' to how many did anything else.  The last of them runs $rival
# instead, if that is set.
race() {
    n=$1
    shift
    "$TMIRROR_CTL" remove TM_Global . options go
    i=1 pids=
    while test $i -le "$n"; do
        (
            words=
            for word; do
                words="$words '$(printf '%s' "$word" | sed "s/@/$i/g")'"
            done
            test $i -lt "$n" || words=${rival:-$words}
            eval "set -- $words"
            exec "$TMIRROR_CTL" --timeout=60 --no-syslog \
                wait-until TM_Global . options:go=1 -- "$@"
        ) >"$dir/race-out.$i" 2>"$dir/race-err.$i" &
        pids="$pids $!"
        i=$((i + 1))
    done
    wait_until has_sessions "$n" || echo "# only some of $n are waiting"
    "$TMIRROR_CTL" set TM_Global . options:go=1
    won=0 lost=0 odd=0
    for pid in $pids; do
        wait "$pid"
        case $? in
            0) won=$((won + 1)) ;;
            1) lost=$((lost + 1)) ;;
            *) odd=$((odd + 1)) ;;
        esac
    done
    out="won $won, lost $lost, odd $odd" err=
    for i in "$dir"/race-err.*; do
        err="$err; $(cat "$i")"
    done
    rm -f "$dir"/race-*
}
