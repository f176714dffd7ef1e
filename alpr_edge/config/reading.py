"""Settings file to `EdgeConfig`: every fault found is reported, each with its key and fix."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from alpr_edge.config.sections import EdgeConfig
from alpr_edge.config.setting import Setting
from alpr_edge.errors import ConfigError

MOST_BYTES = 1 << 20


def load(path: Path) -> EdgeConfig:
    """Read and check a settings file.

    Raises:
        ConfigError: The file cannot be read, is not TOML, or has faults; `faults` lists all.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file", fix=f"alpr-edge default-config > {path}, then edit it"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", fix="give this user the right to read the file"
        ) from None
    if len(raw) > MOST_BYTES:
        raise ConfigError(f"{path}: larger than {MOST_BYTES} bytes", fix="give a settings file")
    try:
        tables = tomllib.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: byte {error.start} is not UTF-8", fix="save the file as UTF-8 text"
        ) from None
    except (ValueError, RecursionError) as error:  # also of a number, or a depth, without end
        raise ConfigError(
            f"{path}: not TOML: {error}", fix="mend that line; texts need quotes, lists brackets"
        ) from None
    return build(tables, origin=str(path))


def build(tables: dict[str, Any], *, origin: str = "settings") -> EdgeConfig:
    """Check parsed TOML against the sections and freeze it.

    Raises:
        ConfigError: `faults` holds one line for each fault, "key: what. Fix: how."
    """
    faults: list[str] = []
    sections = get_type_hints(EdgeConfig)
    built: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in sections:
            faults.append(_unknown_section(name, table, sections))
        elif not isinstance(table, dict):
            faults.append(f"{name}: must be a section. Fix: write [{name}] on a line of its own.")
        else:
            built[name] = _section(name, table, sections, faults)
    config = None
    if not faults:
        config = EdgeConfig(**built)
        faults += [f"{key}: {what}. Fix: {fix}." for key, (what, fix) in config.faults().items()]
    if config is None or faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ConfigError(f"{origin}: {count}", faults=tuple(faults))
    return config


def _section(
    name: str, table: dict[str, Any], sections: dict[str, Any], faults: list[str]
) -> object:
    kind = sections[name]
    hints = get_type_hints(kind)
    settings = {part.name: part.metadata["setting"] for part in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in settings:
            faults.append(_unknown_key(name, key, sections))
            continue
        value, problem = _convert(raw, hints[key])
        setting: Setting = settings[key]
        if problem:
            faults.append(
                f"{name}.{key}: must be {problem}, got {_shown(raw)}. Fix: set {key} to {problem}."
            )
        elif value is not None and (fault := setting.fault(value)):
            faults.append(f"{name}.{key}: {fault[0]}. Fix: {fault[1]}.")
        else:
            values[key] = value
    return kind(**values)


def _unknown_key(section: str, key: str, sections: dict[str, Any]) -> str:
    own = [part.name for part in dataclasses.fields(sections[section])]
    elsewhere = [
        name
        for name, kind in sections.items()
        if any(part.name == key for part in dataclasses.fields(kind))
    ]
    close = difflib.get_close_matches(key, own, n=1)
    if close:
        fix = f"rename it to {close[0]}"
    elif len(elsewhere) == 1:
        fix = f"move it to [{elsewhere[0]}]"
    else:
        fix = f"remove it; [{section}] knows {', '.join(own)}"
    return f"{section}.{key}: unknown setting. Fix: {fix}."


def _unknown_section(name: str, table: object, sections: dict[str, Any]) -> str:
    if not isinstance(table, dict):
        owners = [
            section
            for section, kind in sections.items()
            if any(part.name == name for part in dataclasses.fields(kind))
        ]
        if len(owners) == 1:
            return f"{name}: stands outside any section. Fix: move it to [{owners[0]}]."
    close = difflib.get_close_matches(name, sections, n=1)
    fix = f"rename it to [{close[0]}]" if close else f"remove it; known: {', '.join(sections)}"
    return f"{name}: unknown {'section' if isinstance(table, dict) else 'setting'}. Fix: {fix}."


def _convert(raw: object, hint: Any) -> tuple[Any, str | None]:
    """Turn a TOML value into a field's type: the value, or what it must be."""
    origin = get_origin(hint)
    if origin is Literal:
        choices = get_args(hint)
        return (raw, None) if raw in choices else (None, _choices(choices))
    if origin in (Union, types.UnionType):
        return _convert(raw, next(part for part in get_args(hint) if part is not type(None)))
    if origin is tuple:
        return _convert_list(raw, get_args(hint))
    if hint is bool:
        return (raw, None) if isinstance(raw, bool) else (None, "true or false")
    if hint is int:
        right = isinstance(raw, int) and not isinstance(raw, bool)
        return (raw, None) if right else (None, "a whole number")
    if hint is float:
        if isinstance(raw, (int, float)) and not isinstance(raw, bool) and abs(raw) < 1e15:
            return float(raw), None
        return None, "a number"  # not inf or nan either: no setting means that
    if not isinstance(raw, str):
        return None, "a text in quotes"
    if hint is Path:
        usable = bool(raw.strip()) and "\0" not in raw
        return (Path(raw), None) if usable else (None, "a path in quotes")
    return raw, None


def _convert_list(raw: object, parts: tuple[Any, ...]) -> tuple[Any, str | None]:
    if not isinstance(raw, list):
        return None, "a list in brackets"
    if parts[-1] is not Ellipsis and len(raw) != len(parts):
        return None, f"a list of {len(parts)} numbers each"
    values = []
    for number, item in enumerate(raw):
        value, problem = _convert(item, parts[0] if parts[-1] is Ellipsis else parts[number])
        if problem:
            return None, problem if problem.startswith("a list") else f"a list of {problem} each"
        values.append(value)
    return tuple(values), None


def _choices(choices: tuple[Any, ...]) -> str:
    shown = [f'"{choice}"' if isinstance(choice, str) else str(choice) for choice in choices]
    return " or ".join([", ".join(shown[:-1]), shown[-1]])


def _shown(raw: object) -> str:
    text = repr(raw).replace("'", '"')
    return text if len(text) <= 40 else f"{text[:37]}..."
