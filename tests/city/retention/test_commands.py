"""The commands: what they say, and their exit codes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from alpr_city.cli import main
from tests.city.console import Console


def ask(city: Console, *words: str) -> int:
    return main([*words, "--config", str(city.config.city.folder.parent / "city.toml")])


def age(city: Console, monkeypatch: pytest.MonkeyPatch) -> str:
    """A day that has had its time."""
    old = city.day - timedelta(800)
    camera = city.vault.camera("cam-old", seed=3)
    camera.read("0TEST07", pictures=True)
    with monkeypatch.context() as patch:
        patch.setattr("alpr_city.vault.vault.today", lambda: str(old))
        city.ingest(camera)
    return str(old)


def test_purge_without_authority_fails_and_says_the_fix(
    city: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    age(city, monkeypatch)
    assert ask(city, "purge") == 1
    said = capsys.readouterr().err
    assert "names no authority for destruction; nothing was destroyed. Fix: give" in said
    assert "Traceback" not in said


def test_purge_says_what_would_go_and_then_what_went(
    city: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = age(city, monkeypatch)
    file = city.config.files.policy / "draft-1.toml"
    text = file.read_text()
    assert 'resolution = ""' in text
    text = text.replace('resolution = ""', 'resolution = "Resolution 2026-1"')
    file.write_text(text.replace('consent = ""', 'consent = "City Attorney, 2026-01-02"'))
    assert ask(city, "purge", "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"day": old, "reads": 1, "held": 0}
    assert ask(city, "purge") == 0
    assert capsys.readouterr().out == f"{old}: 1 reads, 0 of them held; certificate 1\n"
    assert ask(city, "purge") == 0
    assert capsys.readouterr().out == "nothing has had its retention\n"


def test_an_overdue_review_is_exit_code_one(
    city: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    from alpr_city.retention.models import Hold

    assert ask(city, "hold") == 0
    fields = {"basis": "civil", "custodian": "City Clerk", "placed_by": "officer", "policy": "1"}
    Hold.objects.create(
        label="a", case="26-0001", placed_at="2026-01-01T00:00Z", review_on="2026-02-01", **fields
    )
    assert ask(city, "hold") == 1
    assert "review overdue" in capsys.readouterr().out


def test_compact_says_how_many_went(city: Console, capsys: pytest.CaptureFixture[str]) -> None:
    camera = city.vault.camera("cam-two", seed=5)
    camera.read("0TEST03")
    city.ingest(camera)
    assert ask(city, "compact") == 0
    assert "columns merged away" in capsys.readouterr().out
