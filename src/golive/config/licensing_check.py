"""Rules that tie the section of licences to the rest and to itself."""

from __future__ import annotations

from typing import Final

from .binding import Draft, path_text
from .problem import Problems

_ENFORCEMENT: Final = ("licensing", "enforcement")
_LICENSE: Final = ("licensing", "license")


def live_needs_its_licence(draft: Draft, problems: Problems) -> None:
    """Enforcement cannot be off where any environment is live."""
    live = [n for n in draft.names.get(("environments",), ()) if draft.text("environments", n, "environment") == "live"]
    if live and draft.values.get(_ENFORCEMENT) is False:
        message = f"{path_text(_ENFORCEMENT)}: false, and environment {live[0]} is of type live"
        problems.add(draft.where(*_ENFORCEMENT), message, allowed="true", fix="live trading needs its licence; write true")


def own_issuers_are_allowed(draft: Draft, problems: Problems) -> None:
    """A key of an issuer whose licences are good nowhere is a mistake."""
    allowed = draft.texts(*_LICENSE, "allowed_issuers")
    for number in draft.names.get((*_LICENSE, "issuer_keys"), ()):
        path = (*_LICENSE, "issuer_keys", number, "issuer")
        issuer = draft.text(*path)
        if issuer is not None and allowed is not None and issuer not in allowed:
            message = f"{path_text(path)}: {issuer} is not in {path_text((*_LICENSE, 'allowed_issuers'))}"
            problems.add(draft.where(*path), message, allowed=", ".join(allowed), fix="add it there, or remove the key")


def licence_files_differ(draft: Draft, problems: Problems) -> None:
    seen: dict[str, str] = {}
    for key in ("license_path", "fingerprint_path", "revocation_list_path"):
        path = (*_LICENSE, key)
        value = draft.text(*path)
        if value is None:
            continue
        if value in seen:
            message = f"{path_text(path)}: {value} is {seen[value]} already"
            problems.add(draft.where(*path), message, fix="each of the three is a file of its own")
        seen.setdefault(value, key)
