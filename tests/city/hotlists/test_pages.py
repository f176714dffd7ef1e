"""List pages: who is refused, dry run before import, history with what was refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from alpr_city.web.times import here
from tests.city.console import Console

GOOD = b"HEADER\n4CANARY CA19261101\n0TEST0? CA19261101\nTOTAL RECORD\n"


def form(data: bytes = GOOD, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "file": SimpleUploadedFile("svs.tbl", data),
        "shape": "clew",
        "name": "svs",
        "list_class": "stolen-vehicle",
        "owner": "Sheriff's station",
        "legal_basis": "policy I",
        "made_at": f"{here(now - timedelta(hours=1)):%Y-%m-%dT%H:%M}",
        "expires_at": f"{here(now + timedelta(days=1)):%Y-%m-%dT%H:%M}",
        "do": "import",
        **changes,
    }


def held(city: Console) -> dict[str, int]:
    with city.vault.vault.lock:
        return {row["list"]: row["rows"] for row in city.vault.vault.watching.state()}


@pytest.mark.parametrize("who", ["clerk", "prosecutor", "auditor", "designee", "maintenance"])
def test_who_has_no_right_imports_no_list(city: Console, who: str) -> None:
    client = city.client(who)
    assert client.post("/hotlists/import/", form()).status_code == 403
    assert client.post("/hotlists/drop/", {"name": "svs"}).status_code == 403
    assert held(city) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": ""},
        {"legal_basis": ""},
        {"expires_at": ""},
        {"expires_at": "2020-01-01 00:00"},
        {"expires_at": "2090-01-01 00:00"},
        {"list_class": "immigration"},
        {"shape": "csv", "columns": "state=ST"},
        {"shape": "csv", "columns": "plate:LIC"},
        {"file": SimpleUploadedFile("svs.tbl", GOOD[:40])},
    ],
)
def test_what_may_not_be_imported_is_refused(
    city: Console, officer: Any, changes: dict[str, Any]
) -> None:
    answer = officer.post("/hotlists/import/", form(**changes))
    assert answer.status_code == 400
    assert held(city) == {}
    assert "CANARY" not in answer.content.decode()


def test_a_federal_class_cannot_even_be_chosen(city: Console, officer: Any) -> None:
    file = city.config.files.policy / "draft-1.toml"
    file.write_text(file.read_text().replace('source = "state"', 'source = "federal"'))
    assert officer.post("/hotlists/import/", form()).status_code == 400
    assert "Stolen plates" not in officer.get("/hotlists/import/").content.decode()
    assert held(city) == {}


def test_a_dry_run_names_bad_lines_and_imports_nothing(city: Console, officer: Any) -> None:
    page = officer.post("/hotlists/import/", form(do="dry")).content.decode()
    assert "1 row can be taken; 1 bad line," in page
    assert '<td class="n">3</td><td>the plate is not' in page
    assert "TEST0" not in page
    assert held(city) == {}


def test_an_import_is_on_record_replaces_the_one_before_and_has_a_history(
    city: Console, officer: Any
) -> None:
    assert officer.post("/hotlists/import/", form()).status_code == 302
    assert held(city) == {"svs": 1}
    cut = officer.post("/hotlists/import/", form(GOOD.replace(b"TOTAL RECORD\n", b"")))
    assert cut.status_code == 400
    assert officer.post("/hotlists/import/", form()).status_code == 302
    assert held(city) == {"svs": 1}
    page = officer.get("/hotlists/").content.decode()
    assert page.count("in use until") == 1
    assert "refused: the footer" in page
    assert "1.0 hours ago" in page
    assert "CANARY" not in page
    assert [b[3] for b in city.log() if b.get(2) == "list-import"].count("officer") >= 2
    assert officer.post("/hotlists/drop/", {"name": "svs"}).status_code == 302
    assert held(city) == {}


def test_the_command_names_every_bad_line_and_quotes_none(
    city: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    from alpr_city.cli import main
    from alpr_city.hotlists import importing

    monkeypatch.setattr(importing, "KEPT_FAULTS", 5)
    file = tmp_path / "svs.tbl"
    file.write_bytes(b"HEADER\n0TEST00 CA19261101\n" + b"0CANARY? CA\n" * 20 + b"TOTAL RECORD\n")
    command = ["hotlist", "check", str(file), "--config", str(tmp_path / "city.toml")]
    assert main(command) == 1
    said = capsys.readouterr().out
    assert said.count("the plate is not 1 to 11 letters and digits") == 20
    assert said.endswith("1 rows can be taken; 20 bad lines, 0 dropped by law, 0 duplicates\n")
    assert "CANARY" not in said
