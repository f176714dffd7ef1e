"""What takes bytes from outside: each parser, good inputs to begin from, and its only refusals."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alpr_city.config import load as city_settings
from alpr_city.config import template
from alpr_city.errors import CityError
from alpr_city.hotlists import files as lists
from alpr_city.policy import load as policy_load
from alpr_city.policy.store import EXAMPLE
from alpr_edge.config import reading as edge_settings
from alpr_edge.config.printing import default_text
from alpr_edge.errors import AlprError
from alpr_edge.pictures.load import load_picture
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
from tests.wire.test_messages import CITY, MESSAGES, batch

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
PICTURES = Path(__file__).parents[1] / "pictures"
CLEW = b"HEADER\n0TEST00 CA26 20261125\n1TEST11 NV32 20261124\nTOTAL RECORDS 2\n"
CSV = b'LIC,ST,WHY\n0TEST00,CA,stolen\n"1TEST,1",NV,\xe9\n'


@dataclass(frozen=True)
class Target:
    """One parser."""

    parse: Callable[[bytes], object]
    corpus: Callable[[], list[bytes]]
    refuses: tuple[type[Exception], ...]
    slow: bool = False
    """Takes a thousand times as long as the others, and gets a hundredth of the inputs."""


def _messages() -> list[bytes]:
    """One of each, and each record of the batch by itself."""
    made = [make() for make in MESSAGES.values()] + [read().encode()]
    return made + list(batch(2).encodings)


def _wire(parse: Callable[[bytes], object]) -> Target:
    return Target(parse, _messages, (WireError,))


def _file(parse: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    """A parser that takes a file gets one in memory."""
    folder = tempfile.TemporaryDirectory(prefix="alpr-fuzz-", dir=MEMORY)

    def through(data: bytes, folder: tempfile.TemporaryDirectory[str] = folder) -> object:
        path = Path(folder.name) / name
        path.write_bytes(data)
        return parse(path)

    return through


def _clew(data: bytes) -> object:
    return list(lists.clew(io.BytesIO(data), "stolen"))


def _csv(data: bytes) -> object:
    return list(lists.table(io.BytesIO(data), {"plate": "LIC", "state": "ST"}, "stolen"))


def _small_pictures() -> list[bytes]:
    import cv2
    import numpy as np

    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (48, 96, 3), np.uint8)
    kinds = (".jpg", ".png", ".webp", ".bmp", ".tiff", ".ppm")
    return [cv2.imencode(kind, picture)[1].tobytes() for kind in kinds]


TARGETS: dict[str, Target] = {
    "cbor": _wire(cbor.decode),
    "record": _wire(decode_record),
    "batch": _wire(lambda data: decode_batch(data).verify(signing_key().public_key())),
    "picture": _wire(decode_picture),
    "receipt": _wire(lambda data: open_answer(data, camera=CAMERA, key=CITY.public_key())),
    "command": _wire(
        lambda data: open_command(
            data, camera=CAMERA, key=CITY.public_key(), last_number=0, now_us=1
        )
    ),
    "desired": _wire(
        lambda data: open_desired(data, camera=CAMERA, key=CITY.public_key(), last_number=0)
    ),
    "key": _wire(
        lambda data: open_key(data, purpose=Purpose.SEAL, root=CITY.public_key(), now_us=1)
    ),
    "read": _wire(decode_read),
    "request": _wire(open_request),
    "grant": _wire(decode_grant),
    "clew": Target(_clew, lambda: [CLEW], (CityError,)),
    "csv": Target(_csv, lambda: [CSV], (CityError,)),
    "edge.toml": Target(
        _file(edge_settings.load, "edge.toml"), lambda: [default_text().encode()], (AlprError,)
    ),
    "city.toml": Target(
        _file(city_settings, "city.toml"),
        lambda: [template("Testville", Path("city"), 8883, 8884).encode()],
        (CityError,),
    ),
    "policy.toml": Target(
        _file(policy_load.load, "policy.toml"), lambda: [EXAMPLE.read_bytes()], (CityError,), True
    ),
    "jpeg and others": Target(
        _file(load_picture, "picture.jpg"), _small_pictures, (AlprError,), True
    ),
}
