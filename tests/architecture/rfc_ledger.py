"""Every test that docs/rfc-compliance.md claims exists."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
CASE = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)")

cases = {(suite, sentence) for path in (ROOT / "tests").rglob("*.cc") for suite, sentence in CASE.findall(path.read_text())}
suites = {suite for suite, _ in cases}
integration = {path.stem.removeprefix("test_") for path in (ROOT / "tests/integration").glob("test_*.py")}

faults, claims = [], 0
for line in (ROOT / "docs/rfc-compliance.md").read_text().splitlines():
    if not line.startswith("| ") or line.startswith(("| RFC", "| ---")):
        continue
    for suite, sentence in re.findall(r"`(\w+)\.(\w+|\*)(?:/[\w*]+)?`", line.split("|")[-2]):
        claims += 1
        known = sentence in integration if suite == "integration" else suite in suites if sentence == "*" else (suite, sentence) in cases
        if not known:
            faults.append(f"docs/rfc-compliance.md claims {suite}.{sentence}, which is no test")
print("\n".join(faults) or f"{claims} claims, each with its test")
sys.exit(bool(faults) or not claims)
