"""Releases in the vault: sealed papers, and a scope bound to who approved it, and kept to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import VaultError
from alpr_city.vault import index
from alpr_city.vault.arrivals import unwrap, wrap
from alpr_city.vault.evidence import Evidence
from alpr_city.vault.keyring import Use
from alpr_wire import cbor
from alpr_wire.errors import WireError
from alpr_wire.read_fields import fields_of

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST_PAPER_BYTES = 12 << 20


class Releasing:
    """One key for each release: its papers and its scope, until its own retention ends."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._keyring = vault, vault.keyring

    def file(self, access: dict[str, Any], release: str, papers: dict[str, bytes]) -> list[Any]:
        """Seal the papers of a request: `[record, {name: sealed}]`.

        Raises:
            VaultError: It could not be put on record, or a paper is too large.
        """
        if sum(map(len, papers.values())) > MOST_PAPER_BYTES:
            raise VaultError("the papers of a request are larger than 12 MB")
        record = self._vault._put_on_record(access)
        key = self._keyring.make(Use.RELEASE, release, AESGCM.generate_key(256))
        return [record, {n: wrap(key, paper, _about(release, n)) for n, paper in papers.items()}]

    def papers(self, access: dict[str, Any], release: str, sealed: dict[str, bytes]) -> list[Any]:
        """Open papers: `[record, {name: paper}]`; they may name plates, so it is an access."""
        record = self._vault._put_on_record(access)
        key = self._keyring.secret(Use.RELEASE, release)
        return [record, {n: unwrap(key, data, _about(release, n)) for n, data in sealed.items()}]

    def approve(
        self, access: dict[str, Any], release: str, requester: str, scope: dict[str, Any]
    ) -> list[Any]:
        """Bind what is approved to who approved it: `[record, sealed scope]`.

        Args:
            access: The approver's.
            release: Its label.
            requester: User name of who entered the request.
            scope: `cameras`, `first_us`, `after_us`, and `plates` (none: all).

        Raises:
            VaultError: The approver is the requester, or the scope has no bounds.
        """
        if access.get("user") == requester:
            raise VaultError("who enters a request does not approve it")
        if not scope.get("cameras") or not scope["first_us"] < scope["after_us"]:
            raise VaultError("a scope names its cameras, and a period")
        record = self._vault._put_on_record(access)
        key = self._keyring.secret(Use.RELEASE, release)
        bound = cbor.encode([requester, access["user"], record, scope])
        return [record, wrap(key, bound, _about(release, "scope"))]

    def find(
        self, access: dict[str, Any], release: str, sealed: bytes, days: list[str]
    ) -> list[Any]:
        """Where the approved plates would be: `[record, scope, [[day, token], ...]]`."""
        scope = self._scope(access, release, sealed)
        record = self._vault._put_on_record(access)
        living = {label for label, *_ in self._keyring.labels(Use.INDEX)}
        found = [
            [day, index.token(self._keyring.secret(Use.INDEX, day), index.fold(plate))]
            for day in days
            if day in living
            for plate in scope["plates"]
        ]
        return [record, scope, found]

    def fulfil(
        self, access: dict[str, Any], release: str, sealed: bytes, reads: list[list[Any]]
    ) -> list[Any]:
        """Open reads as `Evidence.open` does, as far as they were approved.

        A row is None where the read turns out to be another plate's: it is not given out.

        Raises:
            VaultError: A read is outside the approved cameras or period; the requester or the
                approver fulfils; or as in `Evidence.open`. Nothing is given out then.
        """
        scope = self._scope(access, release, sealed)
        if any(read[0] not in scope["cameras"] for read in reads):
            self._refuse(access, release, "a camera outside the approved scope")
        record, rows = Evidence(self._vault).open(access, reads)
        wanted = {index.fold(plate) for plate in scope["plates"]}
        given: list[Any] = []
        for row in rows:
            read = fields_of(row[1])
            if not scope["first_us"] <= read.captured_us < scope["after_us"]:
                self._refuse(access, release, "a read outside the approved period")
            given.append(row if not wanted or wanted & set(index.index_of(read).readings) else None)
        return [record, given]

    def expire(self, release: str, until: str) -> None:
        """Destroy the key of a release whose time on file is over: papers and scope go with it."""
        if self._keyring.has(Use.RELEASE, release):
            self._keyring.destroy(Use.RELEASE, release, f"on file until {until}")
            self._vault.log.note("release-key-destroyed", {1: release, 2: until})

    def _scope(self, access: dict[str, Any], release: str, sealed: bytes) -> dict[str, Any]:
        key = self._keyring.secret(Use.RELEASE, release)
        try:
            bound = cbor.decode(unwrap(key, sealed, _about(release, "scope")))
        except WireError as error:
            raise VaultError("this release has no approved scope") from error
        requester, approver, _, scope = bound
        if access.get("user") in (requester, approver):
            self._refuse(access, release, "by who asked for it or approved it")
        return dict(scope)

    def _refuse(self, access: dict[str, Any], release: str, why: str) -> None:
        self._vault.log.note("release.refused", {1: str(access.get("user")), 2: why, 3: release})
        raise VaultError(f"refused: {why}; nothing was given out")


def _about(release: str, name: str) -> bytes:
    return f"alpr/1/release/{release}/{name}".encode()
