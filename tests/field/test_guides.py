"""The guides name commands, tests and files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = ("FIELD", "OPERATIONS", "THREATS")


def text(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


def test_every_test_that_answers_a_threat_is_there() -> None:
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", text("THREATS"))
    assert len(named) > 20
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text(), f"{file}::{test}"


def test_no_threat_is_without_a_test() -> None:
    rows = [
        line
        for line in text("THREATS").splitlines()
        if line.startswith("| ") and not line.startswith(("| failing", "| attempt"))
    ]
    assert all("`tests/" in row for row in rows)


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_of_a_guide_is_there(name: str) -> None:
    for program, command in re.findall(r"\balpr-(edge|city) ([a-z][a-z-]+)", text(name)):
        path = ROOT / f"alpr_{program}" / "commands" / f"{command.replace('-', '_')}.py"
        assert path.exists(), f"alpr-{program} {command}"


@pytest.mark.parametrize("name", GUIDES)
def test_every_file_of_a_guide_is_there(name: str) -> None:
    for path in re.findall(r"(?<![/\w])((?:provisioning|systemd)/[\w./*-]+\w)", text(name)):
        assert list(ROOT.glob(path)), path
    for picture in re.findall(r"!\[[^]]+\]\((\S+)\)", text(name)):
        assert (ROOT / "docs" / picture).exists(), picture
