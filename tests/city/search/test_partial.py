"""Patterns, columns and their merging, on both databases."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_city.errors import VaultError
from alpr_city.vault.patterns import Asked, weigh
from tests.city.retention.conftest import TODAY, Past, past
from tests.city.vaults import ACCESS

__all__ = ["past"]
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def line(text: str) -> str:
    """A column's line for a text that is sure."""
    return f"\n{text}\t" + weigh(1.0) * len(text)


@pytest.mark.parametrize("text", ["", "*", "?????", "A*", "a1", "A1]", "A1\n", "A" * 17, "A.B*"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(VaultError):
        Asked(text, alike=True)


@given(
    text=st.text(CHARACTERS, min_size=1, max_size=8),
    asked=st.text("AB08?*", min_size=2, max_size=6),
)
def test_a_pattern_finds_what_a_shell_would(text: str, asked: str) -> None:
    if sum(c not in "?*" for c in asked) < 2:
        return
    as_regex = asked.replace("?", ".").replace("*", ".*")
    found = Asked(asked, alike=False).lines.search(line(text)) is not None
    assert found == (re.fullmatch(as_regex, text) is not None)
    likely = Asked(asked, alike=False).likelihood(line(text))
    assert likely == pytest.approx(float(found))


def test_alternatives_count_and_rank() -> None:
    read = "\n7A[B8]C\t" + "".join(map(weigh, (1.0, 1.0, 0.7, 0.3, 1.0)))
    for text, alike, p in (("7ABC", False, 0.7), ("7A8*", False, 0.3), ("7A?C", False, 1.0)):
        asked = Asked(text, alike=alike)
        assert asked.lines.search(read)
        assert asked.likelihood(read) == pytest.approx(p, abs=0.02)
    assert Asked("7A8C", alike=True).likelihood(read) == pytest.approx(1.0, abs=0.02)
    assert not Asked("7AEC", alike=True).lines.search(read)


def test_columns_merge_and_find_the_same(past: Past) -> None:
    from alpr_city.search import partial

    camera = past.camera()
    for ago in (2, 1):
        for text in ("4ABC123", "9XYZ999"):
            past.day(camera, ago, text)
    first, last = TODAY.replace(year=TODAY.year - 1), TODAY

    def search() -> set[tuple[str, int]]:
        record = partial.begin(past.desk, ACCESS, "4AB?1*", alike=True)
        found = {
            (found.day, found.seq)
            for _, piece in partial.pieces(first, last)
            for found in partial.match(past.desk, record, piece)
        }
        assert past.desk.call("partial_end", record) == len(found)
        return found

    before, columns = search(), partial.total(first, last)
    assert len(before) == 2
    assert columns == 4
    assert partial.merge(past.desk) == 2
    assert partial.total(first, last) == 2
    assert search() == before
    assert partial.merge(past.desk) == 0
    assert [n for n, _ in partial.pieces(first, last, skip=1)] == [2]
    assert list(partial.pieces(first, last, ["cam-two"])) == []


def test_exact_search_finds_days_apart_on_both_databases(past: Past) -> None:
    from alpr_city.search.exact import Search

    camera = past.camera()
    for ago in (40, 3):
        past.day(camera, ago, "0TEST00", "9XYZ999")
    search = Search(past.desk, past.pictures)  # type: ignore[arg-type]
    first = TODAY.replace(year=TODAY.year - 2)
    _, hits = search.exact(ACCESS, "OTEST00", first, TODAY)
    assert [h.read.text for h in hits] == ["0TEST00", "0TEST00"]
    assert hits[0].day > hits[1].day
    assert "TEST" not in repr(hits)
    assert search.exact(ACCESS, "7ABC123", first, TODAY)[1] == []
