# SPDX-License-Identifier: ISC
"""Socket-activated: takes the listening socket that systemd passes, and answers each line with its signature by
SIGNER_KEY. Ends when nobody has asked for a while; the next connection starts it again. Knows nothing of secrun."""
import hashlib
import hmac
import os
import signal
import socket
import sys

FIRST = 3  # SD_LISTEN_FDS_START

key = os.environ["SIGNER_KEY"].encode()
if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
    sys.exit("signer: no socket was passed")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
listener = socket.socket(fileno=FIRST)
listener.settimeout(float(os.environ.get("IDLE_SECONDS", "60")))
print(f"signer: ready on {os.environ.get('LISTEN_FDNAMES')}, SIGNER_KEY has {len(key)} characters", flush=True)
while True:
    try:
        connection, _ = listener.accept()
    except TimeoutError:
        sys.exit(0)
    with connection, connection.makefile("rwb") as stream:
        connection.settimeout(5)
        for line in stream:
            stream.write(hmac.new(key, line.rstrip(b"\n"), hashlib.sha256).hexdigest().encode() + b"\n")
            stream.flush()
