"""Verdicts as a monitoring plugin's answer, as JSON, and as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from alpr_edge.health.verdict import Level, Measure, Verdict, worst

SCHEMA = 1
UNITS = {"s": "seconds", "%": "percent", "B": "bytes", "": "", "c": "total"}


def plugin(verdicts: Sequence[Verdict]) -> str:
    """One line with performance data, then a line and its fix for each check that is not good."""
    level = worst(v.level for v in verdicts)
    wrong = [v for v in verdicts if v.level is not Level.OK]
    wrong.sort(key=lambda v: worst([v.level, Level.UNKNOWN]) is Level.UNKNOWN)
    grave = [v for v in wrong if v.level is level]
    if not grave:
        head = f"{len(verdicts)} checks are good" if len(verdicts) > 1 else verdicts[0].what
    else:
        head = f"{grave[0].name}: {grave[0].what}"
        if len(wrong) > 1:
            head += f" (and {len(wrong) - 1} more)"
    numbers = " ".join(_performance(m) for v in verdicts for m in v.measures)
    lines = [f"ALPR {level.name} - {_clean(head)}" + (f" | {numbers}" if numbers else "")]
    for verdict in wrong:
        lines.append(f"{verdict.level.name.lower()}: {verdict.name}: {_clean(verdict.what)}")
        lines.append(f"    fix: {_clean(verdict.fix or '')}")
    return "\n".join(lines)


def table(verdicts: Sequence[Verdict]) -> str:
    """Every check on a line, for a person who watches."""
    lines = []
    for verdict in verdicts:
        lines.append(f"{verdict.level.name.lower():9} {verdict.name:13} {verdict.what}")
        if verdict.fix is not None:
            lines.append(f"{'':23} fix: {verdict.fix}")
    return "\n".join(lines)


def as_json(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """One object; its `schema` grows when a field changes its meaning or goes."""
    level = worst(v.level for v in verdicts)
    return {
        "schema": SCHEMA,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "level": level.name.lower(),
        "code": int(level),
        "checks": [
            {
                "name": v.name,
                "level": v.level.name.lower(),
                "what": v.what,
                "fix": v.fix,
                "values": {m.name: m.value for m in v.measures},
            }
            for v in verdicts
        ],
    }


def metrics(verdicts: Sequence[Verdict]) -> str:
    """For the textfile collector of Prometheus' node exporter."""
    lines = [
        "# HELP alpr_edge_health_level 0 ok, 1 warning, 2 critical, 3 unknown.",
        "# TYPE alpr_edge_health_level gauge",
    ]
    lines += [f'alpr_edge_health_level{{check="{v.name}"}} {int(v.level)}' for v in verdicts]
    for measure in (m for v in verdicts for m in v.measures):
        name = "_".join(p for p in ("alpr_edge", measure.name, UNITS[measure.unit]) if p)
        lines += [f"# TYPE {name} gauge", f"{name} {measure.value:g}"]
    return "\n".join(lines) + "\n"


def _performance(measure: Measure) -> str:
    limits = [_limit(measure.warn, low=measure.low), _limit(measure.critical, low=measure.low)]
    text = f"{measure.name}={measure.value:g}{measure.unit};{limits[0]};{limits[1]}"
    return text.rstrip(";")


def _limit(value: float | None, *, low: bool) -> str:
    """As a range of the plugin guidelines: `n` alarms above it, `n:` below it."""
    return "" if value is None else f"{value:g}:" if low else f"{value:g}"


def _clean(text: str) -> str:
    """A bar would begin performance data, and a break another line."""
    return " ".join(text.replace("|", "/").split())
