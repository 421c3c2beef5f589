"""The keys that tests of the simulated venue know by heart, and the venue process that knows them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from support.venue_process import VenueKey, VenueProcess
from support.venue_process import venue_process as any_venue_process

KEY = {"apiKey": "key-of-the-test", "secret": "SECRET-OF-THE-TEST", "password": "passphrase"}
READ_KEY = {"apiKey": "read-only-key", "secret": "SECRET-READ", "password": "pass-read", "permissions": ["read"]}
DEMO_KEY = {"apiKey": "demo-key", "secret": "SECRET-DEMO", "password": "pass-demo", "demo": True}
CREDENTIALS: dict[str, Any] = {"keys": [KEY, READ_KEY, DEMO_KEY]}
_KEYS = (
    VenueKey("key-of-the-test", "SECRET-OF-THE-TEST", "passphrase"),
    VenueKey("read-only-key", "SECRET-READ", "pass-read", ("read",)),
    VenueKey("demo-key", "SECRET-DEMO", "pass-demo", demo=True),
)


@contextlib.contextmanager
def venue_process(*flags: str) -> Iterator[VenueProcess]:
    """Run the venue at speed 1, or at the speed among the flags, with the three keys."""
    with any_venue_process(*flags, keys=_KEYS, speed="1") as venue:
        yield venue


__all__ = ["CREDENTIALS", "DEMO_KEY", "KEY", "READ_KEY", "VenueProcess", "venue_process"]
