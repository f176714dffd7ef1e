"""Makes this camera's keys, and takes what a city answers once its root is the expected one."""

from __future__ import annotations

import os
import pwd
import time
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_edge import device_key
from alpr_edge.config import TokenConfig
from alpr_edge.errors import EnrollError
from alpr_wire.enrolment import EnrolmentRequest, Grant, decode_grant
from alpr_wire.errors import WireError
from alpr_wire.keys import Purpose, open_key
from alpr_wire.topics import check_camera

RENEWED = "renewed"
"""A folder of the identity that sync owns: the certificate that it renews, and nothing else."""


def ask(folder: Path, camera: str, request_file: Path, token: TokenConfig) -> None:
    """Make the keys where there are none yet, and write the request.

    Raises:
        EnrollError: The name is no camera's, this is another camera already, or the disk refuses.
    """
    request = make_request(folder, camera, token)
    try:
        request_file.write_bytes(request)
    except OSError as error:
        raise EnrollError(f"{request_file}: cannot be written ({error.strerror})") from error


def make_request(folder: Path, camera: str, token: TokenConfig) -> bytes:
    """Make the keys where there are none yet; the signed request.

    Raises:
        EnrollError: The name is no camera's, this is another camera already, or the disk refuses.
    """
    try:
        check_camera(camera)
    except WireError as error:
        raise EnrollError(f"{camera}: {error}") from error
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name_file = folder / "camera-id"
        if name_file.exists() and name_file.read_text().strip() != camera:
            raise EnrollError(
                f"{folder}: this camera is {name_file.read_text().strip()} already",
                fix="use that name, or an empty folder",
            )
        if not (folder / "signing.pem").exists():
            write_whole(folder / "signing.pem", _pem(Ed25519PrivateKey.generate()))
        if not (folder / "client.key").exists():
            key = folder / "client.key"
            write_whole(key, device_key.make(key, token))
        write_whole(name_file, camera.encode() + b"\n")
        signing = _key(folder / "signing.pem")
        csr = device_key.request(folder / "client.key", camera)
    except OSError as error:
        raise EnrollError(f"{error.filename}: cannot be written ({error.strerror})") from error
    assert isinstance(signing, Ed25519PrivateKey)
    request = EnrolmentRequest(
        camera=camera,
        csr=csr.public_bytes(serialization.Encoding.PEM),
        signing_key=signing.public_key().public_bytes_raw(),
    )
    return request.sign(signing)


def accept(folder: Path, grant_file: Path, expected: str) -> Grant:
    """Check a grant against the city's fingerprint and this camera's keys, and take it.

    Raises:
        EnrollError: It is another city's, another camera's, or malformed; nothing is written.
    """
    try:
        grant = decode_grant(grant_file.read_bytes())
    except OSError as error:
        raise EnrollError(f"{grant_file}: cannot be read ({error.strerror})") from error
    except WireError as error:
        raise EnrollError(f"{grant_file}: {error}") from error
    if _bare(expected) != _bare(grant.fingerprint):
        raise EnrollError(
            f"{grant_file}: is of another city, whose fingerprint is {grant.fingerprint}",
            fix="compare with what `alpr-city camera admit` printed, and fetch the right grant",
        )
    take(folder, grant, str(grant_file))
    return grant


def take(folder: Path, grant: Grant, origin: str) -> None:
    """Check a grant against this camera's keys, and write what it holds.

    Raises:
        EnrollError: It is another camera's, or does not hold together; nothing is written.
    """
    try:
        camera = (folder / "camera-id").read_text().strip()
        tls = device_key.public(folder / "client.key")
    except OSError as error:
        raise EnrollError(
            f"{folder}: this camera has not asked yet", fix="run `alpr-edge enroll --request` first"
        ) from error
    if grant.camera != camera:
        raise EnrollError(f"{origin}: is for {grant.camera}, and this is {camera}")
    seal = _check(grant, tls, origin)
    files = {
        "client.pem": grant.certificate,
        "city-ca.pem": grant.trust,
        "receipt.key": grant.receipt,
        "command.key": grant.command,
        "seal.key": grant.seal,
        "seal.pub": seal,
        "city-root.pub": grant.root,  # last: its presence says that the camera is enrolled
    }
    try:
        for name, data in files.items():
            write_whole(folder / name, data)
    except OSError as error:
        raise EnrollError(f"{error.filename}: cannot be written ({error.strerror})") from error


def hand_over(folder: Path, units: Path = Path("/etc/systemd/system")) -> None:
    """Give each file to the one process that needs it, where the units' users exist.

    Capture alone reads the signing key, sync alone the TLS key; neither can change a pin.
    """
    owners = {"signing.pem": "alpr-capture", "client.key": "alpr-sync"}
    try:
        ids = {file: pwd.getpwnam(user).pw_uid for file, user in owners.items()}
    except KeyError:
        return  # a desk: one user runs everything
    if os.geteuid() != 0:
        return
    folder.chmod(0o755)
    for path in folder.iterdir():
        if path.is_file():
            os.chown(path, ids.get(path.name, 0), 0)
            path.chmod(0o400 if path.name in ids else 0o644)
    renewed = folder / RENEWED
    renewed.mkdir(exist_ok=True)
    renewed.chmod(0o755)
    os.chown(renewed, ids["client.key"], 0)
    device_key.hand_over(folder / "client.key", ids["client.key"], units)


def certificate_file(folder: Path) -> Path:
    """The newest certificate: the one that was renewed last, or the first."""
    renewed = folder / RENEWED / "client.pem"
    return renewed if renewed.exists() else folder / "client.pem"


def _check(grant: Grant, tls: ec.EllipticCurvePublicKey, file: str) -> bytes:
    """The raw seal key, once everything fits together."""
    now_us = time.time_ns() // 1000
    try:
        root = Ed25519PublicKey.from_public_bytes(grant.root)
        for purpose, statement in (
            (Purpose.RECEIPT, grant.receipt),
            (Purpose.COMMAND, grant.command),
        ):
            open_key(statement, purpose=purpose, root=root, now_us=now_us)
        seal = open_key(grant.seal, purpose=Purpose.SEAL, root=root, now_us=now_us).public
        certificate = x509.load_pem_x509_certificate(grant.certificate)
        x509.load_pem_x509_certificate(grant.trust)
    except (WireError, ValueError, InvalidSignature) as error:
        raise EnrollError(
            f"{file}: {error}", fix="check this machine's clock, then ask the city for a new grant"
        ) from error
    if certificate.public_key() != tls:
        raise EnrollError(
            f"{file}: its certificate is for another key", fix="send the newest request again"
        )
    return seal


def _bare(text: str) -> str:
    return "".join(text.split()).lower()


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _key(path: Path) -> object:
    try:
        return serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise EnrollError(f"{path}: not a private key", fix="remove it and ask again") from error


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Whole or not at all, and for this user alone where nothing else is said."""
    half = path.with_name(f".{path.name}.new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
