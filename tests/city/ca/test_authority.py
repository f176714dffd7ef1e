"""What a certificate says is the city's choice, not the request's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from alpr_city.ca import Authority
from alpr_city.errors import AuthorityError
from tests.city.party import key_and_request


@pytest.mark.parametrize("name", ["#", "a/b", "+", "UPPER", "ab", "a" * 65, "-edge", "cam one", ""])
def test_odd_names_get_no_certificate(authority: Authority, name: str) -> None:
    with pytest.raises(AuthorityError, match="no certificate for this request"):
        authority.issue_device(key_and_request("cam-one")[1], name)


def test_a_request_that_is_none(authority: Authority) -> None:
    with pytest.raises(AuthorityError, match="no certificate"):
        authority.issue_device(b"-----BEGIN nonsense", "cam-one")


def test_a_request_whose_signature_does_not_hold(authority: Authority) -> None:
    request = key_and_request("cam-one")[1]
    der = bytearray(x509.load_pem_x509_csr(request).public_bytes(Encoding.DER))
    der[-5] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    with pytest.raises(AuthorityError, match="no certificate"):
        authority.issue_device(forged, "cam-one")


def test_the_name_is_the_city_s_to_give(authority: Authority) -> None:
    issued = authority.issue_device(key_and_request("somebody-else")[1], "cam-one")
    leaf = x509.load_pem_x509_certificate(issued.certificate)
    (name,) = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "cam-one"
    assert issued.key is None
    assert leaf.not_valid_after_utc - datetime.now(UTC) < timedelta(days=7, seconds=1)


def test_a_camera_s_certificate_serves_nobody(authority: Authority) -> None:
    """A client's certificate of ours verifies as a client's and not as a server's."""
    issued = authority.issue_device(key_and_request("cam-one")[1], "cam-one")
    leaf = x509.load_pem_x509_certificate(issued.certificate)
    above = x509.load_pem_x509_certificate(authority.trust("devices"))
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ExtendedKeyUsageOID.CLIENT_AUTH]
    verifier = PolicyBuilder().store(Store([above])).build_server_verifier(x509.DNSName("cam-one"))
    with pytest.raises(VerificationError):
        verifier.verify(leaf, [])


def test_making_it_again_keeps_it(tmp_path: Path) -> None:
    first = Authority.create(tmp_path / "ca", "Testville").trust("devices")
    assert Authority.create(tmp_path / "ca", "Testville").trust("devices") == first


def test_a_folder_that_is_no_authority(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="not a certificate authority"):
        Authority(tmp_path)


def test_the_revocation_list_remembers(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path / "ca", "Testville")
    authority.revoke(11)
    file = authority.revoke(12)
    listed = x509.load_pem_x509_crl(file.read_bytes())
    assert {entry.serial_number for entry in listed} == {11, 12}
