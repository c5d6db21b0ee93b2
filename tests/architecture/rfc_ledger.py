"""Every test that docs/rfc-compliance.md and docs/reliability.md claim exists, and nothing is done without one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
TESTS = ROOT / "tests"
CASE = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)")
CLAIM = re.compile(r"`(\w+)\.(\w+|\*)(?:/([\w*]+))?`")

cases = {(suite, sentence) for path in TESTS.rglob("*.cc") for suite, sentence in CASE.findall(path.read_text())}
cases |= {(suite, "*") for suite, _ in cases}
cases |= {("architecture", path.stem) for path in (TESTS / "architecture").glob("*.py")}
cases |= {("fuzz", path.stem.removesuffix("_fuzz")) for path in (TESTS / "fuzz").glob("*_fuzz.cc")}
cases |= {tuple(name.split(".", 1)) for path in TESTS.rglob("CMakeLists.txt")
          for name in re.findall(r"add_test\(NAME (\w+\.\w+)", path.read_text())}
integration = {path.stem.removeprefix("test_"): set(re.findall(r"^class (\w+)", path.read_text(), re.M))
               for path in (TESTS / "integration").glob("test_*.py")}

faults, claims, done = [], 0, 0
for page, heads in (("docs/rfc-compliance.md", ("| RFC",)), ("docs/reliability.md", ("| ID",))):
    told = set()
    for line in (ROOT / page).read_text().splitlines():
        if not line.startswith("| ") or line.startswith((*heads, "| ---")):
            continue
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        found = CLAIM.findall(cells[-1])
        for suite, sentence, part in found:
            claims += 1
            if suite == "integration":
                known = sentence in integration and (not part or part in integration[sentence])
            else:
                known = (suite, sentence) in cases
            if not known:
                faults.append(f"{page} claims {suite}.{sentence}{part and '/' + part}, which is no test")
        state = cells[2]
        done += state.startswith("done")
        if state.startswith("done") and not found:
            faults.append(f"{page}: {cells[0]} is done, says who?")
        if page.endswith("reliability.md"):
            if not re.match(r"done$|done: |partial: |not$|not: ", state):
                faults.append(f"{page}: the state of {cells[0]} is \"{state}\"; use done, partial: what lacks, or not")
            if cells[0] in told:
                faults.append(f"{page} has {cells[0]} twice")
            told.add(cells[0])
print("\n".join(faults) or f"{claims} claims, each with its test; {done} rows done")
sys.exit(bool(faults) or not claims)
