"""What must never be written down: every secret this process holds, by its value, and whatever is named like one.

A `Secret` guards itself when it is made, so nobody can forget to. A guarded value is found as it is, and in the forms in which
it travels: quoted for URLs and JSON, in hex, and in base64 wherever it stands in what was encoded. What nobody
guarded is found by its name (`named_secret`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Final

from .json import JsonValue
from .named_secret import HIDDEN, is_secret_name, without_addresses, without_named

__all__ = [
    "HIDDEN",
    "guard",
    "harmless_environment",
    "is_secret_name",
    "redacted",
    "redacted_value",
    "without_addresses",
    "without_secrets",
]

LEAST_LENGTH: Final = 6
"""characters; a shorter value would be found in everything, so it is hidden by its name alone"""
MOST_GUARDED: Final = 10_000
"""values; a process holds a handful, and beyond this the oldest are forgotten"""

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
    raw = value.encode() if isinstance(value, str) else value
    forms = {raw.hex(), raw.hex().upper(), *_in_base64(raw), repr(raw)[2:-1]}
    if isinstance(value, str):
        forms |= {value, repr(value)[1:-1], *_in_html(value), *_in_json(value), *_in_urls(value)}
    return tuple(each for each in forms if len(each) >= LEAST_LENGTH)


def _in_json(value: str) -> set[str]:
    """Return the forms in JSON, also within JSON that is quoted itself."""
    import json

    once = {json.dumps(value, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}
    return once | {json.dumps(each, ensure_ascii=False)[1:-1] for each in once}


def _in_urls(value: str) -> set[str]:
    """Return the forms in URLs, with hex digits in either case, also within a URL that is quoted itself."""
    from urllib.parse import quote, quote_plus

    once = {quote(value, safe=""), quote_plus(value), quote(value)}
    once |= {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), each) for each in once}
    return once | {quote(each, safe="") for each in once}


def _in_html(value: str) -> set[str]:
    """Return the forms that the usual libraries write."""
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {text} | {
        text.replace('"', double).replace("'", single)
        for double in ('"', "&quot;", "&#34;")
        for single in ("'", "&#x27;", "&#39;")
    }


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
    return without_named(without_secrets(text))


def harmless_environment(environ: Mapping[str, str], *, keep: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the variables a child may have: none that is named like a secret, or whose value has one in it or a URL with a user.

    `keep`: beginnings of names that the child needs all the same.
    """
    return {
        name: value
        for name, value in environ.items()
        if name.startswith(keep or ("\0",))
        or (not is_secret_name(name) and redacted(value) == value and not ("://" in value and "@" in value))
    }


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
