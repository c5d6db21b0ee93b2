"""Every header compiles alone."""
import json
import pathlib
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

root, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
rooms = ["base", "health", "policy", "dns", "zones", "api", "app"]
commands = json.loads((build / "compile_commands.json").read_text())


def flags_of(room):
    """The compiler's words for some source of that room, without the file itself."""
    for entry in commands:
        if entry["file"].startswith(f"{root}/{room}/"):
            words = shlex.split(entry["command"])
            words = words[next(i for i, w in enumerate(words) if w.endswith("c++") or w.endswith("g++")):]
            keep, skip = [], False
            for word in words:
                if skip:
                    skip = False
                elif word in ("-o", "-c", "-MF", "-MT"):
                    skip = True
                elif word not in ("-MD",):
                    keep.append(word)
            return keep
    return []


def check(header):
    words = flags_of(header.relative_to(root).parts[0])
    done = subprocess.run([*words, "-fsyntax-only", "-include", str(header), "-x", "c++", "/dev/null"], capture_output=True, text=True)
    return header, done.returncode, done.stderr


headers = sorted(h for room in rooms for h in (root / room).rglob("*.h"))
bad = 0
with ThreadPoolExecutor(2) as pool:
    for header, code, text in pool.map(check, headers):
        if code:
            bad += 1
            print(f"{header.relative_to(root)} does not compile alone:\n{text[:1500]}")
print(f"{len(headers)} headers, {bad} of them do not compile alone")
sys.exit(bool(bad) or not headers)
