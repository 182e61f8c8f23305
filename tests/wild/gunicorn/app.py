# SPDX-License-Identifier: ISC
# The application: answers with the digest of what the worker has (digest.sh), of what a child of it has, and its pid.
import hashlib
import os
import subprocess

digest = hashlib.sha256(
    "".join(os.environ.get(name, "(none)") + "\n" for name in ("KEY", "TOKEN", "PEM")).encode()
).hexdigest()[:16]


def application(environ, start_response):
    told = digest
    if environ["PATH_INFO"] == "/child":
        told = subprocess.run(["../digest.sh", "child"], stdout=subprocess.PIPE, check=True).stdout.decode().split()[1]
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Worker", str(os.getpid()))])
    return [told.encode()]
