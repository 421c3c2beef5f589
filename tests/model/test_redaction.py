"""Attempts to get a secret past the redaction: as it is, in every form in which it travels, under every name it may have."""

from __future__ import annotations

import base64
import json
import secrets
import string
import traceback
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.redaction import HIDDEN, guard, is_secret_name, redacted, redacted_value, without_secrets
from golive.model.secret import Secret

KEY = "qX7/z+Kp4=5f0c9b1e77aa42d3c8e6b012"
VALUE = Secret(KEY).reveal()


@pytest.mark.parametrize(
    "form",
    [
        VALUE, quote(VALUE, safe=""), quote_plus(VALUE), quote(VALUE), VALUE.encode().hex(), VALUE.encode().hex().upper(),
        base64.b64encode(VALUE.encode()).decode(), base64.urlsafe_b64encode(VALUE.encode()).decode(),
        base64.b64encode(f"user:{VALUE}".encode()).decode(), base64.b64encode(f"anna.k:{VALUE}@".encode()).decode(),
        json.dumps(VALUE), json.dumps({"a": [VALUE]}), repr(VALUE.encode()), f"x{VALUE}y", urlencode({"q": VALUE}),
        quote(base64.b64encode(VALUE.encode()).decode(), safe=""),
    ],
)  # fmt: skip
def test_a_value_is_found_in_every_form(form: str) -> None:
    assert HIDDEN in without_secrets(f"before {form} after")
    for told in (without_secrets(form), redacted(form)):
        assert VALUE not in told
        assert VALUE.encode().hex() not in told.lower()
        assert _largest_part(VALUE, told) < 8


def _largest_part(value: str, text: str) -> int:
    """Return how many characters of a value, one after the other, a text or what it encodes shows."""
    shown = [text, *(_decoded(text[start:]) for start in range(4))]
    return max(
        (length for one in shown for start in range(len(value)) for length in range(1, len(value) - start + 1)
         if value[start : start + length] in one),
        default=0,
    )  # fmt: skip


def _decoded(text: str) -> str:
    kept = "".join(char for char in text if char.isascii() and (char.isalnum() or char in "+/"))
    return base64.b64decode(kept[: len(kept) // 4 * 4], validate=False).decode("latin-1")


@given(st.text(string.printable, min_size=6, max_size=40), st.binary(max_size=9), st.binary(max_size=9))
def test_any_value_is_found_wherever_it_stands_in_base64(value: str, before: bytes, after: bytes) -> None:
    value = f"{secrets.token_hex(4)}{value}"
    guard(value)
    assert HIDDEN in without_secrets(base64.b64encode(before + value.encode() + after).decode())


def test_a_longer_secret_is_hidden_before_a_shorter_one_inside_it() -> None:
    Secret("abcdefgh1234")
    Secret("abcdefgh1234-and-its-longer-sister")
    assert without_secrets("x abcdefgh1234-and-its-longer-sister") == f"x {HIDDEN}"


def test_keys_of_our_own_are_known_by_their_bytes() -> None:
    raw = secrets.token_bytes(32)
    guard(raw)
    for form in (raw.hex(), base64.b64encode(raw).decode(), base64.urlsafe_b64encode(b"v1." + raw).decode()):
        assert HIDDEN in without_secrets(form)


def test_a_trace_shows_no_secret() -> None:
    def sign(secret: str) -> None:
        raise RuntimeError(f"cannot sign with {secret!r}: https://venue/api?apiKey={secret}&x=1")

    try:
        sign(VALUE)
    except RuntimeError:
        told = redacted(traceback.format_exc())
    assert VALUE not in told
    assert quote(VALUE) not in told
    assert "cannot sign" in told


@pytest.mark.parametrize(
    "text",
    [
        "apiKey=UNGUARDED", "api_key: UNGUARDED", '{"secret": "UNGUARDED with spaces"}', "{'passphrase': 'UNGUARDED'}",
        "Authorization: Bearer UNGUARDED", "authorization: CloudSession UNGUARDED", "https://u:UNGUARDED@host/x",
        "postgresql://bot:UNGUARDED@localhost/db", "GET /v5/order?sign=UNGUARDED&symbol=BTC", "https://x/?a=1&signature=UNGUARDED",
        "OK-ACCESS-SIGN: UNGUARDED", "X-BAPI-API-KEY=UNGUARDED", "password = UNGUARDED,", "my_private_key='UNGUARDED'",
        "-----BEGIN EC PRIVATE KEY-----\nUNGUARDED\n-----END EC PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nUNGUARDED",
        "session_token=UNGUARDED;", "Set-Cookie: UNGUARDED", "got Bearer UNGUARDED back", "CloudSession UNGUARDED",
    ],
)  # fmt: skip
def test_what_is_named_like_a_secret_is_hidden_though_nobody_guarded_it(text: str) -> None:
    told = redacted(f"request failed ({text}) at 12:00")
    assert "UNGUARDED" not in told
    assert "request failed" in told


def test_nested_values_are_hidden_by_name_and_by_value() -> None:
    told = redacted_value(
        {
            "order": {"headers": [{"API-Key": "k1", "API-Sign": "s1"}, {"OK-ACCESS-PASSPHRASE": "p1"}], "note": f"({VALUE})"},
            "credentials": {"apiKey": "k2", "list": ["k3"]}, "token": 17, "mac_key": None, VALUE: "as a name",
            "secret_source": "embedded", "key_id": "dev-mac-1", "is_secret": True, "status": "ok",
        }
    )  # fmt: skip
    text = json.dumps(told)
    for hidden in ("k1", "s1", "p1", "k2", "k3", "17", VALUE, json.dumps(VALUE)[1:-1]):
        assert hidden not in text
    assert isinstance(told, dict)
    assert (told["secret_source"], told["key_id"], told["status"]) == ("embedded", "dev-mac-1", "ok")


def test_short_values_are_hidden_by_their_name_alone() -> None:
    Secret("abc")
    assert without_secrets("abcdef") == "abcdef"
    assert redacted("password=abc") == f"password={HIDDEN}"


@pytest.mark.parametrize(
    "text", ["the order was refused", "tokens: 12", "BTC/USDT at 12:30:00", "exit 5", "key_id=dev-mac-1", "a=b"]
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redacted(text) in (text, "tokens: ***")


@pytest.mark.parametrize(("name", "is_secret"), [("apiKey", True), ("X-BAPI-SIGN", True), ("design", False), ("sign", True)])
def test_names(name: str, is_secret: bool) -> None:
    assert is_secret_name(name) is is_secret


def test_an_alert_leaves_without_secrets() -> None:
    context = {"url": f"https://x/?token={VALUE}", "apiKey": "k"}
    alert = AlertMessage(
        "1", "venue", AlertSeverity.ERROR, f"t {VALUE}", f"b {quote(VALUE)}", 0, f"venue|error|t {VALUE}", context
    )
    assert VALUE not in repr(alert)
    assert quote(VALUE) not in repr(alert)
    assert alert.context["apiKey"] == HIDDEN
