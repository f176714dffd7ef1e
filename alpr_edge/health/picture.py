"""Checks of what the camera sees: focus, exposure, where it looks, and the glass before it."""

from __future__ import annotations

from alpr_edge.capture.exposure import shutter_limit_s
from alpr_edge.health.camera import blind, dead, graded
from alpr_edge.health.evidence import Evidence
from alpr_edge.health.verdict import Level, Measure, Verdict

DARK = 35.0
"""Mean grey level under which sharpness is that of the noise."""
MOVED, MOVED_FAR = 0.02, 0.05
LEAST_KEPT, COVERED_KEPT = 0.6, 0.2
LEAST_FLAT, MOST_HAZE = 0.97, 0.06


def commissioned(e: Evidence) -> Verdict:
    """Whether there is a baseline to compare with."""
    if e.baseline is not None and e.config.health.baseline.exists():
        return Verdict(name="commissioned", level=Level.OK, what="has a baseline")
    return Verdict(
        name="commissioned",
        level=Level.WARNING,
        what="no baseline: a view that moves or blurs is not noticed",
        fix="sudo alpr-edge aim, and commission the camera at its end",
    )


def focus(e: Evidence) -> Verdict:
    """Sharpness against the commissioned one."""
    if e.capture is None or dead(e.capture):
        return blind("focus")
    now = e.capture.number("camera", "sharpness")
    before = None if e.baseline is None else e.baseline.number("sharpness")
    brightness = e.capture.number("camera", "brightness") or 0.0
    if now is None or not before:
        return Verdict(name="focus", level=Level.OK, what="nothing to compare with yet")
    if brightness < DARK:
        return Verdict(name="focus", level=Level.OK, what="too dark to judge")
    share = now / before
    return graded(
        "focus",
        f"{share:.0%} as sharp as commissioned",
        "wipe the window; is the lens ring loose? Focus again with sudo alpr-edge aim",
        Measure(
            name="sharpness", value=round(share * 100, 1), unit="%", warn=50, critical=25, low=True
        ),
    )


def exposure(e: Evidence) -> Verdict:
    """Shutter against the lane's speed, and whether the picture is black or white."""
    if e.capture is None or dead(e.capture):
        return blind("exposure")
    brightness = e.capture.number("camera", "brightness")
    shutter_s = e.capture.number("camera", "exposure_s")
    limit_s = shutter_limit_s(e.config.scene.max_mph)
    measures = []
    said, fixes = [], []
    if brightness is not None:
        light = Measure(name="brightness", value=brightness, warn=215, critical=245)
        dark = Measure(name="darkness", value=brightness, warn=6, critical=2, low=True)
        measures += [light, dark]
        said.append(f"mean grey {brightness:.0f} of 255")
        if light.level is not Level.OK:
            fixes.append("shade the lens from the sun, or turn the camera away from it")
        if dark.level is not Level.OK:
            fixes.append("look at the infra-red lamp through a phone's camera: it must glow")
    if shutter_s is not None:
        blur = Measure(
            name="shutter", value=shutter_s, unit="s", warn=limit_s * 1.05, critical=limit_s * 2
        )
        measures.append(blur)
        said.append(f"shutter 1/{1 / shutter_s:.0f} s" if shutter_s > 0 else "shutter 0 s")
        if blur.level is not Level.OK:
            fixes.append(f"the shutter must stay under 1/{1 / limit_s:.0f} s: add light")
    return graded(
        "exposure", ", ".join(said) or "the source does not tell", "; ".join(fixes), *measures
    )


def view(e: Evidence) -> Verdict:
    """How far the view stands from the commissioned one."""
    if e.capture is None or dead(e.capture):
        return blind("view")
    right, down = e.capture.number("view", "right_px"), e.capture.number("view", "down_px")
    if right is None or down is None:
        return Verdict(name="view", level=Level.OK, what="nothing to compare with yet")
    share = max(abs(right) / e.config.camera.width_px, abs(down) / e.config.camera.height_px)
    return graded(
        "view",
        f"{right:.0f} px right and {down:.0f} px down of the commissioned view",
        "turn the camera back and tighten its mount, or commission it anew with alpr-edge aim",
        Measure(
            name="view_moved",
            value=round(share * 100, 2),
            unit="%",
            warn=MOVED * 100,
            critical=MOVED_FAR * 100,
        ),
    )


def lens(e: Evidence) -> Verdict:
    """Whether the glass is covered, dirty, or webbed at night."""
    if e.capture is None or dead(e.capture):
        return blind("lens")
    flat, kept = e.capture.number("lens", "flat"), e.capture.number("lens", "kept")
    haze, night = e.capture.number("lens", "haze"), e.capture.holds("lens", "night")
    if flat is None:
        return Verdict(name="lens", level=Level.OK, what="nothing to judge by yet")
    measures = [Measure(name="flat", value=round(flat * 100, 1), unit="%")]
    if kept is not None:
        measures.append(Measure(name="kept", value=round(kept * 100, 1), unit="%"))
    found: tuple[Level, str, str | None] = (Level.OK, "clear", None)
    if flat >= LEAST_FLAT or (kept is not None and kept < COVERED_KEPT and not night):
        found = (Level.CRITICAL, "covered: there is nothing to see", "uncover the lens")
    elif night and haze is not None and haze > MOST_HAZE:
        found = (
            Level.WARNING,
            f"a bright veil over {haze:.0%} of the night picture",
            "brush spider webs from the lens and the lamp; wipe the window",
        )
    elif kept is not None and kept < LEAST_KEPT and not night:
        found = (
            Level.WARNING,
            f"dirty: {1 - kept:.0%} of what was to see is blurred away",
            "wipe the window with a soft cloth and water",
        )
    return Verdict(
        name="lens", level=found[0], what=found[1], fix=found[2], measures=tuple(measures)
    )
