"""The public page: figures that come from the log, no person in it, and a program that checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alpr_city.errors import SetupError
from tests.city.console import Console
from tests.city.vaults import ACCESS

PAGES = (
    "/public/",
    "/public/figures.json",
    *(f"/public/{n}.py" for n in ("verify_bag", "open_sealed", "verify_figures")),
)


def searched(city: Console, times: int = 3) -> None:
    from alpr_city.people.journal import vault

    access = {**ACCESS, "purpose": "criminal", "organisation": "Testville Sheriff"}
    for _ in range(times):
        vault().call("tokens", access, "0TEST00", [str(city.day)])


def published(city: Console) -> dict[str, Any]:
    """Figures as they come out of the file."""
    from alpr_city.people.journal import vault
    from alpr_city.public.snapshots import take

    root = city.vault.root.public_key().public_bytes_raw()
    city.config.files.root_public.write_bytes(root)
    searched(city)
    return dict(json.loads(json.dumps(take(vault()).figures)))


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
    from alpr_city.public.verify import differences

    figures = published(city)
    searched(city)  # what comes later changes nothing
    log, root = city.config.files.path / "vault" / "access.db", city.config.files.root_public
    assert differences(figures, log, root) == []
    for name, value in (("cameras", 2), ("holds_placed", 7), ("typed", 1)):
        said = differences({**figures, name: value}, log, root)
        assert "the figures that come from the tables are not those that the city signed" in said
        assert any(line.startswith(f"{name}: published {value}, comes to") for line in said)
    said = differences({**figures, "searches": 1}, log, root)
    assert said == ["searches: published 1, the log's counts give 3"]
    with pytest.raises(SetupError, match="cannot be read"):
        differences(figures, log, root / "none")


def test_a_head_that_another_key_signed_is_found(city: Console) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from alpr_city.public.verify import differences
    from alpr_wire import statements

    figures = published(city)
    log, root = city.config.files.path / "vault" / "access.db", city.config.files.root_public
    body = {1: figures["log_entries"] - 1, 2: bytes.fromhex(figures["log_head"]), 3: 1}
    forged = statements.sign(Ed25519PrivateKey.generate(), "log-head", body)
    said = differences({**figures, "signed_log_head": forged.hex()}, log, root)
    assert said == ["the figures come with a log-head whose signature does not hold"]


def test_the_vault_counts_on_from_its_own_word_alone(
    city: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.errors import VaultError
    from alpr_city.people.journal import vault
    from alpr_city.public.snapshots import take
    from alpr_city.vault import tally

    monkeypatch.setattr(tally, "MOST_ENTRIES", 4)
    searched(city, 5)
    first = take(vault())
    statement = bytes.fromhex(first.figures["proof"]["statement"])
    more = [[*row[:3], row[3] + 1] for row in first.counts]
    changed = statement[:-1] + bytes([statement[-1] ^ 1])
    for before in ([statement, more], [changed, first.counts], [b"", []]):
        with pytest.raises(VaultError, match="these counts are not"):
            vault().call("tally", before, bytes(32))
    searched(city, 2)
    assert take(vault(), first).figures["searches"] == 7
    first.figures["proof"]["statement"] = (
        changed.hex()
    )  # a restored vault: it counts from the start
    assert take(vault(), first).figures["searches"] == 7


def test_hits_are_told_by_whole_months_and_a_small_cell_is_left_out(
    city: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime, timedelta

    from alpr_city.hits.models import Hit
    from alpr_city.people.journal import vault
    from alpr_city.public import hits
    from alpr_city.public.snapshots import take
    from alpr_city.reads.models import Camera

    now = datetime.now(UTC)
    assert "hits" not in take(vault()).figures  # no month is over
    last_month = now.replace(day=1) - timedelta(days=3)
    Camera.objects.update(admitted_at=last_month)
    about = {
        "camera": "cam-one", "stream": b"0" * 16, "day": last_month.date(), "list": "svs",
        "captured_at": last_month, "version": "1", "list_made_at": now, "stale_at": now,
        "expires_at": now, "policy": "1", "how": "exact", "confidence": 0.9, "state": "same",
        "sealed": b"", "disposed_at": last_month,
    }  # fmt: skip
    words = ["correct"] * 9 + ["misread", "misread", "wrong state", "dismissed"]
    for seq, word in enumerate(words + words[:2]):
        kind = "stolen-vehicle" if seq < len(words) else "stolen-plate"
        Hit.objects.create(seq=seq, at=last_month, list_class=kind, disposition=word, **about)
    Hit.objects.create(seq=99, at=now, list_class="stolen-vehicle", disposition="", **about)
    told = take(vault()).figures
    names = ("hits", "hits_confirmed", "hits_false", "hits_dismissed", "hit_months_shown")
    assert [told[n] for n in names] == [13, 9, 3, 1, 1]
    assert told["hits_true_share"][0] == 0.75
    assert told["hit_months_withheld"] >= 1
    # A late change of what is counted changes nothing that was told.
    Hit.objects.filter(seq=0).delete()
    assert take(vault()).figures["hits"] == 13
    assert hits.figures(last_month, 1000) == {}


def test_no_file_of_figures_is_said_so(city: Console) -> None:
    from alpr_city.public.verify import differences

    with pytest.raises(SetupError, match="no file of published figures"):
        differences({}, city.config.files.path, city.config.files.path)


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

    root = city.vault.root.public_key().public_bytes_raw()
    city.config.files.root_public.write_bytes(root)
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
    assert capsys.readouterr().out == "searches: published 1, the log's counts give 3\n"
    published.write_text(json.dumps(figures))
    assert main([*command, "--verify", str(published)]) == 0
    assert "figures hold" in capsys.readouterr().out
