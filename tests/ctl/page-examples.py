# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of a manual page, each line that begins with "$ ", and
compares what is printed with what the page says, if it says anything.

    page-examples.py PAGE

Prints "ok - COMMAND" or "not ok - COMMAND" and why, for help.test to count.
"""

import subprocess
import sys


def plain(line):
    """A line of an example as a terminal shows it."""
    for escape, text in ((r"\-", "-"), (r"\(aq", "'"), (r"\e", "\\")):
        line = line.replace(escape, text)
    return line


def examples(page):
    """Yields (command, [line of output])."""
    inside, command, output = False, None, []
    for line in open(page, encoding="utf-8"):
        line = line.rstrip("\n")
        if line in (".EX", ".EE") or (inside and line.startswith("$ ")):
            if command:
                yield command, output
            command, output = None, []
        if line in (".EX", ".EE"):
            inside = line == ".EX"
        elif inside and line.startswith("$ "):
            command = plain(line[2:])
        elif command and command.endswith("\\"):
            command = command[:-1] + plain(line).strip()
        elif command:
            output.append(plain(line))


def main():
    for command, want in examples(sys.argv[1]):
        run = subprocess.run(["sh", "-c", command], capture_output=True,
                             text=True, timeout=60, check=False)
        got = [line.rstrip() for line in run.stdout.splitlines()]
        if run.returncode or run.stderr:
            print("not ok - %s" % command)
            print("#   exit code %d: %s" % (run.returncode, run.stderr))
        elif want and got != want:
            print("not ok - %s" % command)
            for line in ["got:"] + got + ["wanted:"] + want:
                print("#   %s" % line)
        else:
            print("ok - %s" % command)


main()
