"""Hostile bytes for every parser: `make fuzz RUNS="10000000 1"` (how many, seed).

Good inputs are cut, spliced, repeated and changed, also in what they hold, and signed again; the
only answers allowed are a value and the parser's own refusal, within 100 ms of processor time (2 s
for a picture), and without the process growing by more than 64 MB. `--only NAME` takes one parser.
Inputs come in portions, each whole in parser, seed and number, which `--log FILE` keeps: the same
command goes on where it was stopped, and what the log holds of each parser is added up.
`--coverage` lets atheris choose the inputs by what they reach (`pip install -e .[fuzz]`), in
`--corpus DIR`, which keeps what was found.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

if __name__ == "__main__" and "--coverage" in sys.argv:  # only what is imported in here is followed
    import atheris

    with atheris.instrument_imports(include=["alpr_wire", "alpr_edge", "alpr_city"]):
        from tests.fuzz.targets import TARGETS, Target
else:
    from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.portions import fuzz, read_log, try_one


def by_coverage(name: str, executions: int, seed: int, corpus: Path) -> None:
    """Let atheris choose the inputs, in this process, which ends with it."""
    import atheris as chooser

    target = TARGETS[name]
    folder = corpus / name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.good):
        (folder / f"seed-{number}").write_bytes(data)
    arguments = [f"-runs={executions}", f"-seed={seed}", "-max_len=70000", "-rss_limit_mb=2048"]
    arguments += ["-timeout=5", "-print_final_stats=1", f"-artifact_prefix={folder.parent}/found-"]
    chooser.Setup([sys.argv[0], *arguments, str(folder)], lambda data: _quietly(target, data))
    chooser.Fuzz()


def _quietly(target: Target, data: bytes) -> None:
    try_one(target, data)


def main() -> int:
    """Run, and say what was done."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("executions", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--only", default="", choices=["", *TARGETS])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--log", type=Path, help="keep finished portions; go on there")
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--corpus", type=Path, default=Path("out/fuzz"))
    args = parser.parse_args()
    names = [args.only] if args.only else list(TARGETS)
    if args.coverage and args.only:
        by_coverage(args.only, args.executions, args.seed, args.corpus)
        return 0
    if args.coverage:
        return _each_by_coverage(names)
    began_s, faults = time.monotonic(), 0
    held = read_log(args.log)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(args.jobs, mp_context=context) as pool:
        waiting = {}
        for name in names:
            before = {at for parser, seed, at in held if (parser, seed) == (name, args.seed)}
            how = {"held": before, "log": args.log}
            waiting[pool.submit(fuzz, name, args.seed, args.executions, **how)] = name
        for one in as_completed(waiting):
            name = waiting[one]
            try:
                done, took_s = one.result(), time.monotonic() - began_s
            except AssertionError as error:
                faults += 1
                print(f"{name}: {error}", flush=True)
                continue
            print(f"{name:<18} {done['inputs']:>12,} inputs, {done['taken']:>10,} taken, after"
                  f" {took_s:.0f} s", flush=True)  # fmt: skip
    _sum_up(args.log)
    return int(faults > 0)


def _each_by_coverage(names: list[str]) -> int:
    """Each in a process of its own, which atheris ends."""
    failed = 0
    for name in names:
        again: list[Any] = [sys.executable, "-m", "tests.fuzz", *sys.argv[1:], "--only", name]
        code = subprocess.run(again, check=False).returncode
        failed += code != 0
        print(f"{name}: atheris ended with {code}", flush=True)
    return int(failed > 0)


def _sum_up(log: Path | None) -> None:
    """What held of each parser, in all runs that kept this log."""
    sums: Counter[str] = Counter()
    for (name, _, _), line in read_log(log).items():
        sums[name] += line["inputs"]
    for name, count in sums.items():
        print(f"{name:<18} {count:>12,} in the log")


if __name__ == "__main__":
    sys.exit(main())
