"""The verifiers of bags and of figures hold the same reader twice: each is one file by itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from alpr_city.evidence import verify_bag
from alpr_city.public import verify_figures
from alpr_wire import cbor
from alpr_wire.errors import WireError
from tests.fuzz.targets import TARGETS

INPUTS = 1000


def outcome(decode: Callable[[bytes], Any], refusal: type[Exception], data: bytes) -> object:
    try:
        return repr(decode(data))
    except refusal:
        return "refused"


def test_both_read_the_same_of_hostile_bytes_and_what_the_contract_reads() -> None:
    chance, taken = random.Random(1), 0
    for _ in range(INPUTS):
        data = TARGETS["cbor"].input(chance)
        of_bag = outcome(verify_bag.decode, verify_bag.DiffersError, data)
        assert of_bag == outcome(verify_figures.decode, verify_figures.DiffersError, data)
        of_city = outcome(cbor.decode, WireError, data)
        if "refused" not in (of_bag, of_city):  # the contract alone has limits, and fractions
            taken += 1
            assert of_bag == of_city
    assert taken > 50


def test_both_write_what_the_contract_writes() -> None:
    for data in TARGETS["cbor"].good:
        value = cbor.decode(data)
        assert verify_bag.encode(value) == verify_figures.encode(value) == data
