"""What is no vehicle's passage: where detector, geometry and reader together doubt it."""

from __future__ import annotations

from alpr_edge.seams import Frame, PlateBox, PlateText
from alpr_edge.track.settings import TrackSettings
from alpr_edge.track.track import Look, Track

EDGE_PX = 3.0


def is_doubtful(
    track: Track, text: PlateText, look: Look, direction: str, settings: TrackSettings
) -> bool:
    """Whether a track is rather a sign, a badge, a wall or a part of a plate."""
    length = len(text.raw_text)
    if length < settings.least_characters:
        return True
    if track.looks < settings.brief_looks and length < settings.brief_characters:
        return True  # part of a plate at the frame's edge, or of a sign
    if track.looks < 2:
        return text.confidence < settings.lone_confidence or (
            track.score < settings.lone_score and text.confidence < 0.8
        )
    return direction == "still" and _is_lettering(text, look, settings)


def is_cut(box: PlateBox, frame: Frame) -> bool:
    """Whether a plate lies at the frame's edge, so that part of it may be missing."""
    height, width = frame.image.shape[:2]
    left, top, right, bottom = box.xyxy
    return bool(min(left, top, width - right, height - bottom) < EDGE_PX)


def _is_lettering(text: PlateText, look: Look, settings: TrackSettings) -> bool:
    """Whether what never moved is rather a sign or a wall than a parked vehicle's plate.

    It seldom reads like a plate; words have no digit; and what the frame's edge leaves of a sign
    has a plate's shape.
    """
    if text.confidence < settings.still_confidence or is_cut(look.box, look.frame):
        return True
    word = not any(character.isdigit() for character in text.raw_text)
    return word and text.confidence < settings.still_word_confidence
