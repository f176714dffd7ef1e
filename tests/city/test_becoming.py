"""Root becomes a room's user for a command, and nobody else does. Booted: tests/packages."""

from __future__ import annotations

import argparse
import grp
import importlib
import os
import pkgutil
import pwd
from pathlib import Path

import pytest

from alpr_city import becoming, commands

USERS = (Path(__file__).parents[2] / "systemd/alpr-city.sysusers").read_text()


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was given up; this process keeps its rights."""
    given_up: list[str] = []
    for name in ("setgroups", "setgid", "setuid", "umask"):
        monkeypatch.setattr(os, name, lambda value, name=name: given_up.append(f"{name} {value}"))
    return given_up


def test_somebody_else_than_root_stays_who_they_are(
    done: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not becoming.become("alpr-web", tmp_path)
    assert done == []


def test_a_folder_that_is_not_the_units_is_roots_own_affair(
    done: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not becoming.become("alpr-web", tmp_path), "a desk without the users, or no folder"
    (tmp_path / "ca").mkdir()
    owner = [4242]
    monkeypatch.setattr(
        becoming.pwd,
        "getpwnam",
        lambda name: pwd.struct_passwd((name, "x", owner[0], 0, "", "/", "/bin/false")),
    )
    monkeypatch.setattr(
        becoming.grp, "getgrnam", lambda name: grp.struct_group((name, "x", 4343, []))
    )
    assert not becoming.become("alpr-web", tmp_path), "the folder is another's"
    assert done == []
    owner[0] = (tmp_path / "ca").stat().st_uid
    assert becoming.become("alpr-web", tmp_path)
    assert [line.split()[0] for line in done] == ["setgroups", "setgid", "setuid", "umask"]


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(commands.__path__)])
def test_whom_a_command_becomes_is_a_user_of_the_package(name: str) -> None:
    module = importlib.import_module(f"alpr_city.commands.{name}")
    if hasattr(module, "user"):
        args = argparse.Namespace(what="list", do="list", verify=None)
        who = module.user(args)
        assert who == "root" or f"\nu {who} " in USERS
