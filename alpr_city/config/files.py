"""Where everything of one city server lies, under its one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CityFolder:
    """Names of files and folders; nothing is opened here."""

    path: Path

    @property
    def ca(self) -> Path:
        """The certificate authorities."""
        return self.path / "ca"

    @property
    def root(self) -> Path:
        """The offline root's key. It belongs on a stick in a safe, not here."""
        return self.path / "root.key"

    @property
    def root_public(self) -> Path:
        """What every camera pins."""
        return self.path / "root.pub"

    @property
    def recovery(self) -> Path:
        """The private recovery key, which opens key backups. It belongs in a safe as well."""
        return self.path / "recovery.key"

    @property
    def recovery_public(self) -> Path:
        """What key backups are sealed to."""
        return self.path / "recovery.pub"

    @property
    def broker(self) -> Path:
        """Mosquitto's settings and certificates."""
        return self.path / "broker"

    @property
    def kek(self) -> Path:
        """The key-encryption key, in a folder of its own: every purge replaces it."""
        return self.path / "kek" / "current"

    @property
    def vault(self) -> Path:
        """The vault's own files."""
        return self.path / "vault"

    @property
    def key_backups(self) -> Path:
        """Backups of the vault's keys, 35 days at most."""
        return self.path / "key-backups"

    @property
    def socket(self) -> Path:
        """The vault's socket."""
        return self.path / "run" / "vault.sock"

    @property
    def log_heads(self) -> Path:
        """Signed heads of the access log, on their way outside."""
        return self.path / "log-heads"

    @property
    def services(self) -> Path:
        """Certificates of the city's own services at the broker."""
        return self.path / "services"

    @property
    def database(self) -> Path:
        """The default database."""
        return self.path / "city.db"

    @property
    def pictures(self) -> Path:
        """Sealed pictures, one file for each day."""
        return self.path / "pictures"

    @property
    def policy(self) -> Path:
        """Every version of the city's policy, a TOML file each."""
        return self.path / "policy"

    @property
    def secret(self) -> Path:
        """What the console signs sessions and forms with."""
        return self.path / "console.key"
