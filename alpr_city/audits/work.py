"""An audit's way: drawn, looked at record by record, submitted, approved by somebody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.db import transaction

from alpr_city.audits.models import Audit, Item
from alpr_city.audits.sample import draw, risky
from alpr_city.errors import CityError
from alpr_city.misuse.models import Finding
from alpr_city.people.models import Person
from alpr_city.policy.records import Policy
from alpr_city.reads.store import raise_alarm
from alpr_wire import statements

ROUND = 10_000


class AuditError(CityError):
    """This may not be done with an audit."""


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


def start(vault: Asks, access: Mapping[str, Any], policy: Policy, now: datetime) -> Audit:
    """Draw the sample of the time since the last audit.

    Raises:
        AuditError: One is under way.
        VaultError: The drawing could not be put on record.
    """
    if Audit.objects.filter(approved_at=None).exists():
        raise AuditError("an audit is under way", fix="finish it first")
    last = Audit.objects.order_by("-last_at").first()
    statement = bytes(vault.call("head"))
    head = statements.decode_statement(statement, "log-head").body
    entries = _entries(vault, access, int(head[1]))
    first_at = last.last_at if last else _time(min((b[1] for b in entries.values()), default=0))
    period = {seq: b for seq, b in entries.items() if first_at <= _time(b[1]) <= now}
    why = _risks(period)
    sample = draw(head[2], period, policy.audits.random_sample)
    risks = {seq: len(reasons) for seq, reasons in why.items()}
    extra = risky(head[2], risks, sample, policy.audits.risk_sample)
    with transaction.atomic():
        audit: Audit = Audit.objects.create(
            first_at=first_at,
            last_at=now,
            drawn_at=now,
            policy=policy.version,
            statement=statement,
            head_seq=head[1],
            records=len(period),
        )
        Item.objects.bulk_create(
            [Item(audit=audit, seq=s, why="random", facts=_facts(period[s])) for s in sample]
            + [
                Item(audit=audit, seq=s, why="; ".join(why[s])[:100], facts=_facts(period[s]))
                for s in extra
            ]
        )
    return audit


def judge(item: Item, person: Person, verdict: str, remark: str, now: datetime) -> None:
    """A verdict on one record.

    Raises:
        AuditError: The audit is submitted (the reviewer's own accesses alone are left to who
            approves), the record is the auditor's own, the word is none of three, or a question or
            breach comes without a remark.
    """
    audit = item.audit
    theirs = item.facts["user"] == audit.reviewer
    if audit.approved_at or (audit.submitted_at and not (theirs and not item.verdict)):
        raise AuditError("this audit is submitted and stays as it is")
    if item.facts["user"] == person.username:
        raise AuditError("nobody judges their own access", fix="another auditor must")
    if verdict not in Item.Verdict.values:
        raise AuditError(f"a verdict is one of {', '.join(Item.Verdict.values)}")
    if verdict != Item.Verdict.IN_ORDER and not remark.strip():
        raise AuditError("a question or a breach needs a remark")
    item.verdict, item.remark = verdict, remark.strip()[:500]
    item.by, item.at = person.username, now
    item.save()


def submit(audit: Audit, person: Person, findings: str, now: datetime) -> None:
    """Hand an audit in under one's name.

    Raises:
        AuditError: It is handed in already, or records lack a verdict. One's own accesses may:
            another auditor judges them, or else who approves.
    """
    if audit.submitted_at:
        raise AuditError("this audit is submitted already")
    left = audit.items.filter(verdict="").exclude(facts__user=person.username).count()
    if left:
        raise AuditError(f"{left} records have no verdict yet")
    audit.reviewer, audit.reviewer_name = person.username, person.name
    audit.findings, audit.submitted_at = findings.strip(), now
    audit.save()


def approve(audit: Audit, person: Person, now: datetime) -> None:
    """Approve another's audit.

    Raises:
        AuditError: It is not handed in, approved already, or one's own in any part.
    """
    if not audit.submitted_at:
        raise AuditError("this audit is not submitted yet")
    if audit.approved_at:
        raise AuditError("this audit is approved already")
    judged = audit.items.filter(by=person.username).exclude(facts__user=audit.reviewer)
    if person.username == audit.reviewer or judged.exists():
        raise AuditError("nobody approves their own audit", fix="another person must")
    left = audit.items.filter(verdict="").count()
    if left:
        raise AuditError(f"{left} of the reviewer's own accesses wait for your verdict")
    audit.approver, audit.approver_name, audit.approved_at = person.username, person.name, now
    audit.save()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """For the public page: when, and what came of it."""

    last_at: datetime | None
    """End of the last approved period."""
    due_at: datetime | None
    """None where nothing was ever accessed and no audit made."""
    overdue: bool
    audits: int
    in_order: int
    questions: int
    breaches: int


def state(policy: Policy, now: datetime, since: datetime | None = None) -> State:
    """How the audits stand. `since`: when the system began, where no audit was made yet."""
    done = Audit.objects.exclude(approved_at=None).order_by("-last_at")
    last = done.first()
    began = last.last_at if last else since
    due = began + timedelta(days=policy.audits.every_days) if began else None
    words = list(Item.objects.filter(audit__in=done).values_list("verdict", flat=True))
    return State(
        last_at=last.last_at if last else None,
        due_at=due,
        overdue=due is not None and now > due,
        audits=done.count(),
        in_order=words.count(Item.Verdict.IN_ORDER),
        questions=words.count(Item.Verdict.QUESTION),
        breaches=words.count(Item.Verdict.BREACH),
    )


def alarm_if_overdue(policy: Policy, now: datetime, since: datetime | None = None) -> bool:
    """Raise an alarm where an audit is overdue."""
    found = state(policy, now, since)
    if found.overdue and found.due_at is not None:
        raise_alarm("", "audit", f"the audit due on {found.due_at:%Y-%m-%d} is not approved")
    return found.overdue


def _entries(vault: Asks, access: Mapping[str, Any], last: int) -> dict[int, dict[int, Any]]:
    """Accesses up to a number; what the vault noted itself is not one."""
    found: dict[int, dict[int, Any]] = {}
    after = -1
    while after < max(last, 0):
        _, rows = vault.call("log_entries", dict(access), after, ROUND)
        if not rows:
            break
        found |= {seq: body for seq, body in rows if 9 in body and seq <= last}
        after = rows[-1][0]
    return found


def _risks(period: Mapping[int, Mapping[int, Any]]) -> dict[int, list[str]]:
    """What is risky about each access: open findings, exports, unmaskings."""
    why: dict[int, list[str]] = defaultdict(list)
    for finding in Finding.objects.exclude(verdict=Finding.Verdict.EXPLAINED):
        for seq in finding.records:
            if seq in period:
                why[seq].append(finding.kind)
    for seq, body in period.items():
        if "export" in body[2] or "release" in body[2]:
            why[seq].append("leaves the city")
        if not str(body[7]).strip():
            why[seq].append("no reason in words")
    return why


def _facts(body: Mapping[int, Any]) -> dict[str, str]:
    return {
        "at": _time(body[1]).isoformat(),
        "action": body[2],
        "user": body[3],
        "organisation": body[4],
        "purpose": body[5],
        "case": body[6],
        "reason": body[7],
    }


def _time(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
