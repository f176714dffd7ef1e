"""The hit pages: who is refused, what is on record first, and the live stream."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alpr_city.vault.arrivals import asked_of
from alpr_city.vault.lists import encode_row
from tests.city.console import Console
from tests.city.hits.lists import HOUR_US, IMPORT

PLATE = "8ABC123"


def hit_in(city: Console, **changes: Any) -> Any:
    """A hit of a read that the city holds with its pictures."""
    from alpr_city.hits.arrivals import note
    from alpr_city.hits.models import Hit
    from alpr_wire.records import Kind, decode_record

    vault = city.vault.vault
    now_us = time.time_ns() // 1000
    facts = {
        "owner": "Sheriff", "legal_basis": "I", "class": "stolen-vehicle", "policy": "draft-1",
        "made_us": now_us - HOUR_US, "expires_us": now_us + HOUR_US, "least_confidence": 0.8,
        "least_character": 0.5, "region_sure": 0.7, "stale_s": 86400, "live_s": 600, "hit_s": 3600,
    }  # fmt: skip
    with vault.lock:
        version = vault.watching.begin(IMPORT, "svs", facts)
        vault.lists.add(version, [encode_row(PLATE, "CA", "stolen vehicle", "261101", "19")])
        vault.watching.commit(IMPORT, version, 1)
    camera = city.vault.camera(f"cam-{os.urandom(3).hex()}")
    camera.read(PLATE, pictures=True)
    city.ingest(camera)
    records = [decode_record(e) for e in camera.encodings]
    with vault.lock:
        matches = vault.watching.arrive(
            [
                [
                    camera.name,
                    camera.stream,
                    [r.encode() for r in records if r.kind is Kind.EPOCH],
                    [asked_of(r) for r in records if r.kind is Kind.READ],
                ]
            ]
        )[3]
    note(matches, city.day)
    hit = Hit.objects.latest("pk")
    Hit.objects.filter(pk=hit.pk).update(**changes)
    hit.refresh_from_db()
    return hit


@pytest.mark.parametrize("who", ["clerk", "auditor", "administrator", "maintenance", "designee"])
def test_who_may_see_no_plate_sees_no_hit(city: Console, who: str) -> None:
    hit = hit_in(city)
    client = city.client(who)
    for path in ("/hits/", f"/hits/{hit.pk}/", "/hits/live/", "/hits/rates/"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert PLATE not in answer.content.decode()


def test_a_prosecutor_sees_a_hit_and_cannot_confirm_it(city: Console, prosecutor: Any) -> None:
    hit = hit_in(city)
    assert prosecutor.get(f"/hits/{hit.pk}/").status_code == 200
    for what in ("confirm", "dispose"):
        assert prosecutor.post(f"/hits/{hit.pk}/{what}/", {}).status_code == 403


def test_when_the_record_cannot_be_written_no_plate_is_shown(city: Console, officer: Any) -> None:
    hit = hit_in(city)
    with city.vault.vault.lock:
        city.vault.vault.log._db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    answer = officer.get(f"/hits/{hit.pk}/")
    assert answer.status_code == 503
    assert PLATE not in answer.content.decode()


def test_a_card_is_on_record_and_shows_what_a_person_must_compare(
    city: Console, officer: Any
) -> None:
    hit = hit_in(city)
    page = officer.get(f"/hits/{hit.pk}/").content.decode()
    for text in (
        PLATE,
        "A hit is not cause for a stop",
        "1.0 hours ago",
        "not confirmed",
        "yes, in the list as it is now",
        "data:image/jpeg",
        "not measured yet",
    ):
        assert text in page, text
    shown = [b for b in city.log() if b.get(2) == "hit"]
    assert [(b[3], b[5], b[6]) for b in shown] == [
        ("officer", "stolen-vehicle", f"hit-{hit.pk}")
    ] * 2  # the read, and the entry
    assert PLATE not in officer.get("/hits/").content.decode()


def test_a_stale_or_expired_hit_offers_no_confirmation_and_takes_none(
    city: Console, officer: Any
) -> None:
    past = datetime.now(UTC) - timedelta(minutes=1)
    for changes, word in (({"stale_at": past}, "stale"), ({"expires_at": past}, "expired")):
        hit = hit_in(city, **changes)
        assert "have the entry confirmed" in officer.get(f"/hits/{hit.pk}/").content.decode()
        answer = officer.post(f"/hits/{hit.pk}/confirm/", {"compared": "yes", "reference": "SCC 1"})
        assert answer.status_code == 400
        assert word in answer.content.decode()


def test_from_hit_to_outcome(city: Console, officer: Any) -> None:
    hit = hit_in(city)
    address = f"/hits/{hit.pk}/"
    assert officer.post(f"{address}confirm/", {"reference": "SCC 1"}).status_code == 400
    done = officer.post(f"{address}confirm/", {"compared": "yes", "reference": "SCC 1"})
    assert done.status_code == 302
    assert "confirmed" in officer.get("/hits/").content.decode()
    bad = officer.post(f"{address}dispose/", {"disposition": "correct", "outcome": ""})
    assert bad.status_code == 400
    done = officer.post(f"{address}dispose/", {"disposition": "correct", "outcome": "recovered"})
    assert done.status_code == 302
    assert "recovered" in officer.get(address).content.decode()


def test_the_stream_says_a_number_and_gives_its_place_back(
    city: Console, officer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.hits import live

    monkeypatch.setattr(live, "LOOK_S", 0.01)
    monkeypatch.setattr(live, "_places", threading.BoundedSemaphore(live.MOST))
    answers = [officer.get("/hits/live/?auto") for _ in range(live.MOST)]
    assert officer.get("/hits/live/?auto").status_code == 503
    lines = iter(answers[0].streaming_content)
    assert next(lines) == b"retry: 1000\nid: 0\n\n"
    hit = hit_in(city)
    assert next(lines) == b"event: hit\nid: %d\ndata: %d\n\n" % (hit.pk, hit.pk)
    for answer in answers:
        answer.close()
    again = officer.get("/hits/live/?auto")
    assert again.status_code == 200
    again.close()


def test_a_hit_between_page_and_stream_or_between_two_streams_is_told(
    city: Console, officer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.hits import live

    monkeypatch.setattr(live, "LOOK_S", 0.01)
    monkeypatch.setattr(live, "_places", threading.BoundedSemaphore(live.MOST))
    first = hit_in(city)
    assert f'data-since="{first.pk}"' in officer.get("/hits/").content.decode()
    second = hit_in(city)  # after the page was made, or while no stream was open
    for address, headers in (
        (f"/hits/live/?auto&since={first.pk}", {}),
        ("/hits/live/?auto&since=0", {"Last-Event-ID": str(first.pk)}),
    ):
        answer = officer.get(address, headers=headers)
        lines = iter(answer.streaming_content)
        assert next(lines) == b"retry: 1000\nid: %d\n\n" % first.pk
        told = [next(lines) for _ in range(1 + ("Last-Event-ID" in headers))]
        assert told[-1] == b"event: hit\nid: %d\ndata: %d\n\n" % (second.pk, second.pk)
        answer.close()
    for odd in ("x", "-1", "\u0663", "9" * 400):
        answer = officer.get("/hits/live/?auto", {"since": odd})
        assert next(iter(answer.streaming_content)) == b"retry: 1000\nid: %d\n\n" % second.pk
        answer.close()


def test_a_page_that_asks_by_itself_keeps_no_session_alive(city: Console, officer: Any) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    key = officer.session.session_key
    session = SessionStore(key)
    session["seen_s"] = before = time.time() - 100
    session.save()
    officer.get("/hits/?auto")
    assert SessionStore(key)["seen_s"] == before
    officer.get("/hits/")
    assert SessionStore(key)["seen_s"] > before
