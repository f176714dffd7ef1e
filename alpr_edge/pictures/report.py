"""Reads files one after another and tells a person, or a machine, what was found."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

import cv2
import numpy as np

from alpr_edge.errors import InputError
from alpr_edge.pictures.annotate import write_annotated
from alpr_edge.pictures.find import is_video
from alpr_edge.pictures.load import load_sized
from alpr_edge.seams import Corners, Image, PlateBox, PlateText
from alpr_wire.reads import per_cent

Found = list[tuple[PlateBox, PlateText]]


class Recognizes(Protocol):
    """What reads a picture."""

    def recognize(self, image: Image) -> Found:
        """Every plate of a picture, surest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one picture."""

    label: dict[str, Any]
    """`image`, and for videos `frame` and `time_s`."""
    size_wh: tuple[int, int]
    found: Found = field(repr=False)
    ms: float


class Report(Protocol):
    """What tells the findings."""

    def tell(self, outcome: Outcome) -> None:
        """One picture."""


class JsonReport:
    """One JSON object per picture on a line of stdout."""

    def tell(self, outcome: Outcome) -> None:
        """Print one object."""
        width, height = outcome.size_wh
        row = {**outcome.label, "width": width, "height": height, "ms": round(outcome.ms, 2)}
        row["plates"] = [plate_as_json(box, text) for box, text in outcome.found]
        print(json.dumps(row), flush=True)


class TableReport:
    """A line per plate for people."""

    def __init__(self, *, many: bool) -> None:
        self._many = many
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._headed = False

    def tell(self, outcome: Outcome) -> None:
        """Print the plates of one picture."""
        label, found = outcome.label, outcome.found
        if not self._headed:
            print(self._paint("2", f"{'plate':<12}{'sure':>6}  {'region':<7}{'wide':>7}  picture"))
            self._headed = True
        where = label["image"] + (f" @ {label['time_s']:.2f} s" if "time_s" in label else "")
        for box, text in found:
            shown = text.text or "-"
            colour = "32" if "?" not in shown and text.text else "33"
            wide = f"{box.width_px:>4.0f} px"
            rest = f"{per_cent(text.confidence):>5}%  {text.region or '-':<7}{wide}  {where}"
            print(self._paint(colour, f"{shown:<12}") + rest)
        if not found and (self._many or "time_s" not in label):
            print(f"{'none':<12}{'':>6}  {'':<7}{'':>7}  {where}")

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text


def plate_as_json(box: PlateBox, text: PlateText) -> dict[str, Any]:
    """One plate as documented in the README."""
    return {
        "corners": [[round(x, 1), round(y, 1)] for x, y in box.corners],
        "score": round(box.score, 4),
        "text": text.text,
        "raw_text": text.raw_text,
        "confidence": round(text.confidence, 4),
        "characters": [
            [[c, round(p, 4)] for c, p in character.alternatives] for character in text.characters
        ],
        "region": text.region,
    }


def read_all(
    files: list[Path],
    recognizer: Recognizes,
    show: Report,
    *,
    annotate: Path | None = None,
    every: int = 1,
) -> int:
    """Read every file; returns how many failed, each with its line on stderr."""
    failed = 0
    progress = Progress(len(files))
    for number, path in enumerate(files):
        progress.show(number, path)
        try:
            for label, image, size_wh in _pictures_of(path, every):
                started = time.perf_counter()
                found = recognizer.recognize(image)
                ms = (time.perf_counter() - started) * 1000
                progress.clear()
                told = _at_full_size(found, size_wh[0] / image.shape[1])
                show.tell(Outcome(label=label, size_wh=size_wh, found=told, ms=ms))
                if annotate is not None:
                    write_annotated(annotate, label, image, found)
        except InputError as error:
            progress.clear()
            print(f"alpr-edge read: {error}", file=sys.stderr)
            failed += 1
    progress.clear()
    return failed


def _at_full_size(found: Found, scale: float) -> Found:
    """The same plates in the file's own pixels, where it was decoded smaller than it is."""
    if scale == 1:
        return found
    told = []
    for box, text in found:
        corners = cast("Corners", tuple((x * scale, y * scale) for x, y in box.corners))
        told.append((replace(box, corners=corners), text))
    return told


def _pictures_of(path: Path, every: int) -> Iterator[tuple[dict[str, Any], Image, tuple[int, int]]]:
    if not is_video(path):
        yield {"image": str(path)}, *load_sized(path)
        return
    video = cv2.VideoCapture(str(path))
    try:
        if not video.isOpened():
            raise InputError(f"{path}: not a video that can be read")
        rate = video.get(cv2.CAP_PROP_FPS) or 30.0
        frame = 0
        while video.grab():
            if frame % every == 0:
                good, image = video.retrieve()
                if not good:
                    raise InputError(f"{path}: frame {frame} is damaged")
                label = {"image": str(path), "frame": frame, "time_s": round(frame / rate, 3)}
                yield label, np.asarray(image, np.uint8), (image.shape[1], image.shape[0])
            frame += 1
        if not frame:
            raise InputError(f"{path}: the video has no frame")
    finally:
        video.release()


class Progress:
    """A bar on stderr, when a person is watching and there is much to do."""

    def __init__(self, total: int) -> None:
        self._total = total
        # Where the findings go to the same terminal they are the progress.
        self._on = total > 5 and sys.stderr.isatty() and not sys.stdout.isatty()

    def show(self, done: int, path: Path) -> None:
        """Draw the bar."""
        if self._on:
            filled = 30 * done // self._total
            bar = "█" * filled + "░" * (30 - filled)
            print(f"\r\033[K{bar} {done}/{self._total} {path.name[:40]}", end="", file=sys.stderr)

    def clear(self) -> None:
        """Take the bar away before something else is printed."""
        if self._on:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
