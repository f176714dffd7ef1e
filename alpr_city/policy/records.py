"""What a policy holds: each part is a table of the file; what has no default must be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why somebody may look. `duty` purposes are for work that a page or a timer does."""

    title: str
    basis: str
    """Clause of the policy or of the law."""
    duty: bool = False
    organisations: frozenset[str] = frozenset()
    """Kinds of organisation whose people may give it; everybody's where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A job title and what it may do."""

    title: str
    rights: frozenset[str]
    organisations: frozenset[str] = frozenset({"city"})
    """Kinds of organisation whose people may have it."""
    courses: frozenset[str]
    """Every one must be valid, or the role does not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationKind:
    """A kind of organisation whose people may have an account, or get a release."""

    title: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Training. A new version makes what was learnt of the old one invalid."""

    title: str
    version: str
    valid_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """Who answers for something; an empty name is open."""

    title: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destruction:
    """On whose word reads are destroyed (Government Code 34090); empty is open."""

    resolution: str = ""
    consent: str = ""
    custodian_approves: bool = False
    """Whether the custodian agrees to days in the console before they go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClass:
    """A kind of hot list."""

    title: str
    purpose: str
    most_age_hours: int
    """Older, and its hits are not actionable."""
    source: str = "city"
    """'city', 'state' or 'federal'."""
    entry_days: int = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What makes a match of a read and a list a hit. Recorded with each list at its import."""

    confidence_percent: int
    """A read less sure gives none."""
    character_percent: int
    """Nor one with a character less sure."""
    region_percent: int
    """From there on a plate of another state than the entry's gives none."""
    live_minutes: int
    """What arrives later is historical."""
    smallest_percent: int
    """A list is not replaced by one with less than this share of its rows, unless told to."""
    dropped_kinds: frozenset[str]
    """Rows whose kind holds one of these words are dropped at import and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misuse:
    """From where on the use of the system is brought to the auditor."""

    window_days: int
    target_days: int
    """One person looks for the same plate on so many days."""
    burst: int
    """So many looks in `burst_minutes`, at hours at which this person hardly ever looks."""
    burst_minutes: int
    rare_percent: int
    """An hour with less than this share of a person's looks is rare for them."""
    rare_least: int
    """Looks before one can say so."""
    case_targets: int
    """So many plates under one case number."""
    reason_cases: int
    """The same words under so many cases."""
    follow_least: int
    """Searches by one person before it counts that nothing follows from them."""
    follow_percent: int
    """Share of their cases with a search and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """How far one reason carries."""

    minutes: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPerson:
    """From where on a second person must agree."""

    days: int
    """A window of more days is broad."""
    cameras: int
    """So is one over more cameras, where all of them are not searched for one plate."""
    pages: int
    """So is one that makes it more pages by one person under one case, since the last that was."""
    approval_hours: int
    """How long a request waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What a reason must be."""

    least_words: int
    most_repeats: int
    """The same words under different cases, by one person within `repeat_days`."""
    repeat_days: int
    vague: frozenset[str]
    """Words that say nothing; a reason of these alone is refused."""
    case_pattern: str
    case_example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audits:
    """How often the log is audited, and how much of it."""

    every_days: int
    random_sample: int
    risk_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregates:
    """Counts for those who get nothing else."""

    smallest_cell: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Rights of which nobody holds two."""

    rights: frozenset[str]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the city's policy, whole."""

    version: str
    title: str
    effective_from: datetime
    effective_until: datetime = FOR_EVER
    """From then on it is not in force, whether another one is or not."""
    retention_days: int
    access_log_days: int
    hold_review_days: int = 180
    release_days: int = 1826
    """How long a request for a release stays on file once it is decided."""
    release_again_days: int = 7
    """How long a release's package may be sealed again, to the same key, after it was made."""
    hit_minutes: int = 60
    enrolment_second_person: bool = True
    """Whether another person approves each code that admits a camera."""
    purposes: Mapping[str, Purpose]
    roles: Mapping[str, Role]
    organisations: Mapping[str, OrganisationKind]
    courses: Mapping[str, Course]
    destruction: Destruction
    list_classes: Mapping[str, ListClass]
    hits: Hits
    misuse: Misuse
    grants: Grants
    second_person: SecondPerson
    reasons: Reasons
    audits: Audits
    aggregates: Aggregates
    designee: Official
    custodian: Official
    statute: Mapping[str, str]
    """What the posted policy says to each of 1798.90.51(b)(2)(A) to (G), by letter."""
    apart: tuple[Apart, ...]
    open: tuple[str, ...] = ()
    """What the city has not decided yet."""
    sha256: str = field(default="")
    """Of the file, as it was read."""

    def rights_of(self, roles: frozenset[str]) -> frozenset[str]:
        """What these roles may do together."""
        return frozenset().union(*(self.roles[r].rights for r in roles if r in self.roles))

    def clashes(self, roles: frozenset[str]) -> list[Apart]:
        """Controls of which one person with these roles would hold both sides."""
        rights = self.rights_of(roles)
        return [pair for pair in self.apart if len(pair.rights & rights) > 1]

    def searchable(self, kind: str = "") -> dict[str, Purpose]:
        """Purposes that a person may give for a search; one of an organisation of this kind."""
        return {
            code: p
            for code, p in self.purposes.items()
            if not p.duty and (not kind or not p.organisations or kind in p.organisations)
        }
