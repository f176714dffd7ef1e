"""Hostile bytes for every parser: `make fuzz RUNS="10000000 1"` (how many, seed).

Good inputs are cut, spliced, repeated and changed; the only answers allowed are a value and the
parser's own refusal, within 100 ms of processor time (2 s for a picture), and without the process
growing by more than 64 MB. `--only NAME` takes one parser. `--coverage` lets atheris choose the
inputs by what they reach (`pip install -e .[fuzz]`), in `--corpus DIR`, which keeps what was found.
"""

from __future__ import annotations

import argparse
import gc
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__" and "--coverage" in sys.argv:  # only what is imported in here is followed
    import atheris

    with atheris.instrument_imports(include=["alpr_wire", "alpr_edge", "alpr_city"]):
        from tests.fuzz.targets import TARGETS, Target
else:
    from tests.fuzz.targets import TARGETS, Target

MOST_S, MOST_SLOW_S, MOST_GROWTH_KB = 0.1, 2.0, 64 * 1024
SLOW_SHARE = 100
WARM = 200
"""Inputs before growth is counted: imports and caches."""
EVIL = [
    b"\x9b" + b"\xff" * 8,
    b"\x5b\x7f" + b"\xff" * 7,
    b"\xc2\x41",
    b"\x81" * 40,
    b"[" * 2000,
    b"9" * 5000,
    b"\xff\xd8\xff",
    b"\x00\xff\xff\xff\x7f",
    b'"',
    b"\xed\xa0\x80",
]
"""Heads that promise much, tags, depth, length, markers, surrogates."""


def mutated(chance: random.Random, corpus: list[bytes]) -> bytes:
    """One hostile input."""
    data = bytearray(chance.choice(corpus))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(5)
        if what == 0 and data:
            data[at % len(data)] = chance.randrange(256)
        elif what == 1:
            data[at:at] = chance.randbytes(chance.randint(1, 9))
        elif what == 2:
            del data[at : at + chance.randint(1, 40)]
        elif what == 3:
            other = chance.choice(corpus)
            data[at:] = other[chance.randrange(len(other)) :]
        else:
            data[at:at] = chance.choice(EVIL)
    return bytes(data)


def try_one(target: Target, data: bytes) -> bool:
    """Whether an input was taken for good.

    Raises:
        AssertionError: It took too long.
        Exception: Whatever is no refusal of the parser's.
    """
    began_s = time.thread_time()
    try:
        target.parse(data)
        taken = True
    except target.refuses:
        taken = False
    took_s = time.thread_time() - began_s
    assert took_s < (MOST_SLOW_S if target.slow else MOST_S), f"it took {took_s:.3f} s"
    return taken


def fuzz(executions: int, seed: int, only: str = "") -> dict[str, tuple[int, int]]:
    """Run so many of each parser, or of one: how many inputs, and how many were taken for good.

    Raises:
        AssertionError: A parser crashed, hung or grew; the input is given.
    """
    done = {}
    for name, target in TARGETS.items():
        if only not in ("", name):
            continue
        corpus, chance = target.corpus(), random.Random(f"{seed} {name}")
        count = max(1, executions // SLOW_SHARE) if target.slow else executions
        taken = before_kb = 0
        for number in range(count):
            if number == min(WARM, count - 1):
                before_kb = _resident_kb()
            data = mutated(chance, corpus)
            try:
                taken += try_one(target, data)
            except Exception as error:
                raise AssertionError(f"{name} {seed} {number}: {data[:4000].hex()}") from error
        grown_kb = _resident_kb() - before_kb
        assert grown_kb < MOST_GROWTH_KB, f"{name} grew by {grown_kb} KB"
        done[name] = count, taken
    return done


def _resident_kb() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


def by_coverage(name: str, executions: int, seed: int, corpus: Path) -> None:
    """Let atheris choose the inputs, in this process, which ends with it."""
    import atheris as chooser

    target = TARGETS[name]
    folder = corpus / name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.corpus()):
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
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--corpus", type=Path, default=Path("out/fuzz"))
    args = parser.parse_args()
    names = [args.only] if args.only else list(TARGETS)
    if args.coverage and args.only:
        by_coverage(args.only, args.executions, args.seed, args.corpus)
        return 0
    failed = 0
    for name in names:
        began_s = time.monotonic()
        if args.coverage:  # each in a process of its own, which atheris ends
            again: list[Any] = [sys.executable, "-m", "tests.fuzz", *sys.argv[1:], "--only", name]
            code = subprocess.run(again, check=False).returncode
            failed += code != 0
            print(f"{name}: atheris ended with {code}", flush=True)
            continue
        count, taken = fuzz(args.executions, args.seed, name)[name]
        took_s = time.monotonic() - began_s
        print(f"{name:<16} {count:>10,} inputs, {taken:>9,} taken, {took_s:.0f} s", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
