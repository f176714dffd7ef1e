"""Draws what was found into a copy of the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from alpr_edge.errors import InputError
from alpr_edge.seams import Image, PlateBox, PlateText
from alpr_wire.reads import per_cent

SURE = (80, 200, 60)
DOUBTFUL = (40, 170, 250)


def write_annotated(
    folder: Path, label: dict[str, Any], image: Image, found: list[tuple[PlateBox, PlateText]]
) -> Path:
    """Write the picture with its plates outlined and named, as JPEG, and return its path.

    Raises:
        InputError: The folder cannot be written.
    """
    source = Path(label["image"])
    frame = f"-{label['frame']:06d}" if "frame" in label else ""
    # The whole path in the name: two folders may hold pictures of one name.
    name = "_".join(p for p in source.parts if p not in ("/", "..", "."))
    target = folder / f"{name}{frame}.jpg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(cv2.imencode(".jpg", draw(image, found))[1].tobytes())
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror})") from error
    return target


def draw(image: Image, found: list[tuple[PlateBox, PlateText]]) -> Image:
    """A copy of the picture with each plate's corners, reading and confidence."""
    canvas = image.copy()
    size = max(0.45, min(image.shape[:2]) / 900)
    thick = max(1, round(size * 2))
    for box, text in found:
        colour = SURE if text.text and "?" not in text.text else DOUBTFUL
        quad = np.round(np.array(box.corners)).astype(np.int32)
        cv2.polylines(canvas, [quad.reshape(-1, 1, 2)], True, colour, thick, cv2.LINE_AA)
        caption = f"{text.text or '-'}  {per_cent(text.confidence)}%"
        (width, height), base = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, size, thick)
        left = int(np.clip(quad[:, 0].min(), 0, max(0, canvas.shape[1] - width - 6)))
        top = int(quad[:, 1].min()) - height - base - 6
        if top < 0:
            top = int(quad[:, 1].max()) + 4
        cv2.rectangle(canvas, (left, top), (left + width + 6, top + height + base + 4), colour, -1)
        cv2.putText(
            canvas,
            caption,
            (left + 3, top + height + 2),
            cv2.FONT_HERSHEY_SIMPLEX,
            size,
            (0, 0, 0),
            thick,
            cv2.LINE_AA,
        )
    return canvas
