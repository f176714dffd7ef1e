"""No sequence of allowed requests says anything of a cell under the threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_city.aggregates.cells import Cell, Kind, Tally, answer, cells_of
from alpr_city.aggregates.counting import groups
from alpr_city.errors import ReleaseError

SMALLEST = 3
CAMERAS = ("cam-one", "cam-two")
DAYS = tuple(date(2026, 11, n) for n in range(1, 5))
TODAY = date(2026, 11, 20)

places = st.tuples(st.sampled_from(CAMERAS), st.sampled_from(DAYS))
passages = st.tuples(st.integers(0, 5), places)
"""(vehicle, (camera, day))"""
requests = st.tuples(
    st.sets(st.sampled_from(CAMERAS), min_size=1), st.sampled_from(DAYS), st.sampled_from(DAYS)
)
steps = st.lists(
    st.one_of(st.tuples(st.just("ask"), requests), st.tuples(st.just("arrive"), passages)),
    max_size=12,
)


class Memory:
    """Answers kept in a dict."""

    def __init__(self) -> None:
        self.kept: dict[Cell, int | None] = {}

    def recall(self, cells: Sequence[Cell]) -> dict[Cell, int | None]:
        return {c: self.kept[c] for c in cells if c in self.kept}

    def keep(self, answers: Mapping[Cell, int | None]) -> dict[Cell, int | None]:
        for cell, count in answers.items():
            self.kept.setdefault(cell, count)
        return self.recall(list(answers))


class World:
    """What drove where, and what was answered."""

    def __init__(self, drove: list, without: tuple | None = None) -> None:  # type: ignore[type-arg]
        self.without = without
        self.drove = [p for p in drove if p != without]
        self.memory = Memory()
        self.first_seen: dict[Cell, Tally] = {}

    def run(self, script: list) -> list:  # type: ignore[type-arg]
        given_out = []
        for what, details in script:
            if what == "arrive":
                self.drove += [details] if details != self.without else []
                continue
            cameras, one, other = details
            first, last = min(one, other), max(one, other)
            cells = cells_of(Kind.PLATES, sorted(cameras), first, last, TODAY)
            found = answer(cells, self.count, self.memory, SMALLEST)
            given_out.append((found.rows, found.total, found.withheld))
        return given_out

    def count(self, cell: Cell) -> Tally:
        here = [v for v, (camera, day) in self.drove if Cell(Kind.PLATES, camera, str(day)) == cell]
        self.first_seen[cell] = Tally(len(here), len(set(here)))
        return self.first_seen[cell]


@settings(max_examples=400, deadline=None)
@given(st.lists(passages, max_size=40), steps, passages)
def test_a_vehicle_in_a_withheld_cell_changes_no_answer(
    drove: list,  # type: ignore[type-arg]
    script: list,  # type: ignore[type-arg]
    vehicle: tuple,  # type: ignore[type-arg]
) -> None:
    """Whatever is asked, in whatever order, while reads go on arriving."""
    with_it, without_it = World(drove), World(drove, without=vehicle)
    told, told_without = with_it.run(script), without_it.run(script)
    camera, day = vehicle[1]
    seen = with_it.first_seen.get(Cell(Kind.PLATES, camera, str(day)))
    if seen is None or seen.vehicles < SMALLEST:
        assert told == told_without


@settings(max_examples=200, deadline=None)
@given(st.lists(passages, max_size=40), steps, st.lists(passages, max_size=10))
def test_what_arrives_late_changes_no_answer_that_was_given(
    drove: list,  # type: ignore[type-arg]
    script: list,  # type: ignore[type-arg]
    late: list,  # type: ignore[type-arg]
) -> None:
    world = World(drove)
    first = world.run(script)
    world.drove += late
    assert world.run([s for s in script if s[0] == "ask"]) == first


@settings(max_examples=200, deadline=None)
@given(st.lists(passages, max_size=60), st.lists(requests, min_size=1, max_size=6))
def test_no_combination_of_answers_reaches_a_withheld_cell(
    drove: list,  # type: ignore[type-arg]
    asked: list,  # type: ignore[type-arg]
) -> None:
    """Each number given out is a sum of whole cells, none of them under the threshold."""
    world = World(drove)
    for rows, total, _ in world.run([("ask", r) for r in asked]):
        shown = [cell for cell, count in rows if count is not None]
        assert total == sum(world.first_seen[cell].count for cell in shown)
        assert all(world.first_seen[cell].vehicles >= SMALLEST for cell in shown)


def solves(equations: list[list[int]], wanted: set[int]) -> bool:
    """Whether sums and differences of the equations leave unknowns of `wanted` alone, any of them.

    Each equation is the coefficients of one published number. Fractions, so nothing is rounded.
    """
    rows = [[Fraction(n) for n in row] for row in equations]
    order = sorted(range(len(rows[0]) if rows else 0), key=lambda n: n in wanted)
    done = 0
    for column in order:  # unknowns that may be known first: what is left holds `wanted` alone
        pivot = next((r for r in range(done, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for r in range(len(rows)):
            if r != done and rows[r][column]:
                times = rows[r][column] / rows[done][column]
                rows[r] = [a - times * b for a, b in zip(rows[r], rows[done], strict=True)]
        done += 1
    return any(
        any(row) and all(n in wanted for n, value in enumerate(row) if value) for row in rows
    )


def test_the_solver_finds_what_a_total_gives_away() -> None:
    parts_and_total = [[1, 0, 0], [0, 1, 0], [1, 1, 1]]
    assert solves(parts_and_total, {2})
    assert not solves(parts_and_total[:2], {2})
    overlapping = [[1, 1, 0, 0], [1, 1, 1, 0]]  # two periods, one day longer
    assert solves(overlapping, {2})
    assert solves([[1, 1, 1], [1, 0, 0]], {1, 2})
    assert not solves([], {0})


@settings(max_examples=200, deadline=None)
@given(st.lists(passages, max_size=60), st.lists(requests, min_size=1, max_size=8))
def test_no_sums_and_differences_of_overlapping_requests_reach_withheld_cells(
    drove: list,  # type: ignore[type-arg]
    asked: list,  # type: ignore[type-arg]
) -> None:
    """Every published number as an equation over all cells; not one of those withheld, nor any
    combination of several, can be solved for, zero and complements included."""
    world = World(drove)
    cells = [Cell(Kind.PLATES, c, str(d)) for c in CAMERAS for d in DAYS]
    equations, withheld = [], set[int]()
    for rows, total, _ in world.run([("ask", r) for r in asked]):
        shown = [cell for cell, count in rows if count is not None]
        withheld |= {cells.index(cell) for cell, count in rows if count is None}
        equations += [[int(c == cell) for c in cells] for cell in shown]
        equations.append([int(c in shown) for c in cells])
        assert total == sum(count for _, count in rows if count is not None)
    never_asked = {n for n, c in enumerate(cells) if c not in world.first_seen}
    assert not solves(equations, withheld | never_asked)


MONTHS = ("2026-08", "2026-09", "2026-10")
OFFENCES = ("stolen-plate", "stolen-vehicle", "warrant")
matches = st.tuples(st.sampled_from(OFFENCES), st.sampled_from(MONTHS))
looks = st.one_of(
    st.just("public"),
    st.tuples(st.sets(st.sampled_from(OFFENCES), min_size=1), st.integers(0, 2), st.integers(0, 2)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(matches, max_size=40), st.lists(looks, max_size=10), matches)
def test_a_hit_in_a_withheld_cell_changes_neither_answers_nor_the_public_total(
    happened: list,  # type: ignore[type-arg]
    script: list,  # type: ignore[type-arg]
    one: tuple,  # type: ignore[type-arg]
) -> None:
    """The public page's total is of the same cells, so nothing is left when counts are taken off
    it: the complement of what was answered is told to nobody."""

    def run(hits: list) -> list:  # type: ignore[type-arg]
        memory, told = Memory(), []

        def count(cell: Cell) -> Tally:
            n = hits.count((cell.subject, cell.period))
            return Tally(n, n)

        for look in script:
            if look == "public":
                cells = [Cell(Kind.HITS, o, m) for o in OFFENCES for m in MONTHS]
            else:
                offences, first, last = look
                low, high = sorted((first, last))
                cells = cells_of(
                    Kind.HITS, sorted(offences), date(2026, 8 + low, 1),
                    date(2026, 9 + high, 1) - timedelta(days=1), TODAY,
                )  # fmt: skip
            found = answer(cells, count, memory, SMALLEST)
            told.append((found.rows if look != "public" else (), found.total, found.withheld))
        return told

    if happened.count(one) < SMALLEST:
        assert run(happened) == run([h for h in happened if h != one])


@pytest.mark.parametrize(
    ("kind", "subjects", "first", "last", "why"),
    [
        (Kind.PLATES, [], DAYS[0], DAYS[1], "names each location"),
        (Kind.PLATES, ["a", "a"], DAYS[0], DAYS[1], "names each location"),
        (Kind.PLATES, ["a"], DAYS[1], DAYS[0], "ends before it begins"),
        (Kind.PLATES, ["a"], DAYS[0], TODAY, "not over"),
        (Kind.PLATES, ["a"], date(1990, 1, 1), DAYS[0], "too long"),
        (Kind.HITS, ["stolen"], DAYS[0], DAYS[1], "whole calendar months"),
    ],
)
def test_other_periods_than_whole_past_days_and_months_are_refused(
    kind: Kind, subjects: list[str], first: date, last: date, why: str
) -> None:
    with pytest.raises(ReleaseError, match=why):
        cells_of(kind, subjects, first, last, TODAY)


def test_ten_passages_of_one_vehicle_are_withheld() -> None:
    found = World([(1, (CAMERAS[0], DAYS[0]))] * 10).run(
        [("ask", ({CAMERAS[0]}, DAYS[0], DAYS[0]))]
    )
    assert found == [(((Cell(Kind.PLATES, CAMERAS[0], str(DAYS[0])), None),), 0, 1)]


def test_reads_that_share_a_token_are_one_vehicle() -> None:
    assert groups([(1, (0, 1)), (2, (0, 1)), (2, (0, 2)), (3, (0, 3))]) == 2
    assert groups([]) == 0


def test_hits_are_cells_of_months() -> None:
    cells = cells_of(Kind.HITS, ["stolen"], date(2026, 9, 1), date(2026, 10, 31), TODAY)
    assert [c.period for c in cells] == ["2026-09", "2026-10"]
