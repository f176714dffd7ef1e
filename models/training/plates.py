"""Rendered plates: `render_plate(rng)` gives a flat plate with its text, region and style.

What is transcribed (the whole rule stands in docs/LABELS.md): the serial alone, A-Z and 0-9, upper
line first. Small stacked letters belong to the serial in California (exempt, dealer, disabled), New
York and New Jersey, where the registration holds them; elsewhere they name a kind of plate and are
left out, as in the pictured plates the reader also learns from. Hearts, hands, stars, plus signs,
seals, hyphens, dots, stickers, slogans and frames are never transcribed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from models.training.california import SERIES, california_plate
from models.training.europe import eu_plate, eu_square
from models.training.plate_record import RenderedPlate
from models.training.south_america import ar_plate, br_plate, mercosur
from models.training.us_plates import us_plate
from models.training.us_states import STATES

Painter = Callable[[np.random.Generator], RenderedPlate]


def aspect_of(style: str) -> float:
    """Width over height of a style's plates, roughly."""
    if style.endswith(("square", "two")):
        return 1.3
    return {"eu:line": 4.6, "ar:black": 2.28}.get(
        style, 3.05 if style.startswith(("br", "ar")) else 2.0
    )


class PlateRenderer:
    """Draws plates; with `data` it also uses the sample blanks under `templates/us-ca` there.

    `favour` says how many times as often as they are met styles are drawn that begin with a word.
    """

    def __init__(self, data: Path | None = None, favour: Mapping[str, float] | None = None) -> None:
        total = sum(s.weight for s in SERIES.values())
        styles: dict[str, tuple[float, Painter]] = {
            f"us-ca:{name}": (
                26 * series.weight / total,
                partial(california_plate, series=name, data=data),
            )
            for name, series in SERIES.items()
        }
        share = {"us-ny": 9.0, "us-nj": 3.5, "us-pa": 2.0, "us-tx": 1.8, "us-fl": 1.8}
        for region in STATES:
            weight = share.get(region, 0.62 if region.startswith("us") else 0.6)
            styles[region] = (weight, partial(us_plate, region=region))
        styles |= {
            "eu:line": (13.0, eu_plate),
            "eu:square": (4.0, eu_square),
            "br:grey": (5.0, br_plate),
            "br:two": (1.5, partial(br_plate, two=True)),
            "br:mercosur": (2.0, partial(mercosur, country="br")),
            "br:mercosur-two": (0.7, partial(mercosur, country="br", two=True)),
            "ar:black": (2.5, ar_plate),
            "ar:black-two": (0.4, partial(ar_plate, two=True)),
            "ar:mercosur": (2.5, partial(mercosur, country="ar")),
            "ar:mercosur-two": (0.4, partial(mercosur, country="ar", two=True)),
        }
        for start, times in (favour or {}).items():
            if not any(k.startswith(start) for k in styles):
                raise ValueError(f"no plate style begins with {start!r}")
            styles |= {k: (w * times, p) for k, (w, p) in styles.items() if k.startswith(start)}
        self.styles = tuple(styles)
        self._painters = {name: painter for name, (_, painter) in styles.items()}
        self._cumulative = np.cumsum([weight for weight, _ in styles.values()])

    def draw_style(self, rng: np.random.Generator) -> str:
        """A style, each as often as it is met."""
        draw = rng.random() * self._cumulative[-1]
        return self.styles[int(np.searchsorted(self._cumulative, draw, side="right"))]

    def render(self, rng: np.random.Generator, style: str | None = None) -> RenderedPlate:
        """One plate of a style of `styles`, or of one drawn by how much it is met."""
        if style is None:
            style = self.draw_style(rng)
        if style not in self._painters:
            raise ValueError(f"unknown plate style {style!r}; known: {', '.join(self.styles)}")
        return self._painters[style](rng)


_PLAIN = PlateRenderer()
STYLES = _PLAIN.styles


def render_plate(rng: np.random.Generator, style: str | None = None) -> RenderedPlate:
    """One plate without any material from outside the repository."""
    return _PLAIN.render(rng, style)
