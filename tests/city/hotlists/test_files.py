"""List files: what is wrong with them is said by line, and never with a plate in it."""

from __future__ import annotations

import io
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_city.hotlists.importing import Description, Reading, Rules, put, read
from alpr_city.hotlists.lines import CHUNK_BYTES, MOST_LINE_BYTES, ListError, lines
from alpr_city.vault.lists import decode_row

NOW = datetime.now(UTC)
RULES: dict[str, Any] = {
    "policy": "1", "list_class": "stolen-vehicle", "federal": False, "dropped_kinds": (),
    "least_confidence": 0.9, "least_character": 0.8, "region_sure": 0.9,
    "stale_s": 86400, "live_s": 600, "hit_s": 3600,
}  # fmt: skip


def about(**changes: Any) -> Description:
    fields: dict[str, Any] = {
        "name": "svs", "owner": "Sheriff", "legal_basis": "policy I",
        "made_at": NOW - timedelta(hours=1), "expires_at": NOW + timedelta(days=1),
    }  # fmt: skip
    return Description(**{**fields, **changes})


class Vault:
    """Writes down what it is asked, or refuses one operation."""

    def __init__(self, refuses: str = "", rows: int = 0) -> None:
        self.refuses, self.rows, self.asked = refuses, rows, list[str]()

    def call(self, operation: str, *arguments: Any) -> Any:
        self.asked.append(operation)
        if operation == self.refuses:
            raise ListError("refused")
        return [{"list": "svs", "rows": self.rows}] if operation == "lists" else "v1"


def clew(*rows: str, footer: str = "TOTAL RECORD") -> io.BytesIO:
    return io.BytesIO("\r\n".join(("HEADER", *rows, footer, "")).encode())


def plates(reading: Reading) -> list[str]:
    return [decode_row(r)["plate"] for r in reading.rows]


@pytest.mark.parametrize(
    ("rules", "changes", "why"),
    [
        ({"federal": True}, {}, "federal"),
        ({}, {"owner": " "}, "owner"),
        ({}, {"legal_basis": ""}, "legal basis"),
        ({}, {"expires_at": NOW - timedelta(seconds=1)}, "expired"),
        ({}, {"made_at": NOW + timedelta(days=1)}, "future"),
    ],
)
def test_a_list_that_may_not_be_is_refused_before_the_vault_is_asked(
    rules: dict[str, Any], changes: dict[str, Any], why: str
) -> None:
    vault = Vault()
    with pytest.raises(ListError, match=why):
        put(vault, {}, read(clew("0TEST00 CA19261101"), kind="x"), about(**changes),
            Rules(**{**RULES, **rules}))  # fmt: skip
    assert vault.asked == []


def test_a_file_that_was_cut_off_or_miscounted_or_shrank_replaces_nothing() -> None:
    for file, why in (
        (clew("0TEST00 CA19261101", footer=""), "cut off"),
        (clew("0TEST00 CA19261101", footer="TOTAL RECORD 2"), "counts 2"),
        (clew(), "no row"),
    ):
        with pytest.raises(ListError, match=why):
            put(Vault(), {}, read(file, kind="x"), about(), Rules(**RULES))
    with pytest.raises(ListError, match="too few"):
        put(Vault(rows=100), {}, read(clew("0TEST00 CA19261101"), kind="x"), about(),
            Rules(**RULES), least_share=0.5)  # fmt: skip


def test_an_import_that_fails_half_way_is_abandoned() -> None:
    vault = Vault(refuses="list_commit")
    with pytest.raises(ListError):
        put(vault, {}, read(clew("0TEST00 CA19261101"), kind="x"), about(), Rules(**RULES))
    assert vault.asked[-1] == "list_abandon"


def test_a_clew_table_is_read_by_its_columns() -> None:
    rows = "0TEST00 CA19261101", "9XYZ999 NV  261102"
    reading = read(clew(*rows, footer="TOTAL RECORDS: 2"), kind="k")
    assert reading.whole
    assert not reading.faults
    assert [decode_row(r) for r in reading.rows] == [
        {"plate": "0TEST00", "state": "CA", "kind": "k", "noted": "261101", "reference": "19"},
        {"plate": "9XYZ999", "state": "NV", "kind": "k", "noted": "261102", "reference": ""},
    ]


def test_csv_is_read_by_its_mapping_and_immigration_rows_are_dropped_and_counted() -> None:
    file = io.BytesIO(
        b"\xef\xbb\xbfLIC,ST,Why\n"
        b"0test-00,ca,missing person\n"
        b"1TEST11,CA,Immigration violator\n"
        b'"2 TEST 22",,"a, b"\n'
        b"0TEST00,CA,missing person\n"
    )
    reading = read(
        file,
        kind="k",
        mapping={"plate": "lic", "state": "ST", "kind": "why"},
        dropped_kinds=["immigration"],
    )
    assert plates(reading) == ["0TEST00", "2TEST22"]
    assert (reading.dropped, reading.duplicates, reading.faulty) == (1, 1, 0)


@pytest.mark.parametrize("mapping", [{"state": "ST"}, {"plate": "NONE"}, {"plate": "A", "x": "B"}])
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(ListError):
        read(io.BytesIO(b"A,B\n1,2\n"), kind="k", mapping=mapping)


def test_bad_lines_are_named_by_number_and_quoted_nowhere() -> None:
    bad = [
        b"A,B,C",
        b"4CANARY,CA,=cmd|' /C calc'!A0",
        b"4CANARY,CA,+1",
        b"4CANARY,CA",
        b"4CAN\0ARY,CA,x",
        b'"4CANARY,CA,x',
        b"4CANARY,CAL,x",
        "4CANÁRY,CA,x".encode(),
        b"4CAN\xc1RY,CA,x",
        b"4CANARY,CA," + b"x" * 101,
        b"4CANARY,CA,\x1f",
        b"4CANARY,CA,x\x7f",
        b"4CANARY," + b"y" * MOST_LINE_BYTES,
        b"5TEST55,CA,caf\xe9",
    ]
    reading = read(
        io.BytesIO(b"\n".join(bad)), kind="k", mapping={"plate": "A", "state": "B", "kind": "C"}
    )
    assert [f.line for f in reading.faults] == list(range(2, 14))
    assert "CAN" not in repr(reading.faults)
    assert [decode_row(r)["kind"] for r in reading.rows] == ["café"]


@pytest.mark.parametrize(
    "reference",
    ["=1+1", " =1+1", "\t@SUM(A1)", "+1", "-2", "|cmd", "'=1", "\uff1d1+1", '"" =1'],
)
def test_what_a_spreadsheet_would_run_is_not_taken(reference: str) -> None:
    line = f'0TEST00,"{reference}"'.encode()
    reading = read(io.BytesIO(b"A,B\n" + line), kind="k", mapping={"plate": "A", "reference": "B"})
    assert reading.rows == []
    assert [f.why for f in reading.faults] == ["the reference begins like a formula"]


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x85", "\ufeff", "\ue000"])
def test_a_character_that_nobody_sees_is_not_taken(hidden: str) -> None:
    reading = read(io.BytesIO(f"A,B\n0TEST00,x{hidden}y".encode()), kind="k",
                   mapping={"plate": "A", "kind": "B"})  # fmt: skip
    assert reading.rows == []
    assert [f.why for f in reading.faults] == ["holds an invisible character"]


def test_a_file_pasted_together_from_three_encodings_is_read_line_by_line() -> None:
    data = b"".join(
        (b"\xef\xbb\xbfA,B\n", "1TEST11,café\n".encode(), "2TEST22,café\n".encode("cp1252"),
         b"3TEST33,caf\x81\n", "4TEST44,x\n".encode("utf-16-le"))
    )  # fmt: skip
    reading = read(io.BytesIO(data), kind="k", mapping={"plate": "A", "kind": "B"})
    kinds = {e["plate"]: e["kind"] for e in map(decode_row, reading.rows)}
    assert kinds == {"1TEST11": "café", "2TEST22": "café", "3TEST33": "caf\ufffd"}
    assert {f.why for f in reading.faults} == {"holds a NUL byte"}


def test_a_file_of_more_rows_than_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from alpr_city.hotlists import importing

    monkeypatch.setattr(importing, "MOST_ROWS", 3)
    assert len(read(clew(*(f"{n}TEST00 CA" for n in range(3))), kind="k").rows) == 3
    with pytest.raises(ListError, match="more than 3 rows"):
        read(clew(*(f"{n}TEST00 CA" for n in range(4))), kind="k")


def test_utf16_is_refused_by_name() -> None:
    with pytest.raises(ListError, match="UTF-16"):
        read(io.BytesIO("A,B".encode("utf-16")), kind="k", mapping={"plate": "A"})


class Endless:
    """A line of gigabytes that no memory holds."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return b"x" * size


def peak_of(size: int) -> int:
    """Bytes held at most while a line of this size is read."""
    import tracemalloc

    tracemalloc.start()
    found = list(lines(Endless(size)))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 1
    return peak


def test_a_line_without_end_is_one_fault_and_little_memory() -> None:
    assert peak_of(200 << 20) < 20 * CHUNK_BYTES


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_line_of_ten_gigabytes_is_one_fault_and_little_memory() -> None:
    assert peak_of(10 << 30) < 20 * CHUNK_BYTES


def test_hostile_files_give_rows_that_hold_or_are_refused() -> None:
    from tests.city.hotlists.fuzz import judge, pieced

    chance = random.Random(1)
    files = [pieced(chance) for _ in range(4000)]
    came = Counter(judge(file[1:], file[:1] == b"c") for file in files)
    assert min(came["rows"], came["refused"], came["none"]) > 100


@given(st.binary(max_size=600), st.booleans())
def test_no_bytes_break_the_reader(data: bytes, csv: bool) -> None:
    try:
        reading = read(
            io.BytesIO(data), kind="k", mapping={"plate": "A", "kind": "B"} if csv else None
        )
    except ListError:
        return
    for row in reading.rows:
        entry = decode_row(row)
        assert entry["plate"].isalnum()
        assert not entry["kind"].startswith(("=", "+", "-", "@"))


@given(
    st.lists(st.text("0ABO1", min_size=1, max_size=4), min_size=1, max_size=30),
    st.integers(1, 40),
)
def test_rows_come_sorted_and_once_however_the_file_is_cut(names: list[str], size: int) -> None:
    data = clew(*(f"{n:<8}CA19261101" for n in names)).getvalue()

    class Slow(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            return super().read(size)

    reading = read(Slow(data), kind="k")
    assert sorted(set(names)) == sorted(plates(reading))
    assert reading.rows == sorted(reading.rows)
    assert reading.duplicates == len(names) - len(set(names))
