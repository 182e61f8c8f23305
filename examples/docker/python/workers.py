# SPDX-License-Identifier: ISC
"""A service as it would be without secrun, that forks two workers, as gunicorn does, and starts a program in each. Being
process 1 of its container, it waits for whatever process ends there."""
import os
import signal
import subprocess
import sys

SAY = "import os; key = os.environ['MOLTBOT_API_KEY']; print(len(key), 'characters, ending in', key[-4:])"


def work():
    said = subprocess.run([sys.executable, "-c", SAY], check=True, capture_output=True, text=True).stdout
    print(f"worker: a program finds MOLTBOT_API_KEY: {said}", end="", flush=True)
    while True:
        signal.pause()


def stop(*_):
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
    print("workers: stopping", flush=True)
    sys.exit(0)


key = os.environ["MOLTBOT_API_KEY"]
workers = []
for _ in range(2):
    pid = os.fork()
    if pid == 0:
        work()
    workers.append(pid)
signal.signal(signal.SIGTERM, stop)
print(f"workers: MOLTBOT_API_KEY has {len(key)} characters and ends in {key[-4:]}", flush=True)
while True:
    os.wait()
