"""Which new passphrases are taken: any characters, long enough, and none that is guessed first.

Nothing is asked for by kind of character, and nothing expires: a passphrase is good until its owner changes it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

from golive.config.adapter_table import KNOWN_ADAPTERS
from golive.config.rbac import Role
from golive.model.errors import ConfigError
from golive.model.secret import Secret

MIN_PASSPHRASE: Final = 12
MAX_PASSPHRASE: Final = 1024
"""characters"""
LEAST_DIFFERENT: Final = 5
"""characters"""
LEAST_OF_ONES_OWN: Final = 8
"""characters, spaces apart, that are left without the words that anybody here would try"""
WORDS: Final = (
    *("golive", "trading", "trade", "trader", "dudzian", "bitcoin", "crypto", "passphrase", "password"),
    *("secret", "admin", "root", "live", "paper", "demo", "bot", "vault", "licence", "license"),
    *(facts.label for facts in KNOWN_ADAPTERS.values()),
    *(role for role in Role if len(role) > 2),
)
"""names of this product, of its venues and roles; the name of the person comes on top"""
COMMON: Final = "common_passphrases.bin"
"""first eight bytes of SHA-256 of each `folded` passphrase, sorted; made by scripts/common_passphrases.py"""
DIGEST_BYTES: Final = 8
_REPEATED: Final = re.compile(r"(.{1,7})\1+", re.DOTALL)


def checked_passphrase(passphrase: Secret, whose: str = "a passphrase", name: str = "") -> str:
    """Return a new passphrase as text when it may be one; ConfigError saying what is wrong, and nothing of it, otherwise.

    `name`: that of the person, whose it then may not be.
    """
    text = passphrase.reveal()
    if not MIN_PASSPHRASE <= len(text) <= MAX_PASSPHRASE:
        raise ConfigError(f"{whose} has {MIN_PASSPHRASE} to {MAX_PASSPHRASE} characters, this one has {len(text)}")
    if (why := weakness(text, name)) is not None:
        raise ConfigError(f"{whose} must not be easy to guess: {why}; several words that do not belong together are good")
    return text


def weakness(text: str, name: str = "") -> str | None:
    """Say why a passphrase of the right length would be guessed among the first; None when nothing says so."""
    plain = folded(text)
    if digest(plain) in _common():
        return "this one is among the most common ones that were ever stolen"
    if len(set(plain)) < LEAST_DIFFERENT or _REPEATED.fullmatch(plain):
        return "this one repeats a few characters"
    own = plain
    for word in sorted({*WORDS, name.casefold()} - {""}, key=len, reverse=True):
        own = own.replace(word, " ")
    if sum(not letter.isspace() for letter in own) < LEAST_OF_ONES_OWN:
        return "this one is little more than the names of this product, its venues and roles, or of the person"
    return None


def folded(text: str) -> str:
    """Return a passphrase without regard to capitals and forms of letters, as it is looked up; it is hashed as typed."""
    return unicodedata.normalize("NFKC", text).casefold()


def digest(plain: str) -> bytes:
    return hashlib.sha256(plain.encode()).digest()[:DIGEST_BYTES]


@cache
def _common() -> frozenset[bytes]:
    data = (files("golive.security") / COMMON).read_bytes()
    return frozenset(data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES))
