"""All checks, in the order in which a person should mend what they find."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alpr_edge.health import board, camera, delivery, picture, trust
from alpr_edge.health.evidence import Evidence
from alpr_edge.health.verdict import Verdict

CHECKS: dict[str, Callable[[Evidence], Verdict]] = {
    "config": trust.config,
    "power": board.power,
    "temperature": board.temperature,
    "disk": board.disk,
    "wear": board.wear,
    "clock": board.clock,
    "models": trust.models,
    "capture": camera.capture,
    "frames": camera.frames,
    "latency": camera.latency,
    "commissioned": picture.commissioned,
    "lens": picture.lens,
    "view": picture.view,
    "focus": picture.focus,
    "exposure": picture.exposure,
    "reads": delivery.reads,
    "abstention": delivery.abstention,
    "certificate": delivery.certificate,
    "sync": delivery.sync,
    "queue": delivery.queue,
    "receipt": delivery.receipt,
    "sockets": trust.sockets,
}


def examine(evidence: Evidence, names: Sequence[str] = ()) -> list[Verdict]:
    """What each check says; all of them where none is named."""
    return [CHECKS[name](evidence) for name in names or CHECKS]
