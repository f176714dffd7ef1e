"""Start the audit that is due, and raise an alarm where one is overdue. A timer does this daily."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

NAME = "audit"
HELP = "draw the audit that is due; alarm where one is overdue"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--due", action="store_true", help="only where one is due")


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-web"


def run(args: argparse.Namespace) -> int:
    """Exit code 1 where one is overdue."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.policy import in_force

    connect(load(args.config))
    from alpr_city.audits.models import Audit
    from alpr_city.audits.work import alarm_if_overdue, start, state
    from alpr_city.door.door import staff
    from alpr_city.people.journal import vault
    from alpr_city.reads.models import Camera

    now, policy = datetime.now(UTC), in_force()
    began = Camera.objects.order_by("admitted_at").values_list("admitted_at", flat=True).first()
    overdue = alarm_if_overdue(policy, now, began)
    how = state(policy, now, began)
    under_way = Audit.objects.filter(approved_at=None).first()
    if under_way:
        print(f"audit {under_way.pk} is under way, drawn {under_way.drawn_at:%Y-%m-%d}")
    elif how.due_at is None or (args.due and now < how.due_at):
        print("no audit is due")
    else:
        access = staff(
            None,
            action="audit-draw",
            purpose="audit",
            case="audit",
            reason="the sample of the period",
            query={"what": "every access, without queries"},
        )
        audit = start(vault(), access, policy, now)
        print(f"audit {audit.pk} drawn: {audit.items.count()} of {audit.records} accesses")
    if overdue:
        print("an audit is overdue")
    return 1 if overdue else 0
