"""What a venue says is shown without the credentials it was sent, however it escapes, changes or cuts them."""

from __future__ import annotations

import html
import json
import string
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from golive.model.secret import Credentials, Secret
from golive.venues.classify import Evidence
from golive.venues.masking import RUN, SHOWN, Masking

ENCODINGS: Final[dict[str, Callable[[str], str]]] = {
    "plain": lambda text: text,
    "upper": str.upper,
    "json": lambda text: json.dumps(text)[1:-1],
    "slashes": lambda text: text.replace("/", "\\/"),
    "unicode": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "url": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "percent": lambda text: "".join(f"%{ord(letter):02x}" for letter in text),
    "html": lambda text: html.escape(text, quote=True),
    "repr": repr,
}
LETTERS: Final = string.ascii_letters + string.digits + "/+=-_ &<\"'\\%"
secrets = st.text(LETTERS, min_size=RUN, max_size=90)
encodings = st.lists(st.sampled_from(sorted(ENCODINGS)), min_size=0, max_size=3)


def masking(*values: str) -> Masking:
    return Masking(Credentials({f"field{n}": Secret(value) for n, value in enumerate(values)}))


def encoded(text: str, names: list[str]) -> str:
    for name in names:
        text = ENCODINGS[name](text)
    return text


@given(secrets, encodings, st.data())
def test_no_run_of_a_credential_is_shown_whatever_its_escapes_and_its_cut(
    value: str, names: list[str], data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(value) - RUN))
    piece = value[begin : data.draw(st.integers(begin + RUN, len(value)))]
    told = encoded(piece, names)
    assert masking("x" * 40, value).text(f"§{told}§").strip("§") != told
    if names in ([], ["plain"]):
        assert masking(value).text(f"§{told}§") == "§***§"


@given(secrets, st.sampled_from(sorted(ENCODINGS)), st.integers(0, 400), st.integers(0, 400))
@example("/%00/%00/%00", "slashes", 0, 20)
@example("\\x41/\\x41/\\x41", "slashes", 0, 20)
@example("&lt%41&lt%41&lt", "html", 0, 60)
def test_a_text_cut_anywhere_shows_less_than_a_run(value: str, name: str, before: int, cut: int) -> None:
    text = "é" * before + ENCODINGS[name](value)
    shown = masking(value).shown(text[: before + cut])
    for at in range(len(value) - RUN + 1):
        run = value[at : at + RUN]
        assert run not in shown
        assert ENCODINGS[name](run) not in shown or ENCODINGS[name](run) == "*" * RUN


def test_each_escape_is_masked_as_a_whole_and_what_stands_around_it_stays() -> None:
    key = "Zq7/aB+/aB+/aB+ WXYZ"
    for name, encode in ENCODINGS.items():
        told = encode(key) if name != "repr" else key
        assert masking(key).text(f"Invalid key {told}; try % or \\n &amp;") == "Invalid key ***; try % or \\n &amp;", name


@pytest.mark.parametrize("piece", ["…KEYKEY-", "no credential at all", "", "%", "\\", "\\u12", "&;"])
def test_what_is_no_credential_is_not_touched(piece: str) -> None:
    assert masking("KEYKEY-01234567").text(piece) == piece
    assert Masking(None).text(piece) == piece


def test_a_short_passphrase_is_masked_as_a_whole_and_a_tiny_one_blackens_no_words() -> None:
    assert masking("Pass1!", "api").text("the api: PASS1! and Pass1") == "the api: *** and Pass1"


def test_evidence_is_masked_before_it_is_cut_and_so_are_codes_that_are_words() -> None:
    key = "k" + "3y" * 20
    detail = "x" * (SHOWN - 5) + key
    safe = masking(key).evidence(Evidence(detail, codes=(f"EAPI:Invalid key {key}", "50105"), http_status=401))
    assert safe.detail == "x" * (SHOWN - 5) + "***"
    assert safe.codes == ("EAPI:Invalid key ***", "50105")
    assert safe.http_status == 401
