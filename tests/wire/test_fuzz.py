"""A short run of the fuzzer; `make fuzz` runs it for long."""

from tests.wire.fuzz import fuzz


def test_hostile_bytes_crash_and_hang_no_parser() -> None:
    fuzz(3000, seed=1)
