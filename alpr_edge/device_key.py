"""The TLS key of this camera: in a token or its TPM 2.0 where there is one, otherwise in a file.

A key of either never leaves it. What lies in the file is a blob that this TPM alone can load
(`TSS2 PRIVATE KEY`, provider tpm2, Debian: tpm2-openssl), or the name of an object in the token
(`token_key.py`). Through OpenSSL's providers Python's own `ssl` uses it like any other key.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from alpr_edge import token_key
from alpr_edge.config import TokenConfig
from alpr_edge.errors import EnrollError

TPM_BEGINS = b"-----BEGIN TSS2 PRIVATE KEY-----"
DEVICE = Path("/dev/tpmrm0")
TCTI = "TPM2OPENSSL_TCTI"
"""Names another way to a TPM to the provider."""
# Keys and signatures in the TPM; hashing and ciphers stay where they are fast.
PROPERTIES = "?provider=tpm2,tpm2.digest!=yes,tpm2.cipher!=yes"
_PROVIDERS = ("-provider", "tpm2", "-provider", "default", "-propquery", PROPERTIES)
# AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758, 3.2: no parameters, not even NULL).
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_opened: list[bool] = []


UNITS = ("sync", "renew", "fetch")
"""Those that show the key to the city."""
DROP_IN = """# Written by alpr-edge enroll: this camera's TLS key is in its TPM.
[Service]
# Beside the few devices that PrivateDevices= leaves.
BindPaths=-/dev/tpmrm0
DeviceAllow=/dev/tpmrm0 rw
SupplementaryGroups=tss
"""


def tpm_is_here() -> bool:
    """Whether this machine has a TPM that OpenSSL can use."""
    modules = Path("/usr/lib").glob("*/ossl-modules/tpm2.so")
    return (DEVICE.exists() or TCTI in os.environ) and any(modules) and bool(_openssl())


class Home(Enum):
    """Where a key is, in words."""

    FILE = "a file"
    TPM = "this machine's TPM 2.0"
    TOKEN = "the PKCS#11 token"  # noqa: S105


def make(path: Path, token: TokenConfig) -> bytes:
    """Make a key; what its file is to hold. Settings of a token are written beside it.

    Raises:
        EnrollError: The TPM or the token refuses.
        OSError: The disk refuses.
    """
    curve = "-algorithm", "EC", "-pkeyopt", "group:P-256"
    if token.module:
        if not token_key.provider_is_here():
            raise EnrollError(
                "OpenSSL has no way to a PKCS#11 token here",
                fix="apt install pkcs11-provider (Debian 13), or take module out of [token]",
            )
        path.with_name(token_key.SETTINGS).write_text(token_key.settings(token))
        return _run(Home.TOKEN, path, "genpkey", *curve, *token_key.new_key(token))
    if tpm_is_here():
        return _run(Home.TPM, path, "genpkey", *curve)
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def home(path: Path) -> Home:
    """Where the key of a file is.

    Raises:
        OSError: It cannot be read.
    """
    held = path.read_bytes()
    if held.startswith(TPM_BEGINS):
        return Home.TPM
    return Home.TOKEN if held.startswith(token_key.BEGINS) else Home.FILE


def request(path: Path, camera: str) -> x509.CertificateSigningRequest:
    """A request for a certificate.

    Raises:
        EnrollError: The key is none, or the TPM or the token refuses.
        OSError: It cannot be read.
    """
    at = home(path)
    if at is not Home.FILE:
        made = _run(
            at, path, "req", "-new", "-key", str(path), "-subj", f"/CN={camera}", "-outform", "DER"
        )
        return x509.load_der_x509_csr(_plain(made))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, camera)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return builder.sign(_from_file(path), hashes.SHA256())


def public(path: Path) -> ec.EllipticCurvePublicKey:
    """The public half; raises as `request` does."""
    at = home(path)
    if at is Home.FILE:
        return _from_file(path).public_key()
    key = serialization.load_pem_public_key(_run(at, path, "pkey", "-in", str(path), "-pubout"))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def ready(path: Path) -> None:
    """Let this process use the key for TLS: OpenSSL is told how to reach a TPM or a token.

    Raises:
        EnrollError: It cannot be read, or OpenSSL lacks the provider.
    """
    try:
        at = home(path)
    except OSError as error:
        raise EnrollError(f"{path}: cannot be read ({error.strerror})", fix="run sudo") from error
    if at is Home.FILE or _opened:
        return
    # The library that Python's ssl is linked to, which knows no way to say this.
    library = ctypes.CDLL("libcrypto.so.3")
    if at is Home.TOKEN:
        settings = str(path.with_name(token_key.SETTINGS)).encode()
        if library.OSSL_LIB_CTX_load_config(None, settings) != 1:
            raise EnrollError(
                "the token's key cannot be used", fix="apt install pkcs11-provider (Debian 13)"
            )
    else:
        library.OSSL_PROVIDER_load.restype = ctypes.c_void_p
        for name in (b"default", b"tpm2"):
            if not library.OSSL_PROVIDER_load(None, name):
                raise EnrollError("the TPM's key cannot be used", fix="apt install tpm2-openssl")
        library.EVP_set_default_properties(None, PROPERTIES.encode())
    _opened.append(True)


def hand_over(path: Path, user: int, units: Path) -> None:
    """Let the units that show the key reach it, and the user that they run as read the token's PIN.

    Raises:
        OSError: The disk refuses.
    """
    at = home(path)
    if at is Home.TPM:
        allow(units)
    pin = token_key.pin_file(path.with_name(token_key.SETTINGS)) if at is Home.TOKEN else None
    if pin is not None:
        os.chown(pin, user, 0)
        pin.chmod(0o400)


def allow(folder: Path) -> None:
    """Let the units that show the key reach the TPM: a drop-in for each, in systemd's folder."""
    for unit in UNITS:
        path = folder / f"alpr-edge-{unit}.service.d" / "tpm.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(DROP_IN)


def _from_file(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise EnrollError(f"{path}: not a private key", fix="remove it and ask again") from error
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _openssl() -> str | None:
    return shutil.which("openssl")


def _run(at: Home, path: Path, command: str, *arguments: str) -> bytes:
    program = _openssl()
    if program is None:
        raise EnrollError("openssl is not installed", fix="apt install openssl")
    providers: tuple[str, ...] = _PROVIDERS
    environment = dict(os.environ)
    fix = "is the user in the group tss? tpm2_getcap properties-fixed: does it answer?"
    if at is Home.TOKEN:
        settings = path.with_name(token_key.SETTINGS)
        providers, environment = (), environment | {"OPENSSL_CONF": str(settings)}
        fix = f"is it there, with the label and the PIN that [token] says? Look into {settings}"
    done = subprocess.run(  # noqa: S603
        [program, command, *providers, *arguments],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        env=environment,
    )
    if done.returncode:
        raise EnrollError(f"{at.value} refuses (openssl {command})", fix=fix)
    return done.stdout


def _plain(der: bytes) -> bytes:
    """A request as RFC 5758 has it: the provider adds NULL parameters outside of what is signed."""
    start, _ = _inside(der, 0)
    _, info = _inside(der, start)
    _, algorithm = _inside(der, info)
    body = der[start:info] + _ECDSA_SHA256 + der[algorithm:]
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return b"\x30" + (bytes([0x80 | len(size)]) + size if len(body) > 127 else size) + body


def _inside(der: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at an offset begins and ends."""
    size, head = der[at + 1], 2
    if size & 0x80:
        head += size & 0x7F
        size = int.from_bytes(der[at + 2 : at + head], "big")
    return at + head, at + head + size
