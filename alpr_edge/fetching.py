"""What sync's user brings from the city for `alpr-edge settle`, which has no network, and back.

    outbox/wanted-settings   the city's signed wish      (a command brings it too)
    outbox/wanted-models     the bundle that it names
    outbox/farewell          the city's word that this camera is out
    identity/desired.json    what settle made of it, told to the city

Nothing here is trusted because it lies there: settle checks every signature and hash itself.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from alpr_edge.city_keys import load_city_keys
from alpr_edge.enrolling import endpoint_of, waiting
from alpr_edge.enrolment import write_whole
from alpr_edge.errors import AlprError, InputError
from alpr_edge.obeying import SETTINGS
from alpr_wire.desired import Desired, open_desired
from alpr_wire.errors import WireError

MODELS, FAREWELL, TOLD, OUTCOME = "wanted-models", "farewell", "told-outcome", "desired.json"


def wish(identity: Path, statement: bytes) -> Desired:
    """The city's wish, checked against its key and this camera's name.

    Raises:
        InputError: It is forged, malformed, or another camera's.
    """
    try:
        return open_desired(
            statement,
            camera=(identity / "camera-id").read_text().strip(),
            key=load_city_keys(identity).command,
            last_number=-1,
        )
    except WireError as error:
        raise InputError(f"the city's settings: {error}", fix="tell the city") from error


def kept(identity: Path, outbox: Path) -> Desired | None:
    """The wish that lies here; None where none does.

    Raises:
        InputError: It is no good.
    """
    path = outbox / SETTINGS
    return wish(identity, path.read_bytes()) if path.exists() else None


def models(outbox: Path, desired: Desired) -> bytes | None:
    """The bundle that a wish names, once it lies here whole."""
    bundle = _bytes(outbox / MODELS)
    return bundle if hashlib.sha256(bundle).digest() == desired.models else None


def fetch(identity: Path, outbox: Path) -> list[str]:
    """Tell the city what became of its last wish, and bring the next; what was done.

    Raises:
        AlprError: The city was not reached or refused, or the disk did.
    """
    endpoint, said = endpoint_of(identity), []
    outcome = identity / OUTCOME
    if outcome.exists() and _bytes(outbox / TOLD) != outcome.read_bytes():
        told = outcome.read_bytes()
        endpoint.report(told)
        _write(outbox / TOLD, told)
        said.append("told what became of the last settings")
    here = kept(identity, outbox)
    statement = endpoint.desired()
    if statement:
        wanted = wish(identity, statement)
        if here is None or wanted.number > here.number:
            if wanted.models:
                _fetch_models(endpoint.models(wanted.models), wanted.models, outbox)
                said.append("new models")
            _write(outbox / SETTINGS, statement)
            said.append(f"settings {wanted.number}")
            here = wanted
    if here is not None and here.models and models(outbox, here) is None:
        _fetch_models(endpoint.models(here.models), here.models, outbox)
        said.append("new models")
    if here is not None and here.farewell and not (outbox / FAREWELL).exists():
        left = waiting(outbox)
        if left:
            said.append(f"the city wants this camera to end; {left} reads are not receipted yet")
        else:
            _write(outbox / FAREWELL, endpoint.farewell().encode())
            said.append("the city has put this camera out, at its wish")
    return said


def _fetch_models(bundle: bytes, digest: bytes, outbox: Path) -> None:
    if hashlib.sha256(bundle).digest() != digest:
        raise InputError("the models did not arrive whole", fix="wait; they are fetched again")
    _write(outbox / MODELS, bundle)


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o770, exist_ok=True)
        write_whole(path, data, mode=0o640)
    except OSError as error:
        raise AlprError(f"{path}: cannot be written ({error.strerror})") from error
