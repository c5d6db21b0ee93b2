"""What the tests with other people's programs share."""
import os
import pathlib
import shutil
import subprocess
import sys

import waymark

SKIPPED = 77
# Where scripts/deps --clients puts what Debian does not package.
CLIENTS = pathlib.Path(os.environ.get("WAYMARK_CLIENTS", "build/clients"))


def need(what, there):
    """Ends the test as skipped when the program is not installed."""
    if not there:
        print(f"skipped: {what} is not installed; scripts/deps --clients does it")
        sys.exit(SKIPPED)


def debian(program):
    """Debian's own, whatever else is in PATH; None when it is not installed."""
    return shutil.which(program, path="/usr/bin:/usr/sbin:/bin")


def environment(server, key, **more):
    """Of a client, with the key and nothing of this user's own settings."""
    return {"PATH": "/usr/bin:/bin", "HOME": server.directory, "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": key["secret"], "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "", **more}


def endpoint(server):
    return f"http://127.0.0.1:{server.route53_port}"


def run(words, timeout=120, **more):
    """Its standard output; a failure shows all it said."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout * waymark.SLOW, check=False, **more)
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def dig(server, name, kind="A"):
    told = run(["dig", "+short", "+norecurse", "-p", str(server.dns_port), "@127.0.0.1", name, kind])
    return sorted(told.split("\n")[:-1])
