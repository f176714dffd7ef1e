"""Reads a policy file. Every fault is named with its place; nothing falls back to a default."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpr_city.errors import ConfigError
from alpr_city.policy.records import Policy

_WORDS = {str: "text", int: "a whole number", bool: "true or false", datetime: "a date and time"}


def load(file: Path) -> Policy:
    """Read and check one file.

    Raises:
        ConfigError: All faults, a line each.
    """
    from alpr_city.policy.check import faults_of

    try:
        data = file.read_bytes()
        table = tomllib.loads(data.decode())
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read ({error.strerror})"]) from error
    except (ValueError, RecursionError) as error:  # also of a number, or a depth, without end
        raise ConfigError([f"{file}: is no TOML ({error})"]) from error
    faults: list[str] = []
    table.pop("sha256", None)
    policy = _record(Policy, table, "", faults)
    if policy is None or faults:
        raise ConfigError([f"{file}: {fault}" for fault in faults])
    policy = dataclasses.replace(policy, sha256=hashlib.sha256(data).hexdigest())
    wrong = faults_of(policy)
    if wrong:
        raise ConfigError([f"{file}: {fault}" for fault in wrong])
    return typing.cast("Policy", policy)


def _record(kind: Any, table: Any, where: str, faults: list[str]) -> Any:
    if not isinstance(table, dict):
        faults.append(f"{where} is no table. Fix: write [{where}]")
        return None
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        place = f"{where}.{key}" if where else key
        if key not in known:
            faults.append(
                f"{place}: unknown. Fix: one of {', '.join(k for k in known if k != 'sha256')}"
            )
        else:
            values[key] = _value(hints[key], value, place, faults)
    for name, part in known.items():
        lacks = part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING
        if lacks and name not in table:
            faults.append(f"{where + '.' if where else ''}{name} is missing")
    return None if faults else kind(**values)


def _value(kind: Any, value: Any, where: str, faults: list[str]) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _record(kind, value, where, faults)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            faults.append(f"{where} must be a list")
            return None
        made = [_value(inner[0], v, f"{where}[{n}]", faults) for n, v in enumerate(value)]
        if origin is frozenset and len(set(map(str, value))) != len(value):
            faults.append(f"{where} names something twice")
        return None if faults else origin(made)
    if origin is Mapping:
        if not isinstance(value, dict):
            faults.append(f"{where} is no table")
            return None
        parts = {k: _value(inner[1], v, f"{where}.{k}", faults) for k, v in value.items()}
        return types.MappingProxyType(parts)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        faults.append(f"{where} must be {_WORDS[kind]}")
        return None
    if kind is int and value < 1:
        faults.append(f"{where} is {value}. Fix: 1 or more")
    if kind is datetime:
        if value.tzinfo is None:
            faults.append(f"{where} names no zone. Fix: write it as 2026-12-01T00:00:00-08:00")
            return None
        return value.astimezone(UTC)
    return value
