"""Settings: what is refused, in which words, and that the printed defaults load."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.config import EdgeConfig, build, default_text, load, text
from alpr_edge.config.setting import Setting
from alpr_edge.errors import EXIT_CONFIG, ConfigError


def faults(toml: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        build(tomllib.loads(toml))
    assert refused.value.exit_code == EXIT_CONFIG
    return refused.value.faults


def test_a_missing_file_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert str(refused.value) == (
        f"{path}: no such file. Fix: alpr-edge default-config > {path}, then edit it"
    )


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[camera\n", "not TOML"),
        (b"[camera]\nname = unquoted\n", "line 2"),
        (b"[camera]\nname = 'caf\xe9'\n", "byte 20 is not UTF-8"),
        (b"#" * (2 << 20), "larger than"),
        (b"[camera]\n[camera]\n", "not TOML"),
    ],
)
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "edge.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as refused:
        load(path)
    assert refused.value.fix


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        (
            "camera.frames_per_s = 0",
            "camera.frames_per_s: must be at least 1, got 0.0. Fix: set it between 1 and 120.",
        ),
        (
            "camera.stall_s = 9",
            "camera.stall_s: must be at most 4.0, got 9.0. Fix: set it between 0.5 and 4.0.",
        ),
        (
            "camera.stall = 3",
            "camera.stall: unknown setting. Fix: rename it to stall_s.",
        ),
        (
            "camera.hot_c = 3",
            "camera.hot_c: unknown setting. Fix: move it to [pace].",
        ),
        (
            "health.colour = 3",
            "health.colour: unknown setting. Fix: remove it; [health] knows folder, every_s,"
            " baseline.",
        ),
        ("camrea.name = 'x'", "camrea: unknown section. Fix: rename it to [camera]."),
        ("max_mph = 30", "max_mph: stands outside any section. Fix: move it to [scene]."),
        ("pace = 3", "pace: must be a section. Fix: write [pace] on a line of its own."),
        (
            "camera.width_px = 1921",
            "camera.width_px: must be a multiple of 8, got 1921. Fix: set it to 1920.",
        ),
        (
            "camera.width_px = true",
            "camera.width_px: must be a whole number, got True. Fix: set width_px to a whole"
            " number.",
        ),
        (
            "scene.max_mph = nan",
            "scene.max_mph: must be a number, got nan. Fix: set max_mph to a number.",
        ),
        (
            "log.level = 'loud'",
            'log.level: must be "debug", "info", "warning" or "error", got "loud". Fix: set level'
            ' to "debug", "info", "warning" or "error".',
        ),
        (
            "v4l2.device = ''",
            'v4l2.device: must be a path in quotes, got "". Fix: set device to a path in quotes.',
        ),
        (
            "scene.roi = [[0, 0], [1, 1]]",
            "scene.roi: needs at least 3 corners, got 2. Fix: give 3 or more [x, y] pairs.",
        ),
        (
            "scene.masks = [[[0, 0], [640, 0], [640, 480]]]",
            "scene.masks: polygon 1 corners must lie between 0 and 1. Fix: give fractions of the"
            " picture's width and height, not pixels.",
        ),
        (
            "scene.roi = [[0, 0], [1, 1], [0.5, 0.5]]",
            "scene.roi: encloses no area. Fix: give the corners in order around the region.",
        ),
        (
            "scene.roi = [[0, 0, 0], [1, 1], [0, 1]]",
            "scene.roi: must be a list of 2 numbers each, got [[0, 0, 0], [1, 1], [0, 1]]. Fix:"
            " set roi to a list of 2 numbers each.",
        ),
        (
            "pace.hot_c = 60",
            "pace.cool_c: must be under pace.hot_c (60.0), got 73.0. Fix: set cool_c = 55.0.",
        ),
        (
            "outbox.most_gb = 4",
            "outbox.picture_gb: must be under outbox.most_gb (4.0), got 6.0. Fix: set picture_gb"
            " = 3.0; reads need room too.",
        ),
        (
            "camera.name = ''",
            "camera.name: must be 1 to 64 printable characters. Fix: set it to a short name, such"
            ' as "north".',
        ),
        (
            "camera.source = 'rtsp'",
            "rtsp.url: must start with rtsp://. Fix: set url = \"rtsp://<the camera's address>/"
            '<its path>".',
        ),
    ],
)
def test_a_fault_names_its_key_and_its_fix(toml: str, fault: str) -> None:
    assert faults(toml) == (fault,)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    (fault,) = faults("camera.source = 'rtsp'\nrtsp.url = 'rtsp://root:hunter2@10.0.0.9/live'")
    assert "password_file" in fault
    assert "hunter2" not in fault


def test_all_faults_are_reported_at_once() -> None:
    found = faults("camera.stall = 3\ncamera.width_px = 7\nlog.level = 3\npacee.hot_c = 1")
    assert [line.split(":")[0] for line in found] == [
        "camera.stall",
        "camera.width_px",
        "log.level",
        "pacee",
    ]


def test_the_printed_defaults_load_back_to_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(default_text())
    assert load(path) == EdgeConfig()


def test_every_setting_is_printed_with_what_it_means() -> None:
    lines = default_text().splitlines()
    for part in dataclasses.fields(EdgeConfig):
        section = getattr(EdgeConfig(), part.name)
        assert f"[{part.name}]" in lines
        for entry in dataclasses.fields(section):
            setting = entry.metadata["setting"]
            assert isinstance(setting, Setting)
            assert setting.doc.endswith((".", ")"))
            assert any(line.removeprefix("# ").startswith(f"{entry.name} =") for line in lines)
    assert max(len(line) for line in lines) <= 100


def test_what_is_printed_is_what_was_set() -> None:
    tables: dict[str, Any] = {
        "camera": {"name": 'north "A" \\ é', "source": "rtsp"},
        "rtsp": {"url": "rtsp://10.0.0.9/live", "password_file": "/etc/alpr-edge/camera.password"},
        "scene": {"roi": [[0, 0], [1, 0], [1, 1]], "masks": [[[0, 0], [0.5, 0], [0, 0.25]]]},
        "playback": {"repeat": True},
    }
    config = build(tables)
    assert build(tomllib.loads(text(config))) == config
    assert config.scene.masks == (((0.0, 0.0), (0.5, 0.0), (0.0, 0.25)),)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
KEYS = st.sampled_from(
    [
        (part.name, entry.name)
        for part in dataclasses.fields(EdgeConfig)
        for entry in dataclasses.fields(getattr(EdgeConfig(), part.name))
    ]
)


@given(KEYS, VALUES)
def test_any_value_is_taken_or_refused_by_name(key: tuple[str, str], value: object) -> None:
    section, name = key
    faults: tuple[str, ...] = ()
    try:
        build({section: {name: value}})
    except ConfigError as refused:
        faults = refused.faults or ("refused without a reason",)
    assert all(". Fix: " in line for line in faults)
