"""The hash that is computed most gives what the library's gives."""

from __future__ import annotations

import hmac

from hypothesis import given
from hypothesis import strategies as st

from alpr_wire import hmacs


@given(st.binary(max_size=hmacs.BLOCK_BYTES), st.binary(max_size=300))
def test_it_is_the_librarys(key: bytes, message: bytes) -> None:
    wanted = hmac.digest(key, message, "sha256")
    keyed = hmacs.Keyed(key)
    assert keyed.digest(message) == wanted
    assert keyed.digests([message, message]) == [wanted, wanted]
