"""The purge of days that have had their time, step by step; each step may be taken again.

    counted ─► held reads kept ─► keys destroyed ─► rows and pictures dropped ─► certified

What was counted is on record before anything is destroyed, so that a purge that was cut off at any
instant ends with the same certificate.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from django.db import transaction

from alpr_city.errors import CityError
from alpr_city.reads.models import Alarm, PurgedSpan, Stream
from alpr_city.reads.pictures import PictureStore
from alpr_city.reads.store import raise_alarm
from alpr_city.retention import counting, dropping, holds
from alpr_city.retention.models import Approval, HeldRead, Purge, RetentionChange

log = logging.getLogger(__name__)
Stage = Purge.Stage
ALARM = "purge"


class PurgeError(CityError):
    """A day was not purged."""


class Authority(Protocol):
    """Who decided that data of this age is destroyed."""

    resolution: str
    consent: str
    custodian_approves: bool


class Rules(Protocol):
    """What a purge asks of the policy."""

    version: str
    retention_days: int
    access_log_days: int

    @property
    def destruction(self) -> Authority:
        """The council's resolution and the attorney's consent."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A day that is due, and what is in it."""

    day: date
    reads: int
    records: int
    held: int


class Purger:
    """One run. `in_force` gives the policy at a time, None for now."""

    def __init__(
        self,
        vault: holds.Asks,
        pictures: PictureStore,
        in_force: Callable[[datetime | None], Any],
        user: str,
        organisation: str,
    ) -> None:
        self._vault, self._pictures, self._in_force = vault, pictures, in_force
        self._user, self._organisation = user, organisation
        self._rules: Rules = in_force(None)

    def due(self) -> list[date]:
        """Days that have had their time, and those whose purge was cut off, oldest first."""
        today = datetime.now(UTC).date()
        unfinished = Purge.objects.exclude(stage=Stage.CERTIFIED).values_list("day", flat=True)
        stored = counting.days_before(today)
        ripe = {day for day in stored if day + timedelta(self.kept_days(day)) < today}
        return sorted(ripe | set(unfinished))

    def waiting(self) -> list[date]:
        """Days that are due and that the custodian has yet to agree to; none where it is not asked.

        One whose purge began goes on.
        """
        if not self._rules.destruction.custodian_approves:
            return []
        newest = Approval.objects.order_by("-through").first()
        begun = set(Purge.objects.values_list("day", flat=True))
        return [
            day
            for day in self.due()
            if day not in begun and (newest is None or day > newest.through)
        ]

    def kept_days(self, day: date) -> int:
        """How long reads of a day are kept: as the policy of that day said. Changes go forward."""
        try:
            rules = self._in_force(datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC))
        except CityError:
            rules = self._rules  # older than the first policy on file
        return int(rules.retention_days)

    def plan(self) -> list[Planned]:
        """What a run would do. Changes nothing."""
        found = []
        for day in self.due():
            counts = counting.count(day)
            kept = HeldRead.objects.filter(day=day, hold__released_at=None).count()
            found.append(Planned(day, counts["reads"], counts["records"], kept))
        return found

    def run(self) -> list[Purge]:
        """Purge every day that is due.

        Raises:
            CityError: A day could not be purged; an alarm stands, and the next run goes on there.
        """
        try:
            self._note_change()
            waiting = self.waiting()
            done = [self._day(day) for day in self.due() if day not in waiting]
            self._expire()
        except Exception as error:
            raise_alarm("", ALARM, f"the purge stopped: {type(error).__name__}")
            raise
        Alarm.objects.filter(kind=ALARM, cleared_at=None).update(cleared_at=datetime.now(UTC))
        if waiting:
            raise_alarm("", ALARM, f"{len(waiting)} days wait for the custodian's approval")
        return done

    def _approver(self, purge: Purge, day: date) -> str:
        """Who agreed to this day, kept for the certificate; nobody where the policy asks nobody."""
        if not self._rules.destruction.custodian_approves:
            return ""
        agreed = Approval.objects.filter(through__gte=day).order_by("pk").first()
        if agreed is None:
            raise PurgeError(f"the custodian has not agreed to {day}; nothing was destroyed")
        purge.facts["approved"] = {
            "by": f"{agreed.name} ({agreed.by})",
            "at": agreed.at.isoformat(timespec="seconds"),
            "record": agreed.record,
        }
        return str(agreed.by)

    def _day(self, day: date) -> Purge:
        authority = self._rules.destruction
        if not authority.resolution or not authority.consent:
            raise PurgeError(
                "the policy names no authority for destruction; nothing was destroyed",
                fix="give the council's resolution and the attorney's written consent in it",
            )
        purge = self._counted(day)
        if purge.stage == Stage.COUNTED:
            access = self._access("purge", {"day": str(day), "reads": purge.facts["reads"]})
            purge.facts["held"] = holds.refresh(
                self._vault, access | {"action": "hold"}, day, self._pictures
            )
            access |= {"approver": self._approver(purge, day)}
            told = self._vault.call("destroy_day", access, str(day), self.kept_days(day))
            purge.facts["keys"] = told
            self._to(purge, Stage.DESTROYED)
        if purge.stage == Stage.DESTROYED:
            self._keep_spans(purge)
            self._pictures.close()
            dropping.drop(day, self._pictures.path(day))
            self._to(purge, Stage.DROPPED)
        if purge.stage == Stage.DROPPED:
            self._certify(purge)
        return purge

    def _counted(self, day: date) -> Purge:
        found: Purge | None = Purge.objects.filter(day=day).first()
        if found is not None and found.stage != Stage.CERTIFIED:
            return found
        if found is not None:
            raise PurgeError(f"{day} is certified as purged, and something is stored of it")
        facts = counting.count(day)
        purge = Purge(day=day, began_at=datetime.now(UTC), policy=self._rules.version, facts=facts)
        purge.save()
        return purge

    def _keep_spans(self, purge: Purge) -> None:
        with transaction.atomic():
            for camera, counts in purge.facts["cameras"].items():
                for span in counts["spans"]:
                    if span["before"] is None or span["after"] is None:
                        continue  # records were missing: verify-camera goes on saying so
                    stream = Stream.objects.get(
                        camera_id=camera, stream=bytes.fromhex(span["stream"])
                    )
                    PurgedSpan.objects.get_or_create(
                        stream=stream,
                        first_seq=span["first"],
                        defaults={
                            "day": purge.day,
                            "last_seq": span["last"],
                            "before": bytes.fromhex(span["before"]),
                            "digest": bytes.fromhex(span["after"]),
                            "certificate": purge.pk,
                        },
                    )

    def _certify(self, purge: Purge) -> None:
        rules, keys = self._rules, purge.facts["keys"]
        document = {
            "certificate": purge.pk,
            "what": "destruction of licence plate reads, their pictures and their keys",
            **{k: v for k, v in purge.facts.items() if k != "keys"},
            "retention_days": self.kept_days(purge.day),
            "policy": purge.policy,
            "authority": {
                "resolution": rules.destruction.resolution,
                "consent": rules.destruction.consent,
            },
            "access_record": keys["record"],
            "keys_destroyed_at": _iso(keys["destroyed_us"]),
            "last_key_backup_expires_at": _iso(keys["backups_until_us"]),
        }
        purge.document = json.dumps(document, sort_keys=True, indent=1).encode()
        counts = [[name, c["reads"]] for name, c in purge.facts["cameras"].items()]
        digest = hashlib.sha256(purge.document).digest()
        purge.statement = self._vault.call("certify_purge", str(purge.day), digest, counts)
        purge.finished_at = datetime.now(UTC)
        purge.stage = Stage.CERTIFIED
        purge.save()
        log.info("a day was purged", extra={"day": str(purge.day)})

    def _to(self, purge: Purge, stage: str) -> None:
        purge.stage = stage
        purge.save(update_fields=["stage", "facts"])

    def _note_change(self) -> None:
        """Put a changed retention on record before it is first acted on."""
        rules, last = self._rules, RetentionChange.objects.order_by("-pk").first()
        now = (rules.retention_days, rules.access_log_days)
        if last is not None and (last.retention_days, last.access_log_days) == now:
            return
        facts = {"retention_days": now[0], "access_log_days": now[1]}
        if last is not None:
            facts |= {"before": last.retention_days, "log_before": last.access_log_days}
        days = max(rules.access_log_days, rules.retention_days)
        self._vault.call("expire_queries", self._access("retention", facts), days)
        RetentionChange.objects.create(
            at=datetime.now(UTC),
            policy=rules.version,
            retention_days=now[0],
            access_log_days=now[1],
        )

    def _expire(self) -> None:
        """Queries of the access log that have had their time; never before the data."""
        days = max(self._rules.access_log_days, self._rules.retention_days)
        access = self._access("expire queries", {"older_than_days": days})
        self._vault.call("expire_queries", access, days)
        self._vault.call("back_up")

    def _access(self, action: str, query: dict[str, Any]) -> dict[str, Any]:
        return {
            "action": action,
            "user": self._user,
            "organisation": self._organisation,
            "purpose": "retention",
            "case": "retention schedule",
            "reason": "the policy's retention",
            "policy": self._rules.version,
            "query": query,
        }


def _iso(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat(timespec="seconds")
