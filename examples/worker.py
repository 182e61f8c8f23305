# SPDX-License-Identifier: ISC
"""A program as it would be without secrun: it reads os.environ. Runs until its standard input ends."""
import os
import sys

key = os.environ["MOLTBOT_API_KEY"]
password = os.environ["DB_PASSWORD"]
print(f"worker: MOLTBOT_API_KEY has {len(key)} characters and ends in {key[-4:]}", flush=True)
print(f"worker: DB_PASSWORD has {len(password)} characters", flush=True)

sys.stdin.read()
