"""Certificates: who may speak to the broker, as whom, and for how long.

    devices ──► cameras (7 days)
    servers ──► broker, ingest and web (90 days)

Two authorities with nothing above them: under one root, whoever holds a chain to it passes at
either door. A certificate request brings a public key and nothing else: the name is the city's to
give.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from alpr_city.errors import AuthorityError
from alpr_wire.errors import WireError
from alpr_wire.topics import check_camera

AUTHORITIES = ("devices", "servers")
DEVICE_LIFE = timedelta(days=7)
SERVER_LIFE = timedelta(days=90)
AUTHORITY_LIFE = timedelta(days=3650)
CRL_LIFE = timedelta(days=7)
BACKDATED = timedelta(minutes=5)
"""For clocks that are behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate, PEM; its key where we made it."""

    certificate: bytes
    key: bytes | None = field(default=None, repr=False)

    @property
    def serial(self) -> int:
        """What a revocation names."""
        return x509.load_pem_x509_certificate(self.certificate).serial_number


class Authority:
    """The keys and certificates of one city, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder; `create` makes it.

        Raises:
            AuthorityError: Something is missing or is no key.
        """
        self.folder = folder
        try:
            self._keys = {n: _load_key(folder / f"{n}.key") for n in AUTHORITIES}
            self._certificates = {
                n: x509.load_pem_x509_certificate((folder / f"{n}.pem").read_bytes())
                for n in AUTHORITIES
            }
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise AuthorityError(
                f"{folder}: not a certificate authority ({error})", fix="run `alpr-city init`"
            ) from error

    @classmethod
    def create(cls, folder: Path, city: str) -> Authority:
        """Make both authorities; where they exist already they are kept."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in AUTHORITIES:
            if not (folder / f"{name}.pem").exists():
                key = ec.generate_private_key(ec.SECP256R1())
                made = _authority_certificate(f"{city} {name}", key)
                _write(folder / f"{name}.key", _pem(key), secret=True)
                _write(folder / f"{name}.pem", made.public_bytes(serialization.Encoding.PEM))
        authority = cls(folder)
        if not (folder / "devices.crl").exists():
            authority.revoke()
        return authority

    def trust(self, name: str) -> bytes:
        """What a party must trust to accept certificates of 'devices' or 'servers', PEM."""
        return self._certificates[name].public_bytes(serialization.Encoding.PEM)

    def issue_device(self, request: bytes, camera: str, *, life: timedelta = DEVICE_LIFE) -> Issued:
        """A certificate for a camera's own key; of its request (PEM) only the key counts.

        Raises:
            AuthorityError: The name or the request is no good.
        """
        try:
            check_camera(camera)
            asked = x509.load_pem_x509_csr(request)
        except (WireError, ValueError) as error:
            raise AuthorityError(f"no certificate for this request: {error}") from error
        key = asked.public_key()
        if not asked.is_signature_valid or not isinstance(key, ec.EllipticCurvePublicKey):
            raise AuthorityError("no certificate for this request: its signature does not hold")
        return Issued(certificate=self._issue("devices", camera, key, life, client=True, hosts=()))

    def issue_server(
        self, name: str, hosts: tuple[str, ...] = (), *, life: timedelta = SERVER_LIFE
    ) -> Issued:
        """Key and certificate of a server, or, without hosts, of a service that is a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._issue("servers", name, key.public_key(), life, client=not hosts, hosts=hosts)
        return Issued(certificate=made, key=_pem(key))

    def is_revoked(self, serial: int) -> bool:
        """Whether a certificate of a camera is on the list, as the list stands on disk."""
        listed = x509.load_pem_x509_crl((self.folder / "devices.crl").read_bytes())
        return listed.get_revoked_certificate_by_serial_number(serial) is not None

    def revoke(self, *serials: int) -> Path:
        """Put certificates of cameras on the revocation list, and renew the list; its file."""
        path = self.folder / "devices.crl"
        known: dict[int, datetime] = {}
        if path.exists():
            for revoked in x509.load_pem_x509_crl(path.read_bytes()):
                known[revoked.serial_number] = revoked.revocation_date_utc
        now = datetime.now(UTC)
        known = dict.fromkeys(serials, now) | known
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificates["devices"].subject)
            .last_update(now - BACKDATED)
            .next_update(now + CRL_LIFE)
        )
        for serial, at in known.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            builder = builder.add_revoked_certificate(entry.build())
        made = builder.sign(self._keys["devices"], hashes.SHA256())
        _write(path, made.public_bytes(serialization.Encoding.PEM))
        return path

    def _issue(
        self,
        issuer: str,
        name: str,
        key: ec.EllipticCurvePublicKey,
        life: timedelta,
        *,
        client: bool,
        hosts: tuple[str, ...],
    ) -> bytes:
        now = datetime.now(UTC)
        above = self._certificates[issuer]
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(above.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, now + life) - BACKDATED)
            .not_valid_after(now + life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(_above(above), critical=False)
        )
        if hosts:
            names = x509.SubjectAlternativeName([_host(h) for h in hosts])
            builder = builder.add_extension(names, critical=False)
        made = builder.sign(self._keys[issuer], hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM)


def _authority_certificate(name: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now = datetime.now(UTC)
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _above(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} is no P-256 key")
    return key


def _write(path: Path, data: bytes, *, secret: bool = False) -> None:
    """Whole or not at all; a secret is never readable by others, not even for a moment."""
    half = path.with_suffix(path.suffix + ".new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if not secret:
        half.chmod(0o644)
    half.replace(path)
