"""Certificates of the city's own servers and services: made, and renewed long before they end."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from alpr_city.ca import Authority
from alpr_city.config import CityConfig

AHEAD = timedelta(days=30)
"""How long before its end a certificate is replaced; it lives ninety days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """One certificate with its key, who shows it, and under which names it is reached."""

    name: str
    folder: Path
    hosts: tuple[str, ...]
    """Empty for a service that is a client at the broker."""

    @property
    def certificate(self) -> Path:
        """PEM."""
        return self.folder / f"{self.name}.pem"

    @property
    def key(self) -> Path:
        """PEM."""
        return self.folder / f"{self.name}.key"

    def due(self, now: datetime) -> bool:
        """Whether it is missing, ends soon, or is not for the names that it is reached by now."""
        try:
            held = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (OSError, ValueError):
            return True
        return (
            not self.key.exists()
            or held.not_valid_after_utc - AHEAD < now
            or _names(held) != frozenset(self.hosts)
        )

    def issue(self, authority: Authority) -> None:
        """A new key and certificate. Each file is whole at any instant."""
        issued = authority.issue_server(self.name, self.hosts)
        assert issued.key is not None
        halves = [p.with_name(f".{p.name}.new") for p in (self.key, self.certificate)]
        for half in halves:
            half.unlink(missing_ok=True)
        secret_file(halves[0], issued.key)
        halves[1].write_bytes(issued.certificate)
        halves[0].replace(self.key)
        halves[1].replace(self.certificate)


def papers_of(config: CityConfig) -> list[Papers]:
    """Everything that shows a certificate of the servers' authority."""
    files = config.files
    broker = config.broker
    reached = tuple(dict.fromkeys((broker.host, "localhost", "127.0.0.1", broker.city_host)))
    found = [
        Papers(name="broker", folder=files.broker, hosts=reached),
        Papers(name="enrol", folder=files.services, hosts=reached),
        Papers(
            name="console",
            folder=files.services,
            hosts=(config.web.host,),
        ),
    ]
    for number in range(1, config.ingest.workers + 1):
        found.append(Papers(name=f"ingest-{number}", folder=files.services, hosts=()))
    return found


def renew(config: CityConfig, authority: Authority, *, now: datetime | None = None) -> list[Papers]:
    """Issue what is due; which those were."""
    now = datetime.now(UTC) if now is None else now
    config.files.services.mkdir(mode=0o750, exist_ok=True)
    config.files.broker.mkdir(mode=0o700, parents=True, exist_ok=True)
    due = [papers for papers in papers_of(config) if papers.due(now)]
    for papers in due:
        papers.issue(authority)
    return due


def secret_file(path: Path, data: bytes) -> None:
    """Write a file that its owner alone can read; an existing one is never overwritten."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _names(held: x509.Certificate) -> frozenset[str]:
    try:
        found = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(
        [
            *found.get_values_for_type(x509.DNSName),
            *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
        ]
    )
