"""Makes a city's folder: authorities, root, recovery and key-encryption keys, vault, broker, data.

Safe to run again: what is there is kept, what is missing is made.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.broker import BrokerSettings, write_settings
from alpr_city.ca import Authority
from alpr_city.config import CityConfig
from alpr_city.django_setup import connect
from alpr_city.enrolment.codes import codes_of
from alpr_city.errors import SetupError
from alpr_city.vault.backup import Backup, draw_seeds, public_of
from alpr_city.vault.kek import FileKek
from alpr_city.vault.vault import Vault
from alpr_wire.keys import CertifiedKey, Purpose

SEAL_KEY_WEEKS = 8


def bootstrap(config: CityConfig) -> list[str]:
    """Make what is missing; what a person should know of it, a line each.

    Raises:
        CityError: A part cannot be made or is damaged.
    """
    files = config.files
    said = []
    files.path.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not files.root_public.exists():
        root = Ed25519PrivateKey.generate()
        secret_file(files.root, root.private_bytes_raw())
        files.root_public.write_bytes(root.public_key().public_bytes_raw())
        said.append(f"{files.root}: the city's root. Move it to a stick in a safe after this.")
    if not files.recovery_public.exists():
        seeds = draw_seeds()
        secret_file(files.recovery, seeds)
        files.recovery_public.write_bytes(public_of(seeds))
        said.append(f"{files.recovery}: opens key backups. Move it to another safe.")
    if not files.kek.exists():
        FileKek.create(files.kek)
        said.append(f"{files.kek}: wraps every key of the vault. It stays, and is never backed up.")
    if not files.secret.exists():
        secret_file(files.secret, secrets.token_urlsafe(64).encode())
    files.policy.mkdir(mode=0o750, exist_ok=True)
    codes_of(config)
    authority = Authority.create(files.ca, config.city.name)
    services(config, authority)
    certify_keys(config)
    connect(config)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    files.pictures.mkdir(mode=0o750, exist_ok=True)
    return said


def open_vault(config: CityConfig) -> Vault:
    """The vault of a city's folder; one process at a time.

    Raises:
        VaultError: It is damaged, or its key-encryption key is missing.
    """
    files = config.files
    backup = Backup.to(files.key_backups, files.recovery_public)
    return Vault(files.vault, FileKek(files.kek), backup)


def certify_keys(config: CityConfig) -> int:
    """Have the root certify what the vault will need next; how many keys.

    Raises:
        SetupError: There is something to certify and the root's key is not here.
    """
    files = config.files
    vault = open_vault(config)
    try:
        vault.public.make_seal_keys(SEAL_KEY_WEEKS)
        wanted = vault.public.uncertified()
        if not wanted:
            return 0
        if not files.root.exists():
            raise SetupError(
                f"{files.root}: {len(wanted)} keys are waiting for the root",
                fix="bring the root's key back from the safe and run `alpr-city init` again",
            )
        root = Ed25519PrivateKey.from_private_bytes(files.root.read_bytes())
        statements = [
            CertifiedKey(
                purpose=Purpose(purpose), public=public, not_before_us=first, not_after_us=last
            ).certify(root)
            for purpose, public, first, last in wanted
        ]
        return vault.public.certify(root.public_key().public_bytes_raw(), statements)
    finally:
        vault.close()


def services(config: CityConfig, authority: Authority) -> None:
    """Broker settings, and a certificate for each ingest worker."""
    files = config.files
    names = tuple(f"ingest-{n + 1}" for n in range(config.ingest.workers))
    files.services.mkdir(mode=0o750, exist_ok=True)
    (files.services / "servers-ca.pem").write_bytes(authority.trust("servers"))
    for name in names:
        if not (files.services / f"{name}.pem").exists():
            issued = authority.issue_server(name)
            assert issued.key is not None
            secret_file(files.services / f"{name}.key", issued.key)
            (files.services / f"{name}.pem").write_bytes(issued.certificate)
    if not (files.services / "console.pem").exists():
        issued = authority.issue_server("console", (config.web.host,))
        assert issued.key is not None
        secret_file(files.services / "console.key", issued.key)
        (files.services / "console.pem").write_bytes(issued.certificate)
    hosts = tuple(dict.fromkeys((config.broker.host, "localhost", "127.0.0.1")))
    write_settings(
        files.broker,
        BrokerSettings(
            camera_port=config.broker.camera_port,
            city_port=config.broker.city_port,
            hosts=hosts,
            services=names,
        ),
        authority,
    )


def server_papers(config: CityConfig, authority: Authority, name: str) -> tuple[Path, Path]:
    """Certificate and key of an HTTPS server of the city, made where they end within a month."""
    folder = config.files.services
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    if all(p.exists() for p in paths):
        ends = x509.load_pem_x509_certificate(paths[0].read_bytes()).not_valid_after_utc
        if ends > datetime.now(UTC) + timedelta(days=30):
            return paths
    hosts = tuple(dict.fromkeys((config.broker.host, "localhost", "127.0.0.1")))
    issued = authority.issue_server(name, hosts)
    assert issued.key is not None
    paths[1].unlink(missing_ok=True)
    secret_file(paths[1], issued.key)
    paths[0].write_bytes(issued.certificate)
    return paths


def secret_file(path: Path, data: bytes) -> None:
    """Write a file that its owner alone can read; an existing one is never overwritten."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
