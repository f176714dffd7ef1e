"""What the empty road tells about the glass."""

from __future__ import annotations

import cv2
import numpy as np

from alpr_edge.health.lens import look
from alpr_edge.seams import Image


def road(light: float = 1.0) -> Image:
    """A kerb, lane marks, a fence and some bushes, 160 px wide."""
    rng = np.random.default_rng(5)
    grey = np.full((90, 160), 105.0)
    grey += cv2.resize(rng.normal(0, 14, (45, 80)), (160, 90))
    for x in range(10, 160, 18):
        cv2.line(grey, (80, 0), (x, 89), 190.0, 1)
    grey[:18] += rng.normal(0, 30, (18, 160))
    return np.clip(grey * light, 0, 255).astype(np.uint8)


def test_a_clear_lens_keeps_what_was_to_see() -> None:
    seen = look(road(0.8), road())
    assert seen.kept is not None
    assert seen.kept > 0.9
    assert seen.flat < 0.5


def test_a_covered_lens_sees_nothing() -> None:
    covered = np.full((90, 160), 40, np.uint8)
    seen = look(covered, road())
    assert (seen.flat, seen.kept) == (1.0, 0.0)


def test_a_smear_takes_a_part_away() -> None:
    smeared = road()
    smeared[:, 60:140] = cv2.GaussianBlur(smeared, (0, 0), 9)[:, 60:140]
    seen = look(smeared, road())
    assert seen.kept is not None
    assert 0.2 < seen.kept < 0.75


def test_a_lit_web_veils_the_night_and_a_lamp_does_not() -> None:
    night = road(0.2)
    lamp = night.copy()
    cv2.circle(lamp, (40, 20), 3, 255, -1)
    assert look(lamp, road()).haze < 0.01
    web = night.astype(np.float32)
    strands = np.zeros_like(web)
    cv2.line(strands, (0, 30), (159, 70), 220.0, 14)
    cv2.line(strands, (30, 89), (120, 0), 220.0, 14)
    veiled = np.clip(web + cv2.GaussianBlur(strands, (0, 0), 5), 0, 255).astype(np.uint8)
    seen = look(veiled, road())
    assert seen.night
    assert seen.haze > 0.06
