"""Rendered plates: texts, sizes, repeatability, and what is never transcribed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training.plates import STYLES, PlateRenderer, aspect_of, render_plate
from models.training.serials import draw_serial, loosened, personal, text_of

ALPHABET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def test_an_unknown_style_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown plate style 'us-xx'; known: us-ca:passenger"):
        render_plate(np.random.default_rng(0), "us-xx")


@pytest.mark.parametrize("style", STYLES)
def test_each_style_renders_in_its_size_and_alphabet(style):
    plate = render_plate(np.random.default_rng(5), style)
    height, width = plate.image.shape[:2]
    assert plate.image.dtype == np.uint8
    assert plate.image.shape[2] == 3
    assert 120 <= height <= 170
    assert 0.85 < width / height / aspect_of(style) < 1.2
    assert 1 <= len(plate.text) <= 10
    assert set(plate.text) <= ALPHABET
    assert style.startswith(plate.region)
    assert plate.style == style or plate.style.split(":")[0] == plate.region


@pytest.mark.parametrize("style", STYLES)
def test_a_plate_is_the_same_for_the_same_seed_and_another_for_another(style):
    first, again, other = (render_plate(np.random.default_rng(s), style) for s in (7, 7, 8))
    assert first.text == again.text
    assert np.array_equal(first.image, again.image)
    assert not np.array_equal(first.image, other.image)


def test_the_serial_is_what_changes_the_middle_of_the_plate():
    spread = [
        render_plate(np.random.default_rng(seed), "us-ca:passenger").image[50:105, 30:258].std()
        for seed in range(20)
    ]
    assert min(spread) > 12


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_texts_use_letters_and_digits_alone(seed):
    plate = render_plate(np.random.default_rng(seed))
    assert plate.text
    assert set(plate.text) <= ALPHABET
    assert len(plate.text) <= 10


def test_marks_gaps_and_foreign_stacks_are_not_part_of_the_text():
    rng = np.random.default_rng(1)
    assert text_of(draw_serial("{AB} ~{12}-{3}.*", rng)) == "AB123"
    assert text_of(draw_serial("(AA){2515}", rng)) == "2515"


def test_stacked_letters_of_a_serial_are_part_of_the_text():
    rng = np.random.default_rng(1)
    assert text_of(draw_serial("{12345}<{DP}>", rng)) == "12345DP"
    assert text_of(draw_serial("<{DLR}>{12345}", rng)) == "DLR12345"


@pytest.mark.parametrize(
    ("style", "holds"),
    [("us-ca:disabled", "DP"), ("us-ca:dealer", "DLR")],
)
def test_california_stacked_series_carry_their_letters(style, holds):
    texts = [render_plate(np.random.default_rng(seed), style).text for seed in range(12)]
    assert all(holds in text for text in texts)


def test_new_york_issues_no_letter_that_looks_like_a_digit():
    rng = np.random.default_rng(2)
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    drawn = "".join(text_of(draw_serial("AAA~9999", rng, letters)) for _ in range(300))
    assert not set(drawn) & set("IOQ")


@given(
    seed=st.integers(0, 2**32 - 1), pattern=st.sampled_from(["9AAA999", "AAA~9999", "AA 99 AAA"])
)
@settings(max_examples=80, deadline=None)
def test_loosened_patterns_stay_short_enough_to_read(seed, pattern):
    rng = np.random.default_rng(seed)
    text = text_of(draw_serial(loosened(pattern, rng), rng))
    assert 3 <= len(text) <= 8


@given(seed=st.integers(0, 2**32 - 1), longest=st.integers(2, 7))
@settings(max_examples=80, deadline=None)
def test_personal_serials_have_two_to_seven_characters(seed, longest):
    rng = np.random.default_rng(seed)
    assert 2 <= len(text_of(draw_serial(personal(rng, longest), rng))) <= longest


def test_no_style_is_favoured_that_is_not_there():
    with pytest.raises(ValueError, match="no plate style begins with 'eu:round'"):
        PlateRenderer(favour={"eu:round": 2.0})


def test_a_favoured_style_is_drawn_more_often():
    rng = np.random.default_rng(2)
    renderer = PlateRenderer(favour={"eu:": 1e6})
    assert {renderer.draw_style(rng)[:3] for _ in range(20)} == {"eu:"}


@pytest.mark.parametrize("style", STYLES)
def test_where_the_upper_of_two_lines_ends_is_on_record(style):
    plate = render_plate(np.random.default_rng(11), style)
    two = style.endswith(("two", "square"))
    assert 0 < plate.upper < len(plate.text) if two else plate.upper == 0
