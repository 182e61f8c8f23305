# SPDX-License-Identifier: ISC
"""The same as probe.c, for images whose programs are in Python."""
import os
import signal
import subprocess
import sys
import time


def show(name):
    print(os.environ.get(name, "tesnu")[::-1])


def read(path):
    try:
        open(path).close()
        print("readable")
    except OSError as error:
        print(error)


def wait():
    signals = {signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    print("ready", flush=True)
    while signal.sigwait(signals) == signal.SIGHUP:
        print("hup", flush=True)
    print("term")


def orphan():
    child = os.fork()
    if child == 0:
        os.fork()
        os._exit(0)
    os.waitpid(child, 0)
    time.sleep(1)
    wait()


what, words = sys.argv[1], sys.argv[2:]
if what == "show":
    show(words[0])
elif what == "read":
    read(words[0])
elif what == "exit":
    sys.exit(int(words[0]))
elif what == "wait":
    wait()
elif what == "orphan":
    orphan()
elif what == "child":
    subprocess.run(words, check=True)
elif what == "exec":
    os.execv(words[0], words)
