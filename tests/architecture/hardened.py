"""Both programs are built so that a memory fault is harder to use (HRD-4): what the finished file shows of it."""
import subprocess
import sys


def faults(program):
    def readelf(flags):
        return subprocess.run(["readelf", "-W", *flags.split(), program], check=True, capture_output=True, text=True).stdout
    segments, symbols = readelf("-lh"), readelf("--dyn-syms")
    wanted = {
        "position independent": "DYN (Position-Independent Executable" in segments,
        "GOT read-only after the start": "GNU_RELRO" in segments and "NOW" in readelf("-d"),
        "a stack that is not executable": any("GNU_STACK" in line and " RW " in line for line in segments.splitlines()),
        "stack guards": "__stack_chk_fail" in symbols,
    }
    if "Release" in sys.argv[1]:
        wanted["checked library calls"] = "_chk@" in symbols.replace("__stack_chk", "")
    return [f"{program} lacks: {what}" for what, there in wanted.items() if not there]


found = [fault for program in sys.argv[2:] for fault in faults(program)]
print("\n".join(found) or "hardened: " + " ".join(sys.argv[2:]))
sys.exit(bool(found) or len(sys.argv) < 4)
