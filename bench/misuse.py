"""How well the misuse detector finds planted misuse: `python -m bench.misuse`.

Generated histories: people who work as people do, and among them some who misuse the system in one
of six ways. A kind is found for a person, or not. Thresholds are those of the example policy.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alpr_city.misuse.detect import Look, detect
from alpr_city.policy.load import load
from alpr_city.policy.store import EXAMPLE

BEGAN = datetime(2026, 8, 1, tzinfo=UTC)
DAYS = 90
PEOPLE = 40
KINDS = (
    "same plate over days",
    "own or household plate",
    "burst outside duty",
    "reused case number",
    "boilerplate reason",
    "searches without follow-up",
)
PLACES = ("Mulholland", "Las Virgenes", "Parkway", "Old Town", "Commons", "Lost Hills", "Agoura")
THINGS = ("burglary", "theft of a bicycle", "hit and run", "missing child", "stolen car", "fraud")
WHO = ("witness saw", "camera of a shop shows", "victim names", "patrol reported", "caller saw")


class History:
    """Generated accesses."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._plates = 0
        self.looks: list[Look] = []
        self.planted: set[tuple[str, str]] = set()
        for number in range(PEOPLE):
            user = f"person-{number}"
            self._work(user, self._draw.choice((7, 8, 14, 22)), self._draw.uniform(0.2, 1.6))
        for number, kind in enumerate(KINDS * 2):
            self._plant(f"person-{number * 3}", kind)

    def _plate(self) -> bytes:
        self._plates += 1
        return self._plates.to_bytes(8, "big")

    def _look(self, user: str, at: datetime, **fields: object) -> Look:
        given: dict[str, object] = {
            "action": "search",
            "case": "26-00001",
            "reason": "",
            "target": b"",
            "own": False,
        }
        made = Look(seq=len(self.looks), at=at, user=user, **{**given, **fields})  # type: ignore[arg-type]
        self.looks.append(made)
        return made

    def _reason(self) -> str:
        d = self._draw
        return (
            f"{d.choice(WHO)} a {d.choice(('red', 'blue', 'grey', 'white', 'black'))}"
            f" {d.choice(('van', 'sedan', 'truck', 'coupe'))} at {d.choice(PLACES)},"
            f" {d.choice(THINGS)}"
        )

    def _work(self, user: str, shift: int, cases_a_day: float) -> None:
        """Shifts of eight hours, five days in seven; cases with one to four plates, some of them
        looked for again another day; four of five cases lead to more than a search."""
        d = self._draw
        off = d.sample(range(7), 2)
        for day in range(DAYS):
            if day % 7 in off:
                continue
            for _ in range(_poisson(d, cases_a_day)):
                case, reason = f"26-{d.randint(1, 99999):05}", self._reason()
                plates = [self._plate() for _ in range(d.choice((1, 1, 1, 2, 2, 3, 4)))]
                follows = d.random() < 0.8
                for again in range(d.choice((1, 1, 1, 1, 2, 3))):
                    late = d.random() < 0.03  # overtime happens
                    at = BEGAN + timedelta(
                        days=day + again, hours=shift + d.uniform(0, 10 if late else 8)
                    )
                    for n, plate in enumerate(plates):
                        when = at + timedelta(minutes=2 * n)
                        self._look(user, when, case=case, reason=reason, target=plate)
                        if follows:
                            self._look(
                                user, when + timedelta(minutes=1), case=case, reason=reason,
                                action="read", target=plate,
                            )  # fmt: skip

    def _plant(self, user: str, kind: str) -> None:
        d = self._draw
        self.planted.add((user, kind))
        case = f"26-{d.randint(1, 99999):05}"
        start = BEGAN + timedelta(days=d.randint(5, 40), hours=d.choice((9, 15)))
        if kind == KINDS[0]:
            plate = self._plate()
            for n in range(d.randint(4, 9)):
                at = start + timedelta(days=n * d.randint(1, 4) + n)
                case = f"26-{d.randint(1, 99999):05}"
                self._look(user, at, case=case, reason=self._reason(), target=plate)
        elif kind == KINDS[1]:
            mine = self._plate()
            self._look(user, start, case=case, reason=self._reason(), target=mine, own=True)
        elif kind == KINDS[2]:
            theirs = Counter(k.at.hour for k in self.looks if k.user == user)
            quiet = min(range(24), key=lambda h: sum(theirs[(h + n) % 24] for n in (-1, 0, 1)))
            at = start.replace(hour=quiet)
            for n in range(d.randint(6, 14)):
                self._look(
                    user, at + timedelta(minutes=3 * n), case=f"26-{d.randint(1, 99999):05}",
                    reason=self._reason(), target=self._plate(),
                )  # fmt: skip
        elif kind == KINDS[3]:
            for n in range(d.randint(8, 15)):
                at = start + timedelta(days=n, minutes=d.randint(0, 400))
                self._look(user, at, case=case, reason=self._reason(), target=self._plate())
        elif kind == KINDS[4]:
            words = self._reason()
            for n in range(d.randint(5, 12)):
                at = start + timedelta(days=2 * n)
                self._look(
                    user, at, case=f"26-{d.randint(1, 99999):05}",
                    reason=words + d.choice(("", ".", "!", " 2")), target=self._plate(),
                )  # fmt: skip
        else:
            mine = [n for n, k in enumerate(self.looks) if k.user == user and k.action == "read"]
            gone = {self.looks[n].case for n in mine if d.random() < 0.95}
            self.looks = [
                k
                for k in self.looks
                if not (k.user == user and k.action == "read" and k.case in gone)
            ]
            self.looks = [replace(k, seq=n) for n, k in enumerate(self.looks)]


def measure(seeds: int, first: int = 0) -> dict[str, tuple[int, int, int]]:
    """By kind: planted and found, found and not planted, planted and not found."""
    policy = load(EXAMPLE).misuse
    counts = {kind: [0, 0, 0] for kind in KINDS}
    for seed in range(first, first + seeds):
        history = History(seed)
        found = {(f.user, f.kind) for f in detect(history.looks, policy)}
        for kind in KINDS:
            planted = {p for p in history.planted if p[1] == kind}
            seen = {f for f in found if f[1] == kind}
            counts[kind][0] += len(planted & seen)
            counts[kind][1] += len(seen - planted)
            counts[kind][2] += len(planted - seen)
    return {kind: (a, b, c) for kind, (a, b, c) in counts.items()}


def print_table(counts: dict[str, tuple[int, int, int]]) -> None:
    """As the document has it."""
    print("| kind | planted | found | missed | not planted | precision | recall |")
    print("|---|---|---|---|---|---|---|")
    totals = (*(sum(c[n] for c in counts.values()) for n in range(3)),)
    for kind, (good, wrong, missed) in [*counts.items(), ("all", totals)]:
        precision = good / (good + wrong) if good + wrong else 0.0
        recall = good / (good + missed) if good + missed else 0.0
        print(
            f"| {kind} | {good + missed} | {good} | {missed} | {wrong}"
            f" | {precision:.2f} | {recall:.2f} |"
        )


def _poisson(draw: random.Random, mean: float) -> int:
    count, left = 0, draw.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + draw.expovariate(1.0)
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.misuse", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="histories, each of 40 people")
    parser.add_argument("--first", type=int, default=1000, help="0 to 19 set the thresholds")
    args = parser.parse_args()
    print_table(measure(args.seeds, args.first))
    sys.exit(0)
