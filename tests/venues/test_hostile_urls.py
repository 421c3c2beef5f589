"""What stands in a URL is a value and nothing more, and a URL leads to a venue over TLS, or to this machine."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

import pytest

from golive.config.endpoint import parse_endpoint
from golive.venues.form import flat_form
from golive.venues.signing import query

HOSTILE = (
    "BTC-USDT&instId=ETH-USDT", "x=1", "a?b", "a#b", "../../admin", "%2e%2e/", "a b+c", "x\r\nHost: evil.example", "\0", "ż☃🐎", "<script>",
    "';--", "javascript:alert(1)", "//evil.example", "",
)  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_of_a_query_or_form_comes_back_as_it_was_and_adds_nothing(value: str) -> None:
    given = {"symbol": value, "limit": "100"}
    encoders = (query, flat_form(urlencode))
    for encode in encoders:
        told = encode(given)
        assert re.fullmatch(r"[A-Za-z0-9_.~%=&+/-]*", told)
        assert parse_qsl(told, keep_blank_values=True, strict_parsing=True) == list(given.items())


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "javascript://venue.example/%0aalert(1)", "data:text/html,x", "data://venue.example", "file:///etc/passwd",
        "ftp://venue.example", "gopher://venue.example", "ws://venue.example", "unix:///run/docker.sock", "http://venue.example",
        "http://169.254.169.254", "http://10.0.0.1", "http://0.0.0.0", "http://localhost.evil.example", "https://anna:word@venue.example",
        "https://venue.example@evil.example", "https://venue.example?x=1", "https://venue.example#x", "https://venue.example/../x",
        "https://venue.example\r\nX: 1", "https://venue .example", "https://", "//venue.example", "https:/venue.example", "https://venue.example:x",
    ],
)  # fmt: skip
def test_a_venue_is_reached_over_tls_or_on_this_machine_and_in_no_other_way(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|carries|has) "):
        parse_endpoint(text)
