"""Attempts to get a secret past the redaction: as it is, in every form in which it travels, under every name it may have."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
import string
import time
import traceback
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.named_secret import without_named
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
        quote(base64.b64encode(VALUE.encode()).decode(), safe=""), quote(quote(VALUE, safe=""), safe=""),
        quote(VALUE, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d"),
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


@settings(max_examples=20)
@given(st.text(string.printable, min_size=6, max_size=40))
def test_any_value_is_found_as_libraries_quote_it(value: str) -> None:
    value = f"{secrets.token_hex(4)}<&'\"zł {value}"
    guard(value)
    in_url = re.sub("%..", lambda found: found[0].lower(), quote(value, safe=""))
    for form in (
        *(html.escape(value, quote=quoted) for quoted in (True, False)), html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        repr(value.encode()), repr(value), json.dumps(json.dumps(value)), json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False),
        in_url, quote(in_url), quote_plus(value),
    ):  # fmt: skip
        assert re.sub("""[b"'\\\\]""", "", without_secrets(form)) == HIDDEN, form


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


_DOCUMENT = {"a": [1, {"password": 'x" \\ UNGUARDED'}], "b": "shown"}
_IN_JSON = [
    json.dumps(_DOCUMENT), json.dumps(json.dumps(_DOCUMENT)), json.dumps(json.dumps(json.dumps(_DOCUMENT))), repr(_DOCUMENT),
    str({"x": json.dumps(_DOCUMENT)}), '{"secret": ["UNGUARDED"]}', '{"token": {"v": "UNGUARDED"}}', '{"token": {"v": ["a]}", "UNGUARDED"]}}',
    '{"secret": [["a"], "UNGUARDED', html.escape(json.dumps(_DOCUMENT)), quote(json.dumps(_DOCUMENT)), quote_plus(json.dumps(_DOCUMENT)),
]  # fmt: skip
_IN_HEADERS = [
    "Authorization: Token UNGUARDED", "Authorization: AWS4-HMAC-SHA256 Credential=a, Signed=b, Sig=UNGUARDED", "authorization=Weird UNGUARDED",
    "Cookie: a=1; sid=UNGUARDED", "Set-Cookie: sid=UNGUARDED; Path=/", 'Proxy-Authorization: Digest username="u", response="UNGUARDED"',
    "{'Authorization': 'Token UNGUARDED', 'Accept': 'x'}",
]  # fmt: skip
_IN_URLS = [
    "password%3DUNGUARDED", "%26sign%3DUNGUARDED", "a%253Ftoken%253DUNGUARDED", "slack://TA/UNGUARDED/C", "tgram://123:UNGUARDED/1",
    "discord://1/UNGUARDED", "json://u:p@host/UNGUARDED", "mailto://u:p@h?to=UNGUARDED", "slack%3A%2F%2FTA%2FUNGUARDED",
    "https%3A%2F%2Fbob%3AUNGUARDED%40h%2Fx", r"https:\/\/bob:UNGUARDED@h", "https://hooks.slack.com/services/T0AB/B0AB/UNGUARDED",
    "https://discord.com/api/webhooks/123/UNGUARDED", "url: /bot123456789:UNGUARDED/sendMessage", "https://h/x?key=UNGUARDED&a=1",
    "https://h/x?a=1&amp;key=UNGUARDED", "wss://h/ws?token=UNGUARDED",
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "apiKey=UNGUARDED", "api_key: UNGUARDED", '{"secret": "UNGUARDED with spaces"}', "{'passphrase': 'UNGUARDED'}",
        "Authorization: Bearer UNGUARDED", "authorization: CloudSession UNGUARDED", "https://u:UNGUARDED@host/x",
        "postgresql://bot:UNGUARDED@localhost/db", "GET /v5/order?sign=UNGUARDED&symbol=BTC", "https://x/?a=1&signature=UNGUARDED",
        "OK-ACCESS-SIGN: UNGUARDED", "X-BAPI-API-KEY=UNGUARDED", "password = UNGUARDED,", "my_private_key='UNGUARDED'",
        "-----BEGIN EC PRIVATE KEY-----\nUNGUARDED\n-----END EC PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nUNGUARDED",
        "session_token=UNGUARDED;", "Set-Cookie: UNGUARDED", "got Bearer UNGUARDED back", "CloudSession UNGUARDED",
        *_IN_JSON, *_IN_HEADERS, *_IN_URLS,
        "sign=UNGUARDED", "pwd=UNGUARDED", "pass=UNGUARDED", "db_pass=UNGUARDED", "DB_PWD: UNGUARDED", "otp=UNGUARDED", "API key: UNGUARDED",
        "password=b'UNGUARDED'", "password='it\\'s UNGUARDED'", "password=o'UNGUARDED, x", "password=a,UNGUARDED",
        "password=a(UNGUARDED)", "password=(UNGUARDED", "token := UNGUARDED", "'secret' => 'UNGUARDED'", "user[password]=UNGUARDED",
        "headers['token'] = 'UNGUARDED'", "password&quot;:&quot;a UNGUARDED&quot;", "apiKey: Token UNGUARDED", "token='UNGUARDED",
        "golive run --password UNGUARDED --json", "x --api-key 'UNGUARDED words' y", "mysql -password UNGUARDED", "--secret-key\tUNGUARDED",
        "xoxb-1234-UNGUARDED-UNGUARDED", f"12345678:{'UNGUARDED':x<35}",
    ],
)  # fmt: skip
def test_what_is_named_like_a_secret_is_hidden_though_nobody_guarded_it(text: str) -> None:
    told = redacted(f"request failed ({text}) at 12:00")
    assert "UNGUARDED" not in told
    assert "request failed" in told


def test_what_stands_around_a_secret_stays() -> None:
    told = redacted(json.dumps(json.dumps(_DOCUMENT)))
    assert "shown" in told
    assert redacted("a password=X, b") == f"a password={HIDDEN}, b"
    assert redacted('{"token": {"v": "X"}, "b": 1}') == f'{{"token": {HIDDEN}, "b": 1}}'
    assert redacted("Authorization: Token X\nhost: h") == f"Authorization: {HIDDEN}\nhost: h"
    assert (
        redacted("at https://u:p@h/x?token=X&b=1 with slack://T/B/C now")
        == f"at https://{HIDDEN}@h/x?token={HIDDEN}&b=1 with slack://{HIDDEN} now"
    )


_PIECES = (
    "password", "key", "sign", "=", ":", '"', "'", "\\", " ", "\n", "{", "}", "[", "]", "(", ",", ";", "&", "%3D", "%22", "&quot;", "\\u0022", "://",
    "%3A%2F%2F", "@", "/", "?", "Bearer ", "Cookie", "a", "-----BEGIN PRIVATE KEY-----", "eyJ", "https", "slack", "1234567890", ".", "-", "_",
)  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
def test_no_text_is_too_odd(text: str) -> None:
    told = redacted(text)
    assert len(told) <= 4 * len(text) + 3


@given(
    st.lists(st.sampled_from([each for each in _PIECES if each not in ("password", "key", "sign", "Cookie")]), max_size=8).map(
        "".join
    ),
    st.sampled_from(['"', "'", '\\"', '\\\\\\"']),
)
def test_a_quoted_value_is_hidden_whatever_stands_before_it(before: str, quoted: str) -> None:
    assert "UNGUARDED" not in redacted(f"{before} {quoted}password{quoted}: {quoted}a b UNGUARDED{quoted} after")


@pytest.mark.parametrize(
    "piece",
    [*_PIECES, "a" * 50 + "=", "password=", "password=(", 'password="', '\\"', "a://", "a%3A%2F%2F", "/bot123456", "x:", "&amp;"],
)
def test_the_time_is_linear_in_the_text(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    without_named(text)
    assert time.process_time() - began < 3


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
    "text",
    [
        "the order was refused", "tokens: 12", "BTC/USDT at 12:30:00", "exit 5", "key_id=dev-mac-1", "a=b", "key=BTC", "design=flat, bypass=1",
        "https://www.okx.com/api/v5/public/time?a=1", "wss://ws.okx.com:8443/ws/v5/public", "there is no secret alert_x: write it", "postgresql:///golive",
        "session 0123456789:0123456789abcdef0123456789abcdef", '{"is_secret": true, "token": null, "secret_source": "embedded"}', "password=***",
    ],
)  # fmt: skip
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
    told = "x https://bob:hunter2pass@h/?apiKey=AKIA12345 Authorization: Bearer abcdef123456 password=hunter3pass"
    by_name = AlertMessage("1", "venue", AlertSeverity.ERROR, told, told, 0, f"venue|error|{told}", {"reason": told})
    for secret in ("hunter2pass", "AKIA12345", "abcdef123456", "hunter3pass"):
        assert secret not in repr(by_name)
