"""`make bench`: every benchmark, as tables or with --json."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

from bench import city, deciding, reading, road, sealing


def machine() -> str:
    """Processor, cores and Python, so that figures can be compared."""
    name = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith(("model name", "Model")):
            name = line.split(":", 1)[1].strip()
            break
    import os

    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=40, help="rounds over the pictures")
    args = parser.parse_args()
    results = {
        "machine": machine(),
        "reading": reading.measure(args.rounds),
        "sealing": sealing.measure(),
        "deciding": deciding.measure(),
        "road": road.measure(),
        "city": city.measure_all(),
    }
    if args.json:
        print(json.dumps(results, indent=1))
        return 0
    print(results["machine"])
    reading.print_table(results["reading"])
    sealing.print_table(results["sealing"])
    deciding.print_table(results["deciding"])
    road.print_table(results["road"])
    city.print_table(results["city"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
