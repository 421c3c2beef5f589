"""Reading back what `age_export` wrote: one file, opened by the age identity that it was encrypted for, every entry checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from golive.inputs.safe_open import read_beside
from golive.inputs.strict_json import NotStrictJson, parse_json
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.json import JsonValue
from golive.model.redaction import guard
from golive.model.secret import StoredSecret

from .age_export import SCHEMA
from .private_file import read_private_file
from .stored_secret import decode_secret, demand_bounded

MOST_BYTES: Final = 4 * 1024 * 1024
_UNPRINTED: Final = re.compile(r"[\x00-\x1f\x7f]")
_IDENTITY: Final = "AGE-SECRET-KEY-1"


def read_export(path: Path, identity: Path) -> Mapping[str, StoredSecret]:
    """Return the secrets of an export by name.

    `identity` is a file of this user alone (0600) as `age-keygen` writes it. Raises ConfigError for a file that is none, and
    without the extra `age`; PrerequisiteMissing for an export that this identity does not open, that was changed or cut short,
    or is none. No message quotes what was read.
    """
    try:
        import pyrage
    except ImportError:
        raise ConfigError("import needs age: pip install 'golive[age]'") from None
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in _identity_lines(identity)]
    except (pyrage.IdentityError, ValueError):
        raise ConfigError(f"{identity}: is no age identity as age-keygen writes it: {_IDENTITY}…") from None
    try:
        encrypted = read_beside(path, most=MOST_BYTES)
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}; give the file that golive secrets export wrote") from exc
    try:
        plain = pyrage.decrypt(encrypted, keys)
    except pyrage.DecryptError:
        raise PrerequisiteMissing(
            f"{path}: does not open with {identity}: it is for another recipient, was changed, or is cut short"
        ) from None
    return _secrets(plain, path)


def _identity_lines(path: Path) -> list[str]:
    text = read_private_file(path, "an age identity").decode("ascii")
    lines = [each.strip() for each in text.splitlines() if each.strip() and not each.startswith("#")]
    for each in lines:
        guard(each)
    if not lines or not all(each.startswith(_IDENTITY) for each in lines):
        raise ValueError("no identity")
    return lines


def _secrets(plain: bytes, path: Path) -> Mapping[str, StoredSecret]:
    try:
        document = parse_json(plain, most=MOST_BYTES)
    except NotStrictJson:
        document = None
    if not isinstance(document, dict) or document.keys() != {"schema", "secrets"} or document["schema"] != SCHEMA:
        raise PrerequisiteMissing(f"{path}: holds no {SCHEMA} document")
    entries = document["secrets"]
    if not isinstance(entries, dict) or not entries:
        raise PrerequisiteMissing(f"{path}: holds no secrets")
    found = {}
    for name, value in entries.items():
        if _UNPRINTED.search(name) or any(isinstance(part, str) and _UNPRINTED.search(part) for part in _parts(value)):
            raise PrerequisiteMissing(f"{path}: entry {name!r:.80}: holds a character that no secret has (a control character)")
        found[name] = decode_secret(json.dumps(value).encode(), f"{path}: entry {name!r:.80}")
        demand_bounded(found[name])
    return found


def _parts(value: JsonValue) -> Iterable[JsonValue]:
    return value.values() if isinstance(value, dict) else (value,)
