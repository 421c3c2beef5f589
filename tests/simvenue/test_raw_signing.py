"""Over real sockets: whatever byte of a signed request is changed on its way, the venue does nothing it asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import raw_http
from support.raw_http import Signed, send
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process

pytestmark = pytest.mark.integration

REQUESTS: dict[str, tuple[str, Callable[[VenueKey], Signed]]] = {
    "okx order": ("okx", raw_http.okx_order),
    "okx read": ("okx", raw_http.okx_read),
    "kraken form": ("kraken", raw_http.kraken_order),
    "kraken json": ("kraken", raw_http.kraken_json_order),
    "bybit order": ("bybit", raw_http.bybit_order),
    "bybit read": ("bybit", raw_http.bybit_read),
}
EACH = pytest.mark.parametrize("name", REQUESTS)


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, VenueProcess]]:
    with ExitStack() as stack:
        names = {dialect for dialect, _ in REQUESTS.values()}
        yield {n: stack.enter_context(venue_process("--no-limits", dialect=n, keys=[new_key(dialect=n)])) for n in names}


def answered(dialect: str, status: int, body: bytes) -> str:
    """Return the venue's code, its error text, or the HTTP status of an answer that has neither; `` for success."""
    try:
        document = json.loads(body)
    except ValueError:
        return str(status)
    if dialect == "kraken":
        return "".join(document["error"])
    code = document["code" if dialect == "okx" else "retCode"]
    return "" if code in ("0", 0) else str(code)


REFUSED = {
    "okx": (
        "400",
        "404",
        "50100",
        "50101",
        "50102",
        "50103",
        "50104",
        "50105",
        "50106",
        "50107",
        "50111",
        "50112",
        "50113",
        "50119",
    ),
    "kraken": ("400", "404", "EAPI:", "EGeneral:Unknown method", "EGeneral:Temporary lockout"),
    "bybit": ("400", "404", "10001", "10002", "10003", "10004"),
}


@EACH
def test_the_request_as_it_was_signed_is_accepted(running: dict[str, VenueProcess], name: str) -> None:
    dialect, made = REQUESTS[name]
    venue = running[dialect]
    assert answered(dialect, *send(venue.rest, made(venue.key))) == ""


@EACH
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_one_changed_byte_is_refused(running: dict[str, VenueProcess], name: str, data: st.DataObject) -> None:
    dialect, made = REQUESTS[name]
    venue = running[dialect]
    request = made(venue.key)
    part = data.draw(st.sampled_from(request.parts))
    index = data.draw(st.integers(0, len(request.part(part)) - 1))
    changed = request.flipped(part, index, data.draw(st.sampled_from([1 << bit for bit in range(7)])))
    before = len(venue.orders())
    said = answered(dialect, *send(venue.rest, changed))
    unreadable = dialect == "kraken" and said == "EGeneral:Invalid arguments"
    assert said.startswith(REFUSED[dialect]) or unreadable, changed
    assert len(venue.orders()) == before


@EACH
def test_what_cannot_be_read_is_answered_400_and_not_logged(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The error output holds no signature and no passphrase of a request that breaks the rules of HTTP."""
    dialect, made = REQUESTS[name]
    with venue_process("--no-limits", dialect=dialect, keys=[new_key(dialect=dialect)]) as venue:
        request = made(venue.key)
        proofs = [header.decode() for header, _ in request.headers if header.lower().endswith((b"sign", b"passphrase"))]
        for proof in proofs:
            last = len(request.part(proof)) - 1
            assert send(venue.rest, request.flipped(proof, last, request.part(proof)[last] ^ 0x01))[0] == 400
    written = "".join(capfd.readouterr())
    assert proofs
    assert not any(request.part(proof)[:-1].decode() in written for proof in proofs)
