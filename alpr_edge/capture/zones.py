"""Where plates are read (a polygon) and what nobody may see (polygons painted black)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.config import Polygon
from alpr_edge.seams import Image, Point


class Zones:
    """The region of interest and the masks of one scene."""

    def __init__(self, *, roi: Polygon = (), masks: tuple[Polygon, ...] = ()) -> None:
        self._roi = roi
        self._masks = masks

    def paint(self, image: Image) -> None:
        """Black out the masks, in place, before anything else sees the picture."""
        if self._masks:
            cv2.fillPoly(image, [_pixels(mask, image) for mask in self._masks], (0, 0, 0))

    def admits(self, point: Point, size_wh: tuple[int, int]) -> bool:
        """Whether a plate centred here, in pixels of the frame, is ours to read."""
        if not self._roi:
            return True
        part = (point[0] / size_wh[0], point[1] / size_wh[1])
        return cv2.pointPolygonTest(np.array(self._roi, np.float32), part, False) >= 0

    def watched(self, luma: Image) -> NDArray[np.bool_] | None:
        """The pixels of a small grey picture in which motion counts; None when all of them do."""
        if not self._roi and not self._masks:
            return None
        canvas = np.zeros(luma.shape, np.uint8)
        if self._roi:
            cv2.fillPoly(canvas, [_pixels(self._roi, luma)], (1,))
            # A vehicle is met at the border before its plate is inside.
            canvas = np.asarray(cv2.dilate(canvas, np.ones((5, 5), np.uint8)))
        else:
            canvas[:] = 1
        for mask in self._masks:
            cv2.fillPoly(canvas, [_pixels(mask, luma)], (0,))
        return canvas.astype(bool)


def _pixels(polygon: Polygon, image: Image) -> NDArray[np.int32]:
    height, width = image.shape[:2]
    scaled = np.array(polygon, np.float64) * (width, height)
    return np.rint(scaled).astype(np.int32)
