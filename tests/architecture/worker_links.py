"""waymark-dns links none of the libraries that parse the outside world."""
import subprocess
import sys

dynamic = subprocess.run(["readelf", "-d", sys.argv[1]], check=True, capture_output=True, text=True).stdout
needed = [line.split("[")[1].rstrip("]\n") for line in dynamic.splitlines() if "(NEEDED)" in line]
bad = [lib for lib in needed if any(word in lib for word in ("ldns", "crypto", "ssl", "curl", "sqlite", "json", "xml"))]
symbols = subprocess.run(["nm", "-C", sys.argv[1]], capture_output=True, text=True).stdout
bad += [f"symbols of {word}" for word in ("sqlite3_", "ldns_", "curl_", "nlohmann::") if f" {word}" in symbols]
print("links", ", ".join(needed))
print("must not link", ", ".join(bad) if bad else "nothing else")
sys.exit(bool(bad) or not needed)
