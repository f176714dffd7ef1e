"""The public page: figures that come from the log, no person in it, and a program that checks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from alpr_city.errors import SetupError
from tests.city.console import Console
from tests.city.vaults import ACCESS

PAGES = ("/public/", "/public/figures.json", "/public/verify_bag.py", "/public/open_sealed.py")


def searched(city: Console, times: int = 3) -> None:
    from alpr_city.people.journal import vault

    access = {**ACCESS, "purpose": "criminal", "organisation": "Testville Sheriff"}
    for _ in range(times):
        vault().call("tokens", access, "0TEST00", [str(city.day)])


def test_no_page_names_a_person_a_case_or_a_plate(city: Console, stranger: Any) -> None:
    searched(city)
    for page in PAGES:
        answer = stranger.get(page)
        text = answer.content.decode()
        assert answer.status_code == 200
        for secret in (
            "a.person",
            "26-0001",
            "a test of the door",
            "0TEST00",
            "officer",
            "Example",
        ):
            assert secret not in text, (page, secret)
        assert answer["Cache-Control"] == "public, max-age=600"
        assert not answer.cookies


def test_other_files_are_not_served(stranger: Any) -> None:
    for page in ("settings.py", "..%2f..%2fcity.toml", "policy/00.txt"):
        assert stranger.get(f"/public/{page}").status_code == 404
    assert stranger.post("/public/").status_code == 405


def test_figures_count_the_log(city: Console, stranger: Any) -> None:
    searched(city, 4)
    figures = stranger.get("/public/figures.json").json()
    assert figures["searches"] == 4
    assert figures["searches_by_purpose"] == {"criminal": 4}
    assert figures["searches_by_organisation"] == {"Testville Sheriff": 4}
    assert figures["cameras"] == 1
    assert figures["log_entries"] == len(city.log())
    assert "Testville Sheriff" in stranger.get("/public/").content.decode()


def test_the_next_figures_count_on_from_the_last(city: Console) -> None:
    from alpr_city.people.journal import vault
    from alpr_city.public.snapshots import take

    searched(city, 2)
    first = take(vault())
    searched(city, 3)
    second = take(vault(), first)
    assert second.figures["searches"] == 5
    whole = take(vault()).figures
    for name in ("searches", "accesses", "refusals_by_kind", "log_head"):
        assert whole[name] == second.figures[name]


def test_figures_hold_when_computed_again_and_a_touched_one_does_not(city: Console) -> None:
    from alpr_city.people.journal import vault
    from alpr_city.public.snapshots import take
    from alpr_city.public.verify import differences

    searched(city)
    figures = json.loads(json.dumps(take(vault()).figures))
    searched(city)  # what comes later changes nothing
    log = city.config.files.path / "vault" / "access.db"
    assert differences(figures, log) == []
    for name, value in (("searches", 1), ("cameras", 2), ("log_head", "00"), ("holds_placed", 7)):
        said = differences({**figures, name: value}, log)
        assert [line.partition(":")[0] for line in said] == [name]
    assert differences({**figures, "typed": 1}, log) == ["typed: published 1, comes to None"]


def test_a_log_that_was_changed_does_not_lead_to_the_published_head(
    city: Console, tmp_path: Path
) -> None:
    from alpr_city.people.journal import vault
    from alpr_city.public.snapshots import take
    from alpr_city.public.verify import differences

    searched(city)
    figures = take(vault()).figures
    copy = tmp_path / "copy.db"
    log = city.vault.vault.log
    rows = log.from_entry(0)[1]
    with sqlite3.connect(copy) as db:
        db.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, body BLOB)")
        bodies = [body.replace(b"criminal", b"criminbl") for body, _ in rows]
        db.executemany("INSERT INTO entries VALUES (?, ?)", list(enumerate(bodies)))
    db.close()
    said = [line.partition(":")[0] for line in differences(figures, copy)]
    assert said == ["log_head", "searches_by_purpose"]
    with sqlite3.connect(copy) as db:
        db.execute("DELETE FROM entries WHERE seq = 0")
    db.close()
    with pytest.raises(SetupError, match="were published"):
        differences(figures, copy)


def test_no_file_of_figures_is_said_so(city: Console) -> None:
    from alpr_city.public.verify import differences

    with pytest.raises(SetupError, match="no file of published figures"):
        differences({}, city.config.files.path)


def test_without_the_vault_the_last_figures_are_shown(city: Console) -> None:
    from alpr_city.errors import VaultError
    from alpr_city.public import snapshots

    class Away:
        def call(self, operation: str, *arguments: Any) -> Any:
            raise VaultError("the vault does not answer")

    assert snapshots.newest(Away()) is None


def test_every_version_of_the_policy_is_served_as_it_is(city: Console, stranger: Any) -> None:
    import hashlib

    data = next(city.config.files.policy.glob("*.toml")).read_bytes()
    page = f"/public/policy/{hashlib.sha256(data).hexdigest()}.txt"
    assert page in stranger.get("/public/").content.decode()
    assert stranger.get(page).content == data


def test_up_time_accuracy_and_audits_are_figures_too(city: Console) -> None:
    from datetime import UTC, datetime, timedelta

    from alpr_city.cameras.models import Health
    from alpr_city.corrections.models import Check
    from alpr_city.public import conduct

    now = datetime.now(UTC)
    assert conduct.accuracy(now) == {"reads_checked": 0}
    assert conduct.up_time(now) == {}
    for minutes, online in ((60, True), (50, True), (40, False), (20, True)):
        Health.objects.create(
            camera_id="cam-one", at=now - timedelta(minutes=minutes), online=online
        )
    # 10 + 10 minutes, then 15 of the last 20: it was not heard from again.
    assert conduct.up_time(now) == {"up_time_share": round(35 / 60, 4)}
    about = {"camera": "cam-one", "stream": city.camera.stream, "day": city.day, "at": now}
    for seq, verdict in ((2, "right"), (3, "text")):
        Check.objects.create(seq=seq, verdict=verdict, source="audit", by="a", **about)
    assert conduct.accuracy(now)["reads_right_share"][0] == 0.5
    assert not conduct.audits(now)["audit_overdue"]
    assert conduct.audits(now + timedelta(days=400))["audit_overdue"]


def test_the_command_takes_figures_and_verifies_them(
    city: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from alpr_city.cli import main

    searched(city)
    command = ["public-figures", "--config", str(tmp_path / "city.toml")]
    assert main(command) == 0
    figures = json.loads(capsys.readouterr().out)
    published = tmp_path / "figures.json"
    published.write_text("[]")
    assert main([*command, "--verify", str(published)]) == 1
    assert "is no file of figures" in capsys.readouterr().err
    published.write_text(json.dumps(figures | {"searches": 1}))
    assert main([*command, "--verify", str(published)]) == 1
    assert capsys.readouterr().out == "searches: published 1, comes to 3\n"
    published.write_text(json.dumps(figures))
    assert main([*command, "--verify", str(published)]) == 0
    assert "figures hold" in capsys.readouterr().out
