# SPDX-License-Identifier: ISC
"""Signs each file that is put into its state directory with STAMPER_KEY; knows nothing of secrun."""
import hashlib
import hmac
import os
import signal
import sys
import time
from pathlib import Path

key = os.environ["STAMPER_KEY"].encode()
folder = Path(os.environ["STATE_DIRECTORY"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.signal(signal.SIGHUP, lambda *_: print("stamper: reloaded", flush=True))
print(f"stamper: ready, STAMPER_KEY has {len(key)} characters", flush=True)
while True:
    for file in folder.glob("*.in"):
        stamp = hmac.new(key, file.read_bytes(), hashlib.sha256).hexdigest()
        part = file.with_suffix(".part")
        part.write_text(stamp + "\n")
        part.rename(file.with_suffix(".stamp"))
        file.unlink()
    time.sleep(0.2)
