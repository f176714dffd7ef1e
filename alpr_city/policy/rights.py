"""The names of what can be done here. Who may do it stands in the policy file."""

from __future__ import annotations

RIGHTS = frozenset(
    {
        "search.exact",
        "search.partial",
        "search.place",
        "read.view",
        "read.correct",
        "read.export",
        "grant.approve",
        "log.read",
        "log.unmask",
        "hold.place",
        "hold.release",
        "purge.approve",
        "camera.view",
        "camera.manage",
        "camera.enrol",
        "list.import",
        "list.view",
        "hit.view",
        "hit.dispose",
        "release.request",
        "release.approve",
        "release.fulfil",
        "aggregate.request",
        "aggregate.approve",
        "evidence.export",
        "audit.review",
        "audit.approve",
        "misuse.review",
        "people.manage",
        "training.record",
        "health.view",
    }
)

PLATES = frozenset(
    {"search.exact", "search.partial", "search.place", "read.view", "read.export", "hit.view"}
)
"""Rights that show a plate in the clear."""

CONTROLS = (
    frozenset({"release.request", "release.approve", "release.fulfil"}),
    frozenset({"aggregate.request", "aggregate.approve"}),
    frozenset({"audit.review", "audit.approve"}),
    frozenset({"hold.place", "hold.release"}),
    frozenset({"people.manage", "training.record"}),
    *(frozenset({"people.manage", right}) for right in sorted(PLATES)),
    *(frozenset({"log.unmask", right}) for right in sorted(PLATES)),
    *(frozenset({"grant.approve", right}) for right in sorted(PLATES)),
)
"""What every policy must keep apart; a policy may keep more apart, never less."""
