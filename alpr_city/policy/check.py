"""What is wrong with a policy that reads well, and what it leaves open."""

from __future__ import annotations

import re

from alpr_city.policy.records import Policy
from alpr_city.policy.rights import CONTROLS, RIGHTS

STATUTE = {
    "A": "the authorised purposes",
    "B": "job titles that may use the system, and their training",
    "C": "how the system is monitored",
    "D": "sharing, sale or transfer",
    "E": "the custodian",
    "F": "measures for accuracy and to correct errors",
    "G": "retention, and how destruction is decided",
}
FORBIDDEN_KINDS = frozenset({"federal", "private", "out-of-state", "out_of_state"})


def faults_of(policy: Policy) -> list[str]:
    """What makes it unusable, a line each."""
    faults = []
    for code, role in policy.roles.items():
        where = f"roles.{code}"
        faults += [f"{where}: unknown right {r}" for r in sorted(role.rights - RIGHTS)]
        faults += [
            f"{where}: unknown course {c}. Fix: one of {', '.join(policy.courses)}"
            for c in sorted(role.courses - set(policy.courses))
        ]
        faults += [
            f"{where}: unknown kind of organisation {o}"
            for o in sorted(role.organisations - set(policy.organisations))
        ]
        if not role.courses:
            faults.append(f"{where}: no course. Fix: name at least one; untrained people get none")
        faults += [
            f"{where} holds both sides of a control, {' and '.join(sorted(p.rights & role.rights))}"
            f" ({p.why}). Fix: take one away"
            for p in policy.clashes(frozenset({code}))
        ]
    faults += [
        f"organisations.{kind}: ALPR information goes to California public agencies alone"
        " (Civil Code 1798.90.55). Fix: remove it"
        for kind in policy.organisations
        if kind in FORBIDDEN_KINDS
    ]
    for code, purpose in policy.purposes.items():
        faults += [
            f"purposes.{code}: unknown kind of organisation {o}"
            for o in sorted(purpose.organisations - set(policy.organisations))
        ]
    for number, pair in enumerate(policy.apart):
        faults += [f"apart[{number}]: unknown right {r}" for r in sorted(pair.rights - RIGHTS)]
        if len(pair.rights) < 2:
            faults.append(f"apart[{number}]: fewer than two rights")
    for control in CONTROLS:
        if not any(control <= pair.rights for pair in policy.apart):
            faults.append(f"apart: nothing keeps {', '.join(sorted(control))} apart")
    for code, kind in policy.list_classes.items():
        if kind.purpose not in policy.purposes:
            faults.append(f"list_classes.{code}: unknown purpose {kind.purpose}")
        if kind.source not in {"city", "state", "federal"}:
            faults.append(f"list_classes.{code}.source is {kind.source}. Fix: city, state, federal")
    faults += [
        f"statute.{letter}: there is no such element of 1798.90.51(b)(2). Fix: A to G"
        for letter in policy.statute
        if letter not in STATUTE
    ]
    if policy.effective_until <= policy.effective_from:
        faults.append("effective_until is not after effective_from")
    if policy.access_log_days < policy.retention_days:
        faults.append(
            "access_log_days is less than retention_days: a look would outlive its record"
        )
    try:
        re.compile(policy.reasons.case_pattern)
    except re.error as error:
        faults.append(f"reasons.case_pattern is no regular expression ({error})")
    return faults


def missing(policy: Policy) -> list[str]:
    """What the law asks of the posted policy and this one lacks, and what it leaves open."""
    lines = [
        f"1798.90.51(b)(2)({letter}): nothing on {what}. Fix: write statute.{letter}"
        for letter, what in STATUTE.items()
        if not policy.statute.get(letter, "").strip()
    ]
    if not policy.designee.name:
        lines.append("designee.name is open: the policy names the current designee (III(e))")
    if not policy.custodian.name and not policy.custodian.title:
        lines.append("custodian is open")
    for name in ("resolution", "consent"):
        if not getattr(policy.destruction, name):
            lines.append(f"destruction.{name} is open: nothing can be purged (Gov. Code 34090)")
    return lines + [f"open: {line}" for line in policy.open]
