"""Enrolment, renewal and farewell of one camera, each safe to run again at any point."""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from alpr_edge import device_key
from alpr_edge.config import EdgeConfig, TokenConfig, text
from alpr_edge.enrolment import (
    RENEWED,
    certificate_file,
    hand_over,
    make_request,
    write_whole,
)
from alpr_edge.enrolment import take as take_grant
from alpr_edge.errors import EnrollError
from alpr_edge.est import Endpoint, Place, pinned
from alpr_edge.token_key import NO_TOKEN
from alpr_wire.enrolment import Grant, decode_grant
from alpr_wire.enrolment_code import EnrolmentCode
from alpr_wire.errors import WireError

AT_SHARE = 2 / 3
"""Of a certificate's life, after which it is renewed."""
ENDPOINT = "endpoint"
"""File of the identity: where this camera enrolled, and renews."""


def enrol(
    folder: Path,
    place: Place,
    code_text: str,
    camera: str,
    wait: Callable[[], bool],
    token: TokenConfig = NO_TOKEN,
) -> Grant:
    """From a code to an enrolled camera.

    Raises:
        EnrollError: With one line and its fix. What was done is kept, and running it again goes on.
    """
    try:
        code = EnrolmentCode.parse(code_text)
    except WireError as error:
        raise EnrollError(str(error), fix="type it again, all eleven groups") from error
    authority = pinned(place, code)
    request = make_request(folder, camera, token)
    csr = _csr(folder, camera)
    certificate = Endpoint(place, authority).enrol(csr, camera, code, wait)
    write_whole(folder / "client.pem", certificate)
    shutil.rmtree(folder / RENEWED, ignore_errors=True)
    papers = folder / "client.pem", folder / "client.key"
    answer = Endpoint(place, authority, papers).grant(request)
    try:
        grant = decode_grant(answer)
    except WireError as error:
        raise EnrollError(f"{place}: {error}", fix="the city runs another version: ask") from error
    write_whole(folder / ENDPOINT, f"https://{place}\n".encode())
    take_grant(folder, grant, str(place))
    hand_over(folder)
    return grant


def due(folder: Path) -> bool:
    """Whether the certificate has lived two thirds of its life.

    Raises:
        EnrollError: There is none, or it is spoilt.
    """
    held = _held(folder)
    life = held.not_valid_after_utc - held.not_valid_before_utc
    return datetime.now(UTC) >= held.not_valid_before_utc + life * AT_SHARE


def renew(folder: Path) -> x509.Certificate:
    """Get a new certificate for the same key, from where this camera enrolled.

    Raises:
        EnrollError: The city refused or was not reached; the old certificate stays.
    """
    held = _held(folder)
    camera = (folder / "camera-id").read_text().strip()
    endpoint = endpoint_of(folder)
    pem = endpoint.renew(_csr(folder, camera))
    new = x509.load_pem_x509_certificate(pem)
    if new.public_key() != held.public_key():
        raise EnrollError("the city answered with a certificate for another key", fix="tell it")
    (folder / RENEWED).mkdir(exist_ok=True)
    write_whole(folder / RENEWED / "client.pem", pem, mode=0o644)
    return new


def decommission(folder: Path, outbox: Path, *, lose: bool) -> str:
    """Tell the city, and then destroy the keys; what the city said.

    Raises:
        EnrollError: Reads wait that would be lost, or the city did not take the farewell; nothing
            is destroyed then.
    """
    left = waiting(outbox)
    if left and not lose:
        raise EnrollError(
            f"{left} records are not receipted yet",
            fix="let alpr-edge sync deliver them; --lose gives them up",
        )
    said = endpoint_of(folder).farewell()
    destroy(folder, outbox)
    return said


def destroy(folder: Path, outbox: Path) -> None:
    """Destroy this camera's keys, and then its outbox, which opens for nobody here in any case."""
    for path in sorted(folder.glob("*.pem")) + sorted(folder.glob("*.key")):
        _destroy(path)
    shutil.rmtree(folder)
    shutil.rmtree(outbox, ignore_errors=True)


def point_to(settings: Path, config: EdgeConfig, grant: Grant) -> bool:
    """Write the city's broker into the settings file; whether that changed anything."""
    city = dataclasses.replace(config.city, host=grant.host, port=grant.port)
    if city == config.city and settings.exists():
        return False
    if settings.exists():
        shutil.copy2(settings, settings.with_name(settings.name + ".before"))
    new = text(dataclasses.replace(config, city=city))
    try:
        settings.parent.mkdir(parents=True, exist_ok=True)
        write_whole(settings, new.encode(), mode=0o644)
    except OSError as error:
        raise EnrollError(
            f"{settings}: cannot be written ({error.strerror})",
            fix=f'set [city] host = "{grant.host}" and port = {grant.port}',
        ) from error
    return True


def patience(most_s: float, every_s: float, say: Callable[[str], None]) -> Callable[[], bool]:
    """A wait for a second person, which says so once."""
    until_s = time.monotonic() + most_s
    said: list[bool] = []

    def wait() -> bool:
        if not said:
            say("waiting for a second person at the city to approve; Ctrl-C loses nothing")
            said.append(True)
        if time.monotonic() >= until_s:
            return False
        time.sleep(every_s)
        return True

    return wait


def endpoint_of(folder: Path) -> Endpoint:
    """Where this camera enrolled.

    Raises:
        EnrollError: It has not.
    """
    try:
        place = Place.of((folder / ENDPOINT).read_text().strip())
        authority = (folder / "city-ca.pem").read_bytes()
    except OSError as error:
        raise EnrollError(
            f"{error.filename}: cannot be read ({error.strerror})",
            fix="enrol this camera: sudo alpr-edge enroll https://CITY --camera NAME --code CODE",
        ) from error
    return Endpoint(place, authority, (certificate_file(folder), folder / "client.key"))


def _held(folder: Path) -> x509.Certificate:
    path = certificate_file(folder)
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EnrollError(
            f"{path}: no certificate ({type(error).__name__})", fix="enrol this camera first"
        ) from error


def _csr(folder: Path, camera: str) -> x509.CertificateSigningRequest:
    path = folder / "client.key"
    try:
        return device_key.request(path, camera)
    except OSError as error:
        raise EnrollError(f"{path}: cannot be read", fix="run this with sudo") from error


def waiting(outbox: Path) -> int:
    """Reads of an outbox that the city has not receipted.

    Raises:
        EnrollError: It cannot be read.
    """
    path = outbox / "outbox.db"
    if not path.exists():
        return 0
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (count,) = db.execute(
            "SELECT count(*) FROM records WHERE kind = 1"
            " AND seq > (SELECT coalesce(max(seq), -1) FROM receipts)"
        ).fetchone()
    except sqlite3.Error as error:
        raise EnrollError(f"{path}: cannot be read", fix="--lose gives its reads up") from error
    finally:
        db.close()
    return int(count)


def _destroy(path: Path) -> None:
    """Overwrite, then remove. Flash may keep an old copy: the city has revoked the certificate."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
    path.unlink()
