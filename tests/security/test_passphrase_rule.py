"""New passphrases: any characters at all, and none that would be guessed first."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest

from golive.config.rbac import Role
from golive.model.clock import DAY
from golive.model.errors import ConfigError
from golive.model.secret import Secret
from golive.security.operators import LOCK_NS, MOST_FAILURES, PassphraseHash, changed, new_entry
from golive.security.passphrase_rule import (
    COMMON,
    DIGEST_BYTES,
    LEAST_OF_ONES_OWN,
    MAX_PASSPHRASE,
    MIN_PASSPHRASE,
    WORDS,
    checked_passphrase,
    weakness,
)
from golive.security.vault import Costs, Vault
from golive.services.gatekeeper import REFUSAL_COST, CallLimits

AT = "2026-01-01T00:00:00Z"
ANNA = new_entry("anna", ["risk"], Secret("correct horse battery"), AT)
PAGE = (Path(__file__).resolve().parents[2] / "docs/operators.md").read_text(encoding="utf-8")
STOLEN = (
    "123qweasdzxc", "1qaz2wsx3edc", "q1w2e3r4t5y6", "1q2w3e4r5t6y", "qwerty123456", "123456654321", "leavemealone", "sonyericsson",
    "aaaaaaaaaaaa", "123456789012", "eugeniy4121999", "QWERTY123456", "LeaveMeAlone", "ｑｗｅｒｔｙ１２３４５６",
)  # fmt: skip
"""out of the list that the digests were made of, from its first line on; capitals and wide letters hide nothing"""


@pytest.mark.parametrize("text", STOLEN)
def test_one_of_the_most_common_passphrases_is_refused_when_somebody_is_added_and_when_it_is_changed(text: str) -> None:
    for attempt in (
        lambda: new_entry("anna", ["risk"], Secret(text), AT),
        lambda: changed(ANNA, Secret(text), AT),
        lambda: Vault.create("vault", Secret(text), Costs(8, 1, 1)),
    ):
        with pytest.raises(ConfigError, match="most common") as told:
            attempt()
        assert text not in str(told.value)


def test_three_thousand_and_more_of_them_are_known() -> None:
    data = (files("golive.security") / COMMON).read_bytes()
    kept = [data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES)]
    assert len(data) % DIGEST_BYTES == 0
    assert kept == sorted(set(kept))
    assert len(kept) >= 3000


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kraken-trading-2026", ""), ("golive golive!!", ""), ("Okx.Bybit.Kraken1", ""), ("annakowalska1", "annakowalska"),
        ("AnnaKowalska!", "annakowalska"), ("live_activator", ""), ("admin secops 99", ""), ("dudzian-licence", ""),
    ],
)  # fmt: skip
def test_a_passphrase_of_the_words_of_this_place_is_refused(text: str, name: str) -> None:
    with pytest.raises(ConfigError, match="names of this product"):
        new_entry(name or "eve", ["risk"], Secret(text), AT)


def test_the_page_names_every_word_that_is_refused() -> None:
    told = re.search(r"`golive`, .*?(?=\n\n|\n\|)", PAGE, re.DOTALL)
    assert told is not None
    assert set(re.findall(r"`([a-z_]+)`", told.group())) == {*WORDS}
    assert set(Role) - set(WORDS) == {Role.AI, Role.UI}, "two letters stand in too many words"


@pytest.mark.parametrize("text", ["abcabcabcabc", "ababababababab", "1112111211121112", "a" * 40])
def test_a_passphrase_that_repeats_itself_is_refused(text: str) -> None:
    assert weakness(text) is not None


ANY = (
    "lettersonlyofsmallkind", "ONLYCAPITALSHERE", "840262957104", "correct horse battery", "zażółć gęślą jaźń", "パスワードを忘れないで下さい",
    "🐎🔋🧷 ✓ ☂ ♞ ♜ ☀ ☁ ☃", "'; DROP TABLE operators; --", "<script>alert(1)</script>", "%s%n${HOME}`id`$(id)", " leading and trailing ",
    "tab\tand \"quotes\" \\n", "\u202eright to left", "x9" + "y8z7w6" * 100,
)  # fmt: skip


@pytest.mark.parametrize("text", ANY)
def test_characters_of_any_kind_are_taken(text: str) -> None:
    assert checked_passphrase(Secret(text)) == text


def test_every_character_of_them_counts() -> None:
    text = " ".join(each for each in ANY if len(each) < 100)
    made = PassphraseHash.of(Secret(text))
    assert made.matches(Secret(text))
    assert not any(made.matches(Secret(other)) for other in (text.strip() + " ", text[:-1], text.upper()))


_ASKING = """
import os, sys
from golive.cli.passphrase import asked_passphrase
os.write(3, asked_passphrase("anna").reveal().encode())
"""


@pytest.mark.parametrize("text", ["pasted whole: zażółć gęślą jaźń", "x9" + "y8z7w6" * 165])
def test_what_is_typed_or_pasted_on_a_terminal_is_taken_whole_and_never_shown(text: str) -> None:
    reading, writing = os.pipe()
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover (another process)
        os.dup2(writing, 3)
        os.execv(sys.executable, [sys.executable, "-c", _ASKING])
    os.close(writing)
    shown = b""
    try:
        shown = _shown(terminal, until=b"passphrase of anna: ")
        os.write(terminal, text.encode() + b"\n")  # as a password manager pastes: all at once
        with os.fdopen(reading, "rb") as file:
            taken = file.read().decode()
        shown += _shown(terminal)
    finally:
        os.close(terminal)
        _, status = os.waitpid(child, 0)
    assert (taken, os.waitstatus_to_exitcode(status)) == (text, 0)
    assert shown.replace(b"\r\n", b"") == b"passphrase of anna: "


def _shown(terminal: int, until: bytes = b"\0") -> bytes:
    """Return what a terminal shows, up to a prompt or the end of who writes there."""
    found, end = b"", time.monotonic() + 30
    while not found.endswith(until) and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                part = os.read(terminal, 4096)
            except OSError:  # the other end is closed
                break
            found += part
            if not part:
                break
    return found


def test_the_page_tells_the_bounds_and_what_guessing_costs() -> None:
    limits = CallLimits()
    for told in (
        f"{MIN_PASSPHRASE} to {MAX_PASSPHRASE} characters of any kind",
        f"fewer than {LEAST_OF_ONES_OWN} other characters",
        f"the {len((files('golive.security') / COMMON).read_bytes()) // DIGEST_BYTES:,} most common ones of {MIN_PASSPHRASE} and more",
        f"| {_NUMBER[MOST_FAILURES]} failures of one name in a minute |",
        f"{MOST_FAILURES} a minute and name: {MOST_FAILURES * DAY // LOCK_NS:,} a day",
        f"counts for {_NUMBER[REFUSAL_COST]} of the {limits.burst:g} that a peer may make at once and {limits.per_second:g} a second",
    ):
        assert told in PAGE, told


_NUMBER = {5: "five", 10: "ten"}
