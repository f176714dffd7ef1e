"""Texts and their probabilities from columns."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.recognize import ctc


def random_columns(seed: int, length: int, classes: int) -> ctc.Columns:
    """A made-up lattice."""
    p = np.random.default_rng(seed).gamma(0.6, size=(length, classes)) + 1e-9
    return p / p.sum(1, keepdims=True)


def by_hand(columns: ctc.Columns) -> dict[ctc.Codes, float]:
    """Every text's probability by walking every path: slow, and beyond doubt."""
    table: dict[ctc.Codes, float] = {}
    for path in itertools.product(range(columns.shape[1]), repeat=len(columns)):
        text = tuple(c for i, c in enumerate(path) if c and (i == 0 or path[i - 1] != c))
        p = float(np.prod([columns[i, c] for i, c in enumerate(path)]))
        table[text] = table.get(text, 0.0) + p
    return table


@given(seed=st.integers(0, 10_000), length=st.integers(1, 5), classes=st.integers(2, 4))
def test_probabilities_equal_the_sum_over_every_path(seed: int, length: int, classes: int) -> None:
    columns = random_columns(seed, length, classes)
    truth = by_hand(columns)
    texts = list(truth)
    assert ctc.probabilities(columns, texts) == pytest.approx([truth[t] for t in texts], abs=1e-12)


@given(seed=st.integers(0, 10_000), length=st.integers(1, 6))
def test_a_wide_beam_finds_the_likeliest_text(seed: int, length: int) -> None:
    columns = random_columns(seed, length, 3)
    truth = by_hand(columns)
    found = ctc.beam_search(columns, 64)
    assert truth[found[0]] == pytest.approx(max(truth.values()))


def test_a_doubled_character_needs_a_gap() -> None:
    gap = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    joined = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    assert ctc.beam_search(gap, 4)[0] == (1, 1)
    assert ctc.beam_search(joined, 4)[0] == (1,)


def test_merging_empty_columns_keeps_doubled_characters_apart() -> None:
    logits = np.full((9, 3), -20.0, np.float32)
    logits[[1, 7], 1] = 20
    logits[[0, 2, 3, 4, 5, 6, 8], 0] = 20
    columns = ctc.columns_of(logits, 1.0)
    assert len(columns) < 9
    assert ctc.beam_search(columns, 4)[0] == (1, 1)


def test_an_empty_crop_reads_as_nothing() -> None:
    columns = np.array([[1.0, 0.0, 0.0]] * 4)
    assert ctc.beam_search(columns, 4) == [()]
    assert ctc.substitutes(columns, (), 5) == []


def test_substitutes_name_the_rival_of_a_doubtful_character() -> None:
    columns = np.array([[0.02, 0.97, 0.01], [1.0, 0.0, 0.0], [0.02, 0.38, 0.6]])
    lattice = ctc.substitutes(columns, (1, 2), 5)
    assert [row[0][0] for row in lattice] == [1, 2]
    (first, p), (second, q) = lattice[1]
    assert (first, second) == (2, 1)
    assert p == pytest.approx(0.6 / 0.98, rel=0.02)
    assert p + q == pytest.approx(1.0)


@given(seed=st.integers(0, 10_000))
def test_alternatives_of_a_position_never_sum_above_one(seed: int) -> None:
    columns = random_columns(seed, 8, 5)
    text = ctc.beam_search(columns, 8)[0]
    for row in ctc.substitutes(columns, text, 5):
        assert sum(p for _, p in row) <= 1 + 1e-9
        assert [p for _, p in row] == sorted((p for _, p in row), reverse=True)
