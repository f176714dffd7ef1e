"""From a request for counts to its answer: entered by one, approved by another, on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol

from django.db import IntegrityError, transaction

from alpr_city.aggregates.cells import Answer, Cell, Kind, Tally, answer, cells_of
from alpr_city.aggregates.counting import count, today
from alpr_city.aggregates.models import AggregateRequest, AnsweredCell
from alpr_city.errors import ReleaseError
from alpr_city.people.journal import version
from alpr_city.policy import in_force

State = AggregateRequest.State


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


class Stored:
    """Answers kept in the database."""

    def recall(self, cells: Sequence[Cell]) -> dict[Cell, int | None]:
        """See `Kept`."""
        wanted = set(cells)
        rows = AnsweredCell.objects.filter(
            kind__in={c.kind for c in wanted}, subject__in={c.subject for c in wanted}
        )
        found = {Cell(Kind(r.kind), r.subject, r.period): r.count for r in rows}
        return {cell: n for cell, n in found.items() if cell in wanted}

    def keep(self, answers: Mapping[Cell, int | None]) -> dict[Cell, int | None]:
        """See `Kept`."""
        for cell, number in answers.items():
            try:
                with transaction.atomic():
                    AnsweredCell.objects.create(
                        kind=cell.kind, subject=cell.subject, period=cell.period, count=number
                    )
            except IntegrityError:
                continue  # somebody was first, and that answer stands
        return self.recall(list(answers)) if answers else {}


def ask(
    vault: Asks,
    by: str,
    *,
    requester: str,
    organisation: str,
    kind: str,
    subjects: Sequence[str],
    first: date,
    last: date,
) -> AggregateRequest:
    """Enter a request.

    Raises:
        ReleaseError: It asks for what is never given, or names nobody; the refusal is on record.
    """
    if kind not in Kind._value2member_map_:
        vault.call("note", "aggregate.refused", by, "asks for more than counts", "", version())
        raise ReleaseError(
            "only counts of plates and of hits are released here; never a plate, never a picture"
        )
    if not requester.strip():
        raise ReleaseError("a request names who makes it")
    cells_of(Kind(kind), subjects, first, last, today())
    with transaction.atomic():  # no request that is not on record
        made: AggregateRequest = AggregateRequest.objects.create(
            requester=requester.strip(),
            organisation=organisation.strip(),
            kind=kind,
            subjects=sorted(subjects),
            first=first,
            last=last,
            entered_by=by,
            policy=in_force().version,
        )
        vault.call("note", "aggregate.asked", by, f"request {made.pk}, {kind}", "", version())
    return made


def approve(
    vault: Asks, by: str, request: AggregateRequest, counting: Callable[[Cell], Tally] = count
) -> Answer:
    """Approve and answer.

    Raises:
        ReleaseError: The approver entered it, or it was decided before.
    """
    _undecided(vault, by, request)
    policy = in_force()
    wanted = cells_of(Kind(request.kind), request.subjects, request.first, request.last, today())
    vault.call(
        "note", "aggregate.answered", by, f"request {request.pk}, {request.kind}", "", version()
    )
    found = answer(wanted, counting, Stored(), policy.aggregates.smallest_cell)
    request.rows = [[cell.subject, cell.period, n] for cell, n in found.rows]
    request.smallest, request.policy = found.smallest, policy.version
    _decide(request, by, State.ANSWERED, "")
    return found


def refuse(vault: Asks, by: str, request: AggregateRequest, why: str) -> None:
    """Refuse, with the reason that the requester is told.

    Raises:
        ReleaseError: No reason, or as in `approve`.
    """
    _undecided(vault, by, request)
    if not why.strip():
        raise ReleaseError("a refusal gives its reason")
    vault.call("note", "aggregate.refused", by, f"request {request.pk}", "", version())
    _decide(request, by, State.REFUSED, why.strip())


def _undecided(vault: Asks, by: str, request: AggregateRequest) -> None:
    if request.state != State.ASKED:
        raise ReleaseError(f"request {request.pk} was decided by {request.decided_by}")
    if by == request.entered_by:
        vault.call("note", "aggregate.refused", by, f"own request {request.pk}", "", version())
        raise ReleaseError("who entered a request does not decide on it")


def _decide(request: AggregateRequest, by: str, state: Any, why: str) -> None:
    request.state, request.decided_by, request.why = state, by, why
    request.decided_at = datetime.now(UTC)
    request.save()
