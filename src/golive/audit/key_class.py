"""Whether a key is one for development or for production: its id says so, and a record has to say the same."""

from __future__ import annotations

from typing import Final

from golive.model.verdict import KeyClass

PREFIX: Final = {KeyClass.DEVELOPMENT: "dev", KeyClass.PRODUCTION: "prod"}
"""what ids of keys begin with, before a hyphen"""


def key_class_of(key_id: str) -> KeyClass:
    """Return the class of the key of that id: production for one that is named so, else development."""
    return KeyClass.PRODUCTION if key_id.startswith(f"{PREFIX[KeyClass.PRODUCTION]}-") else KeyClass.DEVELOPMENT
