"""Checks of what the camera produces and delivers: reads, queue, receipts, certificate."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509

from alpr_edge.enrolment import certificate_file
from alpr_edge.health.camera import RESTART, blind, dead, graded
from alpr_edge.health.evidence import Evidence, Held
from alpr_edge.health.verdict import Level, Measure, Verdict

LEAST_USUAL = 20.0
"""Hours with fewer reads say nothing about the camera."""


def sync(e: Evidence) -> Verdict:
    """Whether the process that talks to the city runs, and has a session."""
    if not (e.config.outbox.identity / "city-root.pub").exists():
        return Verdict(name="sync", level=Level.OK, what="not needed before enrolment")
    why = dead(e.sync)
    if why is not None:
        return Verdict(
            name="sync",
            level=Level.CRITICAL,
            what=f"alpr-edge-sync {why}",
            fix=RESTART.format(unit="alpr-edge-sync"),
        )
    assert e.sync is not None
    if e.sync.says("connected", "phase"):
        return Verdict(name="sync", level=Level.OK, what="has a session with the city")
    return Verdict(
        name="sync",
        level=Level.WARNING,
        what="no session with the city; reads wait here, sealed",
        fix=f"check the link: nc -vz {e.config.city.host} {e.config.city.port};"
        " journalctl -u alpr-edge-sync -n 50",
    )


def reads(e: Evidence) -> Verdict:
    """Reads of the last hour against the same hour of past weeks."""
    if e.capture is None or dead(e.capture):
        return blind("reads")
    found = e.capture.number("reads", "rolling_hour")
    usual = e.capture.number("reads", "usual_hour")
    if found is None:
        found = e.capture.number("reads", "last_hour")
    if found is None or usual is None or usual < LEAST_USUAL:
        return Verdict(
            name="reads",
            level=Level.OK,
            what=f"{found or 0:.0f} in the last hour; too little history to compare with",
            measures=(Measure(name="reads_hour", value=round(found or 0, 1)),),
        )
    return graded(
        "reads",
        f"{found:.0f} in the last hour, where {usual:.0f} are usual",
        "is the road closed? Else look at lens, focus, exposure and view, then sudo alpr-edge aim",
        Measure(
            name="reads_hour",
            value=round(found, 1),
            warn=round(usual * 0.4, 1),
            critical=round(usual * 0.1, 1),
            low=True,
        ),
        Measure(name="reads_usual", value=round(usual, 1)),
    )


def abstention(e: Evidence) -> Verdict:
    """How many reads the reader would rather not spell out."""
    if e.capture is None or dead(e.capture):
        return blind("abstention")
    count = e.capture.number("reads", "last_hour") or 0
    doubted = e.capture.number("reads", "abstained_last_hour") or 0
    if count < LEAST_USUAL:
        return Verdict(name="abstention", level=Level.OK, what="too few reads to judge by")
    share = doubted / count
    return graded(
        "abstention",
        f"{share:.0%} of {count:.0f} reads are doubtful",
        "plates are too small, blurred or glaring: sudo alpr-edge aim shows which",
        Measure(name="abstained", value=round(share * 100, 1), unit="%", warn=50, critical=80),
    )


def queue(e: Evidence) -> Verdict:
    """How much waits for the city, how long, and how full the outbox is."""
    held = _held(e, "queue")
    if isinstance(held, Verdict):
        return held
    full = held.bytes / (e.config.outbox.most_gb * 1e9)
    oldest_s = held.oldest_s or 0.0
    return graded(
        "queue",
        f"{held.waiting} records wait, the oldest read for {_span(oldest_s)};"
        f" the outbox is {full:.0%} full",
        "bring the link to the city back: see sync and receipt; pictures are shed first",
        Measure(name="queue", value=held.waiting),
        Measure(name="oldest_unsent", value=round(oldest_s), unit="s", warn=1800, critical=86400),
        Measure(name="outbox", value=round(full * 100, 1), unit="%", warn=80, critical=95),
    )


def receipt(e: Evidence) -> Verdict:
    """How long ago the city last confirmed anything, while something waits."""
    held = _held(e, "receipt")
    if isinstance(held, Verdict):
        return held
    if held.receipt_s is None:
        if not held.waiting or not (e.config.outbox.identity / "city-root.pub").exists():
            return Verdict(name="receipt", level=Level.OK, what="none yet")
        age_s = held.oldest_s or 0.0
        said = "the city has never confirmed a read of this outbox"
    else:
        age_s = held.receipt_s if held.waiting else 0.0
        said = f"the last one came {_span(held.receipt_s)} ago"
    return graded(
        "receipt",
        said,
        f"is the city up? nc -vz {e.config.city.host} {e.config.city.port}; ask it whether this"
        " camera is admitted: alpr-city camera list",
        Measure(name="receipt_age", value=round(age_s), unit="s", warn=900, critical=6 * 3600),
    )


def certificate(e: Evidence) -> Verdict:
    """How long the certificate lasts."""
    path = certificate_file(e.config.outbox.identity)
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except PermissionError:
        return Verdict(
            name="certificate",
            level=Level.UNKNOWN,
            what="cannot be read by this user",
            fix="sudo alpr-edge health",
        )
    except FileNotFoundError:
        return Verdict(
            name="certificate",
            level=Level.WARNING,
            what="this camera is not enrolled",
            fix="sudo alpr-edge enroll https://CITY --camera NAME --code CODE (the city has it)",
        )
    except (OSError, ValueError):
        return Verdict(
            name="certificate",
            level=Level.CRITICAL,
            what="is spoilt",
            fix="sudo alpr-edge enroll again, with a new code",
        )
    left_days = (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / 86400
    return graded(
        "certificate",
        f"{left_days:.1f} days left" if left_days > 0 else f"expired {-left_days:.1f} days ago",
        "check clock and sync; it renews itself, also when expired: sudo alpr-edge renew",
        Measure(name="certificate", value=round(left_days, 2), warn=1.5, critical=0.25, low=True),
    )


def _held(e: Evidence, name: str) -> Held | Verdict:
    if e.outbox is None:
        return Verdict(name=name, level=Level.OK, what="there is no outbox yet")
    if isinstance(e.outbox, str):
        return Verdict(
            name=name,
            level=Level.UNKNOWN,
            what=f"the outbox cannot be read ({e.outbox})",
            fix="sudo alpr-edge health; if that says so too: sudo systemctl restart"
            " alpr-edge-capture, which sets a damaged outbox aside",
        )
    return e.outbox


def _span(seconds: float) -> str:
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
