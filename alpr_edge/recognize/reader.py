"""Reads a plate: a straightened crop in, a text with its doubts out."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.errors import ModelError
from alpr_edge.recognize import abroad, ctc
from alpr_edge.recognize.manifest import Manifest
from alpr_edge.recognize.rectify import rectify
from alpr_edge.recognize.runtime import Network
from alpr_edge.recognize.syntax import Syntax
from alpr_edge.seams import Character, Corners, Image, PlateText

BEAMS = 8
ALTERNATIVES = 5
ABSTAINED = "?"
RECUTS = (0.0, 1.7)
"""Margins of the second and third cut, as multiples of the first."""
WORD_CONFIDENCE = 0.8
"""A reading without a digit is more often a sign than a personalised plate: it must be surer."""


class Reader:
    """The plate reader. One thread uses it at a time."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        threads: int = 1,
        delegate: str | None = None,
        syntax: Syntax | None = None,
        second: Reader | None = None,
    ) -> None:
        """`second` is asked too where a plate may not be American."""
        self._second = second
        self._network = Network(manifest, threads=threads, delegate=delegate)
        self._syntax = syntax
        self._alphabet = str(manifest.settings.get("alphabet", ""))
        self._regions = manifest.words("regions")
        self._home = np.array([abroad.at_home(name) for name in self._regions])
        self._margin_xy = (manifest.number("margin_x"), manifest.number("margin_y"))
        self._temperature = manifest.number("temperature")
        self.character_threshold = manifest.number("character_threshold")
        self.read_threshold = manifest.number("read_threshold")
        self._retry_confidence = manifest.number("retry_confidence")
        self._region_threshold = manifest.number("region_threshold")
        self._calibration = _calibration(manifest)
        self.label = manifest.label
        self.labels: tuple[str, ...] = (manifest.label, *(second.labels if second else ()))
        self.doubted = manifest.number("doubted") if "doubted" in manifest.settings else 1.0
        *_, columns, classes = manifest.outputs.get("characters", (0, 0))
        self._columns = columns // 2
        if classes != len(self._alphabet) + 1:
            raise ModelError(
                f"{manifest.file}: {classes} classes do not fit an alphabet of "
                f"{len(self._alphabet)}"
            )

    def rectify(self, image: Image, corners: Corners) -> Image:
        """The crop that `read_crop` takes, cut from a full-resolution picture."""
        return rectify(image, corners, self._network.size_wh, self._margin_xy)

    def glance(self, image: Image, corners: Corners) -> PlateText:
        """The first reading, of one cut: enough to tell whether there is text."""
        return self._read(self.rectify(image, corners), abroad.squarish(corners))

    def read(self, image: Image, corners: Corners, first: PlateText | None = None) -> PlateText:
        """Read the plate at `corners` of a picture, uint8 (H, W, 3), BGR.

        `first` is what `glance` gave, where it was asked already.

        A doubtful plate is cut again, tighter and wider, and the surest reading counts: corners
        that are a little off cost the characters at the edge.
        """
        text = first or self.glance(image, corners)
        if text.raw_text and text.confidence < self._retry_confidence:
            size_wh, (mx, my) = self._network.size_wh, self._margin_xy
            may_be_two = abroad.squarish(corners)
            others = [
                self._read(rectify(image, corners, size_wh, (mx * k, my * k)), may_be_two)
                for k in RECUTS
            ]
            text = max(text, *others, key=lambda t: t.confidence)
        return text

    def read_crop(self, crop: Image) -> PlateText:
        """Read an upright crop, uint8 (h, w, 3), BGR, that a plate fills.

        One of the input's size is read as it is; any other like a plate in a picture.
        """
        if crop.shape[1::-1] == self._network.size_wh:
            return self._read(crop)
        height, width = crop.shape[:2]
        return self.read(crop, ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)))

    def _read(self, crop: Image, may_be_two: bool = False) -> PlateText:
        text, at_home = self._alone(crop)
        if self._second is not None and at_home < abroad.CLEARLY_HOME:
            return self._second.read_after(text, crop, may_be_two) or self._withheld(text)
        return self._withheld(text)

    def read_after(self, first: PlateText, crop: Image, may_be_two: bool) -> PlateText | None:
        """As the second reader: what counts in place of `first`, or None where `first` does.

        Both are wrong in the same way less often than either is; where they differ on one line, the
        second counts and is doubted. The first does not read two.
        """
        text, _ = self._alone(crop, may_be_two)
        if abroad.at_home(text.region) or not text.raw_text:
            return None
        confidence = text.confidence
        if abroad.agree(first.raw_text, text.raw_text):
            confidence = 1 - (1 - confidence) * (1 - first.confidence)
        elif text.lines == 1:
            confidence *= self.doubted
        return self._withheld(dataclasses.replace(text, confidence=confidence))

    def _alone(self, crop: Image, may_be_two: bool = False) -> tuple[PlateText, float]:
        """What this reader makes of a crop, before abstention, and how likely it is American."""
        outputs = self._network.run(crop)
        regions = _softmax(outputs["regions"])
        columns = outputs["characters"][: self._columns * (2 if may_be_two else 1)]
        return self._text(columns, regions), float(regions[self._home].sum())

    def _text(self, logits: NDArray[np.float32], regions: NDArray[np.float32]) -> PlateText:
        """A reading before abstention, of the columns of one line or two."""
        region, region_confidence = self._region(regions)
        columns = ctc.columns_of(logits, self._temperature)
        candidates = ctc.beam_search(columns, BEAMS)
        chances = ctc.probabilities(columns, candidates)
        raw = candidates[int(np.argmax(chances))]
        chosen, chance = raw, float(chances.max())
        if self._syntax is not None and region is not None:
            weighted = chances * [self._syntax.factor(self._spell(c), region) for c in candidates]
            chosen = candidates[int(np.argmax(weighted))]
            # The share of belief the hint gives it, out of the belief these readings had.
            chance = float(weighted.max() / weighted.sum() * chances.sum())
        confidence = float(np.interp(chance, *self._calibration)) if chosen else 0.0
        return PlateText(
            text=self._spell(chosen),
            raw_text=self._spell(raw),
            confidence=confidence,
            characters=self._characters(columns, chosen),
            region=region,
            region_confidence=region_confidence,
            nothing=float(ctc.probabilities(columns, [()])[0]),
            lines=2 if logits[self._columns :].argmax(1).any() else 1,
        )

    def _withheld(self, read: PlateText) -> PlateText:
        """The reading with '?' for each character that is too doubtful to be given out."""
        text = "".join(
            c if position.probability >= self.character_threshold else ABSTAINED
            for c, position in zip(read.text, read.characters, strict=True)
        )
        least = self.read_threshold
        if not any(c.isdigit() for c in text):
            least = max(least, WORD_CONFIDENCE)
        if text and read.confidence < least and ABSTAINED not in text:
            text = _doubt_weakest(text, read.characters)
        return dataclasses.replace(read, text=text)

    def _spell(self, codes: ctc.Codes) -> str:
        return "".join(self._alphabet[c - 1] for c in codes)

    def _characters(self, columns: ctc.Columns, codes: ctc.Codes) -> tuple[Character, ...]:
        lattice = ctc.substitutes(columns, codes, ALTERNATIVES)
        return tuple(
            Character(alternatives=tuple((self._alphabet[c - 1], p) for c, p in row))
            for row in lattice
        )

    def _region(self, p: NDArray[np.float32]) -> tuple[str | None, float]:
        """The likeliest region, or 'us' where only the country is sure, or None."""
        best = int(p.argmax())
        if p[best] >= self._region_threshold:
            name = self._regions[best]
            return (None if name == "other" else name), float(p[best])
        american = float(
            sum(v for v, name in zip(p, self._regions, strict=True) if name[:3] == "us-")
        )
        return ("us", american) if american >= self._region_threshold else (None, 0.0)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    p = np.exp(logits - logits.max())
    out: NDArray[np.float32] = p / p.sum()
    return out


def sharpness(crop: Image) -> float:
    """How sharp a crop is: the variance of its Laplacian. Comparable between crops of one size."""
    return float(cv2.Laplacian(crop[..., 1], cv2.CV_32F).var())


def _doubt_weakest(text: str, characters: tuple[Character, ...]) -> str:
    """Where the text as a whole is doubtful, the character that is most so is withheld."""
    weakest = min(range(len(characters)), key=lambda i: characters[i].probability)
    return text[:weakest] + ABSTAINED + text[weakest + 1 :]


def _calibration(manifest: Manifest) -> tuple[list[float], list[float]]:
    points = manifest.settings.get("calibration")
    if not isinstance(points, list) or len(points) < 2:
        raise ModelError(f"{manifest.file.name}: its manifest has no 'calibration' points")
    return [float(x) for x, _ in points], [float(y) for _, y in points]
