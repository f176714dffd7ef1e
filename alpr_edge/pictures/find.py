"""Finds the pictures and videos that a person means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PICTURES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".png",
        ".bmp",
        ".webp",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".pnm",
        ".jp2",
    ]
)
VIDEOS = frozenset(
    [".mp4", ".avi", ".mkv", ".mov", ".m4v", ".mpg", ".mpeg", ".webm", ".ts", ".mjpeg", ".mjpg"]
)


def find_pictures(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Files in the order given, folders expanded in name order; and a line for each that fails.

    A file named outright is taken whatever its ending; in a folder the ending decides.
    """
    files: list[Path] = []
    complaints: list[str] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p for p in path.rglob("*") if p.suffix.lower() in PICTURES | VIDEOS and p.is_file()
            )
            if not inside:
                complaints.append(f"{path}: no picture or video in this folder")
            files += inside
        elif path.exists():
            files.append(path)
        else:
            complaints.append(f"{path}: no such file or folder")
    return files, complaints


def is_video(path: Path) -> bool:
    """Whether a file is treated as a video, by its ending."""
    return path.suffix.lower() in VIDEOS
