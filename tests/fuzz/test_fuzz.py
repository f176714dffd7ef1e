"""A short run of the fuzzer, and that it would notice; `make fuzz` runs it for long."""

from __future__ import annotations

import time

import pytest

from tests.fuzz.__main__ import fuzz, try_one
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_bytes_crash_and_hang_no_parser(name: str) -> None:
    fuzz(2000, seed=1, only=name)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"a = " + b"[" * 50_000, b"a = " + b"9" * 5000])
@pytest.mark.parametrize("name", ["edge.toml", "city.toml", "policy.toml"])
def test_settings_that_are_too_deep_or_too_long_are_refused(name: str, data: bytes) -> None:
    assert not try_one(TARGETS[name], data)


def test_a_crash_and_a_hang_are_noticed() -> None:
    def hang(data: bytes) -> None:
        until = time.thread_time() + 0.15
        while time.thread_time() < until:
            pass

    with pytest.raises(AssertionError, match="it took"):
        try_one(Target(hang, lambda: [b"x"], (ValueError,)), b"")
    with pytest.raises(ZeroDivisionError):
        try_one(Target(lambda _: 1 // 0, lambda: [b"x"], (ValueError,)), b"")
