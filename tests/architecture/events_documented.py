"""Every event of the log has its row in docs/operations.md, and every row its event."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
ROOMS = ["base", "health", "policy", "dns", "zones", "api", "app"]
EVENT = re.compile(r'(?:log::(?:debug|info|warning|error)|composed)\(\s*"([a-z_]+)"|name_ \+ "(_[a-z_]+)"')
ROW = re.compile(r"^\| (`[^|]*`) \|", re.M)

logged = set()
for room in ROOMS:
    for path in (ROOT / room).rglob("*.cc"):
        for event, suffix in EVENT.findall(path.read_text()):
            # A supervisor's child logs under its own name.
            logged |= {event} if event else {"worker" + suffix, "control" + suffix}
page = (ROOT / "docs/operations.md").read_text()
section = page[page.index("## Events"):]
section = section[: section.index("\n## ", 3)]
told = set(re.findall(r"`([a-z_]+)`", " ".join(ROW.findall(section))))

faults = [f"{event} is logged and has no row in docs/operations.md" for event in sorted(logged - told)]
faults += [f"{event} has a row in docs/operations.md and is logged nowhere" for event in sorted(told - logged)]
print("\n".join(faults) or f"{len(logged)} events, each with its row")
sys.exit(bool(faults) or not logged)
