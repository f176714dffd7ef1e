"""The small program that verifies the figures: alone, with `cryptography` and nothing of ours."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from alpr_city.public import verify_figures
from tests.city.console import Console
from tests.city.evidence.test_bag import ALONE, alone
from tests.city.public.test_public import published, searched


@pytest.fixture
def figures(city: Console) -> dict[str, Any]:
    return published(city)


def said(figures: dict[str, Any], **how: Any) -> list[str]:
    return verify_figures.Figures(figures, how.pop("root", "")).check(**how)


def touched(value: Any) -> Any:
    """Something else of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return ("1" if value[:1] == "0" else "0") + value[1:]
    if isinstance(value, dict):
        return {**value, "another": 1} if "root" not in value else {**value, "root": "00" * 32}
    if isinstance(value, list):
        return value[1:] if value else [0.5]
    return "something"


def test_whichever_figure_is_touched_is_found(figures: dict[str, Any]) -> None:
    assert said(figures) == []
    for name, value in figures.items():
        assert said({**figures, name: touched(value)}), name
        assert said({n: v for n, v in figures.items() if n != name}), name
    assert said({**figures, "typed": 1})


def test_figures_of_another_city_are_found(figures: dict[str, Any]) -> None:
    root = hashlib.sha256(bytes.fromhex(figures["proof"]["root"])).hexdigest()[:32]
    assert said(figures, root=root) == []
    assert "another city" in said(figures, root="00" * 16)[0]


def test_what_the_tables_say_beyond_the_log_is_found(figures: dict[str, Any]) -> None:
    for name in ("audits", "days_purged", "holds_placed", "releases_refused"):
        lines = said({**figures, name: 10_000})
        assert f"{name}: published 10000, there can be 0" in lines
    lines = said({**figures, "releases_by_agency": {"CHP": 2}})
    assert "releases_by_agency: published 2, there can be 0" in lines


def test_figures_that_shrank_since_are_found(city: Console, figures: dict[str, Any]) -> None:
    later = published(city)
    assert said(later, before=figures) == []
    assert "are older" in said(figures, before=later)[0]
    more = {**figures, "searches": 99, "log_counts": [["search", "criminal", "x", 99]]}
    lines = said(later, before=more)
    assert "searches: 99 before, 6 now" in lines
    assert "a count of the log shrank" in lines


def test_a_log_that_was_changed_or_cut_is_found(
    city: Console, figures: dict[str, Any], tmp_path: Path
) -> None:
    searched(city)
    later = published(city)
    copy = tmp_path / "copy.db"
    bodies = [body for body, _ in city.vault.vault.log.from_entry(0)[1]]

    def log_of(entries: list[bytes]) -> Path:
        copy.unlink(missing_ok=True)
        with sqlite3.connect(copy) as db:
            db.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, body BLOB)")
            db.executemany("INSERT INTO entries VALUES (?, ?)", list(enumerate(entries)))
        db.close()
        return copy

    assert said(later, before=figures, log=log_of(bodies)) == []
    changed = [body.replace(b"criminal", b"criminbl") for body in bodies]
    assert "the log leads to" in said(later, before=figures, log=log_of(changed))[0]
    few = bodies[: figures["log_entries"]]
    assert said(later, before=figures, log=log_of(few)) == [
        f"the figures are of {later['log_entries']} entries, the log has {len(few)}"
    ]
    copy.write_bytes(b"no database at all" * 100)
    assert "the log cannot be read" in said(later, log=copy)[0]


def test_it_verifies_on_a_machine_without_this_software(
    figures: dict[str, Any], tmp_path: Path
) -> None:
    program = Path(shutil.copy(verify_figures.__file__, tmp_path / "verify_figures.py"))
    file = tmp_path / "figures.json"
    file.write_text(json.dumps(figures, indent=1))
    root = hashlib.sha256(bytes.fromhex(figures["proof"]["root"])).hexdigest()[:32]
    command = [sys.executable, "-I", "-S", "-c", ALONE, str(alone(tmp_path)), str(program)]

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [*command, str(file), *arguments], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    assert run("--root", root) == (
        0,
        "VERIFIED: these are the figures that the city signed, and they follow from its log\n",
    )
    assert run()[1].startswith("HOLDS, if the city publishes")
    file.write_text(json.dumps({**figures, "cameras": 9}))
    code, text = run("--root", root)
    assert code == 1
    assert text.endswith("REFUSED: 1 things differ\n")
    file.write_text("{")
    assert run()[0] == 2
