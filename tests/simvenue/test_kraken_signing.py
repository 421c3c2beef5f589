"""Who is asking: the published vector, the order of the checks, nonces, and that any changed byte is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simvenue.errors import UsageError
from simvenue.face.request import RawRequest
from simvenue.keys import KeyRing, read_keys
from simvenue.kraken.auth import Gate, Lockout, Tokens
from simvenue.kraken.call import body_params
from simvenue.kraken.code import KrakenError
from simvenue.kraken.face import KrakenFace
from simvenue.kraken.sign import decoded, signature
from support.kraken_client import FAR_KEY, KEY, READ_KEY, TRADE_KEY, KrakenClient, sign

VECTOR_SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
VECTOR_BODY = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
VECTOR_SIGN = "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
PATH = b"/0/private/AddOrder"
FORM = "application/x-www-form-urlencoded"


def ring(secret: str = VECTOR_SECRET) -> KeyRing:
    return read_keys(json.dumps({"keys": [{"apiKey": "k", "secret": secret}]}), "vector")


def request(path: bytes, headers: dict[str, str], body: bytes) -> RawRequest:
    return RawRequest("POST", path, {"content-type": FORM, **headers}, body, "127.0.0.1")


def test_the_published_vector_is_accepted_by_the_verifier() -> None:
    assert signature(decoded(VECTOR_SECRET), PATH, "1616492376594", VECTOR_BODY) == VECTOR_SIGN
    signed = request(PATH, {"api-key": "k", "api-sign": VECTOR_SIGN}, VECTOR_BODY)
    assert Gate(ring()).authenticate(signed, body_params(signed), 0, 0).api_key == "k"


def flipped(text: bytes, index: int, mask: int) -> bytes:
    position = index % len(text)
    return text[:position] + bytes([text[position] ^ mask]) + text[position + 1 :]


@pytest.fixture(scope="module")
def asked() -> KrakenClient:
    """One venue for all examples: none of them may change it."""
    return KrakenClient(has_limits=False)


@settings(max_examples=300, deadline=None)
@given(part=st.sampled_from(["path", "body", "key", "sign"]), index=st.integers(0, 10_000), mask=st.integers(1, 127))
def test_any_byte_flipped_anywhere_is_refused(asked: KrakenClient, part: str, index: int, mask: int) -> None:
    client = asked
    body = b"nonce=1&pair=XBTUSD&type=buy&ordertype=limit&price=30000&volume=0.01"
    path, name = b"/0/private/AddOrder", KEY.api_key.encode()
    signed = sign(KEY.secret, path.decode(), "1", body.decode()).encode()
    if part == "path":
        path = flipped(path, index, mask)
    elif part == "body":
        body = flipped(body, index, mask)
    elif part == "key":
        name = flipped(name, index, mask)
    else:
        signed = flipped(signed, index, mask)
    headers = {"content-type": FORM, "api-key": name.decode("latin-1"), "api-sign": signed.decode("latin-1")}
    answer = client.face.answer(RawRequest("POST", path, headers, body, "127.0.0.1"), client.clock.now(), 0)
    assert json.loads(answer.body).keys() == {"error"}
    assert not client.exchange.orders


@settings(max_examples=100, deadline=None)
@given(index=st.integers(0, 10_000), mask=st.integers(1, 127))
def test_any_byte_flipped_in_a_json_body_is_refused(asked: KrakenClient, index: int, mask: int) -> None:
    client, nonce = asked, asked.next_nonce()
    path, body = "/0/private/CancelOrderBatch", b'{"nonce": %s, "orders": ["OAAAAA-AAAAA-AAAAAA"]}' % nonce.encode()
    headers = {"content-type": "application/json", "api-key": KEY.api_key}
    headers["api-sign"] = sign(KEY.secret, path, nonce, body.decode())
    changed = RawRequest("POST", path.encode(), headers, flipped(body, index, mask), "127.0.0.1")
    assert "result" not in json.loads(client.face.answer(changed, client.clock.now(), 0).body)
    same = RawRequest("POST", path.encode(), headers, body, "127.0.0.1")
    assert json.loads(client.face.answer(same, client.clock.now(), 0).body) == {"error": [], "result": {"count": 0}}


def test_a_query_string_is_part_of_what_is_signed() -> None:
    client = KrakenClient()
    body = "nonce=1"
    headers = {"API-Key": KEY.api_key, "API-Sign": sign(KEY.secret, "/0/private/Balance", "1", body)}
    assert client.raw("POST", "/0/private/Balance?asset=XBT", headers, body.encode())["error"] == ["EAPI:Invalid signature"]


@pytest.mark.parametrize(
    "nonce", [pytest.param("1800000000005", id="reused"), pytest.param("1800000000004", id="lower"), pytest.param("0", id="zero")]
)
def test_a_nonce_that_does_not_rise_is_refused(nonce: str) -> None:
    client = KrakenClient()

    def balance(value: str) -> list[str]:
        body = f"nonce={value}"
        headers = {"API-Key": KEY.api_key, "API-Sign": sign(KEY.secret, "/0/private/Balance", value, body)}
        return list(client.raw("POST", "/0/private/Balance", headers, body.encode())["error"])

    assert balance("1800000000005") == []
    assert balance(nonce) == ["EAPI:Invalid nonce"]
    assert balance("1800000000006") == []


@pytest.mark.parametrize("nonce", ["", "abc", "-1", "1.5", str(1 << 64), "1" * 30])
def test_a_nonce_that_is_no_unsigned_64_bit_number_is_refused(nonce: str) -> None:
    client = KrakenClient()
    body = f"nonce={nonce}"
    headers = {"API-Key": KEY.api_key, "API-Sign": sign(KEY.secret, "/0/private/Balance", nonce, body)}
    assert client.raw("POST", "/0/private/Balance", headers, body.encode())["error"] == ["EAPI:Invalid nonce"]


def test_every_key_has_nonces_of_its_own_and_a_bad_signature_uses_none() -> None:
    client = KrakenClient()
    body = "nonce=99"
    for key in (KEY, READ_KEY):
        wrong = {"API-Key": key.api_key, "API-Sign": "x"}
        assert client.raw("POST", "/0/private/Balance", wrong, body.encode())["error"] == ["EAPI:Invalid signature"]
        right = wrong | {"API-Sign": sign(key.secret, "/0/private/Balance", "99", body)}
        assert client.raw("POST", "/0/private/Balance", right, body.encode())["error"] == []


def test_the_largest_nonce_is_accepted() -> None:
    client = KrakenClient()
    client.nonce = (1 << 64) - 2
    assert client.ask("GetApiKeyInfo")["nonce"] == str((1 << 64) - 1)


def test_what_a_key_may_do_is_decided_by_its_permissions() -> None:
    client = KrakenClient()
    assert client.fails("AddOrder", READ_KEY, pair="XBTUSD") == "EGeneral:Permission denied"
    assert client.fails("CancelAll", READ_KEY) == "EGeneral:Permission denied"
    for method in ("Balance", "OpenOrders", "GetWebSocketsToken"):
        assert client.fails(method, TRADE_KEY) == "EGeneral:Permission denied"
    assert client.ask("CancelAll", TRADE_KEY) == {"count": 0}


def test_a_key_says_what_it_may_do_and_from_where() -> None:
    client = KrakenClient()
    info = client.ask("GetApiKeyInfo", READ_KEY)
    assert info["permissions"] == ["query-funds", "query-open-trades", "query-closed-trades"]
    assert (info["apiKey"], info["ipAllowlist"], info["nonceWindow"], info["validUntil"]) == (READ_KEY.api_key, [], 0, "0")
    assert client.ask("GetApiKeyInfo", TRADE_KEY)["permissions"] == ["modify-trades", "close-trades"]
    assert client.post("GetApiKeyInfo", FAR_KEY, address="10.1.2.3")["result"]["ipAllowlist"] == ["10.1.0.0/16"]


def test_a_key_is_refused_from_an_address_outside_its_allow_list() -> None:
    client = KrakenClient()
    assert client.fails("Balance", FAR_KEY) == "EGeneral:Permission denied"
    assert client.post("Balance", FAR_KEY, address="10.1.2.3")["error"] == []


def test_an_unknown_key_and_an_expired_one_are_invalid() -> None:
    document = {"keys": [KEY.document | {"expiresAt": "2020-01-01T00:00:00Z"}]}
    client = KrakenClient(ring=read_keys(json.dumps(document), "test"))
    assert client.fails("Balance") == "EAPI:Invalid key"
    assert client.fails("Balance", READ_KEY) == "EAPI:Invalid key"
    assert client.raw("POST", "/0/private/Balance", {}, b"nonce=1")["error"] == ["EAPI:Invalid key"]


def test_unknown_keys_in_a_row_lead_to_a_lockout_that_ends_and_touches_nobody_else() -> None:
    client = KrakenClient(keys=(KEY,))
    for _ in range(Lockout.after):
        assert client.fails("Balance", READ_KEY) == "EAPI:Invalid key"
    assert client.fails("Balance", READ_KEY) == "EGeneral:Temporary lockout"
    assert client.ask("Balance")["ZUSD"].startswith("1000000.")
    client.clock.move(Lockout.seconds + 1)
    assert client.fails("Balance", READ_KEY) == "EAPI:Invalid key"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/0/private/Nothing"),
        ("GET", "/0/private/Balance"),
        ("POST", "/0/public/Time"),
        ("GET", "/0/public/Balance"),
        ("GET", "/1/public/Time"),
        ("GET", "/"),
    ],
)
def test_an_unknown_method_is_named_so(method: str, target: str) -> None:
    assert KrakenClient().raw(method, target, {}, b"")["error"] == ["EGeneral:Unknown method"]


def test_a_secret_that_is_no_base64_text_is_a_usage_error() -> None:
    client = KrakenClient()
    with pytest.raises(UsageError, match=r"keys\[0\].*base64"):
        KrakenFace(client.exchange, ring("not base64!"))


def test_a_token_opens_sessions_for_fifteen_minutes() -> None:
    tokens = Tokens()
    key = ring().keys[0]
    token = tokens.make(key, 0)
    assert tokens.open(token, 899_000_000_000) is key
    with pytest.raises(KrakenError, match="ESession:Invalid session"):
        tokens.open(token, 900_000_000_000)
    with pytest.raises(KrakenError, match="ESession:Invalid session"):
        tokens.open("other", 0)
