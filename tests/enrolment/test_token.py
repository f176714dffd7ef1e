"""A camera with a PKCS#11 token: its TLS key is made there, and the file is worth nothing alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from cryptography import x509

from alpr_edge import device_key, token_key
from alpr_edge.config import TokenConfig, build
from alpr_edge.errors import ConfigError, EnrollError
from tests.enrolment.conftest import CAMERA, City
from tests.packages.test_deb import build as build_package
from tests.packages.test_deb import native

TOKEN = TokenConfig(module=Path("/usr/lib/softhsm/libsofthsm2.so"), pin_file=Path("/srv/pin"))
DEBIAN_13 = "--include=python3,python3-venv,openssl,pkcs11-provider,softhsm2"
INSERT = "softhsm2-util --init-token --free --label camera --so-pin 1234567 --pin 7654321"


def test_without_the_provider_no_key_is_made_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_key, "provider_is_here", lambda: False)
    with pytest.raises(EnrollError) as refused:
        device_key.make(tmp_path / "client.key", TOKEN)
    assert str(refused.value) == (
        "OpenSSL has no way to a PKCS#11 token here. Fix: apt install pkcs11-provider (Debian 13),"
        " or take module out of [token]"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["token.so", "/lib/$token.so", "/lib/a b.so", "/lib/a\nb"])
def test_a_path_that_openssl_would_read_otherwise_is_refused(path: str) -> None:
    with pytest.raises(ConfigError):
        build({"token": {"module": path}})


def test_what_is_told_of_a_token_holds_no_pin_and_says_where_it_is(tmp_path: Path) -> None:
    settings = tmp_path / token_key.SETTINGS
    settings.write_text(token_key.settings(TOKEN))
    assert token_key.pin_file(settings) == TOKEN.pin_file
    assert f"pkcs11-module-path = {TOKEN.module}\n" in settings.read_text()
    name = token_key.new_key(TokenConfig(module=TOKEN.module, label="a;b?c"))[-1]
    assert name.startswith("pkcs11_uri:pkcs11:token=a%3Bb%3Fc;object=alpr-edge-tls;id=%")


def test_the_pin_is_for_the_user_alone_that_shows_the_key(tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("7654321")
    key = tmp_path / "client.key"
    key.write_bytes(token_key.BEGINS + b"\n")
    token = TokenConfig(module=TOKEN.module, pin_file=pin)
    key.with_name(token_key.SETTINGS).write_text(token_key.settings(token))
    device_key.hand_over(key, os.getuid(), tmp_path / "units")
    assert pin.stat().st_mode & 0o777 == 0o400
    assert not (tmp_path / "units").exists()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_key_is_made_in_the_token_and_used_there_to_enrol_and_renew(
    city: City, tmp_path: Path
) -> None:
    root = tmp_path / "debian"
    bare = ["debootstrap", "--variant=minbase", DEBIAN_13, "trixie", str(root)]
    subprocess.run(bare, check=True, capture_output=True, timeout=3000)
    built = build_package("edge", native(), "trixie", str(tmp_path))
    assert built.returncode == 0, built.stderr[-500:]
    shutil.copy(built.stdout.strip(), root / "alpr-edge.deb")

    def run(command: str, expect: int = 0) -> str:
        done = subprocess.run(
            ["chroot", str(root), "sh", "-ec", command],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == expect, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    run("dpkg -i /alpr-edge.deb")
    run(INSERT)
    settings = root / "etc/alpr-edge/edge.toml"
    text = settings.read_text().replace('# module = ""', f'module = "{TOKEN.module}"')
    settings.write_text(text.replace("/etc/alpr-edge/token-pin", str(TOKEN.pin_file)))
    assert tomllib.loads(settings.read_text())["token"]["module"] == str(TOKEN.module)
    enrol = f"alpr-edge enroll https://{city.place} --camera {CAMERA} --code {city.code()}"

    (root / "srv/pin").write_text("1111111\n")
    said = run(enrol, expect=1)
    assert "the PKCS#11 token refuses (openssl genpkey). Fix: is it there, with the label" in said
    (root / "srv/pin").write_text("7654321\n")
    assert "the TLS key was made here, and is in the PKCS#11 token" in run(enrol)

    identity = root / "etc/alpr-edge/identity"
    assert device_key.home(identity / "client.key") is device_key.Home.TOKEN
    held = x509.load_pem_x509_certificate((identity / "client.pem").read_bytes())
    assert held.subject.rfc4514_string() == f"CN={CAMERA}"
    openly = "OPENSSL_CONF=/etc/alpr-edge/identity/token.cnf openssl pkcs8 -topk8 -nocrypt"
    assert "PRIVATE" not in run(f"{openly} -in /etc/alpr-edge/identity/client.key || true")

    run("alpr-edge renew")
    again = x509.load_pem_x509_certificate((identity / "renewed/client.pem").read_bytes())
    assert again.public_key() == held.public_key()

    shutil.rmtree(root / "var/lib/softhsm/tokens")
    assert "Fix:" in run("alpr-edge renew", expect=1), "the file is worth nothing without the token"
