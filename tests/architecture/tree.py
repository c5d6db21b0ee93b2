"""docs/architecture.md names every source file of the rooms, and no other."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
ROOMS = ["base", "health", "policy", "dns", "zones", "api", "app"]

page = (ROOT / "docs/architecture.md").read_text()
tree = page[page.index("## 3. The tree"): page.index("## 4.")]
room, folder, told = "", "", set()
for line in tree.splitlines():
    if found := re.match(r"([a-z]+)/ ", line):
        room, folder = found[1], ""
    elif found := re.match(r"  ([a-z0-9]+)/(?: |$)", line):
        folder = found[1] + "/"
    elif re.match(r"  [a-z]", line):
        folder = ""
    if room in ROOMS:
        told |= {f"{room}/{folder}{name}" for name in re.findall(r"\b([a-z0-9_]+)\.(?:\*|h\b|cc\b)", line)}

there = {str(path.relative_to(ROOT).with_suffix("")) for name in ROOMS for path in (ROOT / name).rglob("*") if path.suffix in (".h", ".cc")}
faults = [f"{name} has no line in docs/architecture.md §3" for name in sorted(there - told)]
faults += [f"docs/architecture.md §3 names {name}, which is not there" for name in sorted(told - there)]
print("\n".join(faults) or f"{len(there)} files, each in the tree")
sys.exit(bool(faults) or not there)
