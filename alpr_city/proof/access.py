"""Holds the access log against itself and against the signed heads that left the vault."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from alpr_city.config import CityConfig
from alpr_city.errors import SetupError
from alpr_city.vault.access_log import verify
from alpr_wire.errors import WireError
from alpr_wire.records import take, take_bytes
from alpr_wire.statements import decode_statement


@dataclass(slots=True)
class Checked:
    """What was found."""

    records: int = 0
    searches: int = 0
    heads: int = 0
    faults: list[str] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """For machines."""
        return {"records": self.records, "heads": self.heads, "faults": self.faults}


def check_log(config: CityConfig) -> Checked:
    """Walk the log.

    Raises:
        SetupError: There is none.
    """
    files = config.files
    path = files.vault / "access.db"
    checked = Checked()
    heads = []
    lines = files.log_heads.read_text().split() if files.log_heads.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            statement = decode_statement(bytes.fromhex(line), "log-head")
            seq = take(statement.body, 1, int, "the number")
            heads.append((seq, take_bytes(statement.body, 2, 32, "the head")))
        except (WireError, ValueError):
            checked.faults.append(f"{files.log_heads}: line {number} is no signed head")
    checked.heads = len(heads)
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        (checked.records,) = db.execute("SELECT count(*) FROM entries").fetchone()
        db.close()
        checked.faults += verify(path, heads)
    except sqlite3.Error as error:
        raise SetupError(f"{path}: no access log ({error})", fix="run `alpr-city init`") from error
    return checked
