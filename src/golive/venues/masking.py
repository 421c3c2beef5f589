"""Takes our own credentials out of what a venue says: whole or in pieces, plain or escaped. Pure.

A venue may send back in words what it was sent, and its words end in errors, events, logs and reports. Mask a text
before it is cut: a cut can leave a piece too short to be recognised.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Final

from golive.model.secret import Credentials

from .classify import Evidence

RUN: Final = 8
"""characters of a credential in a row that are never shown"""
SHOWN: Final = 300
"""most characters of a venue's words that an error quotes"""
_MASK: Final = "***"
_HIDEABLE: Final = 6
"""a shorter credential is not searched for: it would blacken words"""
_LAYERS: Final = 3
_ESCAPES: Final = tuple(
    map(
        re.compile,
        (
            r"%[0-9A-Fa-f]{2}",
            r"\\/",
            r"\\[uU][0-9A-Fa-f]{4}|\\[xX][0-9A-Fa-f]{2}|\\[^uUxX]",
            r"&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z]+);",
        ),
    )
)
"""ways of escaping, undone one by one in any order: what is an escape in one may be a plain piece of a secret in another"""
_Letters = list[tuple[str, int, int]]
"""each letter with the span of the original text that it stands for"""


class Masking:
    """Knows the credentials of one adapter; None knows nothing and changes nothing."""

    def __init__(self, credentials: Credentials | None) -> None:
        values = [] if credentials is None else [secret.reveal() for secret in credentials.fields.values()]
        self._runs: dict[int, frozenset[str]] = {}
        for value in values:
            needle = "".join(map(_folded, value))
            length = min(RUN, len(needle))
            if length >= _HIDEABLE:
                runs = frozenset(needle[at : at + length] for at in range(len(needle) - length + 1))
                self._runs[length] = self._runs.get(length, frozenset()) | runs

    def text(self, text: str) -> str:
        """Return `text` with `***` for every run of at least 8 characters of a credential, a shorter one as a whole.

        Letter case does not matter, nor do the escapes of JSON, addresses (`%2F`, `+`) and HTML, up to three upon each other.
        """
        if not self._runs:
            return text
        hidden = bytearray(len(text))
        seen: set[str] = set()
        layer: list[_Letters] = [[(letter, at, at + 1) for at, letter in enumerate(text)]]
        for _ in range(_LAYERS + 1):
            below: list[_Letters] = []
            for letters in layer:
                read = "".join(letter for letter, _, _ in letters)
                if read not in seen:
                    seen.add(read)
                    self._hide(letters, hidden)
                    below += [_unescaped(letters, read, escape) for escape in _ESCAPES if escape.search(read)]
            layer = below
        return _blackened(text, hidden) if any(hidden) else text

    def shown(self, text: str) -> str:
        """Return the masked text, cut to what an error may quote."""
        return self.text(text)[:SHOWN]

    def evidence(self, evidence: Evidence) -> Evidence:
        """Return the evidence with what people will read of it masked; a known code stays what it is."""
        if not self._runs:
            return replace(evidence, detail=evidence.detail[:SHOWN])
        return replace(evidence, detail=self.shown(evidence.detail), codes=tuple(map(self.text, evidence.codes)))

    def _hide(self, letters: _Letters, hidden: bytearray) -> None:
        folded = "".join(_folded(letter) for letter, _, _ in letters)
        for length, runs in self._runs.items():
            for at in range(len(folded) - length + 1):
                if folded[at : at + length] in runs:
                    begin, end = letters[at][1], letters[at + length - 1][2]
                    hidden[begin:end] = b"\1" * (end - begin)


def _folded(letter: str) -> str:
    """Return the letter in lower case, still one letter; a form writes a blank as `+`."""
    if letter == " ":
        return "+"
    small = letter.lower()
    return small if len(small) == 1 else letter


def _unescaped(letters: _Letters, text: str, escape: re.Pattern[str]) -> _Letters:
    """Undo one layer of one way of escaping."""
    plain: _Letters = []
    at = 0
    for found in escape.finditer(text):
        letter = _meant(found[0])
        if len(letter) != 1:
            continue
        plain += letters[at : found.start()]
        plain.append((letter, letters[found.start()][1], letters[found.end() - 1][2]))
        at = found.end()
    return plain + letters[at:]


def _meant(escape: str) -> str:
    if escape[0] == "&":
        return html.unescape(escape.lower())
    if escape[0] == "%" or escape[1] in "uUxX":
        return chr(int(escape.lstrip("%\\uUxX"), 16))
    return escape[1]


def _blackened(text: str, hidden: bytearray) -> str:
    parts: list[str] = []
    at = 0
    for found in re.finditer(b"\1+", bytes(hidden)):
        parts += (text[at : found.start()], _MASK)
        at = found.end()
    return "".join((*parts, text[at:]))
