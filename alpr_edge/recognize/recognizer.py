"""Detector and reader together, as `alpr-edge read` and the frame loop use them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from pathlib import Path

import models
from alpr_edge.recognize.detector import Detector
from alpr_edge.recognize.manifest import SECOND, load_manifest
from alpr_edge.recognize.reader import Reader
from alpr_edge.recognize.syntax import Syntax
from alpr_edge.seams import Image, PlateBox, PlateText

SHIPPED = Path(models.__file__).parent
"""The folder of the models that come with the package."""

FAINTEST = 1e-4
"""Probabilities closer to 0 or 1 than this say no more."""


class Recognizer:
    """Every plate of a picture, located and read."""

    def __init__(self, detector: Detector, reader: Reader) -> None:
        self.detector = detector
        self.reader = reader

    @classmethod
    def load(
        cls,
        folder: Path = SHIPPED,
        *,
        threads: int = 1,
        delegate: str | None = None,
        use_syntax: bool = True,
        on: date | None = None,
    ) -> Recognizer:
        """Load both models of a folder. `on` is the day whose plate series apply, today if None.

        Raises:
            ModelError: A model is missing, altered, or refused by the runtime.
        """
        syntax = None
        if use_syntax:
            syntax = Syntax(folder / "plate_syntax.toml", on=on or datetime.now(UTC).date())
        detector = Detector(
            load_manifest(folder / "plate_detector.toml"),
            load_manifest(folder / "plate_detector_near.toml"),
            threads=threads,
            delegate=delegate,
        )
        second = None
        if (folder / SECOND).exists():
            second = Reader(
                load_manifest(folder / SECOND), threads=threads, delegate=delegate, syntax=syntax
            )
        reader = Reader(
            load_manifest(folder / "plate_ocr.toml"),
            threads=threads,
            delegate=delegate,
            syntax=syntax,
            second=second,
        )
        return cls(detector, reader)

    @property
    def labels(self) -> tuple[str, ...]:
        """Name and short hash of each model."""
        return self.detector.label, *self.reader.labels

    def recognize(self, image: Image) -> list[tuple[PlateBox, PlateText]]:
        """Find and read every plate of a picture, uint8 (H, W, 3), BGR; surest first."""
        found = []
        for box in self.detector.detect(image):
            first = self.reader.glance(image, box.corners)
            # What is no plate is not cut and read again: that is where the time would go.
            if self.believes(box, first):
                found.append((box, self.reader.read(image, box.corners, first)))
        return found

    def believes(self, box: PlateBox, text: PlateText) -> bool:
        """Whether detector and reader together take this for a plate.

        The more doubtful the box, the surer the reader must be that it holds text.
        """
        base, by_score, by_nothing = self.detector.belief
        return base + by_score * _log_odds(box.score) + by_nothing * _log_odds(text.nothing) > 0


def _log_odds(probability: float) -> float:
    kept = min(max(probability, FAINTEST), 1 - FAINTEST)
    return math.log(kept / (1 - kept))
