"""Admits a camera: its key into the register, its certificate, what it must know of the city."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509

from alpr_city.ca import Authority
from alpr_city.config import CityConfig
from alpr_city.enrolment.codes import codes_of
from alpr_city.errors import AuthorityError, SetupError
from alpr_city.vault.client import VaultClient
from alpr_wire import seal_keys
from alpr_wire.enrolment import EnrolmentRequest, Grant, open_request
from alpr_wire.errors import WireError
from alpr_wire.statements import decode_statement

if TYPE_CHECKING:
    from alpr_city.reads.models import Camera


def admit(config: CityConfig, request: bytes, vault: VaultClient, *, site: str = "") -> Grant:
    """Give the camera of a request a certificate and admit it; again, where it is admitted already.

    Raises:
        CityError: The request is no good, the name is taken by another key, or the camera is out.
    """
    try:
        asked = open_request(request)
    except WireError as error:
        raise AuthorityError(f"this request is no good: {error}") from error
    check_free(asked)
    issued = Authority(config.files.ca).issue_device(asked.csr, asked.camera)
    codes_of(config).note_issued(issued.serial, asked.camera, "admitted by file")
    return register(config, request, vault, certificate=issued.certificate, site=site)


def register(
    config: CityConfig, request: bytes, vault: VaultClient, *, certificate: bytes, site: str = ""
) -> Grant:
    """Put the camera of a request into the register; its grant, with the certificate it holds.

    Raises:
        CityError: As `admit`, or the certificate (PEM) is for another key than the request.
    """
    from alpr_city.reads.models import Camera

    try:
        asked = open_request(request)
    except WireError as error:
        raise AuthorityError(f"this request is no good: {error}") from error
    existing = check_free(asked)
    held = x509.load_pem_x509_certificate(certificate)
    if held.public_key() != x509.load_pem_x509_csr(asked.csr).public_key():
        raise AuthorityError(f"{asked.camera}: the request is not for this certificate's key")
    keys = vault.call("public_keys")
    if any(keys[name] is None for name in ("receipt", "command", "seal")):
        raise SetupError(
            "the vault has keys that the root has not certified", fix="run `alpr-city init`"
        )
    files = config.files
    authority = Authority(files.ca)
    # In the vault first: from now on no seal key dies that this camera may use.
    seal = decode_statement(keys["seal"], "key").body[2]
    vault.call("admit", asked.camera, seal_keys.key_id(seal).hex())
    Camera.objects.update_or_create(
        name=asked.camera,
        defaults={
            "signing_key": asked.signing_key,
            "serial": str(held.serial_number),
            "site": site or (existing.site if existing else ""),
        },
        create_defaults={
            "signing_key": asked.signing_key,
            "serial": str(held.serial_number),
            "site": site,
            "admitted_at": datetime.now(UTC),
        },
    )
    return Grant(
        camera=asked.camera,
        root=files.root_public.read_bytes(),
        certificate=certificate,
        trust=authority.trust("servers"),
        receipt=keys["receipt"],
        command=keys["command"],
        seal=keys["seal"],
        host=config.broker.host,
        port=config.broker.camera_port,
    )


def check_free(asked: EnrolmentRequest) -> Camera | None:
    """The camera of this name and key, where it is admitted already.

    Raises:
        AuthorityError: The name is another key's, or the camera is out.
    """
    from alpr_city.reads.models import Camera

    existing: Camera | None = Camera.objects.filter(name=asked.camera).first()
    if existing is None:
        return None
    if bytes(existing.signing_key) != asked.signing_key:
        raise AuthorityError(
            f"{asked.camera}: a camera of this name is admitted with another key",
            fix="give the new camera a new name",
        )
    if existing.state != Camera.State.ACTIVE:
        raise AuthorityError(f"{asked.camera} is {existing.state} and gets no certificate")
    return existing
