"""Which Host fields name this machine."""

from __future__ import annotations

import pytest

from golive.services.request_head import is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:9177",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.1.2.3:9177",
        "::1",
        "[::1]",
        "[::1]:9177",
    ],
)
def test_this_machine_is_known_with_and_without_a_port(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.com", "[::1]evil.com", "[::1].evil.com:80", "localhost:evil.com", "[::1", "::1]", "[localhost]", "localhost:", "127.0.0.1:80:80",
        "localhost.", "localhost.evil.com", "[::1]:evil", "127.0.0.1.evil.com", "[127.0.0.1]x", "[::2]", "localhost:1234567", "\n", "[]",
    ],
)  # fmt: skip
def test_what_only_begins_like_it_is_not(host: str) -> None:
    assert not is_loopback(host)
