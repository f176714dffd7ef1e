"""Hostile bytes for every parser of the contract: `python -m tests.wire.fuzz 10000000 1`.

Good messages are cut, spliced, repeated and changed; the only answers allowed are a value and a
WireError, within 100 ms, and without the process growing by more than 64 MB.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable

from alpr_wire import cbor
from alpr_wire.batches import decode_batch, decode_picture
from alpr_wire.commands import open_command
from alpr_wire.desired import open_desired
from alpr_wire.enrolment import decode_grant, open_request
from alpr_wire.errors import WireError
from alpr_wire.keys import Purpose, open_key
from alpr_wire.reads import decode_read
from alpr_wire.receipts import open_answer
from alpr_wire.records import decode_record
from tests.wire.samples import CAMERA, read, signing_key
from tests.wire.test_messages import CITY, MESSAGES

MOST_S, MOST_GROWTH_KB = 0.1, 64 * 1024
PARSERS: dict[str, Callable[[bytes], object]] = {
    "cbor": cbor.decode,
    "record": decode_record,
    "batch": lambda data: decode_batch(data).verify(signing_key().public_key()),
    "picture": decode_picture,
    "receipt": lambda data: open_answer(data, camera=CAMERA, key=CITY.public_key()),
    "command": lambda data: open_command(
        data, camera=CAMERA, key=CITY.public_key(), last_number=0, now_us=1
    ),
    "desired": lambda data: open_desired(data, camera=CAMERA, key=CITY.public_key(), last_number=0),
    "key": lambda data: open_key(data, purpose=Purpose.SEAL, root=CITY.public_key(), now_us=1),
    "read": decode_read,
    "request": open_request,
    "grant": decode_grant,
}


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
        else:  # a head that promises much, or a tag
            data[at:at] = chance.choice(
                [b"\x9b" + b"\xff" * 8, b"\x5b\x7f" + b"\xff" * 7, b"\xc2\x41", b"\x81" * 40]
            )
    return bytes(data)


def fuzz(executions: int, seed: int) -> dict[str, int]:
    """Run so many of each parser; how many inputs each took for good.

    Raises:
        AssertionError: A parser crashed, hung or grew; the seed and number replay it.
    """
    corpus = [make() for make in MESSAGES.values()] + [read().encode()]
    taken = dict.fromkeys(PARSERS, 0)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, parse in PARSERS.items():
        chance = random.Random(f"{seed} {name}")
        for number in range(executions):
            data = mutated(chance, corpus)
            began = time.thread_time()
            try:
                parse(data)
                taken[name] += 1
            except WireError:
                pass
            except Exception as error:
                raise AssertionError(f"{name} {seed} {number}: {data.hex()}") from error
            took = time.thread_time() - began
            assert took < MOST_S, f"{name} {seed} {number} took {took:.3f} s: {data.hex()}"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert grown < MOST_GROWTH_KB, f"grew by {grown} KB"
    return taken


def main() -> int:
    """Run, and say what was done."""
    executions, seed = int(sys.argv[1]), int(sys.argv[2])
    began = time.monotonic()
    fuzz(executions, seed)
    print(f"{executions} inputs for each of {len(PARSERS)} parsers, seed {seed}: no crash, no hang")
    print(f"{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
