"""Reads `city.toml`. Every fault is named with its key and fix; nothing falls back to a default."""

from __future__ import annotations

import dataclasses
import tomllib
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alpr_city.config.files import CityFolder
from alpr_city.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Whose server this is, and where it keeps its files."""

    name: str
    folder: Path
    """A relative one is beside the settings file."""
    zone: str = "America/Los_Angeles"
    """The time zone that people here live in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where reads are stored."""

    url: str = ""
    """Empty for SQLite in the folder, `postgresql://user@host:port/name`, or
    `postgresql://user@/name?host=/run/postgresql` for a Unix socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPart:
    """The MQTT broker."""

    host: str = "localhost"
    """The name that cameras reach it by; its certificate carries it."""
    camera_port: int = 8883
    city_host: str = "127.0.0.1"
    """Where it listens for the city's own services, and where those find it."""
    city_port: int = 8884


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestPart:
    """The workers that take in what cameras send."""

    workers: int = 1
    user: str = ""
    """The system user that ingest runs as; empty for the one that starts the vault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultPart:
    """Where the key-encryption key is: in a file of the vault's, or in a hardware token."""

    pkcs11_module: str = ""
    """The token's library; empty for the file."""
    pkcs11_token: str = ""
    """The token's label."""
    pkcs11_pin_file: Path = Path()
    """One line, which the vault's user alone can read."""
    pkcs11_label: str = "alpr-kek"
    """Of the keys in the token; a token that two cities share needs two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPart:
    """The console."""

    port: int = 8443
    user: str = ""
    host: str = "localhost"
    """The name in a browser's address; the certificate carries it, and no other is answered."""
    address: str = "127.0.0.1"
    """Where it listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPart:
    """Who is told of a hit outside the console; nobody where all is empty."""

    webhook: str = ""
    """An https address that gets a JSON object for each hit, without a plate in it."""
    mail_to: str = ""
    mail_from: str = ""
    mail_host: str = ""
    """A mail server that speaks TLS (STARTTLS) on port 587 or the one given as host:port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityConfig:
    """All settings."""

    city: City
    database: Database = field(default_factory=Database)
    broker: BrokerPart = field(default_factory=BrokerPart)
    ingest: IngestPart = field(default_factory=IngestPart)
    vault: VaultPart = field(default_factory=VaultPart)
    web: WebPart = field(default_factory=WebPart)
    tell: TellPart = field(default_factory=TellPart)

    @property
    def files(self) -> CityFolder:
        """Where everything lies."""
        return CityFolder(self.city.folder)


PARTS = {
    "city": City,
    "database": Database,
    "broker": BrokerPart,
    "ingest": IngestPart,
    "vault": VaultPart,
    "web": WebPart,
    "tell": TellPart,
}
_KINDS = {"str": str, "int": int, "Path": str}


def load(file: Path) -> CityConfig:
    """Read and check a settings file.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; all faults are listed.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            [f"{file}: cannot be read ({error.strerror}). Fix: run `alpr-city init`"]
        ) from error
    except (ValueError, RecursionError) as error:  # also of a number, or a depth, without end
        raise ConfigError([f"{file}: is no TOML ({error})"]) from error
    faults = [
        f"{file}: unknown part [{name}]. Fix: one of {', '.join(PARTS)}"
        for name in table
        if name not in PARTS
    ]
    parts = {}
    for name, kind in PARTS.items():
        made, wrong = _part(name, kind, table.get(name, {}))
        faults += [f"{file}: {w}" for w in wrong]
        parts[name] = made
    if faults:
        raise ConfigError(faults)
    config = CityConfig(**parts)
    folder = file.resolve().parent / config.city.folder
    return dataclasses.replace(config, city=dataclasses.replace(config.city, folder=folder))


def _part(name: str, kind: type, table: Any) -> tuple[Any, list[str]]:
    if not isinstance(table, dict):
        return None, [f"{name} is no table. Fix: write [{name}]"]
    faults, values = [], {}
    known = {f.name: f for f in dataclasses.fields(kind)}
    for key, value in table.items():
        if key not in known:
            faults.append(f"unknown key {name}.{key}. Fix: one of {', '.join(known)}")
            continue
        wanted = _KINDS[str(known[key].type)]
        if not isinstance(value, wanted) or isinstance(value, bool):
            faults.append(f"{name}.{key} must be {'text' if wanted is str else 'a whole number'}")
            continue
        values[key] = Path(str(value)) if str(known[key].type) == "Path" else value
    for key, part in known.items():
        lacks_default = (
            part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING
        )
        if lacks_default and key not in values and not any(f"{name}.{key} " in f for f in faults):
            faults.append(f"{name}.{key} is missing")
    faults += _limits(name, values)
    return (None if faults else kind(**values)), faults


def _limits(name: str, values: dict[str, Any]) -> list[str]:
    faults = [
        f"{name}.{key} is {value}. Fix: a port from 1 to 65535"
        for key, value in values.items()
        if key.endswith("port") and not 1 <= value <= 65535
    ]
    if not 1 <= values.get("workers", 1) <= 64:
        faults.append(f"{name}.workers is {values['workers']}. Fix: 1 to 64")
    if values.get("pkcs11_module"):
        faults += [
            f"{name}.{key} is missing. Fix: a token needs it"
            for key in ("pkcs11_token", "pkcs11_pin_file")
            if not values.get(key)
        ]
    url = values.get("url", "")
    if url and not url.startswith("postgresql://"):
        faults.append(f"{name}.url is no postgresql:// address. Fix: correct it, or leave it empty")
    if "zone" in values and values["zone"] not in zoneinfo.available_timezones():
        faults.append(f"{name}.zone is unknown. Fix: a name such as America/Los_Angeles")
    if "name" in values and not values["name"].strip():
        faults.append(f"{name}.name is empty")
    return faults


def template(name: str, folder: Path, camera_port: int, city_port: int) -> str:
    """A settings file with every key and its meaning."""
    return f"""# The city server. Every key is shown; a wrong or unknown one stops every command.

[city]
name = "{name}"
folder = "{folder}"        # a relative one is beside this file
zone = "America/Los_Angeles"

[database]
url = ""                   # empty: SQLite in the folder; or postgresql://user@host:5432/name

[broker]
host = "localhost"         # the name that cameras reach it by; its certificate carries it
camera_port = {camera_port}
city_host = "127.0.0.1"    # where the city's own services find it, and nobody else
city_port = {city_port}

[ingest]
workers = 1
user = ""                  # the system user of ingest; empty: the one that starts the vault

[vault]                    # a hardware token for the key-encryption key; empty: a file
pkcs11_module = ""         # the token's library, such as /usr/lib/softhsm/libsofthsm2.so
pkcs11_token = ""          # the token's label
pkcs11_pin_file = ""       # one line, its PIN, which the vault's user alone can read
pkcs11_label = "alpr-kek"  # of the keys in it; a token that two cities share needs two

[web]
port = 8443
user = ""                  # the system user of the console; empty likewise
host = "localhost"         # the name in a browser's address; its certificate carries it
address = "127.0.0.1"      # where it listens

[tell]                     # of hits, without a plate, by `alpr-city tell`; empty: nobody
webhook = ""               # https://...
mail_to = ""
mail_from = ""
mail_host = ""             # speaks STARTTLS; host or host:port
"""
