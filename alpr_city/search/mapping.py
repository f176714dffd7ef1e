"""A sketch of where the cameras stand, drawn from their coordinates: no map of anybody else's."""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from alpr_city.cameras.models import Pole
from alpr_city.people.gate import needs

WIDTH, HEIGHT, MARGIN = 800, 500, 60
METRES_A_DEGREE = 111_320.0


@require_GET
@needs("search.place")
def sketch(request: HttpRequest) -> HttpResponse:
    """The sketch, and a table of the same for whoever does not see it."""
    poles = list(
        Pole.objects.filter(latitude__isnull=False, longitude__isnull=False)
        .select_related("camera")
        .order_by("camera_id")
    )
    points, scale = place([(p.latitude or 0.0, p.longitude or 0.0) for p in poles])
    context = {
        "marks": [
            {"pole": pole, "x": x, "y": y} for pole, (x, y) in zip(poles, points, strict=True)
        ],
        "width": WIDTH,
        "height": HEIGHT,
        "bar": scale,
    }
    return render(request, "search/map.html", context)


def place(
    where: list[tuple[float, float]],
) -> tuple[list[tuple[float, float]], tuple[int, float] | None]:
    """Latitude and longitude as points of the sketch, and a bar of so many metres so long."""
    if not where:
        return [], None
    middle = math.radians(sum(lat for lat, _ in where) / len(where))
    metres = [
        (lon * METRES_A_DEGREE * math.cos(middle), lat * METRES_A_DEGREE) for lat, lon in where
    ]
    left, low = min(x for x, _ in metres), min(y for _, y in metres)
    wide = max(max(x for x, _ in metres) - left, 1.0)
    high = max(max(y for _, y in metres) - low, 1.0)
    per_metre = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high, 1.0)
    points = [
        (
            round(MARGIN + (x - left) * per_metre, 1),
            round(HEIGHT - MARGIN - (y - low) * per_metre, 1),
        )
        for x, y in metres
    ]
    bar = 10 ** max(0, math.floor(math.log10(200 / per_metre)))
    return points, (bar, round(bar * per_metre, 1))
