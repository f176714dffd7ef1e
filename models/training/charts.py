"""Plots and contact sheets of an evaluation."""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib
import numpy as np

matplotlib.use("Agg")
import itertools

from matplotlib import pyplot as plt

TILE_WH = (230, 110)


def cut(image: np.ndarray, quad: np.ndarray | None, caption: str) -> np.ndarray:
    """A tile of a contact sheet: the surroundings of a quad (all if None) with a caption."""
    if quad is not None:
        low, high = quad.min(0), quad.max(0)
        grow = 0.35 * (high - low).max()
        x0, y0 = (int(max(0, v)) for v in low - grow)
        x1, y1 = (int(v) for v in high + grow)
        image = image[y0:y1, x0:x1]
    width, height = TILE_WH
    tile = np.full((height, width, 3), 40, np.uint8)
    if image.size:
        scale = min(width / image.shape[1], (height - 20) / image.shape[0])
        small = cv2.resize(
            image, (max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale)))
        )
        tile[: small.shape[0], : small.shape[1]] = small
    cv2.putText(
        tile,
        caption,
        (3, height - 6),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.45,
        (90, 255, 255),
        1,
        cv2.LINE_AA,
    )
    return tile


def sheet(tiles: list[np.ndarray], path: Path, columns: int = 6, most: int = 72) -> None:
    """Write tiles as one picture; nothing where there are none."""
    tiles = [t if t.shape[:2] == TILE_WH[::-1] else cut(t, None, "") for t in tiles[:most]]
    if not tiles:
        path.unlink(missing_ok=True)
        return
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    cv2.imwrite(str(path), np.vstack(rows))


def accuracy_by_width(pairs: list[tuple[float, bool]], path: Path) -> None:
    """Share read right against plate width in a 1280 px picture."""
    edges = np.array([0, 50, 75, 100, 150, 200, 300, 2000])
    widths, right = np.array([w for w, _ in pairs]), np.array([r for _, r in pairs], float)
    figure, axes = plt.subplots(figsize=(6, 3.4))
    for index, (low, high) in enumerate(itertools.pairwise(edges)):
        inside = (widths >= low) & (widths < high)
        if inside.any():
            axes.bar(index, 100 * right[inside].mean(), color="#2b6cb0")
            axes.text(index, 3, f"n={inside.sum()}", ha="center", color="white", fontsize=8)
    axes.set_xticks(
        range(len(edges) - 1),
        [*(f"{a}-{b}" for a, b in itertools.pairwise(edges[:-1])), f">{edges[-2]}"],
    )
    axes.set(xlabel="plate width, px in a 1280 px picture", ylabel="read right, %", ylim=(0, 100))
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def reliability(pairs: list[tuple[float, bool]], path: Path) -> None:
    """Measured against stated confidence."""
    said, right = np.array([c for c, _ in pairs]), np.array([r for _, r in pairs], float)
    edges = np.linspace(0, 1, 11)
    figure, axes = plt.subplots(figsize=(4, 3.6))
    axes.plot([0, 1], [0, 1], "--", color="grey", linewidth=1)
    for low, high in itertools.pairwise(edges):
        inside = (said >= low) & ((said < high) | (high == 1))
        if inside.any():
            axes.plot(
                said[inside].mean(),
                right[inside].mean(),
                "o",
                color="#2b6cb0",
                markersize=3 + 1.5 * np.log1p(inside.sum()),
            )
            axes.annotate(
                str(int(inside.sum())),
                (said[inside].mean(), right[inside].mean()),
                fontsize=7,
                xytext=(4, -8),
                textcoords="offset points",
            )
    axes.set(
        xlabel="stated confidence", ylabel="measured share right", xlim=(0, 1.02), ylim=(0, 1.02)
    )
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
