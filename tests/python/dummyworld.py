# SPDX-License-Identifier: Apache-2.0
"""A private world for tests that need no real packets: ovsdb-server,
ovs-vswitchd with the dummy datapath, and tmirrord, in a directory of their
own.  Call it inside a network namespace of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

from ovsdb import Database, unixctl

DEADLINE = 120                  # Seconds, for anything that is waited for.


def wait_until(condition, what, deadline=DEADLINE):
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError("timed out: " + what)
        time.sleep(0.002)


def run(*argv):
    return subprocess.run(argv, check=True, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


class World:
    """Servers of our own in a directory of our own."""

    def __init__(self, build):
        self.build = build
        self.dir = tempfile.mkdtemp(prefix="tmirror-perf.")
        for name in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR"):
            os.environ["OVS_" + name] = self.dir
        self.ovs = f"{self.dir}/conf.db"
        run("ovsdb-tool", "create", self.ovs,
            "/usr/share/openvswitch/vswitch.ovsschema")
        self.sock = f"{self.dir}/db.sock"
        run("ovsdb-server", self.ovs, "--detach", "--no-chdir", "--pidfile",
            "--log-file", "-vconsole:off", f"--remote=punix:{self.sock}")
        run("ovs-vsctl", "--no-wait", "init", "--", "set", "Open_vSwitch",
            ".", "external_ids:system-id=hv1")
        run("ovs-vswitchd", "--enable-dummy", "--disable-system", "--detach",
            "--no-chdir", "--pidfile", "--log-file", "-vconsole:off")
        self.ctl("init")
        self.db = Database(self.sock, "Traffic_Mirror")
        self.vswitch = Database(self.sock, "Open_vSwitch")
        self.daemon = None

    def ctl(self, *args):
        return run(f"{self.build}/utilities/tmirror-ctl",
                   f"--db=unix:{self.sock}", *args)

    def pid(self, program):
        with open(f"{self.dir}/{program}.pid") as f:
            return int(f.read())

    def appctl(self, command, *args):
        path = f"{self.dir}/tmirrord.{self.daemon.pid}.ctl"
        return unixctl(path, command, *args)

    def start_daemon(self):
        """Returns seconds from exec to everything confirmed."""
        begin = time.monotonic()
        self.daemon = subprocess.Popen(
            [f"{self.build}/plugin/tmirrord", "--log-file",
             f"--pidfile={self.dir}/tmirrord.pid", "-vconsole:off"],
            stdin=subprocess.DEVNULL)
        want = self.db.select("TM_Global")[0]["nb_cfg"]
        path = f"{self.dir}/tmirrord.{self.daemon.pid}.ctl"

        def settled():
            if not os.path.exists(path):
                return False
            try:
                text = unixctl(path, "conn/show")
            except (ConnectionRefusedError, FileNotFoundError):
                return False
            return (f"nb_cfg: {want}, confirmed {want}\n" in text
                    and "not settled" not in text)

        wait_until(settled, "the daemon settles")
        return time.monotonic() - begin

    def stop_daemon(self, *args):
        self.appctl("exit", *args)
        self.daemon.wait()
        self.daemon = None

    def stop(self):
        if self.daemon:
            self.daemon.kill()
        for program in ("ovs-vswitchd", "ovsdb-server"):
            try:
                os.kill(self.pid(program), signal.SIGKILL)
            except (OSError, ValueError):
                pass
        shutil.rmtree(self.dir, ignore_errors=True)
