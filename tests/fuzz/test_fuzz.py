"""A short run of the fuzzer, and that it would notice; `make fuzz` runs it for long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fuzz.portions import AT_ONCE, fuzz, read_log, try_one, try_some
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_bytes_crash_and_hang_no_parser(name: str) -> None:
    done = fuzz(name, 1, 2000)
    assert done["taken"] > 0


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
    with pytest.raises(AssertionError, match=r"it took .*: 78"):
        try_some(Target(hang, lambda: [b"x"], (ValueError,)), [b"x"])
    by_byte = Target(lambda data: 1 // (data[0] - 0x79), lambda: [b"x"], (ValueError,))
    with pytest.raises(AssertionError, match=r"ZeroDivisionError .*: 79"):
        try_some(by_byte, [b"x"] * (AT_ONCE - 1) + [b"y"])


def test_portions_that_held_are_kept_and_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzz.portions.PORTION", 100)
    fuzz("cbor", 1, 300, log=tmp_path / "log")
    held = list(read_log(tmp_path / "log"))
    assert held == [("cbor", 1, number) for number in range(3)]
    assert fuzz("cbor", 1, 400, held=range(3))["inputs"] == 100
