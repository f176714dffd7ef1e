"""Draws what `make soak --csv` put down: `python -m bench.drift soak.csv docs/soak.svg`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

WIDTH, HEIGHT, LEFT, GAP = 720, 110, 60, 34
PANELS = (
    ("mb", "resident memory, MB"),
    ("descriptors", "open descriptors"),
    ("threads", "threads"),
)
COLUMNS = "s", "mb", "descriptors", "threads"


def load(path: Path) -> dict[str, list[float]]:
    """Columns by name."""
    rows = [[float(cell) for cell in line.split(",")] for line in path.read_text().splitlines()]
    return {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}


def draw(columns: dict[str, list[float]]) -> str:
    """One panel below the other, each from zero, as SVG."""
    end = columns["s"][-1]
    total = len(PANELS) * (HEIGHT + GAP) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {total}"'
        ' font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for rank, (name, title) in enumerate(PANELS):
        top = rank * (HEIGHT + GAP) + 22
        most = max(columns[name]) * 1.15
        points = " ".join(
            f"{LEFT + WIDTH * s / end:.1f},{top + HEIGHT * (1 - value / most):.1f}"
            for s, value in zip(columns["s"], columns[name], strict=True)
        )
        parts += [
            f'<text x="{LEFT}" y="{top - 6}">{title}</text>',
            f'<path d="M{LEFT} {top}V{top + HEIGHT}H{LEFT + WIDTH}" fill="none" stroke="#888"/>',
            f'<text x="{LEFT - 6}" y="{top + HEIGHT}" text-anchor="end">0</text>',
            f'<text x="{LEFT - 6}" y="{top + HEIGHT * (1 - 1 / 1.15) + 4:.0f}"'
            f' text-anchor="end">{max(columns[name]):.0f}</text>',
            f'<polyline points="{points}" fill="none" stroke="#1a5fb4" stroke-width="1.5"/>',
        ]
    foot = len(PANELS) * (HEIGHT + GAP) + 8
    parts.append(f'<text x="{LEFT + WIDTH}" y="{foot}" text-anchor="end">{end / 60:.0f} min</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> int:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("svg", type=Path)
    args = parser.parse_args()
    args.svg.write_text(draw(load(args.csv)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
