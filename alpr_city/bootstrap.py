"""Makes a city's folder: authorities, root, recovery and key-encryption keys, vault, broker, data.

Safe to run again: what is there is kept, what is missing is made.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.broker import BrokerSettings, write_settings
from alpr_city.ca import Authority
from alpr_city.config import CityConfig
from alpr_city.django_setup import connect
from alpr_city.enrolment.codes import codes_of
from alpr_city.errors import SetupError
from alpr_city.papers import papers_of, renew, secret_file
from alpr_city.vault.backup import Backup, draw_seeds, public_of
from alpr_city.vault.keks import kek_of
from alpr_city.vault.service import Service
from alpr_city.vault.vault import Vault
from alpr_wire.keys import CertifiedKey, Purpose

SEAL_KEY_WEEKS = 8
START_S = 30.0


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
        said.append(f"{files.root}: made, the city's root")
    if not files.recovery_public.exists():
        seeds = draw_seeds()
        secret_file(files.recovery, seeds)
        files.recovery_public.write_bytes(public_of(seeds))
        said.append(f"{files.recovery}: made, opens key backups")
    if config.vault.pkcs11_module:
        kek_of(config, create=True)
    elif not files.kek.exists():
        kek_of(config, create=True)
        said.append(f"{files.kek}: made, wraps every key of the vault")
    if not files.secret.exists():
        secret_file(files.secret, secrets.token_urlsafe(64).encode())
    files.policy.mkdir(mode=0o750, exist_ok=True)
    codes_of(config)
    authority = Authority.create(files.ca, config.city.name)
    said += services(config, authority)
    if runs(config):
        said.append("the vault runs, so no key was certified; stop it for a key ceremony")
    else:
        certify_keys(config)
    connect(config)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    files.pictures.mkdir(mode=0o750, exist_ok=True)
    return said


def keep(config: CityConfig) -> list[tuple[str, str]]:
    """Each secret of the city, and where it belongs."""
    files = config.files
    away = (files.root, files.recovery)
    found = [
        (files.root, "the city's root: on a stick in a safe, and a second one elsewhere"),
        (files.recovery, "opens key backups: in another safe than the root"),
        (files.kek, "wraps every key of the vault: stays here, and is never in a backup"),
        (files.ca, "the authorities of cameras and servers: stay here; a backup goes to a safe"),
        (files.key_backups, "sealed to the recovery key: a copy leaves this machine every night"),
        (files.vault, "the access log and wrapped keys: stay here; the data backup holds them"),
    ]
    return [
        (str(path), where + ("; STILL HERE, move it now" if path in away and path.exists() else ""))
        for path, where in found
    ]


def open_vault(config: CityConfig) -> Vault:
    """The vault of a city's folder; one process at a time.

    Raises:
        VaultError: It is damaged, or its key-encryption key is missing.
    """
    files = config.files
    backup = Backup.to(files.key_backups, files.recovery_public)
    return Vault(files.vault, kek_of(config), backup)


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


def services(config: CityConfig, authority: Authority) -> list[str]:
    """Broker settings, and certificates of all servers and services; which were made."""
    files = config.files
    made = [f"a new certificate for {papers.name}" for papers in renew(config, authority)]
    (files.services / "servers-ca.pem").write_bytes(authority.trust("servers"))
    papers = papers_of(config)
    write_settings(
        files.broker,
        BrokerSettings(
            camera_port=config.broker.camera_port,
            city_port=config.broker.city_port,
            city_host=config.broker.city_host,
            hosts=papers[0].hosts,
            services=tuple(p.name for p in papers if not p.hosts),
        ),
        authority,
    )
    return made


def runs(config: CityConfig) -> bool:
    """Whether a vault of this city runs now."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(config.files.socket))
        except OSError:
            return False
    return True


@contextmanager
def vault_served(config: CityConfig) -> Iterator[None]:
    """The vault behind its socket, for the time of a command; where one runs, that one."""
    if runs(config):
        yield
        return
    vault, stop = open_vault(config), threading.Event()
    everything = {os.getuid(): frozenset({"console", "keys"})}
    service = Service(vault, config.files.socket, everything, config.files.log_heads)
    thread = threading.Thread(target=service.run, args=(stop.is_set,), name="vault")
    thread.start()
    try:
        until_s = time.monotonic() + START_S
        while not runs(config):
            if time.monotonic() > until_s or not thread.is_alive():
                raise SetupError("the vault does not start", fix="see `alpr-city vault`")
            time.sleep(0.02)
        yield
    finally:
        stop.set()
        thread.join(START_S)
        vault.close()
