"""The meters as numbers and bars, for a terminal."""

from __future__ import annotations

from alpr_edge.aim.lanes import Lane, Meter
from alpr_edge.aim.session import Shown

BAR = 24


def text(shown: Shown) -> str:
    """Every lane with its meters and what to do next, and what no meter judged."""
    minutes, seconds = divmod(int(shown.left_s), 60)
    lines = [
        f"{shown.frames} frames of {shown.size_wh[0]}x{shown.size_wh[1]},"
        f" mean grey {shown.brightness:.0f}, ends in {minutes}:{seconds:02}"
    ]
    for lane in shown.lanes:
        lines += ["", *_lane(lane)]
    lines += ["", *(f"not measured: {what}" for what in shown.unmeasured)]
    return "\n".join(lines)


def _lane(lane: Lane) -> list[str]:
    verdict = "PASS" if lane.passes else "not yet"
    lines = [f"lane {lane.number}: {verdict}, {lane.plates} plates seen"]
    lines += [f"  {_meter(meter)}" for meter in lane.meters]
    if lane.fix is not None:
        lines.append(f"  next: {lane.fix}")
    return lines


def _meter(meter: Meter) -> str:
    """The limit stands at half of the bar, so that good and bad show at a glance."""
    part = meter.value / (2 * meter.limit) if meter.limit else 0.0
    full = round(BAR * min(1.0, max(0.0, part)))
    bar = "#" * full + "." * (BAR - full)
    sign = "at least" if meter.at_least else "at most"
    mark = "ok " if meter.good else "BAD"
    value = f"{meter.value:g} {meter.unit}".strip()
    limit = f"{meter.limit:g} {meter.unit}".strip()
    return f"{mark} {meter.name:17} [{bar}] {value:>10}   {sign} {limit}"
