"""The policy is data, checked whole; what is wrong with it is named."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_city import policy
from alpr_city.cli import main
from alpr_city.errors import ConfigError
from alpr_city.policy.check import faults_of, missing
from alpr_city.policy.load import load
from alpr_city.policy.rights import CONTROLS, PLATES, RIGHTS
from alpr_city.policy.store import EXAMPLE

TEXT = EXAMPLE.read_text()


def faults(folder: Path, old: str, new: str) -> list[str]:
    assert old in TEXT
    file = folder / "p.toml"
    file.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(ConfigError) as refused:
        load(file)
    return [fault.removeprefix(f"{file}: ") for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("retention_days = 730", "retention_days = 0", "retention_days is 0. Fix: 1 or more"),
        ("retention_days = 730", 'retention_days = "2 years"', "retention_days must be a whole"),
        ("retention_days = 730", "retention = 730", "retention: unknown. Fix: one of version"),
        ("access_log_days = 1826", "access_log_days = 90", "a look would outlive its record"),
        ("-08:00", "", "effective_from names no zone"),
        ("smallest_cell = 10", "", "aggregates.smallest_cell is missing"),
        ('rights = ["log.read"', 'rights = ["log.everything"', "unknown right log.everything"),
        ('rights = ["people.manage"', 'rights = ["people.manage", "read.view"', "both sides"),
        ('["grant.approve", "hold', '["grant.approve", "release.request", "hold', "both sides"),
        ('courses = ["privacy"]', "courses = []", "untrained people get none"),
        ('courses = ["privacy"]', 'courses = ["yoga"]', "unknown course yoga"),
        (
            "[organisations.city]",
            '[organisations.federal]\ntitle = "FBI"\nbasis = "none"\n[organisations.city]',
            "1798.90.55",
        ),
        ('["audit.review", "audit.approve"]', '["audit.review", "camera.view"]', "nothing keeps"),
        ('purpose = "stolen-plate"', 'purpose = "fun"', "unknown purpose fun"),
        ('case_pattern = "', 'case_pattern = "(', "is no regular expression"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert any(said in fault for fault in faults(tmp_path, old, new))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("title = 1\ncolour = 'red'\n")
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "p.toml")
    said = "\n".join(refused.value.faults)
    for part in ("title must be text", "colour: unknown", "roles is missing", "apart is missing"):
        assert part in said


def test_the_example_keeps_every_control_apart_and_shows_plates_to_two_roles() -> None:
    example = load(EXAMPLE)
    assert {c for c, r in example.roles.items() if r.rights & PLATES} == {"prosecutor", "sheriff"}
    assert all(any(control <= pair.rights for pair in example.apart) for control in CONTROLS)
    assert {right for role in example.roles.values() for right in role.rights} == RIGHTS


def test_what_the_law_asks_for_and_a_policy_lacks_is_named(tmp_path: Path) -> None:
    lines = TEXT.splitlines()
    for letter in "ABCDEFG":
        file = tmp_path / f"{letter}.toml"
        file.write_text("\n".join(x for x in lines if not x.startswith(f"{letter} = ")))
        assert any(f"1798.90.51(b)(2)({letter})" in line for line in missing(load(file)))


def test_check_policy_says_what_the_draft_leaves_open(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-policy", str(EXAMPLE)]) == 1
    said = capsys.readouterr().out
    assert "1798.90.51(b)(2)(F)" in said
    assert "designee.name is open" in said


def test_check_policy_refuses_a_broken_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.toml").write_text("not toml")
    assert main(["check-policy", str(tmp_path / "p.toml")]) == 78
    assert "is no TOML" in capsys.readouterr().err


def test_the_policy_in_force_is_the_newest_that_has_begun(tmp_path: Path) -> None:
    (tmp_path / "1.toml").write_text(TEXT)
    later = TEXT.replace('"draft-1"', '"2"', 1).replace("2026-01-01T", "2027-01-01T", 1)
    (tmp_path / "2.toml").write_text(later)
    policy.use(tmp_path)
    assert policy.in_force(datetime(2026, 6, 1, tzinfo=UTC)).version == "draft-1"
    assert policy.in_force(datetime(2027, 6, 1, tzinfo=UTC)).version == "2"
    with pytest.raises(ConfigError, match="no policy was in force"):
        policy.in_force(datetime(2020, 1, 1, tzinfo=UTC))


def test_a_policy_that_ended_is_not_in_force_and_its_history_stays(tmp_path: Path) -> None:
    ends = TEXT.replace(
        "\nretention_days", "\neffective_until = 2026-10-01T00:00:00-08:00\nretention_days", 1
    )
    (tmp_path / "1.toml").write_text(ends)
    policy.use(tmp_path)
    assert policy.in_force(datetime(2026, 9, 30, tzinfo=UTC)).version == "draft-1"
    after = datetime(2026, 10, 1, 8, tzinfo=UTC)
    with pytest.raises(ConfigError, match=r"draft-1 ended on 2026-10-01 08:00 UTC"):
        policy.in_force(after)
    assert policy.adopted(after).version == "draft-1"
    assert len(policy.history()) == 1
    (tmp_path / "1.toml").write_text(ends.replace("2026-10-01T", "2025-10-01T"))
    with pytest.raises(ConfigError, match="effective_until is not after"):
        policy.in_force()


def test_no_policy_is_no_default(tmp_path: Path) -> None:
    policy.use(tmp_path)
    with pytest.raises(ConfigError, match="check-policy --example"):
        policy.in_force()


def test_purposes_are_for_kinds_of_organisations_that_there_are() -> None:
    policy = load(EXAMPLE)
    assert "code-enforcement" in policy.searchable("city")
    assert "code-enforcement" not in policy.searchable("california-law-enforcement")
    purposes = dict(policy.purposes)
    odd = frozenset({"martians"})
    purposes["civil"] = dataclasses.replace(purposes["civil"], organisations=odd)
    faults = faults_of(dataclasses.replace(policy, purposes=purposes))
    assert faults == ["purposes.civil: unknown kind of organisation martians"]
