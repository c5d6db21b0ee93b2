"""The systemd unit exposes little: `systemd-analyze security` rates it 2.0 at most (HRD-3)."""
import pathlib
import re
import shutil
import subprocess
import sys

MOST = 2.0
UNIT = pathlib.Path(sys.argv[1], "docs/examples/waymark.service")

if shutil.which("systemd-analyze") is None:
    print("skipped: there is no systemd-analyze; scripts/deps installs it")
    sys.exit(77)
told = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)], capture_output=True, text=True)
rating = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told.stdout)
if rating is None:
    sys.exit(f"systemd-analyze gives no rating:\n{told.stdout}{told.stderr}")
if "unknown" in (told.stdout + told.stderr).lower():
    sys.exit(f"the unit has words that systemd does not know:\n{told.stderr}")
print(f"{UNIT.name} is rated {rating[1]}; {MOST} is the most")
sys.exit(float(rating[1]) > MOST)
