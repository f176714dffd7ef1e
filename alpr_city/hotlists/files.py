"""The two shapes of list files: California DOJ CLEW tables, and CSV with a column mapping."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from alpr_city.hotlists.lines import Fault, ListError, lines

MOST_FIELD = 100
COLUMNS = ("plate", "state", "kind", "noted", "reference")
_PLATE = re.compile(r"[A-Z0-9]{1,11}")
_STATE = re.compile(r"[A-Z]{2}|")
_FORMULA = ("=", "+", "-", "@", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, wide forms too."""
_FOOTER = re.compile(r"TOTAL RECORDS?\D*(\d*)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a list."""

    line: int
    plate: str = field(repr=False)
    state: str
    kind: str
    noted: str
    reference: str = field(repr=False)


def clew(file: BinaryIO, kind: str) -> Iterator[Row | Fault]:
    """Rows of a CLEW table: plate 0-8, state 8-10, county 10-12, date 12 on.

    The county goes into the reference. A file without its footer was cut off, and is faulty as a
    whole; so is one whose footer counts other than its lines.
    """
    taken, footer = 0, None
    for item in lines(file):
        if isinstance(item, Fault):
            taken += 1
            yield item
            continue
        number, line = item
        if number == 1 or not line.strip():
            continue
        if footer is not None:
            yield Fault(number, "stands after the footer")
            continue
        found = _FOOTER.fullmatch(line.strip())
        if found:
            footer = found[1]
            continue
        taken += 1
        yield _row(number, line[0:8], line[8:10], kind, line[12:], line[10:12])
    if footer is None:
        yield Fault(0, "the footer TOTAL RECORD is missing: the file was cut off")
    elif footer and int(footer) != taken:
        yield Fault(0, f"the footer counts {int(footer)} records, the file has {taken}")


def table(file: BinaryIO, mapping: Mapping[str, str], kind: str) -> Iterator[Row | Fault]:
    """Rows of a CSV file whose first line names its columns.

    Args:
        file: Bytes.
        mapping: Our column for each of the file's: `{"plate": "LIC", "state": "ST"}`. A row without
            a kind has the one given.
        kind: See above.

    Raises:
        ListError: A column of the mapping is not ours or not the file's.
    """
    unknown = sorted(set(mapping) - set(COLUMNS))
    if unknown:
        raise ListError(f"{unknown[0]}: no such column", fix=f"map {', '.join(COLUMNS)}")
    if "plate" not in mapping:
        raise ListError("no column is mapped to plate", fix="give plate=NAME")
    places: dict[str, int] | None = None
    width = 0
    for item in lines(file):
        if isinstance(item, Fault):
            yield item
            continue
        number, line = item
        if not line.strip():
            continue
        try:
            (cells,) = csv.reader([line], strict=True)
        except (csv.Error, ValueError):
            yield Fault(number, "is no CSV: a quote is open or misplaced")
            continue
        if places is None:
            places, width = _places(cells, mapping), len(cells)
            continue
        if len(cells) != width:
            yield Fault(number, f"has {len(cells)} columns, the header {width}")
            continue
        cell = {ours: cells[at] for ours, at in places.items()}
        yield _row(
            number,
            cell["plate"],
            cell.get("state", ""),
            cell.get("kind", "").strip() or kind,
            cell.get("noted", ""),
            cell.get("reference", ""),
        )
    if places is None:
        yield Fault(0, "the file is empty")


def _places(header: list[str], mapping: Mapping[str, str]) -> dict[str, int]:
    names = [name.strip().casefold() for name in header]
    places = {}
    for ours, theirs in mapping.items():
        if names.count(theirs.strip().casefold()) != 1:
            raise ListError(
                f"the column mapped to {ours} is not in the file exactly once",
                fix="give the names of the file's first line",
            )
        places[ours] = names.index(theirs.strip().casefold())
    return places


def _row(line: int, plate: str, state: str, kind: str, noted: str, reference: str) -> Row | Fault:
    plate = re.sub(r"[ .-]", "", plate).upper()
    if not _PLATE.fullmatch(plate):
        return Fault(line, "the plate is not 1 to 11 letters and digits")
    state = state.strip().upper()
    if not _STATE.fullmatch(state):
        return Fault(line, "the state is not two letters")
    kind, noted, reference = kind.strip(), noted.strip(), reference.strip()
    for name, value in (("kind", kind), ("date", noted), ("reference", reference)):
        if value.lstrip("'\"").lstrip().startswith(_FORMULA):
            return Fault(line, f"the {name} begins like a formula")
        if len(value) > MOST_FIELD:
            return Fault(line, f"the {name} is longer than {MOST_FIELD} characters")
    return Row(line=line, plate=plate, state=state, kind=kind, noted=noted, reference=reference)
