"""The key-encryption key in a token: SoftHSM stands for a real one."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_city import cli
from alpr_city.bootstrap import bootstrap, open_vault
from alpr_city.config import CityConfig, load, template
from alpr_city.config.load import VaultPart
from alpr_city.errors import ConfigError, VaultError
from alpr_city.vault import keks
from alpr_city.vault.keyring import Keyring, Use
from alpr_city.vault.token import Token, TokenKek
from alpr_city.vault.vault import today

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "314159"


@pytest.fixture(scope="session")
def soft_tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SoftHSM reads its settings once in a process: one folder of tokens for all tests."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    program = shutil.which("softhsm2-util")
    assert program, "softhsm2 is missing: apt install softhsm2"
    subprocess.run(
        [
            program,
            "--init-token",
            "--free",
            "--label",
            "city",
            "--pin",
            PIN,
            "--so-pin",
            "27182818",
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def part(soft_tokens: Path, tmp_path: Path, request: pytest.FixtureRequest) -> VaultPart:
    pin_file = tmp_path / "pin"
    pin_file.write_text(PIN + "\n")
    pin_file.chmod(0o600)
    return VaultPart(
        pkcs11_module=str(MODULE),
        pkcs11_token="city",
        pkcs11_pin_file=pin_file,
        pkcs11_label=f"kek-{abs(hash(request.node.nodeid))}",
    )


@pytest.fixture
def token(part: VaultPart) -> Iterator[Token]:
    made = Token(part)
    yield made
    for key in made.keys().values():
        key.destroy()
    made.close()


@pytest.fixture
def city(tmp_path: Path) -> CityConfig:
    """A city whose keys a file wraps."""
    (tmp_path / "city.toml").write_text(template("Testville", Path("city"), 8883, 8884))
    made = load(tmp_path / "city.toml")
    bootstrap(made)
    return made


# Refusals.


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"pkcs11_module": "/usr/lib/none.so"}, "is not there. Fix: install"),
        ({"pkcs11_token": "other"}, r"no token other \(NoSuchToken\). Fix: plug it in"),
        ({"pkcs11_pin_file": Path("/none")}, "cannot be read. Fix: one line"),
    ],
)
def test_what_is_not_there_is_named_in_one_line(
    part: VaultPart, changes: dict[str, object], why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        Token(dataclasses.replace(part, **changes))  # type: ignore[arg-type]
    assert len(refused.value.faults) == 1
    assert "\n" not in refused.value.faults[0]


def test_a_wrong_pin_stops_everything_and_is_not_printed(part: VaultPart) -> None:
    part.pkcs11_pin_file.write_text("999999")
    with pytest.raises(ConfigError, match="is not that of token city") as refused:
        Token(part)
    assert "999999" not in str(refused.value)


def test_a_pin_that_others_can_read_is_refused(part: VaultPart) -> None:
    part.pkcs11_pin_file.chmod(0o640)
    with pytest.raises(ConfigError, match="others can read"):
        Token(part)


def test_no_such_key(token: Token) -> None:
    with pytest.raises(VaultError, match="holds no key-encryption key of this city"):
        TokenKek(token)
    kek = TokenKek.create(token)
    assert TokenKek.create(token).name == kek.name, "a second one is not made"
    with pytest.raises(VaultError, match="belongs to another key-encryption key"):
        kek.settle("0" * 16)
    assert list(token.keys()) == [kek.name], "and nothing was destroyed for it"


def test_another_key_another_place_or_a_changed_byte_opens_nothing(token: Token) -> None:
    kek = TokenKek.create(token)
    wrapped = kek.wrap(b"secret", b"about")
    with pytest.raises(VaultError, match="does not open with this key"):
        kek.unwrap(wrapped, b"elsewhere")
    for at in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[at] ^= 1
        with pytest.raises(VaultError, match="does not open with this key"):
            kek.unwrap(bytes(changed), b"about")
    for short in (b"", wrapped[:12], wrapped[:20]):
        with pytest.raises(VaultError):
            kek.unwrap(short, b"about")
    new = kek.successor()
    with pytest.raises(VaultError, match="does not open with this key"):
        new.unwrap(wrapped, b"about")
    assert kek.unwrap(wrapped, b"about") == b"secret"


def test_the_key_does_not_leave_the_token(token: Token) -> None:
    from pkcs11 import Attribute
    from pkcs11.exceptions import AttributeSensitive

    TokenKek.create(token)
    (key,) = token.keys().values()
    assert key[Attribute.SENSITIVE]
    assert not key[Attribute.EXTRACTABLE]
    with pytest.raises(AttributeSensitive):
        key[Attribute.VALUE]


def test_settings_without_a_token_or_pin_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "city.toml"
    file.write_text(
        '[city]\nname = "T"\nfolder = "c"\n[vault]\npkcs11_module = "/usr/lib/softhsm/x.so"\n'
    )
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert [f.split(": ", 1)[1] for f in refused.value.faults] == [
        "vault.pkcs11_token is missing. Fix: a token needs it",
        "vault.pkcs11_pin_file is missing. Fix: a token needs it",
    ]


def test_a_session_that_was_lost_is_opened_anew(token: Token) -> None:
    kek = TokenKek.create(token)
    wrapped = kek.wrap(b"secret", b"about")
    token.close()
    assert kek.unwrap(wrapped, b"about") == b"secret"


# The ceremony and what follows.


def test_a_city_moves_its_keys_into_a_token_and_back(
    city: CityConfig, part: VaultPart, token: Token
) -> None:
    vault = open_vault(city)
    day_key, _ = vault.keyring.day(today())
    vault.close()
    with_token = dataclasses.replace(city, vault=part)
    with pytest.raises(VaultError, match="this file is still here"):
        open_vault(with_token)
    city.files.socket.parent.mkdir(exist_ok=True)
    city.files.socket.touch()
    with pytest.raises(VaultError, match="the vault is running"):
        keks.to_token(with_token)
    city.files.socket.unlink()

    assert keks.to_token(with_token) >= 5
    assert not city.files.kek.exists()
    with pytest.raises(VaultError, match="cannot be read"):
        open_vault(city)
    vault = open_vault(with_token)
    assert vault.keyring.secret(Use.DAY, today()) == day_key
    assert "keys-" in str(vault.keyring.back_up())
    vault.close()

    assert keks.to_file(with_token) >= 5
    assert token.keys() == {}
    vault = open_vault(city)
    assert vault.keyring.secret(Use.DAY, today()) == day_key
    vault.close()


def test_a_move_that_was_cut_off_is_finished_by_running_it_again(
    city: CityConfig, part: VaultPart, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.vault.kek import FileKek

    with_token = dataclasses.replace(city, vault=part)
    with monkeypatch.context() as cut:
        cut.setattr(Keyring, "rewrap", _cut)
        with pytest.raises(RuntimeError):
            keks.to_token(with_token)
    open_vault(city).close()  # as if nothing had been
    with monkeypatch.context() as cut:
        cut.setattr(FileKek, "destroy", _cut)
        with pytest.raises(RuntimeError):
            keks.to_token(with_token)
    assert city.files.kek.exists()
    assert keks.to_token(with_token) == 0
    assert not city.files.kek.exists()
    open_vault(with_token).close()


def _cut(*_: object) -> None:
    raise RuntimeError("the power went")


def test_a_purge_draws_a_new_key_in_the_token_and_the_old_one_dies_there(
    city: CityConfig, part: VaultPart, token: Token
) -> None:
    with_token = dataclasses.replace(city, vault=part)
    keks.to_token(with_token)
    vault = open_vault(with_token)
    day_key, _ = vault.keyring.day(today())
    (old,) = token.keys()
    assert vault.keyring.rotate() >= 6
    (new,) = token.keys()
    assert new != old
    vault.close()
    # A change that is cut off between both generations: the keyring says which one it is.
    token.make()
    assert len(token.keys()) == 2
    vault = open_vault(with_token)
    assert list(token.keys()) == [new]
    assert vault.keyring.secret(Use.DAY, today()) == day_key
    vault.close()


def test_a_new_city_and_a_restored_one_use_the_token_from_the_first_key_on(
    tmp_path: Path, part: VaultPart, token: Token, capsys: pytest.CaptureFixture[str]
) -> None:
    text = template("Testville", Path("city"), 8883, 8884)
    for key in ("pkcs11_module", "pkcs11_token", "pkcs11_pin_file"):
        text = text.replace(f'{key} = ""', f'{key} = "{getattr(part, key)}"')
    text = text.replace('"alpr-kek"', f'"{part.pkcs11_label}"')
    file = tmp_path / "city.toml"
    file.write_text(text)
    config = load(file)
    bootstrap(config)
    assert not config.files.kek.exists()
    (name,) = token.keys()
    vault = open_vault(config)
    day_key, _ = vault.keyring.day(today())
    vault.close()
    backup = max(config.files.key_backups.glob("keys-*.backup"))
    shutil.rmtree(config.files.vault)
    command = ["keys", "--config", str(file)]
    recovery = str(config.files.recovery)
    assert cli.main([*command, "restore", str(backup), "--recovery", recovery]) == 0
    assert "keys restored" in capsys.readouterr().out
    vault = open_vault(config)
    assert vault.keyring.secret(Use.DAY, today()) == day_key
    assert list(token.keys()) == [name]
    vault.close()
    # The token is lost, and a new one is in its place.
    for key in token.keys().values():
        key.destroy()
    with pytest.raises(VaultError, match="holds no key-encryption key"):
        open_vault(config)
    for path in config.files.vault.glob("keys.db*"):
        path.unlink()
    assert cli.main([*command, "restore", str(backup), "--recovery", recovery]) == 0
    assert list(token.keys()) != [name]
    vault = open_vault(config)
    assert vault.keyring.secret(Use.DAY, today()) == day_key
    vault.close()
    token.close()  # a login is the process's
    part.pkcs11_pin_file.write_text("000000")
    assert cli.main([*command, "to-file"]) == 78
    assert "is not that of token city" in capsys.readouterr().err
    part.pkcs11_pin_file.write_text(PIN)
    token._session = token._open()
