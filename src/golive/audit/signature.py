"""Ed25519 signatures (RFC 8032) read strictly: one signature for each message and key, and no key that signs anything.

What the library below refuses already is refused here by rule, so that another library changes nothing: a length that is not
32 or 64 bytes, S not below the order of the group (malleable), and points that are not the one encoding of themselves. What it
lets pass and RFC 8032 leaves open is refused, too: keys and points R of small order; under such a key one signature holds for
every message.
"""

from __future__ import annotations

from typing import Final

_PRIME: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_SIGN_BIT: Final = 1 << 255
_ORDER_EIGHT: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
"""y of two of the four points of order 8; the other two have its negative"""
SMALL_ORDER: Final = frozenset({0, 1, _PRIME - 1, _ORDER_EIGHT, _PRIME - _ORDER_EIGHT})
"""y of the eight points of small order"""


def is_strict_point(encoded: bytes) -> bool:
    """Say whether `encoded` can be a key or an R: 32 bytes, y reduced, not of small order.

    Whether it is on the curve is not asked.
    """
    if len(encoded) != 32:
        return False
    y = int.from_bytes(encoded, "little") & (_SIGN_BIT - 1)
    return y < _PRIME and y not in SMALL_ORDER


def signature_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether the holder of `public_key` (raw, 32 bytes) made `signature` (64 bytes) over exactly `message`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(signature) != 64 or not is_strict_point(public_key) or not is_strict_point(signature[:32]):
        return False
    if int.from_bytes(signature[32:], "little") >= _ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
