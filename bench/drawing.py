"""Draws measured lines as an SVG, so that a plot needs no library and a diff can be read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 330, 270, 48, 44, 24, 46
COLOURS = ("#1b6ca8", "#b3541e", "#3c7a3c")


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over one logarithmic axis of volumes, or a plain one of hours; heights begin at 0."""

    title: str
    lines: dict[str, list[tuple[float, float]]]
    hours: bool = False


def draw(below: str, panels: list[Panel]) -> str:
    """All panels beside each other."""
    parts = [_panel(panel, below, n * WIDTH) for n, panel in enumerate(panels)]
    width = WIDTH * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}"'
        f' height="{HEIGHT}" font-family="sans-serif" font-size="11" fill="#222">\n'
        f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(panel: Panel, below: str, x0: float) -> str:
    points = [point for line in panel.lines.values() for point in line]
    scale: Callable[[float], float] = float if panel.hours else math.log10
    low, high = (scale(f(x for x, _ in points)) for f in (min, max))
    step = _step(max(y for _, y in points))
    top = step * math.ceil(max(y for _, y in points) / step)
    right, bottom = x0 + WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        share = (scale(x) - low) / ((high - low) or 1)
        return x0 + LEFT + share * (right - x0 - LEFT), bottom - y / top * (bottom - TOP)

    made = [f'<text x="{x0 + 8}" y="18" font-weight="bold">{panel.title}</text>']
    for n in range(round(top / step) + 1):
        _, y = at(points[0][0], n * step)
        made.append(f'<path d="M{x0 + LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        made.append(
            f'<text x="{x0 + LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{n * step:g}</text>'
        )
    for volume in sorted({x for x, _ in points if not panel.hours or x % 4 == 0}):
        x, _ = at(volume, 0)
        said = f"{volume:g}" if panel.hours else _short(volume)
        made.append(f'<text x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{said}</text>')
    made.append(
        f'<text x="{(x0 + LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{below}</text>'
    )
    for colour, (n, (name, line)) in zip(COLOURS, enumerate(panel.lines.items()), strict=False):
        path = "L".join("{:.1f} {:.1f}".format(*at(x, y)) for x, y in line)
        made.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        made.append(f'<text x="{x0 + LEFT + 4 + n * 70}" y="34" fill="{colour}">{name}</text>')
    return "\n".join(made)


def _step(most: float) -> float:
    """Round steps, four to eight of them."""
    rough = 10 ** math.floor(math.log10(most))
    return next(rough * f for f in (0.125, 0.25, 0.5, 1, 2) if most / (rough * f) <= 8)


def _short(volume: float) -> str:
    return f"{volume / 1e6:g} M" if volume >= 1e6 else f"{volume / 1e3:g} k"
