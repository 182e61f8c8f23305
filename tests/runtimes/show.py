# SPDX-License-Identifier: ISC
# What a Python program sees: see show.c.
import os
import sys

out = sys.stdout.buffer
for name in sys.argv[1:]:
    value = os.getenv(name)
    assert (value is None) == (name not in os.environ)
    if value is None:
        out.write(b"none %s\0" % name.encode())
    else:
        assert os.environ[name] == value
        out.write(b"look %s=%s\0" % (name.encode(), os.fsencode(value)))
for name, value in os.environb.items():
    out.write(b"list %s=%s\0" % (name, value))
out.write(b"ready\0")
out.flush()
sys.stdin.read()
