"""Keys that move forward only: RFC 5869 by its own vector, names that are read strictly, every key from the first."""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from golive.audit.entry import KeyedMac
from golive.audit.ratchet import KeyName, evolve, expand, key_from_first, log_key

FIRST = bytes(range(32))
LOG = "0123456789abcdef"


@given(st.binary(min_size=1, max_size=64), st.lists(st.binary(max_size=300), max_size=4))
def test_a_mac_of_many_messages_is_hmac_of_each(key: bytes, messages: list[bytes]) -> None:
    keyed = KeyedMac(key)
    for message in messages:
        assert keyed.sign(message) == hmac.new(key, message, "sha256").hexdigest()


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_expand_is_hkdf_expand(key: bytes, info: bytes) -> None:
    assert expand(key, info) == HKDFExpand(SHA256(), 32, info).derive(key)


def test_every_key_follows_from_the_first() -> None:
    root = evolve(FIRST, 3)
    key = log_key(root, LOG)
    for index in range(4):
        assert key_from_first(FIRST, KeyName("dev-log-1", 3, LOG, index)) == key
        key = evolve(key)


def test_keys_of_other_logs_steps_and_places_are_others() -> None:
    names = [KeyName("r", step, log, index) for step in (0, 1, 2) for log in (LOG, "f" * 16) for index in (0, 1, 2)]
    assert len({key_from_first(FIRST, name) for name in names}) == len(names)


@given(st.integers(0, 999_999), st.integers(0, 1))
def test_a_name_reads_back(step: int, index: int) -> None:
    name = KeyName("dev-log-12ab", step, LOG, index)
    assert KeyName.read(str(name)) == name
    assert name.next().index == index + 1


@pytest.mark.parametrize(
    "text",
    [
        "", "k1", "dev-mac-1", f"r.0.{LOG}", f"r.00.{LOG}.0", f"r.0.{LOG}.01", f"r.0.{LOG[:-1]}.0", f"r.0.{LOG.upper()}.0", f"R.0.{LOG}.0",
        f"r.-1.{LOG}.0", f"r.0.{LOG}.0\n", f"r.0.{LOG}.0.0", f"r.999999.{LOG}.999999", f"r.0.{LOG}.1000000000",
    ],
)  # fmt: skip
def test_what_is_no_name_is_none(text: str) -> None:
    assert KeyName.read(text) is None
