"""Finds uses of the system that an auditor should look at. Every threshold is the policy's.

A finding is no verdict: it says what was seen and in which records, in words.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

from alpr_city.policy.records import Misuse

K = TypeVar("K", str, bytes)
SEARCHES = ("search", "search.exact", "search.partial", "search.place")
PART_OF_A_SEARCH = "look"
"""What a search opens by itself is no look of its own, and no follow-up."""
DUTY = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One access, as the vault tells it to the detector."""

    seq: int
    at: datetime
    """In the city's own time."""
    action: str
    user: str
    case: str
    reason: str
    target: bytes
    """Stands for a plate; empty where none was named."""
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something an auditor should look at."""

    kind: str
    user: str
    subject: str
    """Tells two findings of a kind and person apart; says nothing by itself."""
    why: str
    records: tuple[int, ...] = field(repr=False)
    first: datetime
    last: datetime


def detect(looks: Iterable[Look], policy: Misuse) -> list[Found]:
    """Everything found, by person."""
    by_user: dict[str, list[Look]] = defaultdict(list)
    for look in sorted(looks, key=lambda k: k.at):
        if look.user != DUTY and look.action != PART_OF_A_SEARCH:
            by_user[look.user].append(look)
    return [
        found
        for _, theirs in sorted(by_user.items())
        for rule in RULES
        for found in rule(theirs, policy)
    ]


def same_target(looks: Sequence[Look], policy: Misuse) -> Iterator[Found]:
    """One plate, looked for by one person over days."""
    for target, group in _grouped(looks, lambda k: k.target):
        days = {k.at.date() for k in group}
        if target and len(days) >= policy.target_days:
            cases = len({k.case for k in group})
            yield _found(
                "same plate over days",
                target.hex(),
                f"one plate on {len(days)} days, {len(group)} times, under {cases} case"
                f" number{'s' if cases > 1 else ''}",
                group,
            )


def own_plate(looks: Sequence[Look], _: Misuse) -> Iterator[Found]:
    """A plate of one's own or household."""
    for target, group in _grouped([k for k in looks if k.own], lambda k: k.target):
        yield _found(
            "own or household plate",
            target.hex(),
            f"a plate of this person's own or household, {len(group)} times",
            group,
        )


def burst(looks: Sequence[Look], policy: Misuse) -> Iterator[Found]:
    """Many searches at hours at which this person hardly ever searches."""
    looks = [k for k in looks if k.action in SEARCHES]
    if len(looks) < policy.rare_least:
        return
    hours = Counter(k.at.hour for k in looks)
    days: dict[int, set[object]] = defaultdict(set)
    for k in looks:
        days[k.at.hour].add(k.at.date())
    all_days = len({k.at.date() for k in looks})

    def rare(look: Look) -> bool:
        near = [(look.at.hour + n) % 24 for n in (-1, 0, 1)]
        on = set().union(*(days[h] for h in near))
        usual = sum(hours[h] for h in near) * 100 >= policy.rare_percent * len(looks)
        # One night's burst must not make its own hour usual: days count as well as looks.
        return not usual or len(on) * 100 < policy.rare_percent * all_days

    odd = [k for k in looks if rare(k)]
    start = 0
    while start < len(odd):
        until = odd[start].at + timedelta(minutes=policy.burst_minutes)
        group = [k for k in odd[start:] if k.at <= until]
        if len(group) >= policy.burst:
            yield _found(
                "burst outside duty",
                group[0].at.isoformat(),
                f"{len(group)} searches within {policy.burst_minutes} minutes from"
                f" {group[0].at:%H:%M}, at an hour at which this person hardly ever searches",
                group,
            )
            start += len(group)
        else:
            start += 1


def reused_case(looks: Sequence[Look], policy: Misuse) -> Iterator[Found]:
    """One case number for many plates."""
    for case, group in _grouped(looks, lambda k: k.case):
        targets = {k.target for k in group if k.target}
        if len(targets) >= policy.case_targets:
            yield _found(
                "reused case number",
                _name(case),
                f"{len(targets)} plates under one case number, on"
                f" {len({k.at.date() for k in group})} days",
                group,
            )


def boilerplate(looks: Sequence[Look], policy: Misuse) -> Iterator[Found]:
    """The same words for many cases."""
    asked = [k for k in looks if k.action in SEARCHES and k.reason.strip()]
    for words, group in _grouped(asked, lambda k: _words(k.reason)):
        cases = {k.case for k in group}
        if len(cases) >= policy.reason_cases:
            yield _found(
                "boilerplate reason",
                _name(words),
                f"the same words as the reason under {len(cases)} case numbers",
                group,
            )


def no_follow_up(looks: Sequence[Look], policy: Misuse) -> Iterator[Found]:
    """Searches from which nothing follows: no read opened, nothing held, released or corrected."""
    searches = [k for k in looks if k.action in SEARCHES]
    if len(searches) < policy.follow_least:
        return
    idle = []
    cases = 0
    for _, group in _grouped(looks, lambda k: k.case):
        if any(k.action in SEARCHES for k in group):
            cases += 1
            if all(k.action in SEARCHES for k in group):
                idle.append(group)
    if len(idle) * 100 >= policy.follow_percent * cases:
        yield _found(
            "searches without follow-up",
            searches[-1].at.strftime("%Y-%m"),
            f"of {cases} cases searched for, {len(idle)} have a search and nothing else",
            sorted((k for group in idle for k in group), key=lambda k: k.at),
        )


RULES: tuple[Callable[[Sequence[Look], Misuse], Iterator[Found]], ...] = (
    same_target,
    own_plate,
    burst,
    reused_case,
    boilerplate,
    no_follow_up,
)


def _grouped(looks: Sequence[Look], key: Callable[[Look], K]) -> Iterator[tuple[K, list[Look]]]:
    for value, group in groupby(sorted(looks, key=key), key=key):
        yield value, sorted(group, key=lambda k: k.at)


def _found(kind: str, subject: str, why: str, group: Sequence[Look]) -> Found:
    return Found(
        kind=kind,
        user=group[0].user,
        subject=subject,
        why=why,
        records=tuple(k.seq for k in group),
        first=group[0].at,
        last=group[-1].at,
    )


def _words(reason: str) -> str:
    return " ".join("".join(c if c.isalpha() else " " for c in reason.casefold()).split())


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
