"""Certificates of the city's servers, and the city's first people, from its own commands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from alpr_city.ca import Authority
from alpr_city.cli import main
from alpr_city.config import CityConfig, load
from alpr_city.papers import papers_of, renew
from alpr_city.policy.store import EXAMPLE
from tests.city.console import Console

NAMES = ["broker", "enrol", "console", "ingest-1"]


@pytest.fixture
def papers(city: Console) -> tuple[CityConfig, Authority]:
    authority = Authority.create(city.config.files.ca, "Testville")
    assert [p.name for p in renew(city.config, authority)] == NAMES
    return city.config, authority


def test_nothing_is_renewed_before_its_time(papers: tuple[CityConfig, Authority]) -> None:
    config, authority = papers
    before = [p.certificate.read_bytes() for p in papers_of(config)]
    assert renew(config, authority, now=datetime.now(UTC) + timedelta(days=59)) == []
    assert [p.certificate.read_bytes() for p in papers_of(config)] == before


def test_what_ends_within_a_month_gets_a_new_key_and_certificate(
    papers: tuple[CityConfig, Authority],
) -> None:
    config, authority = papers
    before = [p.key.read_bytes() for p in papers_of(config)]
    done = renew(config, authority, now=datetime.now(UTC) + timedelta(days=61))
    assert [p.name for p in done] == NAMES
    for paper, old in zip(papers_of(config), before, strict=True):
        assert paper.key.read_bytes() != old
        assert paper.key.stat().st_mode & 0o077 == 0
        held = x509.load_pem_x509_certificate(paper.certificate.read_bytes())
        assert held.not_valid_after_utc > datetime.now(UTC) + timedelta(days=89)


def test_a_server_that_got_another_name_gets_a_certificate_for_it(
    papers: tuple[CityConfig, Authority], tmp_path: Path
) -> None:
    _, authority = papers
    settings = tmp_path / "city.toml"
    settings.write_text(settings.read_text().replace('host = "localhost"', 'host = "lpr.test"', 1))
    assert [p.name for p in renew(load(settings), authority)] == ["broker", "enrol"]


def test_the_command_tells_whether_anything_is_due(
    papers: tuple[CityConfig, Authority], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = str(tmp_path / "city.toml")
    assert main(["certificates", "--config", settings, "--due"]) == 1
    papers_of(papers[0])[0].key.unlink()
    assert main(["certificates", "--config", settings, "--due"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "broker"
    assert main(["certificates", "--config", settings]) == 0
    assert capsys.readouterr().out == "broker: a new certificate\n"


def init(folder: Path, *more: str) -> int:
    settings = str(folder / "city.toml")
    return main(["init", "--config", settings, "--folder", "city", "--name", "Testville", *more])


def test_init_makes_the_first_people_once_under_a_policy_and_says_what_to_keep_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = ("--administrator", "a.person", "Ann Person", "--designee", "b.person", "Ben Person")
    assert init(tmp_path, *people) == 78
    assert "policy" in capsys.readouterr().err
    assert init(tmp_path, "--policy", str(EXAMPLE), *people) == 0
    said = capsys.readouterr().out
    assert "a.person, administrator: https://localhost:8443/people/welcome/" in said
    assert "b.person, designee: https://" in said
    for kept in ("root.key", "recovery.key", "kek/current", "key-backups", "vault"):
        assert f"city/{kept}: " in said
    assert said.count("STILL HERE, move it now") == 2

    for key in ("root.key", "recovery.key"):
        (tmp_path / "city" / key).unlink()
    assert init(tmp_path, "--policy", str(EXAMPLE), *people) == 0
    again = capsys.readouterr().out
    assert "a.person: is there already" in again
    assert "welcome" not in again
    assert "STILL HERE" not in again

    changed = tmp_path / "changed.toml"
    changed.write_text(EXAMPLE.read_text() + "\n")
    assert init(tmp_path, "--policy", str(changed)) == 1
    assert "give the changed policy a new version" in capsys.readouterr().err
