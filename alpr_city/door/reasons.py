"""Whether a reason is one. The rules and the words are the policy's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from alpr_city.people.models import Person
from alpr_city.policy import Policy


def fault_of_case(policy: Policy, case: str) -> str:
    """What is wrong with a case number; empty when nothing is."""
    if re.fullmatch(policy.reasons.case_pattern, case):
        return ""
    return f"Write the case number as your agency does, for example {policy.reasons.case_example}."


def fault_of(policy: Policy, person: Person, reason: str, case: str) -> str:
    """What is wrong with a reason, with help; empty when nothing is."""
    from alpr_city.door.models import Grant

    rules = policy.reasons
    words = re.findall(r"[\w/']+", reason.lower())
    telling = [w for w in words if w not in rules.vague and len(w) > 1]
    if len(words) < rules.least_words or len(set(telling)) < 2:
        return (
            "This says too little. Say what happened, and what you expect to find: "
            "'vehicle left a burglary on Mureau Road at 21:40, to see which way it went'."
        )
    if len(set(words)) < len(words) / 3:
        return "This repeats itself. Say it once, in your own words."
    since = datetime.now(UTC) - timedelta(days=rules.repeat_days)
    before = (
        Grant.objects.filter(person=person, made_at__gt=since)
        .exclude(case=case)
        .values_list("reason", flat=True)
    )
    same = sum(1 for text in before if re.findall(r"[\w/']+", text.lower()) == words)
    if same >= rules.most_repeats:
        return (
            f"You gave these very words for {same} other cases lately. "
            "Say what is particular to this one."
        )
    return ""
