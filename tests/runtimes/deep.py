# SPDX-License-Identifier: ISC
# See deep.c.
import os
import subprocess
import sys

print("python " + " ".join(f"{name}={os.environ.get(name, '(none)')}" for name in ("KEY", "TOKEN", "PEM")) + ".", flush=True)
sys.exit(subprocess.run(sys.argv[1:], check=False).returncode if sys.argv[1:] else 0)
