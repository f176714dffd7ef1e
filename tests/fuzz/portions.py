"""Portions of hostile inputs, whole in parser, seed and number, and what a log keeps of them."""

from __future__ import annotations

import gc
import json
import random
import time
from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path

from tests.fuzz.targets import TARGETS, Target

MOST_S, MOST_SLOW_S, MOST_GROWTH_KB = 0.1, 2.0, 64 * 1024
SLOW_SHARE = 100
WARM = 200
"""Inputs before growth is counted: imports and caches."""
PORTION, AT_ONCE = 100_000, 64
"""Inputs of a portion, and of those that are timed together."""


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
    assert took_s < _most_s(target), f"it took {took_s:.3f} s"
    return taken


def try_some(target: Target, inputs: Sequence[bytes]) -> int:
    """How many were taken for good. Each is timed by itself only where all together were slow.

    Raises:
        AssertionError: As of one; the input is given.
    """
    taken, parse, refuses, data = 0, target.parse, target.refuses, b""
    try:
        began_s = time.thread_time()
        for data in inputs:
            try:
                parse(data)
                taken += 1
            except refuses:
                pass
        if time.thread_time() - began_s >= _most_s(target):
            for data in inputs:
                try_one(target, data)
    except Exception as error:
        raise AssertionError(f"{type(error).__name__} {error}: {data[:4000].hex()}") from error
    return taken


def _most_s(target: Target) -> float:
    return MOST_SLOW_S if target.slow else MOST_S


def fuzz(
    name: str, seed: int, executions: int, *, held: Container[int] = (), log: Path | None = None
) -> Counter[str]:
    """So many inputs for one parser, but for the portions that held before.

    Raises:
        AssertionError: The parser crashed, hung or grew; the input is given.
    """
    target, done, before_kb = TARGETS[name], Counter[str](), 0
    size = PORTION // SLOW_SHARE if target.slow else PORTION
    left = max(1, executions // SLOW_SHARE) if target.slow else executions
    for number in range(-(-left // size)):
        count = min(size, left - number * size)
        if number in held:
            continue
        chance, taken = random.Random(f"{seed} {name} {number}"), 0
        for at in range(0, count, AT_ONCE):
            if not before_kb and at >= min(WARM, count - AT_ONCE):
                before_kb = _resident_kb()
            some = [target.input(chance) for _ in range(min(AT_ONCE, count - at))]
            taken += try_some(target, some)
        grown_kb = _resident_kb() - before_kb
        assert grown_kb < MOST_GROWTH_KB, f"{name} grew by {grown_kb} KB"
        done.update(inputs=count, taken=taken)
        if log is not None and count == size:
            line = {"parser": name, "seed": seed, "portion": number, "inputs": count}
            with log.open("a") as file:
                print(json.dumps({**line, "taken": taken}), file=file)
    return done


def read_log(log: Path | None) -> dict[tuple[str, int, int], dict[str, int]]:
    """Portions that a log holds, by parser, seed and number."""
    if log is None or not log.exists():
        return {}
    lines = map(json.loads, log.read_text().splitlines())
    return {(line["parser"], line["seed"], line["portion"]): line for line in lines}


def _resident_kb() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
