# SPDX-License-Identifier: ISC
"""Type=notify with a watchdog: says when it is ready, when it reloads and that it is alive. Writes a fresh signature by
COURIER_KEY to its runtime directory at each turn; knows nothing of secrun."""
import hashlib
import hmac
import os
import signal
import socket
import time
from pathlib import Path

key = os.environ["COURIER_KEY"].encode()
ticket = Path(os.environ["RUNTIME_DIRECTORY"]) / "ticket"
turn = int(os.environ.get("WATCHDOG_USEC", "2000000")) / 4e6
wanted = {"reload": False, "stop": False}


def notify(state):
    address = os.environ["NOTIFY_SOCKET"]
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(address)
        sender.send(state.encode())


signal.signal(signal.SIGHUP, lambda *_: wanted.update(reload=True))
signal.signal(signal.SIGTERM, lambda *_: wanted.update(stop=True))
notify(f"READY=1\nSTATUS=COURIER_KEY has {len(key)} characters")
while not wanted["stop"]:
    if wanted["reload"]:
        wanted["reload"] = False
        notify("RELOADING=1\nSTATUS=reloading")
        notify("READY=1\nSTATUS=reloaded")
    now = str(int(time.time()))
    fresh = ticket.with_suffix(".new")
    fresh.write_text(f"{now} {hmac.new(key, now.encode(), hashlib.sha256).hexdigest()}\n")
    fresh.rename(ticket)
    notify("WATCHDOG=1")
    time.sleep(turn)
notify("STOPPING=1")
