"""Finds plates in a picture: four corners and a score each."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.errors import ModelError
from alpr_edge.recognize.manifest import Manifest
from alpr_edge.recognize.runtime import Network
from alpr_edge.seams import Corners, Image, PlateBox

MOST_PLATES = 100
SMALLEST_AREA_PX = 4

Found = list[tuple[float, NDArray[Any]]]
"""Score and quad (4, 2) in pixels of the picture, surest first."""


class Detector:
    """The plate detector. One thread uses it at a time.

    The same network looks twice: over the whole picture at its working size, and, where `near`
    is given, over a thumbnail, in which a plate that fills the picture is of a size it knows.
    """

    def __init__(
        self,
        manifest: Manifest,
        near: Manifest | None = None,
        *,
        threads: int = 1,
        delegate: str | None = None,
        threshold: float | None = None,
    ) -> None:
        self.threshold = manifest.number("threshold") if threshold is None else threshold
        self.belief = (
            manifest.number("belief_base"),
            manifest.number("belief_by_score"),
            manifest.number("belief_by_nothing"),
        )
        """How score and emptiness weigh together: see `Recognizer.believes`."""
        self._overlap = manifest.number("overlap")
        self._look = Look(manifest, threads=threads, delegate=delegate)
        self._near = Look(near, threads=threads, delegate=delegate) if near else None
        self.label = manifest.label

    def detect(self, image: Image) -> list[PlateBox]:
        """Find the plates in a picture, surest first.

        The image is uint8 (H, W, 3), BGR; corners are clipped to it.
        """
        found = self._look.find(image, self.threshold)
        if self._near is not None:
            # From what the first look has shrunk already, which is quicker.
            scale = self._look.scale
            near = self._near.find(self._look.fitted, self.threshold)
            found += [(score, quad / scale) for score, quad in near]
        height, width = image.shape[:2]
        boxes = []
        for score, quad in without_overlaps(found, self._overlap):
            inside = np.clip(quad, 0, (width, height))
            if cv2.contourArea(inside.astype(np.float32)) >= SMALLEST_AREA_PX:
                boxes.append(PlateBox(corners=_corners(inside), score=score))
        return boxes


class Look:
    """One network over one size of picture."""

    def __init__(self, manifest: Manifest, *, threads: int, delegate: str | None) -> None:
        self._network = Network(manifest, threads=threads, delegate=delegate)
        self._stride = int(manifest.number("stride"))
        self._padding = int(manifest.number("padding"))
        self._smallest = manifest.number("smallest")
        width, height = self._network.size_wh
        self._canvas = np.full((height, width, 3), self._padding, np.uint8)
        self.fitted: Image = self._canvas
        """The last picture as the network sees it, without the padding; valid until the next."""
        self.scale = 1.0
        """Pixels of `fitted` for each pixel of the last picture."""
        grid = (height // self._stride, width // self._stride)
        if manifest.outputs.get("scores") != (1, *grid, 1):
            raise ModelError(f"{manifest.file}: its scores are not one per {self._stride} px cell")

    def find(self, image: Image, threshold: float) -> Found:
        """Plates over a threshold, not yet without overlaps."""
        self.fit(image)
        outputs = self.run()
        return [(score, quad / self.scale) for score, quad in self.decode(outputs, threshold)]

    def fit(self, image: Image) -> None:
        """Scale the picture into the top left of the canvas; the rest stays padding."""
        height, width = image.shape[:2]
        into_w, into_h = self._network.size_wh
        scale = min(into_w / width, into_h / height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self._canvas[: size[1], : size[0]] = _resized(image, size)
        self._canvas[size[1] :] = self._padding
        self._canvas[: size[1], size[0] :] = self._padding
        self.fitted, self.scale = self._canvas[: size[1], : size[0]], float(scale)

    def run(self) -> dict[str, NDArray[np.float32]]:
        """The network's outputs for the canvas as it is."""
        return self._network.run(self._canvas)

    def decode(self, outputs: dict[str, NDArray[np.float32]], threshold: float) -> Found:
        """Local maxima over the threshold, as quads in canvas pixels."""
        scores, codes = outputs["scores"][..., 0], outputs["corners"]
        peak = (scores >= threshold) & (scores >= cv2.dilate(scores, np.ones((3, 3), np.uint8)))
        rows, columns = np.nonzero(peak)
        order = np.argsort(-scores[rows, columns], kind="stable")[:MOST_PLATES]
        rows, columns = rows[order], columns[order]
        centres = (np.stack([columns, rows], 1) + 0.5) * self._stride
        offsets = np.sinh(codes[rows, columns].astype(np.float64)).reshape(-1, 4, 2)
        quads = centres[:, None] + self._stride * offsets
        return [
            (float(score), quad)
            for score, quad in zip(scores[rows, columns], quads, strict=True)
            if np.ptp(quad[:, 0]) >= self._smallest
        ]


def _resized(image: Image, size: tuple[int, int]) -> Image:
    """A picture at another size (width, height).

    Halved as often as that goes, which OpenCV does quickly, then bilinear: averaging by a broken
    factor takes six times as long and finds no more (docs/DECISIONS.md, 7).
    """
    width, height = image.shape[1::-1]
    while width >= 2 * size[0] and width % 2 == height % 2 == 0:
        width, height = width // 2, height // 2
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    method = cv2.INTER_AREA if width >= 2 * size[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method))


def without_overlaps(found: Found, most: float) -> Found:
    """The surest of every group of quads that overlap by more than `most`."""
    kept: Found = []
    for score, quad in sorted(found, key=lambda f: -f[0]):
        if all(overlap(quad, other) < most for _, other in kept):
            kept.append((score, quad))
    return kept


def overlap(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Intersection over union of the upright boxes round two quads (4, 2)."""
    size = np.minimum(a.max(0), b.max(0)) - np.maximum(a.min(0), b.min(0))
    both = float(np.prod(np.clip(size, 0, None)))
    union = float(np.prod(np.ptp(a, 0)) + np.prod(np.ptp(b, 0))) - both
    return both / union if union > 0 else 0.0


def _corners(quad: NDArray[Any]) -> Corners:
    a, b, c, d = ((float(x), float(y)) for x, y in quad)
    return a, b, c, d
