"""The desk of a real city: register, vault and authority behind it."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_city.ca import Authority
from alpr_city.config import CityConfig
from alpr_city.enrolment.codes import codes_of
from alpr_city.enrolment.desk import Desk
from alpr_city.enrolment.sweep import Sweep
from alpr_city.enrolment.wishes import Wishes
from alpr_city.vault.client import VaultClient
from alpr_wire.enrolment import Grant


def issue_code(
    config: CityConfig, *, camera: str, site: str, by: str, second_person: bool = False
) -> str:
    """A one-time code, for the console and the command; shown once.

    Raises:
        CityError: The name is no camera's, or the authority is not there.
    """
    # The public half alone: who issues codes needs no key of the authority.
    public = x509.load_pem_x509_certificate((config.files.services / "servers-ca.pem").read_bytes())
    return codes_of(config).issue(
        public.public_bytes(Encoding.DER),
        camera=camera,
        site=site,
        by=by,
        second_person=second_person,
    )


def wishes_of(config: CityConfig) -> Wishes:
    """The settings that are wanted on cameras."""
    return Wishes(config.files.path / "enrolment" / "desired")


def want(
    config: CityConfig,
    camera: str,
    settings: str,
    *,
    bundle: bytes = b"",
    farewell: bool = False,
) -> None:
    """Have the vault sign what is wanted of a camera, which fetches it within a quarter hour.

    `bundle` are models (`alpr_wire.bundles`) that go with the settings.

    Raises:
        VaultError: The vault is away, or refuses.
    """
    wishes = wishes_of(config)
    models = wishes.keep(bundle) if bundle else b""
    vault = VaultClient(config.files.socket)
    wishes.want(camera, vault.call("desire", camera, settings, models, farewell))


ALARM = "revocation"
"""Stands while a camera is out and its certificates are not on the list yet."""


def put_out(config: CityConfig, camera: str, state: str) -> int:
    """Put a camera out: its state, and every certificate it was ever given; how many.

    Ingest asks the register every two seconds; the broker process sees the new list within one
    and ends the session.
    """
    from alpr_city.reads.models import Camera

    row = Camera.objects.get(name=camera)
    row.state = state
    row.save(update_fields=["state"])
    serials = {*codes_of(config).serials(camera), *([int(row.serial)] if row.serial else [])}
    Authority(config.files.ca).revoke(*serials)
    return len(serials)


def open_sweep(config: CityConfig, authority: Authority) -> Sweep:
    """What keeps the revocation list as the register says, and the alarms that wait for it."""
    from alpr_city.reads.models import Alarm, Camera

    def out() -> list[tuple[str, str]]:
        rows = Camera.objects.exclude(state=Camera.State.ACTIVE).values_list("name", "serial")
        return [(str(name), str(serial)) for name, serial in rows]

    def listed() -> None:
        standing = Alarm.objects.filter(kind=ALARM, cleared_at=None)
        standing.update(cleared_at=datetime.now(UTC))

    return Sweep(authority, codes_of(config), out, listed)


def open_desk(config: CityConfig) -> Desk:
    """The desk; Django is connected already."""
    from alpr_city.admission import register
    from alpr_city.reads.models import Camera

    authority, vault = Authority(config.files.ca), VaultClient(config.files.socket)

    def state_of(camera: str) -> str | None:
        row = Camera.objects.filter(name=camera).first()
        return None if row is None else str(row.state)

    def admit(request: bytes, site: str, certificate: bytes) -> Grant:
        return register(config, request, vault, certificate=certificate, site=site)

    def decommission(camera: str) -> None:
        put_out(config, camera, "decommissioned")

    return Desk(
        authority,
        codes_of(config),
        state_of=state_of,
        admit=admit,
        put_out=decommission,
        wishes=wishes_of(config),
    )
