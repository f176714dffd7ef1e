"""What plates of a region usually look like: a soft, dated hint between close readings.

A hint never adds a reading and never rewrites one: it only reorders readings the network itself
thought likely. Source of the patterns: models/plate_syntax.toml.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alpr_edge.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One series: '1' stands for a digit, 'A' for a letter."""

    shape: str
    since: date

    def fits(self, text: str) -> bool:
        """Whether a text has this shape."""
        return len(text) == len(self.shape) and all(
            c.isdigit() if s == "1" else c.isalpha() for s, c in zip(self.shape, text, strict=True)
        )


class Syntax:
    """The patterns by region, and how much one counts."""

    def __init__(self, path: Path, *, on: date) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ModelError(
                f"{path}: cannot be read ({error.strerror})", fix="reinstall the package"
            ) from error
        try:
            table = tomllib.loads(text)
            self.weight = float(table["weight"])
            self._patterns = {
                region: [
                    Pattern(shape=str(p["shape"]), since=p["since"])
                    for p in rows
                    if p["since"] <= on
                ]
                for region, rows in table["region"].items()
            }
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{path}: is not a table of plate patterns ({error})", fix="reinstall the package"
            ) from error

    def factor(self, text: str, region: str | None) -> float:
        """How much likelier a text is for its shape: 1, or `weight` when a series fits."""
        patterns = self._patterns.get(region or "", ())
        return self.weight if any(p.fits(text) for p in patterns) else 1.0
