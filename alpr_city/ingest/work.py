"""What one worker knows of each stream, and what one round of messages has gathered."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from alpr_city.reads.models import Quarantined
from alpr_city.reads.store import Intake, Position
from alpr_wire.records import Record

Name = tuple[str, bytes]
"""Of a stream: camera and stream id."""


@dataclass(slots=True)
class Known:
    """A stream as this worker knows it."""

    place: Position
    recent: OrderedDict[bytes, int] = field(default_factory=OrderedDict)
    """Hash of each recent payload, with its last sequence number."""
    epochs: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """Records of one stream that follow each other and are to be stored."""

    known: Known
    first_seq: int
    records: Sequence[Record]
    encodings: Sequence[bytes]


class Work:
    """What one round has gathered so far. Nothing of it counts before it is committed."""

    def __init__(self, day: date) -> None:
        self.intake = Intake(day)
        self.spans: list[Span] = []
        self._spans: defaultdict[int, list[Span]] = defaultdict(list)
        """By stream."""
        self.places: dict[int, Position] = {}
        self.touched: set[Name] = set()
        self.receipts: set[Name] = set()
        self.requests: dict[Name, int] = {}
        self.closed: list[Name] = []
        self.pictures: dict[date, list[tuple[int, int, int, bytes]]] = {}
        self.held_pictures: dict[Name, list[tuple[int, int]]] = {}

    def add(self, span: Span) -> None:
        """Records to be stored."""
        self.spans.append(span)
        self._spans[span.known.place.id].append(span)

    def waiting(self, stream: int, seq: int) -> tuple[Record, bytes] | None:
        """A record of this round, and its encoding."""
        for span in self._spans.get(stream, ()):
            at = seq - span.first_seq
            if 0 <= at < len(span.records):
                return span.records[at], span.encodings[at]
        return None

    def alarm(self, camera: str, kind: str, detail: str) -> None:
        """Have a person look at something; the same thing again counts up."""
        _, count = self.intake.alarms.get((camera, kind), ("", 0))
        self.intake.alarms[camera, kind] = detail, count + 1

    def keep(self, camera: str, why: str, payload: bytes) -> None:
        """Set a message aside as it came."""
        self.intake.quarantined.append(
            Quarantined(
                day=self.intake.day,
                at=datetime.now(UTC),
                camera=camera,
                why=why[:200],
                payload=payload,
            )
        )
