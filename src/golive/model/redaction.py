"""What must never be written down: every secret this process holds, by its value, and whatever is named like one.

A `Secret` guards itself when it is made, so nobody can forget to. A guarded value is found as it is, and in the forms in which
it travels: quoted for URLs and JSON, in hex, and in base64 wherever it stands in what was encoded.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from .json import JsonValue

HIDDEN: Final = "***"
LEAST_LENGTH: Final = 6
"""characters; a shorter value would be found in everything, so it is hidden by its name alone"""
MOST_GUARDED: Final = 10_000
"""values; a process holds a handful, and beyond this the oldest are forgotten"""
_WORD: Final = (
    r"secret|passw(?:or)?d|passphrase|api[_-]?key|private[_-]?key|mac[_-]?key|token|credential|authorization|cookie|signature"
    r"|(?:OK-ACCESS|X-BAPI|API)-(?:KEY|SIGN|PASSPHRASE)"
)
_EXACTLY: Final = frozenset({"sign", "sig", "key", "pwd", "otp", "passphrase"})
_ENTRY: Final = (
    rf"""(?P<name>(?P<quote>["']?)[\w-]*(?:{_WORD})[\w-]*(?P=quote)\s*[=:]\s*)"""
    r"""(?P<value>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:(?:Bearer|Basic|Digest|CloudSession)\s+)?[^\s,;&"'<>{}\[\]()]+)"""
)


class _Patterns(NamedTuple):
    """Compiled when they are first needed: a command that fails at nothing never does."""

    named: re.Pattern[str]
    told: re.Pattern[str]
    """`secret_source`, `key_id`: about a secret, and none"""
    entry: re.Pattern[str]
    query: re.Pattern[str]
    url_user: re.Pattern[str]
    pem: re.Pattern[str]
    scheme: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    return _Patterns(
        named=re.compile(_WORD, re.IGNORECASE),
        told=re.compile(r"_(?:source|class|id|name|count|fingerprint)$", re.IGNORECASE),
        entry=re.compile(_ENTRY, re.IGNORECASE),
        query=re.compile(r"(?P<name>[?&](?:sign|sig|key|pwd|otp)=)[^&\s\"'#]+", re.IGNORECASE),
        url_user=re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/@\s\"']*@", re.IGNORECASE),
        pem=re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        scheme=re.compile(r"\b(?P<scheme>Bearer|CloudSession)\s+[A-Za-z0-9._~+/=-]{8,}"),
    )


_lock: Final = threading.Lock()
_guarded: dict[str | bytes, tuple[str, ...]] = {}
_forms: tuple[str, ...] = ()
"""of all guarded values, the longest first"""


def guard(value: str | bytes) -> None:
    """Let a secret never be written down from now on; bytes are known by their hex and base64."""
    global _forms  # noqa: PLW0603 - one set of secrets for the process, as there is one memory
    if len(value) < LEAST_LENGTH or value in _guarded:
        return
    with _lock:
        _guarded[value] = _forms_of(value)
        while len(_guarded) > MOST_GUARDED:
            del _guarded[next(iter(_guarded))]
        _forms = tuple(sorted({form for forms in _guarded.values() for form in forms}, key=len, reverse=True))


def _forms_of(value: str | bytes) -> tuple[str, ...]:
    import json
    from urllib.parse import quote, quote_plus

    raw = value.encode() if isinstance(value, str) else value
    forms = {raw.hex(), raw.hex().upper(), *_in_base64(raw)}
    if isinstance(value, str):
        forms |= {value, quote(value, safe=""), quote_plus(value), quote(value), json.dumps(value)[1:-1], repr(value)[1:-1]}
        forms.add(json.dumps(value, ensure_ascii=False)[1:-1])
    return tuple(each for each in forms if len(each) >= LEAST_LENGTH)


def _in_base64(raw: bytes) -> set[str]:
    """Return the characters that are the same wherever `raw` stands within what is encoded."""
    import base64
    from urllib.parse import quote

    found = set()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        inner = text[(0, 2, 3)[before] :]
        inner = inner[:-1] if (before + len(raw)) % 3 else inner
        found |= {inner, inner.replace("+", "-").replace("/", "_"), quote(inner, safe="")}
    return found


def without_secrets(text: str) -> str:
    """Return a text without any value that is guarded."""
    for form in _forms:
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def redacted(text: str) -> str:
    """Return a text without guarded values, without what follows a name of a secret, and without what URLs and keys tell."""
    patterns = _patterns()
    text = patterns.pem.sub(HIDDEN, without_secrets(text))
    text = patterns.url_user.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = patterns.query.sub(rf"\g<name>{HIDDEN}", text)
    text = patterns.scheme.sub(rf"\g<scheme> {HIDDEN}", text)
    return patterns.entry.sub(_hidden_entry, text)


def _hidden_entry(match: re.Match[str]) -> str:
    name = match["name"]
    return match[0] if _patterns().told.search(name.strip(" \t\"':=")) else f"{name}{HIDDEN}"


def redacted_value(value: JsonValue, name: str = "") -> JsonValue:
    """Return a JSON value without secrets, at any depth; of one that is named like a secret nothing is left.

    `name`: under which it stands. Keys are texts like any other.
    """
    if name and value is not None and not isinstance(value, bool) and is_secret_name(name):
        return HIDDEN
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted(key): redacted_value(each, key) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_value(each) for each in value]
    return value


def is_secret_name(name: str) -> bool:
    """Say whether what is called this is a secret."""
    patterns = _patterns()
    return name.lower() in _EXACTLY or (patterns.named.search(name) is not None and patterns.told.search(name) is None)
