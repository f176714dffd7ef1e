"""A TLS key in a PKCS#11 token, through OpenSSL's provider pkcs11 (Debian 13: pkcs11-provider).

The key's file names the object in the token (`PKCS#11 PROVIDER URI`). Beside it lies a file of
settings for OpenSSL, which says what module leads to the token and where its PIN is. Neither holds
a secret. Source: pkcs11-provider 1.0, provider-pkcs11(7).
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from urllib.parse import quote

from alpr_edge.config import TokenConfig

BEGINS = b"-----BEGIN PKCS#11 PROVIDER URI-----"
SETTINGS = "token.cnf"
LABEL = "alpr-edge-tls"
NO_TOKEN = TokenConfig()
_PIN = "pkcs11-module-token-pin = file:"
# The key's file is written by the provider itself. A module that is taken down while OpenSSL ends
# may crash there (SoftHSM does), with all its work done.
_TEXT = f"""# Written by alpr-edge enroll: how this camera's programs reach the token.
openssl_conf = begin
[begin]
providers = providers
[providers]
default = default_provider
pkcs11 = pkcs11_provider
[default_provider]
activate = 1
[pkcs11_provider]
activate = 1
pkcs11-module-path = {{module}}
{_PIN}{{pin_file}}
pkcs11-module-encode-provider-uri-to-pem = true
pkcs11-module-quirks = no-deinit
"""


def settings(token: TokenConfig) -> str:
    """What OpenSSL is told of a token."""
    return _TEXT.format(module=token.module, pin_file=token.pin_file)


def new_key(token: TokenConfig) -> tuple[str, ...]:
    """Arguments for `openssl genpkey`: a new object, whatever the token holds already."""
    number = "".join(f"%{byte:02x}" for byte in secrets.token_bytes(8))
    name = f"pkcs11:token={quote(token.label, safe='')};object={LABEL};id={number}"
    return "-propquery", "provider=pkcs11", "-pkeyopt", f"pkcs11_uri:{name}"


def provider_is_here() -> bool:
    """Whether OpenSSL has a way to any token."""
    return any(Path("/usr/lib").glob("*/ossl-modules/pkcs11.so"))


def pin_file(settings_file: Path) -> Path | None:
    """Where the PIN is, by what OpenSSL is told."""
    found = re.search(f"^{_PIN}(.+)$", settings_file.read_text(), re.M)
    return Path(found[1]) if found else None
