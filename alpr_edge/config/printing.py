"""`EdgeConfig` back to a commented settings file, so that a default is written only once."""

from __future__ import annotations

import dataclasses
import textwrap
from pathlib import Path

from alpr_edge.config.sections import EdgeConfig
from alpr_edge.config.setting import Setting

HEAD = """\
# Settings of a licence plate camera, /etc/alpr-edge/edge.toml.
# Every setting is shown with its default. A line may be left out; a misspelt one is refused.
# Check a file with: alpr-edge check-config
"""


def default_text() -> str:
    """The settings file with every default and its meaning."""
    return text(EdgeConfig())


def text(config: EdgeConfig) -> str:
    """Write a configuration as a commented TOML file."""
    lines = [HEAD]
    for part in dataclasses.fields(config):
        section = getattr(config, part.name)
        lines += [f"# {(section.__doc__ or '').splitlines()[0]}", f"[{part.name}]"]
        for entry in dataclasses.fields(section):
            setting: Setting = entry.metadata["setting"]
            lines += textwrap.wrap(
                setting.doc, 96, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
            )
            value = getattr(section, entry.name)
            if value is None:
                lines.append(f'# {entry.name} = ""')
            else:
                lines.append(f"{entry.name} = {_toml(value)}")
        lines.append("")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    assert isinstance(value, (str, Path)), f"no TOML for {type(value).__name__}"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in escaped) + '"'
