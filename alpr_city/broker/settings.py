"""Mosquitto's settings: one door for cameras and one for the city, both mutual TLS 1.3."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass, field
from pathlib import Path

from alpr_city.ca import Authority
from alpr_city.errors import BrokerError
from alpr_wire.topics import FROM_CAMERA, PREFIX, TO_CAMERA

MOST_MESSAGE_BYTES = 1 << 20
MOST_QUEUED = 1000
MOST_QUEUED_BYTES = 64 << 20
"""Waiting for one client that is slow; without a receipt a camera sends again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Where the broker listens, and which services of the city it knows."""

    camera_port: int = 8883
    city_port: int = 8884
    host: str = ""
    """Address to listen at; empty for all."""
    city_host: str = "127.0.0.1"
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    """Names that cameras and services reach the broker by."""
    services: tuple[str, ...] = ("ingest-1",)
    user: str = field(default_factory=lambda: pwd.getpwuid(os.geteuid()).pw_name)
    """Whom mosquitto becomes where it is started by root: one who can read this folder."""

    def __post_init__(self) -> None:
        for port in (self.camera_port, self.city_port):
            if not 1 <= port <= 65535:
                raise BrokerError(f"{port} is no port")
        for name in (*self.services, self.user):
            if not name or not all(c.isalnum() or c in "-_" for c in name):
                raise BrokerError(f"{name!r} is no name for a service or user")


def write_settings(folder: Path, settings: BrokerSettings, authority: Authority) -> Path:
    """Write everything mosquitto needs into a folder; the path of its settings file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "broker.key").exists():
        issued = authority.issue_server("broker", settings.hosts)
        assert issued.key is not None
        _write(folder / "broker.key", issued.key)
        _write(folder / "broker.pem", issued.certificate)
    _write(folder / "devices-ca.pem", authority.trust("devices"))
    _write(folder / "servers-ca.pem", authority.trust("servers"))
    _write(folder / "devices.crl", (authority.folder / "devices.crl").read_bytes())
    _write(folder / "acl", _acl(settings).encode())
    path = folder / "mosquitto.conf"
    _write(path, _conf(folder, settings).encode())
    return path


def _conf(folder: Path, settings: BrokerSettings) -> str:
    tls = "\n".join(
        (
            f"certfile {folder / 'broker.pem'}",
            f"keyfile {folder / 'broker.key'}",
            "tls_version tlsv1.3",
            "require_certificate true",
            "use_identity_as_username true",
            "use_username_as_clientid true",
            "allow_anonymous false",
            f"acl_file {folder / 'acl'}",
        )
    )
    return f"""# Written by alpr-city; changes are overwritten.
# Receipts are end to end, so nothing here needs to outlive the broker.
user {settings.user}
per_listener_settings true
persistence false
set_tcp_nodelay true
message_size_limit {MOST_MESSAGE_BYTES}
max_queued_messages {MOST_QUEUED}
max_queued_bytes {MOST_QUEUED_BYTES}
max_inflight_messages 64
log_dest stderr
log_type error
log_type warning
log_type notice
# Only there does it say that a topic was refused; alpr-city reads the lines and drops nearly all.
log_type debug
connection_messages true

# Cameras.
listener {settings.camera_port} {settings.host}
protocol mqtt
{tls}
cafile {folder / "devices-ca.pem"}
crlfile {folder / "devices.crl"}

# The city's own services.
listener {settings.city_port} {settings.city_host}
protocol mqtt
{tls}
cafile {folder / "servers-ca.pem"}
"""


def _acl(settings: BrokerSettings) -> str:
    lines = [
        "# Written by alpr-city; changes are overwritten.",
        "# A camera, whose user name is its certificate's name, reaches its own topics alone.",
    ]
    lines += [f"pattern write {PREFIX}/{c}/%u" for c in sorted(FROM_CAMERA)]
    lines += [f"pattern read {PREFIX}/{c}/%u" for c in sorted(TO_CAMERA)]
    for name in settings.services:
        lines += ["", f"user {name}"]
        lines += [f"topic read {PREFIX}/{c}/+" for c in sorted(FROM_CAMERA)]
        lines += [f"topic write {PREFIX}/{c}/+" for c in sorted(TO_CAMERA)]
    return "\n".join(lines) + "\n"


def _write(path: Path, data: bytes) -> None:
    half = path.with_suffix(path.suffix + ".new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    half.replace(path)
