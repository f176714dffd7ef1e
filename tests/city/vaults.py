"""Makes vaults for tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.vault.arrivals import asked_of
from alpr_city.vault.backup import Backup, draw_seeds, public_of
from alpr_city.vault.kek import FileKek
from alpr_city.vault.vault import Vault
from alpr_wire.keys import CertifiedKey, Purpose, open_key
from alpr_wire.records import Kind, decode_record
from tests.city.fleet import FleetCamera

ACCESS = {
    "action": "search",
    "user": "a.person",
    "organisation": "City of Testville",
    "purpose": "investigation",
    "case": "26-0001",
    "reason": "a test of the door",
    "policy": "1",
    "query": {"plate": "0TEST00"},
}


@dataclass(frozen=True)
class CityVault:
    """A vault and what its city keeps elsewhere."""

    vault: Vault
    folder: Path
    root: Ed25519PrivateKey
    recovery: bytes
    """The private recovery key."""

    @property
    def seal_public(self) -> bytes:
        statement = self.vault.public.certified()["seal"]
        return open_key(
            statement, purpose=Purpose.SEAL, root=self.root.public_key(), now_us=now_us()
        ).public

    def camera(self, name: str = "cam-one", **how: Any) -> FleetCamera:
        return FleetCamera(name, self.seal_public, **how)


def now_us() -> int:
    import time

    return time.time_ns() // 1000


def make_vault(folder: Path) -> CityVault:
    """A vault in a folder; one that is there already is opened again."""
    folder.mkdir(parents=True, exist_ok=True)
    kek_file, recovery_file = folder / "kek", folder / "recovery"
    root = Ed25519PrivateKey.from_private_bytes(bytes([5]) * 32)
    if not kek_file.exists():
        FileKek.create(kek_file)
        seeds = draw_seeds()
        recovery_file.write_bytes(seeds)
        (folder / "recovery.pub").write_bytes(public_of(seeds))
    backup = Backup.to(folder / "backup", folder / "recovery.pub")
    vault = Vault(folder / "vault", FileKek(kek_file), backup)
    vault.public.make_seal_keys(2)
    statements = [
        CertifiedKey(
            purpose=Purpose(purpose), public=public, not_before_us=first, not_after_us=last
        ).certify(root)
        for purpose, public, first, last in vault.public.uncertified()
    ]
    vault.public.certify(root.public_key().public_bytes_raw(), statements)
    return CityVault(vault, folder, root, recovery_file.read_bytes())


def arrive(vault: Vault, camera: FleetCamera, first: int = 0) -> list[Any]:
    """Hand a camera's records to the vault as ingest does; day, answers, patterns."""
    records = [decode_record(e) for e in camera.encodings[first:]]
    epochs = [r.encode() for r in records if r.kind is Kind.EPOCH]
    reads = [asked_of(r) for r in records if r.kind is Kind.READ]
    return vault.arrive([[camera.name, camera.stream, epochs, reads]])
