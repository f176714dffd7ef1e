"""The picture that a technician sees: plate boxes, and no text that could be read.

Plates that were found are painted over. The rest is reduced until the characters of any plate that
was not found are smaller than a reader needs, ours or a person.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from alpr_edge.errors import InputError
from alpr_edge.seams import Image, PlateBox

SMALL_PX, SHOWN_PX = 240, 960
GROWN = 1.3
GOOD, BAD, COVER = (80, 200, 80), (60, 60, 230), (120, 120, 120)


def masked(image: Image, boxes: Sequence[PlateBox], good: Sequence[bool]) -> Image:
    """A small copy with every plate covered and framed, green where it is large enough."""
    height, width = image.shape[:2]
    covered = image.copy()
    quads = [_quad(box) for box in boxes]
    for quad in quads:
        centre = quad.mean(axis=0)
        grown = (centre + (quad - centre) * GROWN).astype(np.int32)
        cv2.fillConvexPoly(covered, grown, COVER)
    size = (SMALL_PX, max(1, round(SMALL_PX * height / width)))
    small = cv2.resize(covered, size, interpolation=cv2.INTER_AREA)
    shown_wh = (SHOWN_PX, round(SHOWN_PX * height / width))
    shown = cv2.resize(small, shown_wh, interpolation=cv2.INTER_CUBIC)
    for quad, well in zip(quads, good, strict=True):
        points = (quad * (SHOWN_PX / width)).astype(np.int32)
        cv2.polylines(shown, [points], True, GOOD if well else BAD, 2, cv2.LINE_AA)
    return np.asarray(shown, np.uint8)


def jpeg(image: Image) -> bytes:
    """The preview as a JPEG."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])
    if not done:
        raise InputError("the preview could not be encoded")
    return bytes(data.tobytes())


def _quad(box: PlateBox) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(box.corners, np.float32)
