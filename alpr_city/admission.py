"""Admits a camera: its key into the register, its certificate, what it must know of the city."""

from __future__ import annotations

from datetime import UTC, datetime

from alpr_city.ca import Authority
from alpr_city.config import CityConfig
from alpr_city.errors import AuthorityError, SetupError
from alpr_city.vault.client import VaultClient
from alpr_wire import seal_keys
from alpr_wire.enrolment import EnrolmentRequest, Grant, open_request
from alpr_wire.errors import WireError
from alpr_wire.statements import decode_statement


def admit(config: CityConfig, request: bytes, vault: VaultClient, *, site: str = "") -> Grant:
    """Admit the camera of a request, or give one that is admitted already its grant anew.

    Raises:
        CityError: The request is no good, the name is taken by another key, or the camera is out.
    """
    from alpr_city.reads.models import Camera

    try:
        asked = open_request(request)
    except WireError as error:
        raise AuthorityError(f"this request is no good: {error}") from error
    existing = Camera.objects.filter(name=asked.camera).first()
    if existing is not None:
        _check_same(existing, asked)
    keys = vault.call("public_keys")
    if any(keys[name] is None for name in ("receipt", "command", "seal")):
        raise SetupError(
            "the vault has keys that the root has not certified", fix="run `alpr-city init`"
        )
    files = config.files
    authority = Authority(files.ca)
    issued = authority.issue_device(asked.csr, asked.camera)
    # In the vault first: from now on no seal key dies that this camera may use.
    seal = decode_statement(keys["seal"], "key").body[2]
    vault.call("admit", asked.camera, seal_keys.key_id(seal).hex())
    Camera.objects.update_or_create(
        name=asked.camera,
        defaults={
            "signing_key": asked.signing_key,
            "serial": str(issued.serial),
            "site": site or (existing.site if existing else ""),
        },
        create_defaults={
            "signing_key": asked.signing_key,
            "serial": str(issued.serial),
            "site": site,
            "admitted_at": datetime.now(UTC),
        },
    )
    return Grant(
        camera=asked.camera,
        root=files.root_public.read_bytes(),
        certificate=issued.certificate,
        trust=authority.trust("servers"),
        receipt=keys["receipt"],
        command=keys["command"],
        seal=keys["seal"],
        host=config.broker.host,
        port=config.broker.camera_port,
    )


def _check_same(existing: object, asked: EnrolmentRequest) -> None:
    from alpr_city.reads.models import Camera

    assert isinstance(existing, Camera)
    if bytes(existing.signing_key) != asked.signing_key:
        raise AuthorityError(
            f"{asked.camera}: a camera of this name is admitted with another key",
            fix="give the new camera a new name",
        )
    if existing.state != Camera.State.ACTIVE:
        raise AuthorityError(f"{asked.camera} is {existing.state} and gets no certificate")
