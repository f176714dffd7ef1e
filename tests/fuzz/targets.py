"""What takes bytes from outside: each parser, good inputs to begin from, and its only refusals."""

from __future__ import annotations

import io
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from alpr_city.config import load as city_settings
from alpr_city.config import template
from alpr_city.errors import CityError
from alpr_city.hotlists import files as lists
from alpr_city.ingest.fields import check
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
from alpr_wire.enrolment import EnrolmentRequest, Grant, decode_grant, open_request
from alpr_wire.errors import WireError
from alpr_wire.keys import Purpose, open_key
from alpr_wire.reads import decode_read
from alpr_wire.receipts import open_answer
from alpr_wire.records import VERSION, GapCause, Kind, Record, decode_record
from alpr_wire.sealing import pictures_of
from alpr_wire.statements import sign
from tests.city.hotlists import fuzz as hotlists
from tests.fuzz.inputs import Makes, mutated, reshaped, values_of
from tests.wire.samples import CAMERA, STREAM, read, signing_key
from tests.wire.test_messages import CITY, MESSAGES, NOW, batch

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
    makes: Makes | None = None
    """What puts other inputs together than those that come of changing the corpus."""
    share: float = 0.125
    """Of inputs that are made so."""

    @cached_property
    def good(self) -> list[bytes]:
        """The corpus."""
        return self.corpus()

    def input(self, chance: random.Random) -> bytes:
        """One hostile input."""
        if self.makes is not None and chance.random() < self.share:
            return self.makes(chance)
        return mutated(chance, self.good)


def _messages() -> list[bytes]:
    """One of each, and each record of the batch by itself."""
    made = [make() for make in MESSAGES.values()] + [read().encode(), *_papers()]
    return made + list(batch(2).encodings)


def _papers() -> list[bytes]:
    """A camera's request to be admitted, and the city's grant."""
    public = signing_key().public_key().public_bytes_raw()
    pem = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    key = MESSAGES["key"]()
    return [
        EnrolmentRequest(camera=CAMERA, csr=pem, signing_key=public).sign(signing_key()),
        Grant(
            camera=CAMERA,
            root=public,
            certificate=pem,
            trust=pem,
            receipt=key,
            command=key,
            seal=key,
            host="city",
            port=8883,
        ).encode(),
    ]


def _records() -> list[bytes]:
    """One of each kind that the city looks into: boot, epoch, read, gap."""
    pictures = [[1, bytes(32), 3000], [2, bytes(range(32)), 90_000]]
    bodies: list[tuple[Kind, dict[int, Any]]] = [
        (Kind.BOOT, {1: "damaged", 2: [bytes(16), 7, bytes(32)], 3: 1, 4: 0, 5: 3, 6: b""}),
        (Kind.EPOCH, {1: bytes(1120), 2: bytes(64), 3: bytes(16)}),
        (Kind.READ, {1: 1, 2: 0, 3: bytes(300), 4: bytes(32), 5: pictures}),
        (Kind.GAP, {1: int(GapCause.SHED_READS), 2: 0, 3: 1, 4: 2, 5: bytes(32)}),
    ]
    return [
        Record(kind=kind, stream=STREAM, seq=seq, body=body).encode()
        for seq, (kind, body) in enumerate(bodies)
    ]


def _wire(parse: Callable[[bytes], object], *good: Callable[[], bytes]) -> Target:
    """A parser of CBOR; its own messages are changed in form as well, and all of them as bytes."""
    corpus = _messages if not good else lambda: [make() for make in good]
    return Target(
        parse, _messages, (WireError,), makes=reshaped(values_of(corpus), cbor.encode), share=0.25
    )


def _of_record(parse: Callable[[Record], object]) -> Target:
    """What looks into a record, after the record's own parser."""
    return Target(
        lambda data: parse(decode_record(data)),
        _records,
        (WireError,),
        makes=reshaped(values_of(_records), cbor.encode),
        share=0.5,
    )


def _signed(parse: Callable[[bytes], object], *kinds: str) -> Target:
    """A parser of what the city signs, and what a city that was broken into signs."""
    statements = values_of(lambda: [MESSAGES[kind]() for kind in kinds])
    by_kind = {kind: [v[3] for v in statements() if v[1] == kind] for kind in kinds}
    made = {
        kind: reshaped(lambda bodies=bodies: bodies, lambda body, kind=kind: sign(CITY, kind, body))
        for kind, bodies in by_kind.items()
    }
    return Target(
        parse, _messages, (WireError,), makes=lambda chance: made[chance.choice(kinds)](chance)
    )


def _asked(body: Any) -> bytes:
    """A request for admission that its camera did sign."""
    signature = signing_key().sign(cbor.encode(["alpr/1/enrolment", body]))
    return cbor.encode([VERSION, "enrolment", body, signature])


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


def _sections(text: str) -> list[bytes]:
    """The whole, without its comments, and each section by itself: hostile values, not remarks."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    bare = "\n".join(lines)
    return [bare.encode(), *(f"[{part}".encode() for part in bare.split("\n[")[1:])]


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
    "record": _of_record(check),
    "pictures of a read": _of_record(pictures_of),
    "batch": _wire(
        lambda data: decode_batch(data).verify(signing_key().public_key()), MESSAGES["batch"]
    ),
    "picture": _wire(decode_picture, MESSAGES["picture"]),
    "receipt": _signed(
        lambda data: open_answer(data, camera=CAMERA, key=CITY.public_key()), "receipt", "request"
    ),
    "command": _signed(
        lambda data: open_command(
            data, camera=CAMERA, key=CITY.public_key(), last_number=0, now_us=NOW + 1
        ),
        "command",
    ),
    "desired": _signed(
        lambda data: open_desired(data, camera=CAMERA, key=CITY.public_key(), last_number=0),
        "desired",
    ),
    "key": _signed(
        lambda data: open_key(data, purpose=Purpose.SEAL, root=CITY.public_key(), now_us=1), "key"
    ),
    "read": _wire(decode_read, lambda: read().encode()),
    "request": Target(
        open_request,
        _messages,
        (WireError,),
        makes=reshaped(lambda: [cbor.decode(_papers()[0])[2]], _asked),
    ),
    "grant": _wire(decode_grant, lambda: _papers()[1]),
    "clew": Target(_clew, lambda: [CLEW], (CityError,)),
    "csv": Target(_csv, lambda: [CSV], (CityError,)),
    "hot list": Target(
        lambda data: hotlists.judge(data[1:], data[:1] == b"c"),
        lambda: [b"c"],
        (),
        makes=hotlists.pieced,
        share=1,
    ),
    "edge.toml": Target(
        _file(edge_settings.load, "edge.toml"), lambda: _sections(default_text()), (AlprError,)
    ),
    "city.toml": Target(
        _file(city_settings, "city.toml"),
        lambda: _sections(template("Testville", Path("city"), 8883, 8884)),
        (CityError,),
    ),
    "policy.toml": Target(
        _file(policy_load.load, "policy.toml"),
        lambda: _sections(EXAMPLE.read_text()),
        (CityError,),
    ),
    "jpeg and others": Target(
        _file(load_picture, "picture.jpg"), _small_pictures, (AlprError,), True
    ),
}
