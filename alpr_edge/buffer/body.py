"""From the tracker's passage to the read that is sealed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alpr_edge.seams import Passage
from alpr_wire.reads import MOST_CHARACTERS, ReadBody

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_body(passage: Passage) -> ReadBody:
    """The sealed read's content; longer readings than the wire takes are cut, which none is."""
    text = passage.text
    error_s = passage.clock.error_s
    return ReadBody(
        text=text.text[:MOST_CHARACTERS],
        raw_text=text.raw_text[:MOST_CHARACTERS],
        lattice=tuple(
            tuple((c, min(1.0, max(0.0, p))) for c, p in position.alternatives)
            for position in text.characters[:MOST_CHARACTERS]
        ),
        confidence=text.confidence,
        region=text.region,
        region_confidence=min(1.0, text.region_confidence),
        captured_us=(passage.captured_at - _EPOCH) // timedelta(microseconds=1),
        clock_synchronised=passage.clock.synchronised,
        clock_error_us=None if error_s is None else round(error_s * 1e6),
        monotonic_us=round(passage.monotonic_s * 1e6),
        dwell_us=max(0, round((passage.last_seen_s - passage.first_seen_s) * 1e6)),
        direction=passage.direction,
        looks=passage.looks,
        readings=passage.readings,
        corners=passage.box.corners,
        frame_size_wh=passage.frame_size_wh,
        mode=passage.mode,
        source=passage.source[:64],
        models=passage.models,
    )
