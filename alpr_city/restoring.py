"""Brings the vault's keys back from a backup. Nothing that was purged comes back with them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from alpr_city.bootstrap import certify_keys, open_vault
from alpr_city.config import CityConfig
from alpr_city.errors import SetupError, VaultError
from alpr_city.vault.backup import Backup, Memory, open_backup
from alpr_city.vault.keks import kek_of
from alpr_city.vault.keyring import Keyring, Use
from alpr_city.vault.streams import Streams

DAYS = (Use.DAY, Use.INDEX)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and what did not."""

    keys: int
    left_out: int
    """Keys of purged days that the backup still held."""
    streams: int
    """Streams whose last receipt came back with the keys."""
    cameras: int
    certified: bool
    """False where the root's key is needed for that and is not here."""


def restore_keys(config: CityConfig, backup: Path, recovery: Path) -> Restored:
    """Take every key of a backup that is neither here nor destroyed on record.

    The database must be there already: its purges say which days stay dead, and its cameras
    which seal keys may still be used.

    Raises:
        VaultError: The vault is running, or the backup has expired or does not open.
        SetupError: The recovery key cannot be read.
    """
    files = config.files
    if files.socket.exists():
        raise VaultError(f"{files.socket}: the vault is running", fix="stop it first")
    try:
        seeds = recovery.read_bytes()
    except OSError as error:
        raise SetupError(f"{recovery}: cannot be read ({error.strerror})") from error
    purged = _purged_days()
    files.vault.mkdir(mode=0o700, parents=True, exist_ok=True)
    kek = kek_of(config, create=True)
    target = Backup.to(files.key_backups, files.recovery_public)
    ring = Keyring(files.vault / "keys.db", kek, target)
    try:
        dead = ring.destroyed() | {(str(use), day) for use in DAYS for day in purged}
        opened = open_backup(backup, seeds, set(), time.time())
        rows = [row for row in opened.keys if (row[0], row[1]) not in dead]
        taken = ring.restore(rows)
    finally:
        ring.close()
    streams = _remember(config, opened.streams)
    cameras = _admit_again(config)
    try:
        certify_keys(config)
    except SetupError:
        return Restored(taken, len(opened.keys) - len(rows), streams, cameras, certified=False)
    return Restored(taken, len(opened.keys) - len(rows), streams, cameras, certified=True)


def _purged_days() -> set[str]:
    from alpr_city.retention.models import Purge

    began = Purge.objects.exclude(stage=Purge.Stage.COUNTED)
    return {str(day) for day in began.values_list("day", flat=True)}


def _remember(config: CityConfig, streams: Memory) -> int:
    memory = Streams(config.files.vault / "streams.db")
    try:
        return memory.take(streams)
    finally:
        memory.close()


def _admit_again(config: CityConfig) -> int:
    """Until a camera sends again, the vault must take it to use the oldest seal key there is."""
    from alpr_city.reads.models import Camera

    vault = open_vault(config)
    try:
        seal = vault.keyring.labels(Use.SEAL)
        names = list(
            Camera.objects.filter(state=Camera.State.ACTIVE).values_list("name", flat=True)
        )
        for name in names if seal else ():
            vault.streams.admit(name, seal[0][0])
        vault.log.note("keys-restored", {1: len(names)})
        return len(names)
    finally:
        vault.close()
